"""Which model is asked about which hunk."""

from __future__ import annotations

from reviewer.classify import rank_odds
from reviewer.records import Complexity, Confidence, Hunk, Profile
from reviewer.review._model_seats import Seat, Seats
from reviewer.review.interface import Job

RISKY = 0.8
"""Rank from which on a hunk counts as risky: the top fifth, which holds .44 of the hunks that had to be fixed within 18 months
(training/MODEL_CARD.md)."""


def reviewer_of(seats: Seats, job: Job, hunk: Hunk) -> Seat | None:
    """Who says what is wrong with a hunk."""
    complexity, risky = _hardness(job, hunk)
    return seats.holder("review", complexity, risky=risky)


def screener_of(seats: Seats, job: Job, hunk: Hunk) -> Seat | None:
    """Who says whether to look: the usual model, also at what the larger one will review, because reading costs it less."""
    complexity, risky = _hardness(job, hunk)
    return seats.holder("screen") or seats.holder("screen", complexity, risky=risky)


def judge_of(seats: Seats, job: Job, hunk: Hunk) -> Seat | None:
    """Who judges a finding of the rules in a hunk."""
    complexity, risky = _hardness(job, hunk)
    return seats.holder("triage") or seats.holder("triage", complexity, risky=risky)


def profile_of(job: Job, hunk: Hunk) -> Profile | None:
    """What the classifier says of a hunk."""
    return job.profiles.get((hunk.path, hunk.new_start))


def risk_of(job: Job, hunk: Hunk) -> float:
    """How much its rank of risk changes the log-odds that a hunk has a defect; 0 if it has no rank."""
    profile = profile_of(job, hunk)
    return rank_odds.log_odds(profile.risk if profile else None)


def _hardness(job: Job, hunk: Hunk) -> tuple[Complexity, bool]:
    """How complex a hunk is, and whether it ranks as risky or a finding of the rules in it makes it so."""
    profile = profile_of(job, hunk)
    risky = (profile is not None and (profile.risk or 0.0) >= RISKY) or any(
        found.path == hunk.path
        and found.confidence is not Confidence.LOW
        and hunk.new_start <= found.start_line < hunk.new_start + hunk.new_count
        for found in job.others.findings
    )
    return profile.complexity if profile else Complexity.SIMPLE, risky
