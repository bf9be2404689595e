"""Where a review starts: the staged change, a commit, a range or patch text, each with its contents and its policy.

The policy always comes from before the change: no change loosens the rules it is judged by.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reviewer import config
from reviewer.errors import NotARepositoryError, PatchError
from reviewer.git import Git
from reviewer.intake import changes, contents, local_rules
from reviewer.intake.contents import Content
from reviewer.knowledge.known import Known
from reviewer.knowledge.memory import Memory
from reviewer.occasion import commit_in_progress, staged_tree
from reviewer.records import Change, Policy
from reviewer.rulebook.local import LocalRules


@dataclass(frozen=True, slots=True)
class Sourced:
    """A change, what is known of its files, and the policy from before it."""

    change: Change
    contents: Mapping[bytes, Content]
    before: Mapping[bytes, bytes]
    """Old contents by path after the change, as far as they are known."""
    policy: Policy
    notes: tuple[str, ...]
    memory: Memory = field(default_factory=Memory)
    """Which findings were dismissed, and where new ones are kept in mind."""
    local_rules: LocalRules = field(default_factory=LocalRules)
    """The repository's own rules from before the change."""
    own_ranks: Callable[[], Sequence[float]] = tuple
    """How the hunks of the repository's own history rank, if that was measured; looked up when it is asked for."""


def staged(git: Git) -> Sourced:
    """What `git commit` would commit now; inside a hook, what it is committing (also with -a, -- path and --amend).

    Raises:
        GitError: no repository, a bare one, an unreadable index.
    """
    top = git.top()
    base_tree = commit_in_progress(git).base_tree
    tree = staged_tree(git)
    return _in_repository(git, changes.staged(git, base_tree=base_tree, tree=tree), top)


def commit(git: Git, revision: str) -> Sourced:
    """What a commit changed against its first parent.

    Raises:
        UsageError: there is no such commit.
        GitError: no repository.
    """
    return _in_repository(git, changes.of_commit(git, revision))


def commit_range(git: Git, text: str) -> Sourced:
    """What `A..B` changed as a whole.

    Raises:
        UsageError: no such range.
        GitError: no repository.
    """
    return _in_repository(git, changes.of_range(git, text))


def snippet(text: bytes, language: str = "") -> Sourced:
    """Code that is in no repository; see `intake.snippet`. The settings are those of the repository that we are in, if any.

    Raises:
        UsageError: there is no code, or its language is not known.
    """
    from reviewer.intake import snippet

    change = snippet.parse(text, language)
    policy, notes, _ = _policy_here(Git())
    new = contents.from_hunks(change, limit=policy.max_file_bytes)
    return Sourced(change, new, {}, policy, notes)


def patch(name: str) -> Sourced:
    """What a patch file would change; "-" reads standard input. Works outside a repository too.

    Raises:
        PatchError: it cannot be read, or is no patch.
    """
    from reviewer.intake import patch_text

    change = patch_text.parse(_read(name), name="standard input" if name == "-" else name)
    git = Git()
    policy, notes, base_tree = _policy_here(git)
    only_hunks = "Only the patch is known, not the files: rules see the hunks alone."
    memory = Memory(Known(git, change, {}, base_tree) if base_tree else None)
    own = local_rules.read(git, base_tree, change) if base_tree else LocalRules()
    new = contents.from_hunks(change, limit=policy.max_file_bytes)
    return Sourced(change, new, {}, policy, (*notes, only_hunks, *local_rules.note(own)), memory, own)


def _policy_here(git: Git) -> tuple[Policy, tuple[str, ...], str | None]:
    """The policy, what has to be said of it, and HEAD's tree; outside a repository the defaults."""
    try:
        loaded = config.load_policy(git)
        return loaded.policy, loaded.notes, git.tree_of("HEAD")
    except NotARepositoryError:
        return Policy(), (), None


def _in_repository(git: Git, change: Change, top: Path | None = None) -> Sourced:
    loaded = config.load_policy(git, change.base_tree)
    new, old = contents.from_git(git, change, limit=loaded.policy.max_file_bytes)
    memory = Memory(Known(git, change, {path: content.data for path, content in new.items()}, change.base_tree, top))
    own = local_rules.read(git, change.base_tree, change)
    notes = (*loaded.notes, *local_rules.note(own))
    return Sourced(change, new, old, loaded.policy, notes, memory, own, lambda: _own_ranks(git))


def _own_ranks(git: Git) -> Sequence[float]:
    from reviewer.classify import own_history

    found = own_history.load(git.path(own_history.FILE))
    return found.quantiles if found else ()


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise PatchError(f"cannot read {name}: {error.strerror}", todo="Name a file that holds a unified diff, or - .") from error
