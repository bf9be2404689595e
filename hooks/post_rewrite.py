"""post-rewrite: say at the end of a rebase what of it is still proven to be reviewed.

There is nothing to carry along: trailers are in the messages, and notes stand at trees, not at commits.
"""

from __future__ import annotations

import sys

from reviewer.attest import confirm
from reviewer.errors import ExitCode, HunkgateError
from reviewer.git import Git
from reviewer.report._streams import complain


def run(args: list[str]) -> int:
    """Always 0: the commits are there.

    Args:
        args: "rebase" or "amend". What an amend made was told by its other hooks. Standard input has a line for each commit:
            "<old oid> <new oid>".
    """
    if args[:1] != ["rebase"]:
        return ExitCode.OK
    lines = sys.stdin.buffer.read().decode("ascii", "replace").split("\n") if sys.stdin else []
    made = [words[1] for line in lines if len(words := line.split()) >= 2]
    try:
        said = confirm.rewritten(Git(), made) if made else ""
    except HunkgateError as error:
        said = f"cannot tell which of the rewritten commits are proven to be reviewed: {error}".replace("\n", " ")
    if said:
        complain(f"hunkgate: {said}\n")
    return ExitCode.OK
