"""The statements that could cover a commit although they were not made for it: from messages, other revisions and notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from reviewer.attest.bulk import Bulk
from reviewer.attest.delta import Delta, is_sha1
from reviewer.attest.envelope import Envelope
from reviewer.attest.judge import Judge
from reviewer.attest.proof import Used
from reviewer.attest.trailer import Attested
from reviewer.attest.transitions import Transitions, transitions
from reviewer.attest.trust import Checked, Standing


@dataclass(frozen=True, slots=True)
class Claim:
    """A signed statement, and where it was found. Whether it counts is not known yet."""

    item: Attested
    source: str
    """In words."""
    carrier: str
    """Oid of the commit to be verified whose message has it; empty for other sources."""
    group: int
    """Which source; statements of one are in their order. -1 for messages of commits to be verified."""
    delta: Delta | None = None
    """What it is about; None if that has to be told from its trees."""

    @property
    def change(self) -> tuple[str, str]:
        """Oids of the trees before and after."""
        return self.item.statement.base, self.item.statement.tree


def of_envelope(envelope: Envelope, group: int) -> Claim:
    """The claim of a note."""
    source = f"a note about tree {envelope.statement.tree[:12]}"
    item = Attested(envelope.statement, envelope.signature, waivers=envelope.waivers, generated=envelope.generated)
    return Claim(item, source, "", group, envelope.delta)


@dataclass(slots=True)
class Pool:
    """Claims of which it is known what they are about, checked when they are needed."""

    claims: Sequence[Claim]
    steps: Sequence[Transitions]
    here: Sequence[bool]
    """Whether the trees of a claim are in this repository."""
    judge: Judge
    bases: frozenset[str]
    """Base trees of the commits that are verified. Another tree's policy names no id of this repository: it may be anybody's."""
    _checked: dict[int, Checked] = field(default_factory=dict)
    _by_digest: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_path: defaultdict[bytes, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for index, claim in enumerate(self.claims):
            assert claim.delta is not None
            self._by_digest[claim.delta.digest].append(index)
            for path in self.steps[index]:
                self.by_path[path].append(index)

    def checked(self, index: int) -> Checked:
        """What a claim is worth."""
        if index not in self._checked:
            claim = self.claims[index]
            assert claim.delta is not None
            base = claim.change[0] if claim.change[0] in self.bases else ""
            self._checked[index] = self.judge.check(claim.item, claim.delta, base)
        return self._checked[index]

    def counts(self, index: int) -> bool:
        """Whether a claim counts."""
        return self.checked(index).standing is Standing.VALID

    def about(self, delta: Delta) -> Iterable[int]:
        """Claims about exactly this change that count."""
        return (index for index in self._by_digest.get(delta.digest, ()) if self.counts(index))

    def used(self, indices: Iterable[int]) -> tuple[Used, ...]:
        """Claims as a proof names them."""
        return tuple(Used(self.claims[index].item, self.checked(index), self.claims[index].source) for index in indices)


def resolved(claims: Sequence[Claim], bulk: Bulk, judge: Judge, bases: frozenset[str]) -> tuple[Pool, list[Claim]]:
    """A pool of the claims of which it can be told what they are about, and the others.

    A note says it; else both trees of the statement have to be here.

    Args:
        bases: base trees of the commits that are verified.
    """
    sha1 = any(is_sha1(tree) for tree in bases)
    trees = bulk.present({tree for claim in claims for tree in claim.change} - {""})
    pairs = [claim.change for claim in claims if trees.issuperset(claim.change) and claim.delta is None]
    changes = bulk.changes(pairs)
    known = dict(zip(changes, bulk.deltas(list(changes.values()), sha1=sha1), strict=True))
    told, untold = [], []
    for claim in claims:
        delta = claim.delta or known.get(claim.change)
        if delta is None:
            untold.append(claim)
        else:
            told.append(replace(claim, delta=delta))
    steps = [transitions(claim.delta) for claim in told if claim.delta is not None]
    return Pool(told, steps, [trees.issuperset(claim.change) for claim in told], judge, bases), untold


def unique(claims: Iterable[Claim]) -> list[Claim]:
    """Signed claims without repetitions: one in a squash's message may also be in the old commit. The first of them counts."""
    kept: dict[tuple[object, ...], Claim] = {}
    for claim in claims:
        if claim.item.signature is not None:
            key = (claim.item.statement, claim.item.signature.blob, claim.delta, claim.item.waivers, claim.item.generated)
            kept.setdefault(key, claim)
    return list(kept.values())
