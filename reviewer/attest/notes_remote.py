"""Notes to and from a remote. The only part of attestation that uses the network, and only when a person asks for it.

No setting of the repository is changed: `remote.*.push` would change what a plain `git push` pushes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from reviewer.attest import notes_store
from reviewer.attest.notes import REF, tracking_ref
from reviewer.attest.notes_merge import merge
from reviewer.errors import AttestError, GitError, ToolTimeoutError, UsageError
from reviewer.git import Git

_ATTEMPTS = 5
"""A push is tried again with what others have pushed meanwhile."""

LIMIT = 60.0
"""Seconds for a remote to answer; the notes of 10,000 commits are a few megabytes."""

_LATER = 5
"""Seconds after which git's helper for http gives up by itself: after git was ended, so that the error is always the same."""

_PROTOCOLS = "file:git:http:https:ssh"
"""What git itself allows by default; `ext`, which runs a program that an address names, is not among them."""

_OF_THE_USER = (
    "GIT_ALLOW_PROTOCOL", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH", "GIT_SSL_NO_VERIFY", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS",
)  # fmt: skip
"""How a person talks to remotes. Our own git calls go without them."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a remote had."""

    found: bool
    """False if it has no notes."""
    about: int
    """Trees about which there is something new in one's own notes."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push."""

    changed: bool
    """False if the remote had everything already."""
    about: int
    """Trees about which others had pushed something new."""


def fetch(git: Git, remote: str, ref: str = REF, limit: float = LIMIT) -> Fetched:
    """Fetch the notes of a remote into a ref of their own, and add to one's own notes what is new.

    Args:
        limit: seconds for the remote.

    Raises:
        GitError, AttestError, StorageError: one's own notes are as they were.
    """
    into = tracking_ref(remote, ref)
    flags = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=", "--no-filter")
    try:
        _talk(git, remote, limit, "fetch", *flags, "--end-of-options", remote, f"+{ref}:{into}")
    except GitError as error:
        if "couldn't find remote ref" not in str(error):
            raise
        git.run("update-ref", "-d", into)
        return Fetched(found=False, about=0)
    return Fetched(found=True, about=len(merge(git, into, ref).about))


def push(git: Git, remote: str, ref: str = REF, limit: float = LIMIT) -> Pushed:
    """Push one's own notes, together with what others pushed meanwhile. Nothing is ever forced.

    Args:
        limit: seconds for the remote, each time that it is spoken to.

    Raises:
        AttestError: there are no notes, or others keep pushing.
        GitError, StorageError: the remote has what it had.
    """
    about = 0
    for _ in range(_ATTEMPTS):
        if not notes_store.tip(git, ref):
            fetched = fetch(git, remote, ref, limit)
            return Pushed(changed=False, about=fetched.about)
        about += fetch(git, remote, ref, limit).about
        if _pushed(git, remote, ref, limit):
            return Pushed(changed=True, about=about)
        if notes_store.tip(git, ref) == notes_store.tip(git, tracking_ref(remote, ref)):
            return Pushed(changed=False, about=about)
    raise AttestError("others keep pushing notes", where=remote, todo="Run the command again.")


def remote_of(git: Git, name: str | None) -> str:
    """The remote that is meant: the named one, that of the current branch, "origin", or the only one.

    Raises:
        UsageError: there is none, or more than one to choose from.
    """
    known = git.run("remote").decode("utf-8", "surrogateescape").split()
    branch = git.completed("symbolic-ref", "-q", "--short", "HEAD", ok=(0, 1)).out.decode("utf-8", "surrogateescape").strip()
    of_branch = git.config(f"branch.{branch}.remote") if branch else None
    choices = [name] if name else [of_branch or "", "origin", *(known if len(known) == 1 else [])]
    for choice in choices:
        if choice in known:
            return choice
    listed = f"Name one of: {', '.join(known)}" if known else "Add one: git remote add origin ADDRESS"
    raise UsageError(f"there is no remote {name!r}" if name else "no remote is meant", todo=listed)


def _pushed(git: Git, remote: str, ref: str, limit: float) -> bool:
    """Whether the remote has our notes now, and had not before."""
    old, new = notes_store.tip(git, tracking_ref(remote, ref)), notes_store.tip(git, ref)
    if old == new:
        return False
    # The pre-push hook looks at commits of code, and there are none in here.
    flags = ("--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
    try:
        _talk(git, remote, limit, "push", *flags, "--end-of-options", remote, f"{new}:{ref}")
    except GitError as error:
        if any(word in str(error) for word in ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref")):
            return False
        raise
    git.run("update-ref", tracking_ref(remote, ref), new)
    return True


def _talk(git: Git, remote: str, limit: float, *words: str) -> None:
    """Run a command of git that speaks to a remote.

    Raises:
        GitError: it failed, or the remote did not answer in time.
    """
    # Git's own helper for http would outlive the git that is killed: it gives up by itself.
    patience = ("-c", "http.lowSpeedLimit=1", "-c", f"http.lowSpeedTime={round(limit) + _LATER}")
    try:
        _talking(git, limit).run(*patience, *words)
    except ToolTimeoutError as error:
        what = f"the remote did not answer within {limit:g} s"
        raise GitError(what, where=remote, todo="Try again later, or give it more time: --timeout 5m") from error


def _talking(git: Git, limit: float) -> Git:
    own = {name: os.environ[name] for name in _OF_THE_USER if name in os.environ}
    prompts = {"GIT_TERMINAL_PROMPT": os.environ.get("GIT_TERMINAL_PROMPT", "1")}
    return Git(git.folder, timeout=limit, variables={**git.variables, "GIT_ALLOW_PROTOCOL": _PROTOCOLS, **prompts, **own})
