"""A verdict seen from one side: only findings of one kind count, and the report says how many others there are."""

from __future__ import annotations

from dataclasses import replace

from reviewer import judge
from reviewer.records import Kind, Verdict

FOCUS = {"security": (Kind.SECURITY, Kind.SECRET), "bugs": (Kind.BUG,), "style": (Kind.STYLE,)}
"""Kinds of findings by what a person asks for."""


def focused(verdict: Verdict, focus: str) -> Verdict:
    """The verdict with the findings of these kinds alone, and the result that follows from them."""
    kept = tuple(judged for judged in verdict.findings if judged.finding.kind in FOCUS[focus])
    others = len(verdict.findings) - len(kept)
    note = f"only {focus} was asked for; {others} other finding{'s' if others != 1 else ''} left out"
    return replace(verdict, findings=kept, result=judge.result(kept, verdict.coverage), notes=(*verdict.notes, note))
