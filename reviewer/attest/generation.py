"""What commits prove about generated code in them: the signed digest against what stands in the message, beside it, or in notes.

That a line is missing or altered makes no worse review: the same bytes were looked at. So it is no matter of the commit's class,
but an answer of its own, which a policy may demand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from reviewer.attest import assisted, notes_read, trailer
from reviewer.attest.bulk import Bulk
from reviewer.attest.generated import NOTHING, Assisted, as_json, digest_of, together
from reviewer.attest.proof import Class, Proof, Used
from reviewer.errors import AttestError, GitError
from reviewer.git import Git
from reviewer.records import printable
from reviewer.records.statement import Statement

OWN = "its own message"
"""`Used.source` of a statement in the commit's own message."""

_MOST_NAMED = 3


class Said(str, Enum):
    """What a commit says of generated code, and what that is worth."""

    PROVEN = "proven"
    """So many lines were generated, and the signature holds it."""
    NOTHING = "nothing"
    """It is signed that nothing was."""
    MERGE = "merge"
    """Git makes that merge by itself: its commits speak for themselves."""
    SILENT = "silent"
    """Nothing is said, or by no statement that covers it."""
    CLAIMED = "claimed"
    """Its message says something, and no statement that covers the commit holds it."""
    MISSING = "missing"
    """Something was signed, and is not there any more."""
    ALTERED = "altered"
    """What is there is not what was signed."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What one commit says."""

    commit: str
    said: Said
    shares: tuple[Assisted, ...] = ()
    """By model; what is only claimed as well."""
    problems: tuple[str, ...] = ()
    """What does not fit together, in words."""

    @property
    def holds(self) -> bool:
        """Whether it is proven what was generated."""
        return self.said in (Said.PROVEN, Said.NOTHING, Said.MERGE) and not self.problems

    @property
    def is_broken(self) -> bool:
        """Whether something that was signed is gone, or something is there that was not."""
        return bool(self.problems) or self.said in (Said.ALTERED, Said.MISSING)

    @property
    def lines(self) -> int:
        """Generated lines that it tells of."""
        return sum(share.lines for share in self.shares)

    @property
    def told(self) -> str:
        """In a few words."""
        total = ", ".join(share.told for share in self.shares)
        if self.said in (Said.PROVEN, Said.CLAIMED):
            return f"{total} ({'signed' if self.said is Said.PROVEN else 'claimed, not signed'})"
        return _WORDS[self.said]


_WORDS = {
    Said.NOTHING: "nothing was generated (signed)",
    Said.MERGE: "its commits say what was generated",
    Said.SILENT: "it does not say what was generated",
    Said.MISSING: "what was generated was signed, and is not here any more",
    Said.ALTERED: "what it says of generated code is not what was signed",
}


def as_shown(said: Generation) -> dict[str, object]:
    """As JSON for readers, documented in docs/provenance.md: paths are printable."""
    return {
        "said": said.said.value,
        "models": [
            {
                **as_json(share),
                "paths": [{"path": printable(part.path), "lines": part.lines, "of": part.of} for part in share.parts],
            }
            for share in said.shares
        ],
        "problems": list(said.problems),
    }


def generations(git: Git, proofs: Sequence[Proof]) -> list[Generation]:
    """What commits say, in their order.

    Raises:
        GitError: a commit is not here.
    """
    commits = Bulk(git).commits([proof.commit for proof in proofs])
    return [_generation(git, proof, commits[proof.commit].message) for proof in proofs]


def _generation(git: Git, proof: Proof, message: bytes) -> Generation:
    if proof.klass is Class.CLEAN_MERGE:
        return Generation(proof.commit, Said.MERGE)
    if not proof.proven:
        return _claimed(proof, message)
    answers = [_answer(git, used, message) for used in proof.used]
    said = next((word for word in _WORST_FIRST if any(answer[0] is word for answer in answers)), Said.SILENT)
    shares = together(share for answer in answers for share in answer[1])
    if said is Said.SILENT:
        known = {share.by for share in shares}
        shares = (*shares, *(one for one in claims(message) if one.by not in known))
        problems = (*_missing(said, proof), *_added(proof, message))
        return Generation(proof.commit, Said.CLAIMED if shares else said, shares, problems)
    problems = (*_missing(said, proof), *_differing(proof, said, shares, message), *_strange(git, proof, shares))
    return Generation(proof.commit, said, shares or (claims(message) if said in _BROKEN else ()), problems)


_BROKEN = (Said.ALTERED, Said.MISSING)
_WORST_FIRST = (*_BROKEN, Said.SILENT, Said.PROVEN, Said.NOTHING)


def _answer(git: Git, used: Used, message: bytes) -> tuple[Said, tuple[Assisted, ...]]:
    """What one statement proves."""
    digest, beside = used.item.statement.generated, used.item.generated
    if not digest:
        return Said.SILENT, ()
    if digest == NOTHING:
        return (Said.NOTHING if beside == () else Said.ALTERED), ()
    for shares in _candidates(git, used, message):
        if digest_of(shares) == digest:
            return Said.PROVEN, tuple(shares)
    return (Said.MISSING if beside == () else Said.ALTERED), ()


def _candidates(git: Git, used: Used, message: bytes) -> Iterator[Sequence[Assisted]]:
    """Where what was signed may be: beside the statement, in the message's lines (former versions), in a note."""
    yield used.item.generated or ()
    if used.source == OWN:
        yield assisted.found(message)
    yield from _noted(git, used.item.statement)


def _noted(git: Git, statement: Statement) -> Iterator[Sequence[Assisted]]:
    try:
        about = notes_read.about(git, statement.tree)
    except (GitError, AttestError):
        return
    yield from (noted.envelope.generated or () for noted in about.noted if noted.envelope.statement == statement)


def _claimed(proof: Proof, message: bytes) -> Generation:
    """Of a commit that is not proven: what it says counts as far as it is against it."""
    shares = claims(message)
    return Generation(proof.commit, Said.CLAIMED if shares else Said.SILENT, shares)


def claims(message: bytes) -> tuple[Assisted, ...]:
    """All that a message says, signed or not; of one model the larger number."""
    beside = together(share for item in trailer.found(message) for share in trailer.shares_of(item))
    known = {share.by: share for share in beside}
    for one in (*assisted.found(message), *assisted.collected(message)):
        there = known.get(one.by, Assisted(*one.by, 0, 0))
        if there.lines < one.lines:
            known[one.by] = Assisted(*one.by, one.lines, max(one.of, there.of), one.parts or there.parts)
    return tuple(known[by] for by in sorted(known))


def _missing(said: Said, proof: Proof) -> Iterator[str]:
    if said is Said.MISSING:
        yield f"its statement has the digest of what was generated, and no {trailer.GENERATED} and no note that it is of"
    elif said is Said.ALTERED:
        yield f"what stands beside its statement of generated code ({trailer.GENERATED}) is not what was signed"
    elif said is Said.SILENT and any(used.item.statement.generated for used in proof.used):
        yield "some of the reviews that cover it do not say what was generated"


def _added(proof: Proof, message: bytes) -> Iterator[str]:
    if _is_own(proof):
        yield from (f"not signed: {one.line}" for one in assisted.found(message)[:_MOST_NAMED])


def _differing(proof: Proof, said: Said, shares: Sequence[Assisted], message: bytes) -> Iterator[str]:
    """Lines `Assisted-by` that are not those of the signed shares. Of a commit that others' statements cover they may be
    anything: a squash joins messages, and does not add up."""
    if not _is_own(proof) or said in _BROKEN:
        return
    signed = Counter(share.line for share in shares)
    there = Counter(one.line for one in assisted.found(message))
    yield from (f"signed, and not in its message any more: {line}" for line in list((signed - there).elements())[:_MOST_NAMED])
    yield from (f"in its message, and not signed: {line}" for line in list((there - signed).elements())[:_MOST_NAMED])


def _strange(git: Git, proof: Proof, shares: Sequence[Assisted]) -> Iterator[str]:
    """Files that a statement about just this change names, and that the change does not have."""
    named = {part.path for share in shares for part in share.parts}
    if not named or len(proof.used) != 1 or proof.klass not in (Class.EXACT, Class.DELTA):
        return
    strange = sorted(named - set(changed_paths(git, proof.commit)))
    if strange:
        more = f" and {len(strange) - _MOST_NAMED} more" if len(strange) > _MOST_NAMED else ""
        paths = ", ".join(printable(path) for path in strange[:_MOST_NAMED])
        yield f"it says that lines of {paths}{more} were generated, which it does not change"


def changed_paths(git: Git, commit: str) -> tuple[bytes, ...]:
    """What a commit changed against its first parent."""
    base = git.tree_of(f"{commit}^1") or git.empty_tree()
    words = ("-r", "--name-only", "-z", "--no-renames", "--ignore-submodules=none", "--no-relative")
    return tuple(git.run("diff-tree", *words, base, commit).split(b"\0")[:-1])


def _is_own(proof: Proof) -> bool:
    return len(proof.used) == 1 and proof.used[0].source == OWN
