"""Notes to and from a remote. The only part of attestation that uses the network, and only when a person asks for it.

No setting of the repository is changed: `remote.*.push` would change what a plain `git push` pushes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from reviewer.attest import notes_store
from reviewer.attest.notes import REF, tracking_ref
from reviewer.attest.notes_merge import merge
from reviewer.errors import AttestError, GitError, UsageError
from reviewer.git import Git

_ATTEMPTS = 5
"""A push is tried again with what others have pushed meanwhile."""

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


def fetch(git: Git, remote: str) -> Fetched:
    """Fetch the notes of a remote into a ref of their own, and add to one's own notes what is new.

    Raises:
        GitError, AttestError, StorageError: one's own notes are as they were.
    """
    talking, into = _talking(git), tracking_ref(remote)
    flags = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=", "--no-filter")
    try:
        talking.run("fetch", *flags, "--end-of-options", remote, f"+{REF}:{into}")
    except GitError as error:
        if "couldn't find remote ref" not in str(error):
            raise
        git.run("update-ref", "-d", into)
        return Fetched(found=False, about=0)
    return Fetched(found=True, about=len(merge(git, into).about))


def push(git: Git, remote: str) -> Pushed:
    """Push one's own notes, together with what others pushed meanwhile. Nothing is ever forced.

    Raises:
        AttestError: there are no notes, or others keep pushing.
        GitError, StorageError: the remote has what it had.
    """
    about = 0
    for _ in range(_ATTEMPTS):
        if not notes_store.tip(git):
            fetched = fetch(git, remote)
            return Pushed(changed=False, about=fetched.about)
        about += fetch(git, remote).about
        if _pushed(git, remote):
            return Pushed(changed=True, about=about)
        if notes_store.tip(git) == notes_store.tip(git, tracking_ref(remote)):
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


def _pushed(git: Git, remote: str) -> bool:
    """Whether the remote has our notes now, and had not before."""
    old, new = notes_store.tip(git, tracking_ref(remote)), notes_store.tip(git)
    if old == new:
        return False
    # The pre-push hook looks at commits of code, and there are none in here.
    flags = ("--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
    try:
        _talking(git).run("push", *flags, "--end-of-options", remote, f"{new}:{REF}")
    except GitError as error:
        if any(word in str(error) for word in ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref")):
            return False
        raise
    git.run("update-ref", tracking_ref(remote), new)
    return True


def _talking(git: Git) -> Git:
    own = {name: os.environ[name] for name in _OF_THE_USER if name in os.environ}
    prompts = {"GIT_TERMINAL_PROMPT": os.environ.get("GIT_TERMINAL_PROMPT", "1")}
    return Git(git.folder, {**git.variables, "GIT_ALLOW_PROTOCOL": _PROTOCOLS, **prompts, **own})
