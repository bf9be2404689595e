"""Replaying reviewed changes on another base, as `git rebase` and a forge's squash do, and seeing what comes out.

A change that was reviewed from tree B to tree T is replayed on tree X by the three-way merge of X and T with base B; the next
change is replayed on the result. A conflict ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from reviewer.attest.merges import Merger, Trees

Change = tuple[str, str]
"""Oids of the trees before and after a reviewed change."""

MAX_STEPS = 300
"""Changes replayed one after the other for one commit."""

MAX_GUESSES = 12
"""Sequences of changes tried for one commit."""


@dataclass(slots=True)
class _Run:
    tree: str | None
    waiting: list[Change] = field(default_factory=list)


def replayed(merger: Merger, attempts: Sequence[tuple[str, Sequence[Change]]]) -> list[str | None]:
    """The trees that come out; None where a change does not apply cleanly, or an object is missing.

    Args:
        attempts: for each the tree to start from, and the changes in order.
    """
    runs = [_Run(onto, list(reversed(changes))) for onto, changes in attempts]
    while True:
        wanted = [trees for run in runs for trees in _next(run)]
        if not wanted:
            return [run.tree for run in runs]
        merged = merger.trees(wanted)
        for run in runs:
            for trees in _next(run):
                run.waiting.pop()
                result = merged.get(trees)
                run.tree = result.tree if result is not None and result.clean else None


def _next(run: _Run) -> Iterator[Trees]:
    """The merge that a run needs now, if any. Where nothing has moved, the change itself is the answer."""
    while run.tree is not None and run.waiting and run.waiting[-1][0] == run.tree:
        run.tree = run.waiting.pop()[1]
    if run.tree is not None and run.waiting:
        base, after = run.waiting[-1]
        yield base, run.tree, after


def joined(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Changes that follow each other without a gap as one: `git merge --squash` merges a branch at once."""
    made: list[Change] = []
    for before, after in changes:
        if made and made[-1][1] == before:
            made[-1] = (made[-1][0], after)
        else:
            made.append((before, after))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid statement that could be replayed."""

    index: int
    change: Change
    at: float
    """When it was reviewed, seconds since 1970."""
    paths: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Guess:
    """A sequence of reviewed changes that may give a commit's tree."""

    used: tuple[int, ...]
    changes: tuple[Change, ...]


def guesses(
    own: Sequence[Candidate],
    following: Sequence[Candidate],
    near: Sequence[Sequence[Candidate]],
    heads: Sequence[Sequence[Candidate]],
    paths: frozenset[bytes],
) -> list[Guess]:
    """What to try for a commit, the likeliest first.

    Args:
        own: statements in its own message, in that order. A squash lists them there, oldest or newest first.
        following: statements that no commit carries and that continue from the last of its own.
        near: statements that no commit carries and that touch its paths, each source in its order; `git commit --fixup` and
            squashes by a server lose them.
        heads: all statements of each head whose commits are sources.
        paths: those of the commit.
    """
    flat = [candidate for source in near for candidate in source]
    sequences: list[list[Candidate]] = [list(own), list(reversed(own)), _by_time(own)]
    if own:
        sequences += [[*own, *following]] + [_by_time([*own, *source]) for source in near]
        sequences += [_by_time([*own, candidate]) for candidate in _likeliest(flat, paths)]
    else:
        sequences += [list(source) for source in [*heads, *near]]
    sequences += [[candidate] for candidate in [*own, *_likeliest(flat, paths)]]
    made: dict[Guess, None] = {}
    for sequence in sequences:
        if 0 < len(sequence) <= MAX_STEPS:
            used, changes = tuple(candidate.index for candidate in sequence), [candidate.change for candidate in sequence]
            made.update(dict.fromkeys((Guess(used, joined(changes)), Guess(used, tuple(changes)))))
    return list(made)[:MAX_GUESSES]


def _by_time(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Along the chain of trees where there is one; changes that are in no chain by the time of their review."""
    waiting = sorted(candidates, key=lambda candidate: candidate.at)
    ordered: list[Candidate] = []
    while waiting:
        after = {candidate.change[1] for candidate in waiting}
        following = ordered[-1].change[1] if ordered else ""
        chosen = next((candidate for candidate in waiting if candidate.change[0] == following), None)
        chosen = chosen or next((candidate for candidate in waiting if candidate.change[0] not in after), waiting[0])
        waiting.remove(chosen)
        ordered.append(chosen)
    return ordered


def _likeliest(candidates: Sequence[Candidate], paths: frozenset[bytes]) -> list[Candidate]:
    """Those whose paths are most like the commit's."""

    def likeness(candidate: Candidate) -> float:
        return len(candidate.paths & paths) / len(candidate.paths | paths)

    return sorted(candidates, key=likeness, reverse=True)[: MAX_GUESSES // 2]
