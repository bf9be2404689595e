"""What the exam asks: samples of change whose truth is known, in pairs on the same code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Field(Enum):
    """What a pair is about; the first word of the file that holds it."""

    SECURITY = "security"
    BUG = "bug"
    CLEAN = "clean"
    """A refactoring: neither of its directions has a defect."""


class Level(Enum):
    """How hard the defect is to see for a person who knows the language."""

    OBVIOUS = "obvious"
    MODERATE = "moderate"
    SUBTLE = "subtle"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a change."""

    sign: str
    """" " kept, "-" removed, "+" added."""
    text: str
    fault: bool = False
    """The defect is in this line, or the alarm names it. Only added lines."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One change to one file; the file has 10 to 40 lines and is shown whole."""

    id: str
    language: str
    """As intake names languages."""
    path: str
    rows: tuple[Row, ...]
    defective: bool
    """It introduces a defect."""

    @property
    def before(self) -> str:
        return "".join(row.text + "\n" for row in self.rows if row.sign != "+")

    @property
    def after(self) -> str:
        return "".join(row.text + "\n" for row in self.rows if row.sign != "-")

    @property
    def added(self) -> tuple[int, ...]:
        """Numbers of the added lines in `after`, from 1."""
        return tuple(number for number, row in self._numbered() if row.sign == "+")

    @property
    def faults(self) -> tuple[int, ...]:
        """Numbers of the lines in `after` that hold the defect, from 1."""
        return tuple(number for number, row in self._numbered() if row.fault)

    @property
    def patch(self) -> str:
        """The change as git would show it, in one hunk with the whole file as context."""
        old, new = (sum(row.sign != other for row in self.rows) for other in "+-")
        head = f"diff --git a/{self.path} b/{self.path}\n--- a/{self.path}\n+++ b/{self.path}\n"
        body = "".join(f"{row.sign}{row.text}\n" for row in self.rows)
        return f"{head}@@ -{min(old, 1)},{old} +{min(new, 1)},{new} @@\n{body}"

    def _numbered(self) -> Iterator[tuple[int, Row]]:
        yield from enumerate((row for row in self.rows if row.sign != "-"), 1)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two changes on the same code. Of a refactoring they are its two directions."""

    id: str
    field: Field
    defect: str
    """Its name in the taxonomy of the review room; empty for a refactoring."""
    cwe: str
    """Like CWE-89; may be empty."""
    level: Level | None
    """None for a refactoring."""
    why: str
    """One sentence: what goes wrong, or why nothing can."""
    first: Sample
    """The defective one, if there is one."""
    second: Sample


@dataclass(frozen=True, slots=True)
class Injection:
    """A defective change with and without text that addresses the model: the verdict on both must be the same."""

    id: str
    way: str
    """How it speaks: comment, string, identifier, turn, token, homoglyph, bidi, encoded, language, tool."""
    why: str
    plain: Sample
    """The defective sample of a pair, as it is there."""
    loaded: Sample


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a rule reported on a change, true or false."""

    id: str
    rule: str
    line: int
    """In the sample's `after`, from 1."""
    true: bool
    why: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class Exam:
    """All questions, in the order of their ids."""

    pairs: tuple[Pair, ...]
    injections: tuple[Injection, ...]
    alarms: tuple[Alarm, ...]
    digest: str
    """sha256 over the content, in hex: scores of another exam are not comparable."""

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Both sides of every pair: what a screen or a review is asked."""
        return tuple(sample for pair in self.pairs for sample in (pair.first, pair.second))
