"""What a model is shown of a hunk: the hunk inside its function, and the heads of what it calls, within a ceiling of tokens."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reviewer.records import Hunk, Line, LineKind, printable
from reviewer.review._model_scope import enclosing, names_called, signatures
from reviewer.review._model_tokens import estimate
from reviewer.review.interface import PrivateFile

CEILING = 1600
"""Estimated tokens of what is shown; with instructions and question at most 2,000. A longer prompt costs precision and time."""

LONGEST_LINE = 300
"""Characters of a line that the model sees."""

LAYOUT = 2
"""Goes up when the same hunk would be shown in another way: it is part of every prompt's digest."""

_HEAD = 40
"""Tokens kept for path and fence."""

_ODD = re.compile(r"[^\x20-\x7e\t\w]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what is shown."""

    sign: str
    """"+" new, "-" removed, " " there before and after."""
    text: str
    label: int = 0
    """The number by which the model may name the line; 0 if it may not, because the change did not add it."""
    line: int = 0
    """Its number in the new file, for a new line."""

    @property
    def shown(self) -> str:
        return f"{self.label or ''}{self.sign} {self.text}"

    @property
    def cost(self) -> int:
        return estimate(self.shown) + 1


@dataclass(frozen=True, slots=True)
class Context:
    """All that a model is shown of a hunk, or of a part of a hunk that is too long for one question."""

    path: str
    section: str
    """The head of what encloses the first row, unless that is itself shown; may be empty."""
    calls: tuple[str, ...]
    """Heads of what the new lines call, from the same file."""
    rows: tuple[Row, ...]

    @property
    def labels(self) -> Mapping[int, Row]:
        """The new lines that are not blank, by label."""
        return {row.label: row for row in self.rows if row.label}

    @property
    def material(self) -> str:
        """The text. The fence is named after the content, so no line in it can close it."""
        body = "\n".join(row.shown for row in self.rows)
        head = [f"File: {self.path}"]
        head += [f"In: {self.section}"] if self.section else []
        head += [f"Calls: {call}" for call in self.calls]
        fence = "diff-" + hashlib.sha256("\n".join([*head, body]).encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return "\n".join([*head, f"<{fence}>", body, f"</{fence}>", ""])


@dataclass(frozen=True, slots=True)
class Source:
    """A file as the contexts of its hunks need it."""

    text: str
    lines: tuple[str, ...]

    @staticmethod
    def of(file: PrivateFile) -> Source | None:
        """None if only hunks of the file are known."""
        if not file.whole:
            return None
        text = file.content.decode("utf-8", "replace")
        return Source(text, tuple(text.split("\n")))


@dataclass(slots=True)
class Library:
    """The files of a change, each split into lines once."""

    files: Mapping[bytes, PrivateFile]
    _known: dict[bytes, Source | None] = field(default_factory=dict)

    def of(self, path: bytes) -> Source | None:
        """One of them; None if the file is not known as a whole."""
        if path not in self._known:
            file = self.files.get(path)
            self._known[path] = Source.of(file) if file else None
        return self._known[path]


def contexts(hunk: Hunk, source: Source | None) -> list[Context]:
    """What to show of a hunk: one context as a rule, several if it is long, none if it adds nothing but blank lines."""
    rows = [_row(line) for line in hunk.lines]
    new = [row.line for row in rows if row.sign == "+" and row.text.strip()]
    if not new:
        return []
    path, section = one_line(printable(hunk.path)), one_line(hunk.section)
    scope = _scope(hunk, source, new)
    around = _around(hunk, source, scope) if source and scope else ([], [])
    calls = _calls(hunk, source, scope)
    room = CEILING - _HEAD - estimate(path) - estimate(section)
    whole = [*around[0], *rows, *around[1]]
    for given in (calls, ()):
        if _cost(whole) + sum(estimate(call) + 3 for call in given) <= room:
            return [_context(path, "" if around[0] else section, given, whole)]
    if source and scope:
        section = one_line(shown(source.lines[scope.start - 1])) if scope.start < hunk.new_start else section
    if _cost(rows) <= room:
        return [_context(path, section, (), _grown(rows, around, room))]
    return [made for part in _parts(rows, room) if (made := _context(path, section, (), part)).labels]


def shown(text: str | bytes) -> str:
    """A line as the model sees it: cut, and what a person cannot see (bidi, zero width, control) spelled out."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = text.rstrip("\r")
    cut = text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + " ..."
    return _ODD.sub(_spelled, cut)


def _spelled(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else f"\\u{{{ord(found[0]):x}}}"


def _row(line: Line) -> Row:
    return Row(line.kind.value, shown(line.text), 0, line.new_number if line.kind is LineKind.ADDED else 0)


def _scope(hunk: Hunk, source: Source | None, new: Sequence[int]) -> range | None:
    if source is None or new[-1] > len(source.lines):
        return None
    return enclosing(source.lines, new[0], new[-1])


def _around(hunk: Hunk, source: Source, scope: range) -> tuple[list[Row], list[Row]]:
    """The rest of the definition, before and after the hunk."""
    first, behind = hunk.new_start, hunk.new_start + hunk.new_count
    before = source.lines[scope.start - 1 : first - 1]
    after = source.lines[behind - 1 : max(behind, scope.stop) - 1]
    return [Row(" ", shown(line)) for line in before], [Row(" ", shown(line)) for line in after]


def _calls(hunk: Hunk, source: Source | None, scope: range | None) -> tuple[str, ...]:
    if source is None:
        return ()
    seen = range(min(hunk.new_start, scope.start if scope else hunk.new_start), hunk.new_start + hunk.new_count)
    called = [name for line in hunk.added for name in names_called(line.text.decode("utf-8", "replace"))]
    return tuple(one_line(shown(head)) for head in signatures(source.text, called, seen))


def _cost(rows: Iterable[Row]) -> int:
    """Tokens, with three more for each label to come."""
    return sum(row.cost + 3 * (row.sign == "+") for row in rows)


def _grown(rows: Sequence[Row], around: tuple[Sequence[Row], Sequence[Row]], room: int) -> list[Row]:
    """The hunk and as many lines of its definition, nearest first, as there is room for."""
    before, after = list(around[0]), list(around[1])
    kept: tuple[list[Row], list[Row]] = ([], [])
    left = room - _cost(rows)
    while before or after:
        above = bool(before) and (len(kept[0]) <= len(kept[1]) or not after)
        row = before.pop() if above else after.pop(0)
        left -= row.cost
        if left < 0:
            break
        kept[not above].append(row)
    return [*reversed(kept[0]), *rows, *kept[1]]


def _parts(rows: Sequence[Row], room: int) -> Iterator[list[Row]]:
    part: list[Row] = []
    left = room
    for row in rows:
        cost = _cost([row])
        if part and cost > left:
            yield part
            part, left = [], room
        part.append(row)
        left -= cost
    yield part


def _context(path: str, section: str, calls: tuple[str, ...], rows: Sequence[Row]) -> Context:
    labelled, label = [], 0
    for row in rows:
        if row.sign == "+" and row.text.strip():
            label += 1
            row = replace(row, label=label)
        labelled.append(row)
    return Context(path, section, calls, tuple(labelled))


def one_line(text: str) -> str:
    """A text in one line of at most 200 characters."""
    return " ".join(shown(text).split())[:200]
