"""The trained classifier's word on the source hunks of a whole change: what each is for, and how risky it ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reviewer.classify.answers import Asked, Judge, by_model
from reviewer.classify.file_kinds import context_of
from reviewer.classify.ranks import rank
from reviewer.errors import HunkgateError
from reviewer.records import Change, Profile, Task

Profiles = Mapping[tuple[bytes, int], Profile]


def ranked(
    change: Change, profiles: Profiles, own: Sequence[float] = (), judge: Judge = by_model
) -> tuple[dict[tuple[bytes, int], Profile], str]:
    """The profiles with task and risk where rules left source to the model; and why it could not be asked, if so.

    Nothing is loaded if rules decided every hunk.

    Args:
        own: ranks of the repository's own history, ascending (`hunkgate calibrate`); empty: the training's reference counts.
    """
    context = context_of(change)
    asked = [
        Asked(hunk, file, context)
        for file in change.files
        for hunk in file.hunks
        if profiles[hunk.path, hunk.new_start].task is Task.CODE
    ]
    found = dict(profiles)
    if not asked:
        return found, ""
    try:
        judged = judge(asked)
    except HunkgateError as error:
        return found, f"hunks were not ranked: {error.told}"
    for one, said in zip(asked, judged, strict=True):
        key = (one.hunk.path, one.hunk.new_start)
        risk = rank(said.risk, own) if own else said.risk
        among = "of this repository's own history" if own else "that the classifier was trained on"
        reasons = (f"looks like a {said.task}",) if said.sure else ()
        reasons = (*found[key].reasons, *reasons, f"riskier than {risk:.0%} of the hunks {among}")
        found[key] = replace(found[key], purpose=said.task if said.sure else "", risk=round(risk, 4), reasons=reasons)
    return found, ""
