"""What is proposed for a finding, and what has been proven of it.

Whoever has a proposal (a rule, a tool, a model) makes a `Candidate` of it; `reviewer.proving.prove` makes a `Proof` of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from reviewer.fix.edits import applied
from reviewer.records import Finding, Fix

MODEL = "model "
"""How the origin of a candidate begins that a model wrote."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to mend one finding."""

    finding: Finding
    fix: Fix
    content: bytes
    """The whole staged file that the fix is about."""
    oid: str
    """Of the blob that holds this content."""
    mode: int
    """Git's mode of the file."""
    language: str
    """As in `Hunk.language`."""

    @property
    def path(self) -> bytes:
        return self.finding.path

    @property
    def origin(self) -> str:
        """Who proposes it: "rule", the name of a tool, or "model NAME"."""
        return self.fix.source

    @property
    def by_model(self) -> bool:
        """Whether nobody read it beforehand, as somebody read the template of a rule."""
        return self.fix.source.startswith(MODEL)

    @property
    def mended(self) -> bytes:
        """The whole file afterwards."""
        return applied(self.content, self.fix.replacements)

    @property
    def size(self) -> int:
        """Bytes that it takes away and puts in: of several candidates that are proven, the smallest wins."""
        return sum(one.end - one.start + len(one.text) for one in self.fix.replacements)


class Result(str, Enum):
    """What became of one step of a proof."""

    PASSED = "passed"
    FAILED = "failed"
    UNCHECKED = "unchecked"
    """It does not apply, or nobody here can tell for this kind of file; `said` has the reason."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that has to be true of a mend before it is shown."""

    name: str
    """Such as "parses"."""
    result: Result
    said: str = ""
    """What was looked at, or why it failed; in words."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The steps of one candidate, in their order. The first one that fails ends it."""

    candidate: Candidate
    steps: tuple[Step, ...]

    @property
    def failure(self) -> Step | None:
        """The step that failed; None if none did."""
        return next((step for step in self.steps if step.result is Result.FAILED), None)

    @property
    def shown(self) -> bool:
        """Whether the mend may be shown."""
        return bool(self.steps) and self.failure is None


@dataclass(frozen=True, slots=True)
class Unasked:
    """A finding about which a model was wanted, and none was asked or none answered."""

    finding: Finding
    reason: str
    """In words, without a full stop."""


def passed(name: str, said: str = "") -> Step:
    """A step that holds."""
    return Step(name, Result.PASSED, said)


def failed(name: str, said: str) -> Step:
    """A step that does not."""
    return Step(name, Result.FAILED, said)


def unchecked(name: str, said: str) -> Step:
    """A step that does not apply."""
    return Step(name, Result.UNCHECKED, said)
