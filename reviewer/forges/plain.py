"""No code host that we know: what is here and not in the remote's main branch."""

from __future__ import annotations

from reviewer.forges.interface import Environment, Place


def detect(environment: Environment) -> Place | None:
    """Always something: it is asked last."""
    fetch = "git fetch --unshallow origin, and if there is no origin/HEAD: git remote set-head origin --auto"
    return Place("plain", ("refs/remotes/origin/HEAD",), ("HEAD",), fetch=fetch)
