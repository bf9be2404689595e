"""Collecting statements: from all messages, further revisions, and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reviewer.attest import notes
from reviewer.attest.pool import Claim, Pool, of_envelope, resolved, unique
from reviewer.attest.session import Session
from reviewer.attest.subject import MAX_STATEMENTS, Subject
from reviewer.attest.trailer import Attested, found


@dataclass(frozen=True, slots=True)
class Gathered:
    """All statements there are."""

    settled: Pool
    """Those that prove the commit that carries them. They may prove another one that does the same."""
    loose: Pool
    """The others: these may be parts of something."""
    untold: tuple[Claim, ...]
    """Of these nobody here knows what they are about."""
    problems: tuple[str, ...]
    """What could not be read, in words."""


def gathered(session: Session, subjects: Sequence[Subject], settled: Callable[[Subject], bool]) -> Gathered:
    """All statements of the sources of a verification.

    Args:
        settled: whether a commit is proven by its own message.
    """
    bases = frozenset(subject.base for subject in subjects)
    done: list[Claim] = []
    loose: list[Claim] = []
    for subject in subjects:
        (done if settled(subject) else loose).extend(_carried(subject))
    groups = len(session.sources.revisions)
    for group, oids in enumerate(session.sources.revisions):
        loose += _further(session, oids, group)
    problems: list[str] = []
    for number, ref in enumerate(session.sources.notes):
        read = notes.read(session.git, session.bulk, ref)
        loose += [of_envelope(envelope, groups + number) for envelope in read.envelopes]
        problems += read.problems
    known = {(claim.item.statement, claim.item.signature) for claim in done}
    loose = [claim for claim in loose if (claim.item.statement, claim.item.signature) not in known]
    of_settled, _ = resolved(unique(done), session.bulk, session.judge, bases)
    of_loose, untold = resolved(unique(loose), session.bulk, session.judge, bases)
    return Gathered(of_settled, of_loose, tuple(untold), tuple(problems))


def _carried(subject: Subject) -> Iterator[Claim]:
    """The claims of a commit's message. What an exact one is about is known already."""
    for item in subject.found:
        if isinstance(item, Attested):
            exact = (item.statement.base, item.statement.tree) == (subject.base, subject.commit.tree)
            source = f"the message of {subject.commit.oid[:12]}"
            yield Claim(item, source, subject.commit.oid, -1, subject.delta if exact else None)


def _further(session: Session, oids: Sequence[str], group: int) -> Iterator[Claim]:
    commits = session.bulk.commits(oids)
    for oid in oids:
        for item in found(commits[oid].message)[:MAX_STATEMENTS] if oid in commits else ():
            if isinstance(item, Attested):
                yield Claim(item, f"the message of {oid[:12]}", "", group)
