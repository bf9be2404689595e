"""prepare-commit-msg: note which tree git is committing, before an editor gives anything time to change the index."""

from __future__ import annotations

from reviewer.attest import attempt
from reviewer.errors import HunkgateError
from reviewer.git import Git
from reviewer.occasion import commit_in_progress, staged_tree
from reviewer.report._streams import complain


def run(args: list[str]) -> int:
    """Always 0: without the note commit-msg trusts the index it sees. Git passes message file, source and commit."""
    git = Git()
    try:
        attempt.record(git, commit_in_progress(git), staged_tree(git))
    except HunkgateError as error:
        complain(f"hunkgate: cannot note what is being committed: {error}\n")
    return 0
