"""For tests of verification: attested commits made in milliseconds, without running the gate."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from attesting import verdict_of
from conftest import Repo

from reviewer.attest import delta, sshsig, trailer
from reviewer.attest.proof import Proof
from reviewer.attest.statement import signed_bytes
from reviewer.attest.summary import statement_of
from reviewer.attest.target import Options, commits_of, span_of, verifier_for
from reviewer.attest.trailer import Attested
from reviewer.git import EMPTY_TREE, Git
from reviewer.objects.command import CommandReader
from reviewer.records import Policy, Result
from reviewer.records.statement import Statement


def statement_about(base: str, tree: str, result: Result = Result.PASS, policy: Policy | None = None) -> Statement:
    """What the gate says of a change that it found nothing in."""
    return statement_of(verdict_of(base, tree, result, policy), datetime.now(timezone.utc).replace(microsecond=0))


def attested(repo: Repo, statement: Statement, key: Path, namespace: str = sshsig.NAMESPACE) -> Attested:
    """The statement, signed by stock ssh-keygen."""
    change = delta.between(CommandReader(Git(repo.path)), statement.base, statement.tree)
    words = ["ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(key)]
    payload = signed_bytes(statement, change, "")
    armored = subprocess.run(words, input=payload, capture_output=True, check=True, timeout=60).stdout
    return Attested(statement, sshsig.dearmor(armored))


def trailers_for(repo: Repo, key: Path, base: str, tree: str, result: Result = Result.PASS, policy: Policy | None = None) -> str:
    """Both trailers of an attested change."""
    return "\n".join(trailer.trailers(attested(repo, statement_about(base, tree, result, policy), key)))


def head_tree(repo: Repo, revision: str = "HEAD") -> str:
    """Oid of a commit's tree; of the empty tree for an unborn HEAD."""
    found = repo.git("rev-parse", "-q", "--verify", f"{revision}^{{tree}}", check=False)
    if found:
        return found
    return EMPTY_TREE[64 if repo.git("rev-parse", "--show-object-format") == "sha256" else 40]


def attest_staged(
    repo: Repo, key: Path, subject: str = "change", result: Result = Result.PASS, policy: Policy | None = None
) -> str:
    """Commit what is staged with an attestation; returns the commit's oid."""
    base, tree = head_tree(repo), repo.git("write-tree")
    repo.commit(f"{subject}\n\n{trailers_for(repo, key, base, tree, result, policy)}\n")
    return repo.git("rev-parse", "HEAD")


def attest_files(
    repo: Repo, key: Path, files: dict[str, str | None], subject: str = "change", policy: Policy | None = None
) -> str:
    """Write files (None removes one), and commit them with an attestation; returns the commit's oid."""
    change_files(repo, files)
    return attest_staged(repo, key, subject, policy=policy)


def change_files(repo: Repo, files: dict[str, str | None]) -> None:
    """Write and stage files; None removes one."""
    for path, content in files.items():
        if content is None:
            repo.git("rm", "-q", "--", path)
        else:
            repo.stage(path, content)


def proofs_of(repo: Repo, span: str, options: Options | None = None) -> list[Proof]:
    """What is proven about commits, as `hunkgate verify` finds out."""
    git = Git(repo.path)
    asked = span_of(git, span)
    return verifier_for(git, asked, options or Options()).verify_all(commits_of(git, asked))


def proof_of(repo: Repo, revision: str = "HEAD", options: Options | None = None) -> Proof:
    """What is proven about one commit."""
    (proof,) = proofs_of(repo, revision, options)
    return proof


def paths_of(proof: Proof) -> list[str]:
    """What is not proven."""
    return [os.fsdecode(path) for path in proof.residual]
