"""Bad misses: a commit that a key attested, and in which the deterministic reviewers find what blocks.

Such a key's commits are all looked at again from then on: who signs one false pass may sign more. Attributed is only what the
commit does by itself, reviewed on the tree that it was attested on, so that nobody answers for another one's code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from reviewer import pipeline
from reviewer.attest.generation import changed_paths
from reviewer.attest.proof import Class, Proof
from reviewer.ci.former import Mark
from reviewer.ci.rows import Row, Why
from reviewer.ci.sourcing import of_change
from reviewer.ci.standards import Standards
from reviewer.git import Git
from reviewer.intake import changes
from reviewer.records import Disposition, Machine, Verdict
from reviewer.records.statement import Word
from reviewer.review.interface import Progress


def marks_of(
    git: Git, rows: Sequence[Row], verdict: Verdict, standards: Standards, machine: Machine, progress: Progress
) -> list[Mark]:
    """The misses among commits that are in the sample, or that touch a file in which something blocks.

    Args:
        verdict: of the range as a whole.

    Raises:
        HunkgateError: git or the disk failed.
    """
    blocked = {judged.finding.path for judged in verdict.findings if judged.disposition is Disposition.BLOCKS}
    suspects = [row.proof for row in rows if _is_suspect(git, row, blocked)]
    found: dict[str, Mark] = {}
    for number, proof in enumerate(suspects, 1):
        progress.step(f"what was attested, again: commit {number} of {len(suspects)}")
        for mark in _marks(git, proof, standards, machine):
            found.setdefault(mark.key, mark)
    return list(found.values())


def _is_suspect(git: Git, row: Row, blocked: set[bytes]) -> bool:
    proof = row.proof
    if not proof.proven or proof.klass is Class.CLEAN_MERGE or proof.result is Word.PARTIAL or len(_keys(proof)) != 1:
        return False
    if row.why in (Why.SAMPLED, Why.WATCHED):
        return True
    return bool(blocked) and not blocked.isdisjoint(changed_paths(git, proof.commit))


def _keys(proof: Proof) -> set[str]:
    return {used.item.signature.key_digest for used in proof.used if used.item.signature}


def _marks(git: Git, proof: Proof, standards: Standards, machine: Machine) -> Iterator[Mark]:
    base = git.tree_of(f"{proof.commit}^1") or git.empty_tree()
    tree = git.tree_of(proof.commit)
    assert tree is not None, "every commit has a tree"
    change = changes.between(git, base_tree=base, tree=tree, source=f"commit {proof.commit[:12]}")
    start = of_change(git, change, standards, base)
    reviewers = tuple(name for name in standards.policy.reviewers if name != pipeline.MODELS)
    verdict = pipeline.review(replace(start, policy=replace(standards.policy, reviewers=reviewers)), machine)
    for judged in verdict.findings:
        if judged.disposition is Disposition.BLOCKS:
            now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            for key in _keys(proof):
                yield Mark(key, proof.commit, judged.finding.rule, judged.finding.path, now)
            return
