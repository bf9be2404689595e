"""post-commit: the commit is there; confirm that it is the one that was attested, and note what waits for it."""

from __future__ import annotations

from reviewer.attest import confirm
from reviewer.errors import ExitCode, HunkgateError
from reviewer.git import Git
from reviewer.report._streams import complain


def run(args: list[str]) -> int:
    """Always 0: the commit is there. Git passes no arguments, and does not look at the code."""
    try:
        said = confirm.settle(Git())
    except HunkgateError as error:
        said = confirm.said_of(error)
    if said:
        complain(f"hunkgate: {said}\n")
    return ExitCode.OK
