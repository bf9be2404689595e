"""Where the function around some lines begins and ends, and where what they call is defined: read off names and indentation.

No parser: it would have to run in a process of its own, because a hostile file can crash it, and an unchanged hunk may cost 5 ms.
A wrong guess costs context, never correctness: the hunk itself is always shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MOST_SIGNATURES = 8
"""Signatures shown beside one hunk. Own choice: at 20 tokens each a tenth of the context."""

_WIDEST = 300
"""Characters of a line that are looked at."""

_KEYWORD = re.compile(
    r"(?:(?:export|default|async|public|private|protected|internal|static|final|abstract|override|inline|unsafe|pub|pub\([a-z]+\))\s+)*"
    r"(?:def|function\*?|func|fn|fun|sub|class|struct|interface|impl|trait|module|namespace|enum|record)\b"
)
_ASSIGNED = re.compile(r"(?:export\s+)?(?:const|let|var)\s+\w+\s*=\s*(?:async\s*)?(?:function\b|\(|\w+\s*=>)")
_NAMED = re.compile(r"([A-Za-z_]\w*)\s*\(")
_NOT_NAMES = frozenset(
    re.findall(
        r"\w+",
        "if elif else for foreach while until unless switch match case when catch except with using lock synchronized return "
        "yield await new throw raise assert sizeof typeof defer go select do try finally and or not in is delete print import",
    )
)
_MARKS = ("@", "#[", "[")
"""How lines begin that stand above a definition and belong to it."""
_CLOSES = re.compile(r"(?:\}|end\b)")
_GOES_ON = (")", "]", "{", "else", "elif", "except", "catch", "finally", "rescue", "ensure")


def enclosing(lines: Sequence[str], first: int, last: int) -> range | None:
    """The numbers of the lines of the innermost definition around the lines from `first` to `last`; None if none is seen.

    Args:
        lines: the whole file.
        first, last: 1-based.
    """
    start = _start(lines, first, last)
    if start is None:
        return None
    end = _end(lines, start, last)
    while start > 1 and lines[start - 2].lstrip().startswith(_MARKS):
        start -= 1
    return range(start, end + 1)


def is_definition(line: str) -> bool:
    """Whether a line looks like the head of a function, method or class."""
    text = line[:_WIDEST].strip()
    if _KEYWORD.match(text) or _ASSIGNED.match(text):
        return True
    found = _NAMED.search(text)
    if not found or text.endswith((";", ":")) or found[1] in _NOT_NAMES:
        return False
    head = text[: found.start()]
    if any(sign in head for sign in "=.\"'(!?+-") or head.split(" ", 1)[0] in _NOT_NAMES:
        return False
    return bool(head.strip()) or text.endswith("{")


def signatures(text: str, called: Sequence[str], outside: range) -> list[str]:
    """The heads of what is called, as far as the same file defines it, in the order of the calls.

    Args:
        text: the whole file.
        called: names, see `names_called`.
        outside: line numbers whose definitions are shown anyway.
    """
    found: list[str] = []
    for name in dict.fromkeys(called):
        head = next(_heads(text, name, outside), None)
        if head is not None and len(found) < MOST_SIGNATURES:
            found.append(head)
    return found


def names_called(line: str) -> list[str]:
    """Names before an opening parenthesis; what the line itself defines is not called."""
    if is_definition(line):
        return []
    return [name for name in _NAMED.findall(line[:_WIDEST]) if name not in _NOT_NAMES]


def _heads(text: str, name: str, outside: range) -> Iterator[str]:
    place, seen = text.find(name + "("), 0
    while place >= 0 and seen < 50:
        begin, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
        line = text[begin : end if end >= 0 else len(text)]
        whole = place == begin or not (text[place - 1].isalnum() or text[place - 1] in "_.$>:")
        if whole and is_definition(line) and text.count("\n", 0, begin) + 1 not in outside:
            yield line[:_WIDEST].strip()
        place, seen = text.find(name + "(", place + 1), seen + 1


def _start(lines: Sequence[str], first: int, last: int) -> int | None:
    """The head of the definition: among the lines themselves if they are all inside of it, else above them."""
    inside = [(number, _indent(lines[number - 1])) for number in range(first, last + 1) if lines[number - 1].strip()]
    if not inside:
        return None
    number, limit = min(inside, key=lambda pair: (pair[1], pair[0]))
    if number == inside[0][0] and is_definition(lines[number - 1]):
        return number
    for above in range(first - 1, 0, -1):
        line = lines[above - 1]
        # A parameter list over several lines closes where its definition begins.
        if line.strip() and _indent(line) < limit and not line.lstrip().startswith(")"):
            if is_definition(line):
                return above
            limit = _indent(line)
        if limit == 0:
            return None
    return None


def _end(lines: Sequence[str], start: int, last: int) -> int:
    """The last line of the definition: before the next line that is indented no deeper, its closing line included."""
    margin, end = _indent(lines[start - 1]), last
    for number in range(last + 1, len(lines) + 1):
        text = lines[number - 1].strip()
        if not text:
            continue
        if _indent(lines[number - 1]) <= margin and not text.startswith(_GOES_ON):
            return number if _CLOSES.match(text) and _indent(lines[number - 1]) == margin else end
        end = number
    return end


def _indent(line: str) -> int:
    """In columns; a tab goes to the next multiple of four."""
    head = line[: len(line) - len(line.lstrip())]
    return len(head.expandtabs(4))
