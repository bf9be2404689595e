"""Which commits a job is about, and whether this clone has them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.attest.target import Span, commits_of
from reviewer.errors import GitError, UsageError
from reviewer.forges.interface import Place
from reviewer.git import Git
from reviewer.records import printable


@dataclass(frozen=True, slots=True)
class Commits:
    """A range."""

    base: str
    """Oid of the target's tip before these commits: the settings and signers in it count."""
    head: str
    """Oid."""
    fork: str
    """Oid of the commit that base and head have in common; empty if they have none."""
    oids: tuple[str, ...]
    """What head has and base has not, parents before children."""
    target: str
    """In words: what `base` was asked for as."""

    @property
    def span(self) -> Span:
        """The same for `reviewer.attest.target`."""
        return Span(f"{self.base}..{self.head}", self.base, self.head, is_range=True)


def find(git: Git, place: Place, base: str = "", head: str = "") -> Commits:
    """The commits of a job.

    Args:
        base, head: what the command line says instead of the environment.

    Raises:
        UsageError: a revision of the command line does not exist; or nothing says what to compare with.
        GitError: this clone lacks commits; what to fetch is said.
    """
    last, _ = _resolved(git, place, "head", head, place.heads)
    first, target = _resolved(git, place, "base", base, place.bases)
    found = git.completed("merge-base", first, last, ok=(0, 1))
    fork = found.out.decode("ascii").strip() if found.code == 0 else ""
    oids = commits_of(git, Span(f"{first}..{last}", first, last, is_range=True))
    _require_whole(git, place, oids)
    return Commits(first, last, fork, oids, target)


def _resolved(git: Git, place: Place, what: str, given: str, told: Sequence[str]) -> tuple[str, str]:
    """The commit's oid, and the name that it was found by."""
    if given:
        oid = git.commit_of(given)
        if oid is None:
            todo = f"Name one that 'git log' knows in this clone. {place.fetch}"
            raise UsageError(f"there is no commit {given!r}", where=f"--{what}", todo=todo)
        return oid, given
    for name in told:
        oid = git.commit_of(name)
        if oid is not None:
            return oid, name
    raise _missing(place, what, told)


def _missing(place: Place, what: str, told: Sequence[str]) -> GitError | UsageError:
    where = f"{place.forge}: {', '.join(printable(name.encode()) for name in told)}"
    if told:
        return GitError(f"this clone does not have the {what} of the commits to verify", where=where, todo=f"{place.fetch}.")
    todo = "Say what to compare with: hunkgate ci --base REV, for example the commit that was there before the push."
    return UsageError(f"the environment does not say the {what} of the commits to verify", where=place.forge, todo=todo)


def _require_whole(git: Git, place: Place, oids: Sequence[str]) -> None:
    """A cut in the history would make old commits look new, and hide what came before."""
    if git.line("rev-parse", "--is-shallow-repository") != "true":
        return
    cut = frozenset(git.path("shallow").read_text(encoding="ascii").split())
    if cut.isdisjoint(oids):
        return
    what = "this clone is shallow: the commits to verify are not all here"
    raise GitError(what, where=f"{place.forge}: the history is cut at {min(cut & set(oids))[:12]}", todo=f"{place.fetch}.")
