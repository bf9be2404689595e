"""reference-transaction: as post-commit, and also after a merge, which has none. Never stops an update of a ref.

Git runs it several times for each ref that changes, so hooks/shim.sh mostly ends before Python starts.
"""

from __future__ import annotations

import sys

from reviewer import registry
from reviewer.errors import ExitCode


def run(args: list[str]) -> int:
    """Always 0.

    Args:
        args: "prepared", "committed" or "aborted". Standard input has a line for each ref: "<old> <new> <ref>".
    """
    refs = [line.split(b" ")[-1] for line in sys.stdin.buffer.read().split(b"\n")] if sys.stdin else []
    if args[:1] != ["committed"] or not any(ref == b"HEAD" or ref.startswith(b"refs/heads/") for ref in refs):
        return ExitCode.OK
    code: int = registry.load("reviewer.hooks", "post-commit").run([])
    return code
