"""Text for Markdown that reads the same everywhere and does nothing: no markup, no link, no mention, no command.

What the repository wrote goes into code spans, where code hosts look for neither mentions nor references. What rules say
is prose that may quote names of the repository, so it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewer.report._text import safe

_BACKTICKS = re.compile(r"`+")

_MARKUP = re.compile(r"([\\`*_\[\]|~])")
"""What has a meaning inside a line (https://spec.commonmark.org/0.31.2/#backslash-escapes)."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

_REFERENCE = re.compile(r"([@#!$%^&~:](?=[\w/\[])|www(?=\.))", re.IGNORECASE)
"""What code hosts turn into a mention, a reference, an emoji or a link, and after which an invisible character stops them."""

_BREAK = "\u200b"


def code(text: str, most: int = 300, *, cell: bool = False) -> str:
    """A code span that shows the text (https://spec.commonmark.org/0.31.2/#code-spans).

    Args:
        most: characters; what is longer is cut.
        cell: it stands in a table, where a bar ends the cell also inside of code.
    """
    shown = safe(text, most) or " "
    fence = "`" * (1 + max((len(run) for run in _BACKTICKS.findall(shown)), default=0))
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    return span.replace("|", "\\|") if cell else span


def prose(text: str, most: int = 1000) -> str:
    """A sentence for the middle of a line; it must not begin one."""
    shown = _REFERENCE.sub(lambda found: found[1] + _BREAK, safe(text, most))
    return "".join(_ENTITIES.get(char, char) for char in _MARKUP.sub(r"\\\1", shown))


def fitted(head: Sequence[str], items: Sequence[str], tail: Sequence[str], most: int) -> str:
    """Head, as many items as there is room for, and tail; what does not fit is counted, never dropped in silence.

    Args:
        most: bytes in UTF-8.
    """
    tail = _cut(tail, most // 2)
    room = most - sum(len(part.encode()) for part in (*head, *tail)) - 200
    shown = 0
    for item in items:
        room -= len(item.encode())
        if room < 0:
            break
        shown += 1
    left = len(items) - shown
    more = [f"\n{left} more {'is' if left == 1 else 'are'} not shown here; the JSON report has all.\n"] if left else []
    return "".join((*head, *items[:shown], *more, *tail))


def _cut(parts: Sequence[str], most: int) -> list[str]:
    """As many parts as there is room for, and how many are left out."""
    kept: list[str] = []
    for number, part in enumerate(parts):
        most -= len(part.encode())
        if most < 0:
            return [*kept, f"\n{len(parts) - number} more lines are not shown here; the JSON report has all.\n"]
        kept.append(part)
    return kept
