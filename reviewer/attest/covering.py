"""Covering commits by statements that were not made for them: the same change elsewhere, changes composed, changes replayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewer.attest import replay
from reviewer.attest.compose import Composer, Cover
from reviewer.attest.gather import Gathered
from reviewer.attest.own import covered
from reviewer.attest.pool import Claim
from reviewer.attest.proof import Check, Class, Proof
from reviewer.attest.replay import Candidate, Guess
from reviewer.attest.session import Session
from reviewer.attest.subject import Subject
from reviewer.attest.trailer import Attested
from reviewer.attest.transitions import Entry, absent, submodules, transitions
from reviewer.attest.trust import Standing
from reviewer.records import printable

_ELSEWHERE = "was the same change reviewed for another commit"
_COMPOSED = "do whole reviewed changes compose to it"
_REPLAYED = "does a replay of whole reviewed changes give this tree"

_NEAR = 200
"""Statements of lost commits considered for the replay of one commit."""

_PARTS = 3
"""Replays of one commit that are looked at for what they cover, if none gives its tree."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What covers some paths of a commit, or all."""

    klass: Class
    used: tuple[int, ...]
    paths: frozenset[bytes]


@dataclass(slots=True)
class _Open:
    """A commit on the way to its proof."""

    subject: Subject
    own: Proof
    best: _Part
    guesses: list[Guess]
    replays: list[tuple[Guess, str]]
    """Trees that came out, other than the commit's."""

    @property
    def whole(self) -> bool:
        return self.best.klass is not Class.RESIDUAL


def proofs_of(session: Session, gathered: Gathered, subjects: Sequence[Subject], own: Mapping[str, Proof]) -> list[Proof]:
    """The proofs of commits that their own messages do not prove.

    Args:
        own: what their messages prove, by oid.
    """
    return _Covering(session, gathered).run(subjects, own)


class _Covering:
    def __init__(self, session: Session, gathered: Gathered) -> None:
        self._session = session
        self._gathered = gathered
        self._pool = gathered.loose
        self._composer = Composer(self._pool.steps, self._pool.counts)
        self._carried: defaultdict[str, list[int]] = defaultdict(list)
        self._lost_from: defaultdict[str, list[int]] = defaultdict(list)
        for index, claim in enumerate(self._pool.claims):
            self._carried[claim.carrier].append(index)
            if not claim.carrier:
                self._lost_from[claim.change[0]].append(index)

    def run(self, subjects: Sequence[Subject], own: Mapping[str, Proof]) -> list[Proof]:
        proofs: dict[str, Proof] = {}
        waiting = []
        for subject in subjects:
            proof = self._elsewhere(subject)
            if proof is None:
                waiting.append(_Open(subject, own[subject.commit.oid], self._composed(subject), [], []))
            else:
                proofs[subject.commit.oid] = proof
        self._replay([open_ for open_ in waiting if not open_.whole])
        proofs.update((open_.subject.commit.oid, self._proof(open_)) for open_ in waiting)
        return [proofs[subject.commit.oid] for subject in subjects]

    def _elsewhere(self, subject: Subject) -> Proof | None:
        """The same change, attested somewhere else."""
        assert subject.delta is not None
        for pool in (self._pool, self._gathered.settled):
            for index in pool.about(subject.delta):
                exact = pool.claims[index].change == (subject.base, subject.commit.tree)
                check = Check(_ELSEWHERE, True, pool.claims[index].source)
                return covered(subject, Class.EXACT if exact else Class.DELTA, pool.used([index]), [check])
        return None

    # composition

    def _composed(self, subject: Subject) -> _Part:
        assert subject.delta is not None

        def start(paths: Iterable[bytes]) -> dict[bytes, Entry]:
            names = list(paths)
            there = self._session.bulk.entries(subject.base, names)
            return {path: there.get(path, absent(subject.base)) for path in names}

        cover: Cover = self._composer.cover(transitions(subject.delta), start)
        whole = bool(cover.order) and len(cover.paths) == len(subject.entries)
        klass = Class.RESIDUAL if not whole else Class.COMPOSED if len(cover.order) > 1 else Class.DELTA
        return _Part(klass, cover.order, cover.paths)

    # replay

    def _replay(self, waiting: Sequence[_Open]) -> None:
        """Try one guess after the other, each for all commits at once."""
        for open_ in waiting:
            open_.guesses = self._guesses(open_.subject)
        for rank in range(replay.MAX_GUESSES):
            tried = [open_ for open_ in waiting if not open_.whole and rank < len(open_.guesses)]
            trees = replay.replayed(self._session.merger, [(open_.subject.base, open_.guesses[rank].changes) for open_ in tried])
            for open_, tree in zip(tried, trees, strict=True):
                if tree == open_.subject.commit.tree:
                    open_.best = _Part(Class.REPLAY, open_.guesses[rank].used, frozenset(open_.subject.paths))
                elif tree is not None:
                    open_.replays.append((open_.guesses[rank], tree))
        self._partly([open_ for open_ in waiting if not open_.whole])

    def _guesses(self, subject: Subject) -> list[Guess]:
        paths = frozenset(subject.paths)
        own = [self._candidate(index) for index in self._carried[subject.commit.oid] if self._replayable(index)]
        near = {index for path in paths for index in self._pool.by_path.get(path, ())[:_NEAR]}
        sources: defaultdict[int, list[Candidate]] = defaultdict(list)
        lost = [index for index in sorted(near)[:_NEAR] if not self._pool.claims[index].carrier and self._replayable(index)]
        for index in lost:
            sources[self._pool.claims[index].group].append(self._candidate(index))
        return replay.guesses(own, self._following(own), list(sources.values()), self._heads(), paths)

    def _following(self, own: Sequence[Candidate]) -> list[Candidate]:
        """Statements that no commit carries, each about a change of the tree that the one before made: fixups of it."""
        found: dict[int, Candidate] = {}
        tree = own[-1].change[1] if own else ""
        while True:
            lost = (index for index in self._lost_from.get(tree, ()) if index not in found and self._replayable(index))
            index = next(lost, None)
            if index is None or len(found) == replay.MAX_STEPS:
                return list(found.values())
            found[index] = self._candidate(index)
            tree = found[index].change[1]

    def _heads(self) -> list[list[Candidate]]:
        """All statements of each further revision, in their order: what a forge squashes."""
        heads: defaultdict[int, list[Candidate]] = defaultdict(list)
        for index in self._carried[""]:
            group = self._pool.claims[index].group
            if group < len(self._session.sources.revisions) and self._replayable(index):
                heads[group].append(self._candidate(index))
        return list(heads.values())

    def _replayable(self, index: int) -> bool:
        return self._pool.here[index] and self._pool.counts(index)

    def _candidate(self, index: int) -> Candidate:
        claim = self._pool.claims[index]
        return Candidate(index, claim.change, claim.item.statement.at.timestamp(), frozenset(self._pool.steps[index]))

    def _partly(self, waiting: Sequence[_Open]) -> None:
        """What replays cover of commits that they do not give exactly: a replayed change must be there whole."""
        tries = [(open_, guess, tree) for open_ in waiting for guess, tree in open_.replays[:_PARTS]]
        pairs = [pair for open_, _, tree in tries for pair in _pairs(open_.subject, tree)]
        changes = self._session.bulk.changes(pairs)
        for open_, guess, tree in tries:
            touched, left = (changes.get(pair) for pair in _pairs(open_.subject, tree))
            if touched is None or left is None:
                continue
            moved, differing = {change.path for change in touched}, {change.path for change in left}
            if moved.isdisjoint(differing):
                paths = frozenset(open_.subject.paths) - differing
                if len(paths) > len(open_.best.paths):
                    open_.best = _Part(Class.RESIDUAL, guess.used, paths)

    # results

    def _proof(self, open_: _Open) -> Proof:
        subject, best = open_.subject, open_.best
        used = self._pool.used(best.used)
        checks = (*open_.own.checks, *self._checks(open_))
        if open_.whole:
            return covered(subject, best.klass, used, checks)
        if open_.own.standing is Standing.UNSIGNED:
            return replace(open_.own, checks=checks)
        left = tuple(path for path in subject.paths if path not in best.paths or path in submodules(subject.entries))
        reasons = tuple(dict.fromkeys([*open_.own.reasons, *self._reasons(open_)]))
        return replace(open_.own, used=used or open_.own.used, residual=left, reasons=reasons, checks=checks)

    def _checks(self, open_: _Open) -> Iterator[Check]:
        sources = ", ".join(self._pool.claims[index].source for index in open_.best.used)
        if open_.best.klass is Class.REPLAY:
            yield Check(_COMPOSED, False, "they start from other contents")
            yield Check(_REPLAYED, True, sources)
        elif open_.whole:
            yield Check(_COMPOSED, True, sources)
        else:
            some = f"{sources} cover {len(open_.best.paths)} of {len(open_.subject.entries)} paths" if sources else "none fits"
            yield Check(_COMPOSED, False, some)
            tried = f"{len(open_.guesses)} sequences were tried" if open_.guesses else "there is none to try"
            yield Check(_REPLAYED, False, tried)

    def _reasons(self, open_: _Open) -> Iterator[str]:
        subject, covering = open_.subject, open_.best.paths
        if covering:
            yield f"whole reviewed changes cover {len(covering)} of its {len(subject.entries)} paths"
        signatures = {item.signature.blob for item in subject.found if isinstance(item, Attested) and item.signature}
        for index in self._carried[subject.commit.oid]:
            checked = self._pool.checked(index)
            if checked.standing is not Standing.VALID and checked.reason not in open_.own.reasons:
                yield f"its attestation of tree {_tree(self._pool.claims[index])} does not count: {checked.reason}"
        for claim in self._gathered.untold:
            if claim.item.signature is not None and claim.item.signature.blob in signatures:
                yield f"what its attestation of tree {_tree(claim)} is about is not known here: neither its trees nor a note"
        yield from self._gathered.problems
        if submodules(subject.entries):
            names = ", ".join(printable(path) for path in sorted(submodules(subject.entries)))
            yield f"it changes a submodule, which always is reviewed: {names}"


def _pairs(subject: Subject, tree: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (subject.base, tree), (tree, subject.commit.tree)


def _tree(claim: Claim) -> str:
    return claim.item.statement.tree[:12]
