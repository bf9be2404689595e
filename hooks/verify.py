"""pre-push under the pre-commit framework, which reads git's standard input itself and passes on one ref in variables."""

from __future__ import annotations

import os

from reviewer import registry


def run(args: list[str]) -> int:
    """The exit code of pre-push."""
    # Where a branch is pushed from its root on, pre-commit names the branch but no commits
    # (pre_commit/commands/hook_impl.py, _pre_push_ns).
    branch = os.environ.get("PRE_COMMIT_LOCAL_BRANCH")
    if branch:
        os.environ.setdefault("PRE_COMMIT_TO_REF", branch)
    code: int = registry.load("reviewer.hooks", "pre-push").run(args)
    return code
