"""What is proven about commits: by their own messages, by each other's, by notes, and by git itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reviewer import config
from reviewer.attest import covering, own, remerge, subject
from reviewer.attest.bulk import Bulk
from reviewer.attest.gather import gathered
from reviewer.attest.judge import Former, Judge
from reviewer.attest.merges import Merger
from reviewer.attest.proof import Check, Class, Proof
from reviewer.attest.requirements import Requirements
from reviewer.attest.scratch import scratch
from reviewer.attest.session import Session, Sources
from reviewer.attest.subject import Subject
from reviewer.attest.trust import Standing, Trust, trust_of
from reviewer.attest.waivers import DISMISSALS
from reviewer.config.versions import OWN, SHARED, recorded
from reviewer.errors import ConfigError
from reviewer.git import Git

__all__ = ["Check", "Class", "Proof", "Sources", "Verifier", "local_verifier"]


@dataclass(frozen=True, slots=True)
class Verifier:
    """What commits are measured by."""

    git: Git
    trust: Trust
    repositories: Sequence[str]
    """The repository's own ids, from the policies that count, never from what is verified."""
    requirements: Requirements = field(default_factory=Requirements)
    former: Former | None = None
    """Further ids by base tree, where the history's own policies count."""
    sources: Sources = field(default_factory=Sources)

    def verify(self, oid: str) -> Proof:
        """What is proven about a commit; see `verify_all`.

        Args:
            oid: full.
        """
        return self.verify_all([oid])[0]

    def verify_all(self, oids: Sequence[str]) -> list[Proof]:
        """What is proven about commits, in their order.

        Args:
            oids: full.

        Raises:
            GitError: a commit or one of its trees is not here.
            ToolMissingError: a signature has to be checked and there is no ssh-keygen.
            StorageError: there is no room for temporary files.
        """
        with scratch(self.git) as view:
            bulk = Bulk(view.git)
            subjects = list(subject.read(bulk, oids))
            pushed = any(path.startswith(DISMISSALS) for one in subjects for path in one.paths)
            judge = Judge(self.trust, self.requirements, self.repositories, self.former, pushed)
            proofs = [own.proof_of(commit, judge) for commit in subjects]
            return _completed(Session(self.git, bulk, Merger(view), judge, self.sources), subjects, proofs)


def _completed(session: Session, subjects: Sequence[Subject], proofs: Sequence[Proof]) -> list[Proof]:
    """The proofs, with those completed that the commits' own messages leave open."""
    known = {proof.commit: proof for proof in proofs}
    unsettled = [one for one in subjects if not one.hindrance and known[one.commit.oid].standing is not Standing.VALID]
    merges = [one for one in unsettled if one.is_merge]
    plain = [one for one in unsettled if not one.is_merge]
    found = remerge.proofs_of(session, merges) if merges else []
    if plain:
        settled = {proof.commit for proof in proofs if proof.standing is Standing.VALID}
        statements = gathered(session, subjects, lambda one: one.commit.oid in settled)
        found += covering.proofs_of(session, statements, plain, known)
    known.update((proof.commit, proof) for proof in found)
    return [known[proof.commit] for proof in proofs]


def local_verifier(git: Git, repository: str) -> Verifier:
    """A verifier for the repository's own user: git's settings say whom to trust, the policies of the history count."""
    return Verifier(git, trust_of(git), (repository,), former=ids_of_history(git))


def ids_of_history(git: Git) -> Former:
    """The ids under which changes of a base tree may have been signed: that of the policy in it, and none if there was none."""
    known: dict[bytes, Sequence[str]] = {}

    def former(base: str) -> Sequence[str]:
        # Hundreds of bases share a handful of settings.
        files = git.run("ls-tree", "-z", "--full-tree", base, "--", OWN, SHARED)
        if files not in known:
            known[files] = _ids_at(git, base)
        return known[files]

    return former


def _ids_at(git: Git, base: str) -> Sequence[str]:
    try:
        policy = config.load_policy(git, base).policy
        unset = recorded(git, base).base.document() is None
    except ConfigError:
        return ()
    return (policy.repository, "") if unset else (policy.repository,)
