"""Finds one of the findings of the last reviews by its id."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewer.errors import UsageError
from reviewer.knowledge.subject import Subject
from reviewer.records import printable
from reviewer.report._text import safe

SHORTEST = 8
"""Hex digits of a fingerprint that have to be given."""

_SHOWN = 10
"""Candidates that a message names."""

_HEX = re.compile(r"[0-9a-f]+")


def of_recent(known: Sequence[Subject], wanted: str, purpose: str) -> Subject:
    """One of the findings of the last reviews.

    Args:
        wanted: the beginning of its id.
        purpose: what it is wanted for, such as "to dismiss".

    Raises:
        UsageError: see `chosen`.
    """
    if not known:
        raise UsageError(f"there is no finding {purpose}", todo="Review first: hunkgate review")
    return chosen(wanted, known, "finding of the last reviews", "Review again to see the ids: hunkgate review")


def chosen(wanted: str, subjects: Sequence[Subject], what: str, todo: str) -> Subject:
    """The one subject whose fingerprint begins as wanted.

    Args:
        what: what the subjects are, for the message.
        todo: what to do where there are none.

    Raises:
        UsageError: none or several do; names the candidates.
    """
    beginning = wanted.strip().lower()
    if not _HEX.fullmatch(beginning) or len(beginning) < SHORTEST:
        raise UsageError(f"{wanted!r} is no id: give {SHORTEST} or more of its digits", todo=_candidates(subjects) or todo)
    found = [subject for subject in subjects if subject.fingerprint.startswith(beginning)]
    if not found:
        raise UsageError(f"there is no {what} with the id {beginning}", todo=_candidates(subjects) or todo)
    if len(found) > 1:
        raise UsageError(f"{beginning} is the beginning of {len(found)} ids", todo=_candidates(found))
    return found[0]


def row(subject: Subject) -> str:
    """A finding on one line."""
    place = f"{safe(printable(subject.path), 200)}:{subject.line}"
    return f"{subject.fingerprint[:12]}  {safe(subject.rule, 200)}  {place}  {safe(subject.anchor.code[0], 60)}"


def _candidates(subjects: Sequence[Subject]) -> str:
    if not subjects:
        return ""
    rows = [row(subject) for subject in subjects[:_SHOWN]]
    more = [f"and {len(subjects) - _SHOWN} more"] if len(subjects) > _SHOWN else []
    return "\n  ".join(["Choose one of:", *rows, *more])
