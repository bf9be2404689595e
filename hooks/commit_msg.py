"""commit-msg: write into the commit message how much of the commit was generated, and the attestation of its review."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from reviewer import config
from reviewer.attest import attempt, confirm
from reviewer.attest.assisted import Assisted
from reviewer.attest.write import attest
from reviewer.errors import ExitCode, HunkgateError
from reviewer.generate.committed import mark
from reviewer.git import Git
from reviewer.occasion import Occasion, commit_in_progress
from reviewer.records import OnError, Policy
from reviewer.report._streams import complain


def run(args: list[str]) -> int:
    """0, so that the commit is not lost; 1 only if something failed and the policy's on_error is "block".

    Args:
        args: the message file. pre-commit passes none to a hook without file names: then it is git's own.
    """
    git = Git()
    policy = Policy()
    try:
        occasion = commit_in_progress(git)
        policy = config.load_policy(git, occasion.base_tree).policy
        file = Path(args[0]) if args else git.path("COMMIT_EDITMSG")
        marks = _marked(git, occasion, file, policy)
        if policy.attest:
            complain(f"hunkgate: {attest(git, occasion, file, policy, marks).told}\n")
            if policy.store.in_notes:
                _rescue(git)
        else:
            _use_up(git)
    except HunkgateError as error:
        _use_up(git)
        complain(f"hunkgate: this commit is not attested: {error}\n" + (f"  {error.todo}\n" if error.todo else ""))
        return ExitCode.BLOCK if policy.on_error is OnError.BLOCK else ExitCode.OK
    return ExitCode.OK


def _marked(git: Git, occasion: Occasion, file: Path, policy: Policy) -> tuple[Assisted, ...]:
    """Say how much of the commit was generated. If that cannot be told, the commit is attested all the same."""
    try:
        marks = mark(git, occasion, file, in_message=policy.store.in_message)
    except HunkgateError as error:
        complain(f"hunkgate: how much of this commit was generated cannot be told: {error}\n")
        return ()
    for one in marks:
        complain(f"hunkgate: {one.told}\n")
    return marks


def _use_up(git: Git) -> None:
    """There is nothing more to say: otherwise post-commit would say that no commit-msg ran."""
    with suppress(HunkgateError):
        attempt.recorded(git, attempt.name_here())


def _rescue(git: Git) -> None:
    """Write what former commits have left, if there is no post-commit that did."""
    try:
        confirm.rescue(git)
    except HunkgateError as error:
        complain(f"hunkgate: the note about an earlier commit was not written: {error}\n")
