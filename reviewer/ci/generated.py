"""Generated code in a range: where it lies in the end, what the settings say of that, and whether it is proven at all.

A commit says how many lines of which files were generated. A file that is moved or copied afterwards, as git sees it (half of its
lines are the same), takes that along. So does one that was generated before the range: its history in the target is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reviewer.attest.bulk import Bulk
from reviewer.attest.generation import Generation, Said, changed_paths, claims, generations
from reviewer.attest.proof import Class, Proof
from reviewer.ci.span import Commits
from reviewer.config.patterns import matching
from reviewer.git import Git
from reviewer.records import Policy, printable
from reviewer.records.policy import GeneratedReview, Provenance
from reviewer.report._summary import counted

_MOST_NAMED = 5

_HISTORY = 100
"""Commits of the target that are asked about one file that these commits move."""

_MOVES = ("-r", "-z", "-M", "-C", "--name-status", "--no-relative", "--diff-filter=RC", "-l1000")
"""Beyond a thousand files git follows only those that stayed as they were."""

_UNCHANGED_TOO = "--find-copies-harder"
"""A copy of a file that the commit leaves alone is one, too. Git has to look at all files for that."""

_AT_ONCE = 200
"""Paths of one command: a command line takes 2 MB, a path at most 4 KB."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A file in which generated lines are, or may be."""

    path: bytes
    how: str
    """In words: how many lines, or where they come from."""
    pattern: str = ""
    """The pattern of `generated.forbid` that means the file; empty if none does."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is to be said of one commit."""

    generation: Generation
    landed: tuple[Landed, ...] = ()

    @property
    def forbidden(self) -> tuple[Landed, ...]:
        return tuple(one for one in self.landed if one.pattern)

    @property
    def matters(self) -> bool:
        """Whether a reader should look at it."""
        return bool(self.forbidden) or self.generation.is_broken


@dataclass(frozen=True, slots=True)
class Rulings:
    """What is to be said of all."""

    by_commit: Mapping[str, Ruling] = field(default_factory=dict)

    def of(self, commit: str) -> Ruling:
        return self.by_commit[commit]

    def paths(self, commit: str, policy: Policy) -> tuple[bytes, ...]:
        """The files of a commit that the settings want reviewed again because lines of them were generated."""
        if policy.generated_review is GeneratedReview.USUAL:
            return ()
        return tuple(one.path for one in self.of(commit).landed)

    def unproven(self) -> list[str]:
        """Commits that do not prove what was generated."""
        return [commit for commit, ruling in self.by_commit.items() if not ruling.generation.holds]


def rulings_of(git: Git, commits: Commits, policy: Policy, proofs: Sequence[Proof]) -> Rulings:
    """What the commits of a range say of generated code, and where it lies at its end.

    Raises:
        GitError: an object is not in this clone.
    """
    said = generations(git, proofs)
    tracks = policy.generated_forbid or policy.generated_review is not GeneratedReview.USUAL
    if not tracks:
        return Rulings({one.commit: Ruling(one) for one in said})
    found = _Flow(git, commits, policy).run(list(zip(proofs, said, strict=True)))
    paths = sorted({path for landed in found.values() for path in landed})
    there = _present(git, commits.head, paths)
    return Rulings(
        {
            one.commit: Ruling(
                one,
                tuple(
                    Landed(path, how, matching(policy.generated_forbid, path))
                    for path, how in sorted(found[one.commit].items())
                    if path in there
                ),
            )
            for one in said
        }
    )


class _Flow:
    """Follows generated lines from file to file, through the commits in their order."""

    def __init__(self, git: Git, commits: Commits, policy: Policy) -> None:
        self._git = git
        self._commits = commits
        self._policy = policy
        self._where: dict[bytes, str] = {}
        """Every file so far, and how its lines came there."""
        self._asked: dict[bytes, str] = {}

    def run(self, commits: Sequence[tuple[Proof, Generation]]) -> dict[str, dict[bytes, str]]:
        """By commit, the files that it brings generated lines to."""
        found = {}
        for proof, said in commits:
            landed = {} if proof.klass is Class.CLEAN_MERGE else {**self._moved(proof.commit), **_said(self._git, said)}
            self._where.update(landed)
            found[proof.commit] = landed
        return found

    def _moved(self, commit: str) -> dict[bytes, str]:
        landed = {}
        changed = changed_paths(self._git, commit)
        harder = any(matching(self._policy.generated_forbid, path) for path in changed)
        for source, target in _moves(self._git, commit, harder=harder):
            how = self._where.get(source, "") or (self._before(source) if self._matters(target) else "")
            if how:
                landed[target] = how if " moved from " in how else f"{how}, moved from {printable(source)}"
        return landed

    def _matters(self, path: bytes) -> bool:
        usual = self._policy.generated_review is GeneratedReview.USUAL
        return not usual or bool(matching(self._policy.generated_forbid, path))

    def _before(self, path: bytes) -> str:
        """What the target's own commits say of a file; empty if nothing."""
        if path not in self._asked:
            self._asked[path] = next(_history(self._git, self._commits.base, path), "")
        return self._asked[path]


def _said(git: Git, said: Generation) -> dict[bytes, str]:
    """The files that a commit names; if it does not name all, every other one that it changes may be one."""
    landed = {}
    for share in said.shares:
        for part in share.parts:
            landed[part.path] = f"{part.lines} of {counted(part.of, 'added line')} generated by {share.model}"
    unnamed = sum(share.elsewhere for share in said.shares)
    if not unnamed and said.said not in (Said.MISSING, Said.ALTERED):
        return landed
    why = f"one of the files that {unnamed} generated lines are in, which are not named" if unnamed else said.told
    return {**dict.fromkeys(changed_paths(git, said.commit), why), **landed}


def _moves(git: Git, commit: str, *, harder: bool) -> Iterator[tuple[bytes, bytes]]:
    """What a commit renames or copies, against its first parent."""
    base = git.tree_of(f"{commit}^1") or git.empty_tree()
    words = (*_MOVES, _UNCHANGED_TOO) if harder else _MOVES
    fields = iter(git.run("diff-tree", *words, base, commit).split(b"\0")[:-1])
    for _ in fields:
        yield next(fields), next(fields)


def _history(git: Git, start: str, path: bytes) -> Iterator[str]:
    """What commits before the range say of a file, the latest first. They are in the target: whoever verified them, did."""
    words = ("--literal-pathspecs", "log", "--no-show-signature", "--format=%H", f"--max-count={_HISTORY}", start, "--")
    oids = git.run(*words, path).decode("ascii").split()
    commits = Bulk(git).commits(oids)
    for oid in oids:
        for share in claims(commits[oid].message):
            lines = sum(part.lines for part in share.parts if part.path == path) or share.elsewhere
            if lines:
                yield f"generated by {share.model} in {oid[:12]}"


def _present(git: Git, commit: str, paths: Sequence[bytes]) -> frozenset[bytes]:
    """Which of the paths a commit's tree has."""
    found: set[bytes] = set()
    for start in range(0, len(paths), _AT_ONCE):
        words = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", "--name-only", commit, "--")
        found.update(git.run(*words, *paths[start : start + _AT_ONCE]).split(b"\0")[:-1])
    return frozenset(found)


# What comes of it


def stops(rulings: Rulings, policy: Policy) -> Iterator[str]:
    """Why the job does not pass, in words."""
    forbidden = [one for ruling in rulings.by_commit.values() for one in ruling.forbidden]
    if forbidden:
        yield f"generated code lies where none may be (generated.forbid): {_named(forbidden)}"
    unproven = rulings.unproven()
    if unproven and policy.generated_require is Provenance.BLOCK:
        yield f'{_unproven(unproven)}, and the settings demand it (generated.require = "block")'


def remarks(rulings: Rulings, policy: Policy) -> Iterator[str]:
    """The same for the reports, and what only warns."""
    for ruling in rulings.by_commit.values():
        for one in ruling.forbidden[:_MOST_NAMED]:
            place = f"commit {ruling.generation.commit[:12]}: {printable(one.path)}"
            yield f"{place}: {one.how}; none may be here (generated.forbid has {one.pattern!r})"
        left = len(ruling.forbidden) - _MOST_NAMED
        if left > 0:
            yield f"commit {ruling.generation.commit[:12]}: and {left} more files where no generated code may be"
    broken = [ruling.generation for ruling in rulings.by_commit.values() if ruling.generation.is_broken]
    yield from (f"commit {one.commit[:12]}: {'; '.join(one.problems) or one.told}" for one in broken[:_MOST_NAMED])
    unproven = rulings.unproven()
    if unproven and policy.generated_require is not Provenance.OFF:
        yield _unproven(unproven)


def _unproven(commits: Sequence[str]) -> str:
    names = ", ".join(commit[:12] for commit in commits[:_MOST_NAMED])
    more = f" and {len(commits) - _MOST_NAMED} more" if len(commits) > _MOST_NAMED else ""
    return f"{counted(len(commits), 'commit')} without proof of what was generated: {names}{more}"


def _named(landed: Sequence[Landed]) -> str:
    paths = list(dict.fromkeys(printable(one.path) for one in landed))
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return f"{', '.join(paths[:_MOST_NAMED])}{more}"
