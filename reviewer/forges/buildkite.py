"""Buildkite. It has no merge requests of its own, so nothing is posted.

Variables: https://buildkite.com/docs/pipelines/configure/environment-variables
"""

from __future__ import annotations

from reviewer.forges._names import branch, number, oid, remote_branch
from reviewer.forges.interface import Environment, Place


def detect(environment: Environment) -> Place | None:
    """What the environment says; None if this is not Buildkite."""
    if environment.get("BUILDKITE") != "true":
        return None
    heads = (*oid(environment.get("BUILDKITE_COMMIT", "")), "HEAD")
    fetch = "In a hook or before the step: git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
    asked = number(environment.get("BUILDKITE_PULL_REQUEST", ""))
    if asked:
        target = environment.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "")
        return Place("buildkite", remote_branch(target), heads, branch(target), asked, fetch=fetch)
    default = branch(environment.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH", ""))
    pushed = branch(environment.get("BUILDKITE_BRANCH", ""))
    # Buildkite does not say what a branch was before a push.
    bases = () if pushed == default else remote_branch(default)
    return Place("buildkite", bases, heads, pushed, fetch=fetch)
