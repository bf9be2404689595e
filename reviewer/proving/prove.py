"""From a candidate to its proof. Cheap steps come first, and the first one that fails ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reviewer.fix.edits import applied, united, with_line_ends_of
from reviewer.fix.interface import Candidate, Proof, Result, Step, failed
from reviewer.proving import own_check, python_names, scope, substance, syntax, text
from reviewer.proving.bench import Bench
from reviewer.proving.findings import Compared, Mend


def prove(candidate: Candidate, bench: Bench) -> Proof:
    """All steps for one candidate.

    Raises:
        GitError, StorageError: the mended change cannot be made or reviewed.
    """
    return prove_all([candidate], bench)[0]


def prove_all(candidates: Sequence[Candidate], bench: Bench) -> list[Proof]:
    """The proofs of candidates of which no two change the same bytes, in their order.

    Those that pass the steps for one file are reviewed together; if that shows something wrong, in halves, down to each by
    itself, and then once more without the wrong ones. So a hundred good mends cost one review, and all that are shown hold
    together.

    Raises:
        GitError, StorageError: the mended change cannot be made or reviewed.
    """
    candidates = [replace(one, fix=with_line_ends_of(one.content, one.fix)) for one in candidates]
    proofs = _own_proofs(candidates, bench)
    reviewed = _reviewed([proof for proof in proofs if proof.shown], bench)
    return [next((one for one in reviewed if one.candidate is proof.candidate), proof) for proof in proofs]


def _own_proofs(candidates: Sequence[Candidate], bench: Bench) -> list[Proof]:
    """The steps that need no reviewer; file by file, since what was read of a file is kept for a while only."""
    order = sorted(range(len(candidates)), key=lambda number: candidates[number].path)
    made = {number: Proof(candidates[number], tuple(_own_steps(candidates[number], bench))) for number in order}
    return [made[number] for number in range(len(candidates))]


def _own_steps(candidate: Candidate, bench: Bench) -> Iterator[Step]:
    """The steps that need no reviewer, up to the first that fails."""
    checks: list[Callable[[], Step]] = [
        lambda: text.applies(candidate),
        lambda: syntax.parses(candidate, bench.read),
        lambda: scope.stays_inside(candidate, bench.read),
        lambda: scope.keeps_signatures(candidate, bench.read),
        lambda: text.formatting(candidate),
    ]
    if candidate.by_model:
        checks.append(lambda: substance.does_not_dodge(candidate, bench.read))
    if candidate.language == "python":
        checks.append(lambda: python_names.names_resolve(candidate, bench.modules, bench.machine.tools, bench.read))
    for check in checks:
        step = check()
        yield step
        if step.result is Result.FAILED:
            return


def _reviewed(proofs: Sequence[Proof], bench: Bench) -> list[Proof]:
    """The proofs with what the reviewers say."""
    if not proofs:
        return []
    mends = _mends([proof.candidate for proof in proofs])
    mended = {path: (mend.mode, applied(mend.content, mend.replacements)) for path, mend in mends.items()}
    compared = Compared(bench.before, bench.review(mended), mends, bench.read)
    common = [compared.nothing_new()]
    if bench.check and common[0].result is Result.PASSED:
        common.append(own_check.holds(bench.check, bench.git, bench.sourced.change.tree, mended, bench.machine.tools))
    done = [_with_steps(proof, compared.gone(proof.candidate), *common) for proof in proofs]
    if len(proofs) == 1 or all(proof.shown for proof in done):
        return done
    middle = len(proofs) // 2
    halves = [*_reviewed(proofs[:middle], bench), *_reviewed(proofs[middle:], bench)]
    bad = [proof for proof in halves if not proof.shown]
    if bad:
        return [*_reviewed([proof for proof in halves if proof.shown], bench), *bad]
    # Each half is good and both together are not: the first one stands.
    wrong = next(step for proof in done if (step := proof.failure))
    beside = failed(wrong.name, f"beside the other mends: {wrong.said}")
    return [*halves[:middle], *(_with_steps(proof, beside) for proof in halves[middle:])]


def _with_steps(proof: Proof, *steps: Step) -> Proof:
    """The proof with these as its last steps, up to the first that fails."""
    names = {step.name for step in steps}
    kept = [step for step in proof.steps if step.name not in names]
    for step in steps:
        kept.append(step)
        if step.result is Result.FAILED:
            break
    return Proof(proof.candidate, tuple(kept))


def _mends(candidates: Sequence[Candidate]) -> dict[bytes, Mend]:
    mends: dict[bytes, Mend] = {}
    for path in dict.fromkeys(one.path for one in candidates):
        chosen = [one for one in candidates if one.path == path]
        mends[path] = Mend(chosen[0].content, united(one.fix for one in chosen), chosen[0].mode)
    return mends
