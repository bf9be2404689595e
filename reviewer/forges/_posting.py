"""One comment for each merge request, and at most one remark for each finding, whatever was posted before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.forges._http import ForgeError
from reviewer.forges.interface import Comment, Desk, Remark

REPORT = "hunkgate:report"
"""In the hidden line of our comment."""

MOST_REMARKS = 20
"""New remarks of one run: each of them sends a mail to people."""

_FINDING = "hunkgate:finding"

_KEY = re.compile(rf"{_FINDING} ([0-9a-f]{{32}})")


@dataclass(frozen=True, slots=True)
class Posted:
    """What was done."""

    comment: str
    """`written`, `updated` or `unchanged`."""
    remarks: int
    known: int
    """Findings that have their remark already."""
    refused: int
    """Remarks for lines that the host takes none at."""
    left: int
    """Remarks beyond the limit."""
    closed: int

    def __str__(self) -> str:
        words = [f"the comment was {self.comment}" if self.comment != "unchanged" else "the comment is as it was"]
        counts = {"new remarks": self.remarks, "known": self.known, "closed as mended": self.closed}
        counts |= {"at lines that take none": self.refused, "more than a run posts": self.left}
        return ", ".join([*words, *(f"{count} {name}" for name, count in counts.items() if count)])


def post(desk: Desk, body: str, remarks: Sequence[Remark], *, present: frozenset[str] | None, user: str = "") -> Posted:
    """Write the comment or change it, write what is new at lines, close what was mended.

    Args:
        body: Markdown without a marker.
        remarks: for all findings that could have one, what matters most first.
        present: keys of all that is still found; None if not everything was looked at, so that nothing counts as mended.
        user: whose comments are our own, in the host's own form; asked of the host if empty.

    Raises:
        ForgeError: what was written before the failure stays.
    """
    who = user or desk.who()
    if not who:
        # Anybody can write our marker into a comment, and could change that comment afterwards.
        todo = "Set HUNKGATE_FORGE_USER to the account that the token belongs to."
        raise ForgeError("the code host does not tell whose the token is, so our own comments cannot be known", todo=todo)
    comment = _reported(desk, f"{body.rstrip()}\n\n{desk.marker(REPORT)}\n", who)
    existing = _own(desk.remarks(), who)
    fresh = [remark for remark in remarks if remark.key not in existing]
    taken = [desk.remark(remark, desk.marker(f"{_FINDING} {remark.key}")) for remark in fresh[:MOST_REMARKS]]
    known = len({remark.key for remark in remarks} & existing.keys())
    closed = 0 if present is None else _closed(desk, existing, present)
    return Posted(comment, sum(taken), known, taken.count(False), max(0, len(fresh) - MOST_REMARKS), closed)


def _reported(desk: Desk, body: str, who: str) -> str:
    own = next((comment for comment in desk.comments() if comment.author == who and REPORT in comment.body), None)
    if own is None:
        desk.say(body)
        return "written"
    if _words(own.body) == _words(body):
        return "unchanged"
    desk.rewrite(own, body)
    return "updated"


def _words(body: str) -> list[str]:
    """Hosts change line ends and trailing blanks."""
    return body.split()


def _own(comments: Sequence[Comment], who: str) -> dict[str, Comment]:
    """Our remarks by finding; the last one counts."""
    found = ((_KEY.search(comment.body), comment) for comment in comments if comment.author == who)
    return {key[1]: comment for key, comment in found if key is not None}


def _closed(desk: Desk, existing: dict[str, Comment], present: frozenset[str]) -> int:
    mended = [comment for key, comment in existing.items() if key not in present and not comment.closed]
    for comment in mended:
        desk.close(comment)
    return len(mended)
