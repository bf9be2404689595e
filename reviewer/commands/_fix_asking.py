"""Asks about each mend, as `git add -p` does."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reviewer.commands import _fix_page as page
from reviewer.fix.interface import Proof
from reviewer.report import _streams
from reviewer.report._masking import Masks
from reviewer.report.interface import View

_HELP = """y - mend this
n - leave this as it is
a - mend this and all that follow
q - leave this and all that follow as they are; mend what was chosen before
? - print this
"""


def chosen_by_person(proofs: Sequence[Proof], masks: Masks, view: View) -> list[Proof]:
    """The mends that the person at the terminal wants. The end of the input means q."""
    chosen: list[Proof] = []
    for number, proof in enumerate(proofs):
        _streams.say(page.one(proof, masks, view))
        answer = _answer(number + 1, len(proofs))
        if answer == "a":
            return [*chosen, *proofs[number:]]
        if answer == "q":
            return chosen
        if answer == "y":
            chosen.append(proof)
    return chosen


def _answer(number: int, total: int) -> str:
    """One of y, n, a, q."""
    while True:
        _streams.say(f"({number}/{total}) Mend this [y,n,q,a,?]? ")
        # As bytes: what a person types need not be UTF-8.
        line = sys.stdin.buffer.readline()
        word = line.decode("ascii", "replace").strip().lower()[:1]
        if not line or word == "q":
            return "q"
        if word in ("y", "n", "a"):
            return word
        _streams.say(_HELP)
