"""Comments and annotations, added by the change, that silence a tool the gate does not run itself."""

from __future__ import annotations

from collections.abc import Iterator

from reviewer.change._book import words
from reviewer.change._sides import Sides
from reviewer.change.interface import Context, Spot


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Added lines with a mark that no removed line of the file has as well."""
    marks = sorted(words("silencing", "change-silenced")["marks"])
    then = "\n".join(text for _, text in sides.removed_lines())
    for number, text in sides.added_lines():
        mark = next((mark for mark in marks if mark in text), "")
        if mark and mark not in then:
            yield Spot("change-silenced", number, mark)
