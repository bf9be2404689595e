"""How many findings does a model mend, and how many of the mends that are shown are right?

    python benchmarks/model_fixes.py SET.jsonl.xz --loader CASES.py [--part 0/2] [--minutes 10] [--tries 3] [--output FILE]

A row of the set is a file with a defect (`after`) and, where there is one, the good version (`before`). Each is staged in a
repository of its own and reviewed by the deterministic reviewers; the model is asked about the worst finding that has no fix
of a rule or a tool. Written down are all answers with what became of them, for people to look at. Printed are

    findings         asked about
    one shot         the first answer of each, put in as it is: how many parse, how many take the finding away
    shown            mends that all steps of the proof let through
    as known         those whose lines are the good version's, up to white space (where there is one)

The steps that a first answer without proof is judged by are these of the proof itself, run one by one. Nothing of a case is run.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from reviewer import config, sources
from reviewer.fix.interface import Candidate, Proof, Result
from reviewer.git import Git
from reviewer.proving import model_mends
from reviewer.proving.bench import Bench
from reviewer.proving.findings import Compared, Mend
from reviewer.proving.proposals import active
from reviewer.proving.writers import Writers, open_writers
from reviewer.records import Confidence, EngineUse, Finding, Kind

SECONDS = 240.0
"""For all tries of one finding."""


def main() -> None:
    """Ask and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("--loader", type=Path, required=True, help="Python file whose load(path) gives the rows")
    parser.add_argument("--part", default="0/1", help="every Nth row from M on, as M/N")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--most-of-a-rule", type=int, default=4)
    parser.add_argument("--tries", type=int, default=model_mends.TRIES)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    machine = replace(config.load_machine(), engine=EngineUse.OFF)
    end = time.monotonic() + 60 * args.minutes
    made: list[dict[str, Any]] = []
    rules: Counter[str] = Counter()
    with open_writers(machine, 60 * args.minutes + SECONDS) as writers:
        for row in rows(args.loader, args.set, args.part):
            if time.monotonic() > end:
                break
            done = case(row, machine, writers, rules, args.most_of_a_rule, args.tries)
            if done is None:
                continue
            made.append(done)
            if args.output:
                args.output.write_text(json.dumps(made, indent=1))
            sys.stderr.write(
                f"{len(made)} {done['rule']} {done['seconds']} s {'shown' if done['shown'] else done['tries'][-1:]}\n"[:300]
            )
    print(json.dumps(figures(made), indent=2))


def rows(loader: Path, path: Path, part: str) -> list[dict[str, Any]]:
    """Those in Python with a defect."""
    spec = importlib.util.spec_from_file_location("loader", loader)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    wanted = [row for row in module.load(path) if row["language"] == "python" and row["kind"] != "clean"]
    first, step = map(int, part.split("/"))
    return wanted[first::step]


def case(
    row: dict[str, Any], machine: Any, writers: Writers, rules: Counter[str], most: int, tries: int
) -> dict[str, Any] | None:
    """One case; None if there is nothing to ask."""
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        bench = staged(Path(name), row["after"], machine)
        findings = [
            one
            for one in model_mends.without_fix(active(bench.before))
            if one.kind is not Kind.SECRET and one.confidence is not Confidence.LOW
        ]
        if not findings or rules[findings[0].rule] >= most:
            return None
        finding = findings[0]
        rules[finding.rule] += 1
        for writer in writers.all:
            writer.session.deadline = time.monotonic() + SECONDS
        started = time.monotonic()
        mends = model_mends.mends([finding], bench, writers, tries=tries)
        seconds = time.monotonic() - started
        return written_down(row, finding, mends, bench, seconds)


def staged(folder: Path, text: str, machine: Any) -> Bench:
    """A repository with one staged file."""
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    (folder / "module.py").write_text(text, encoding="utf-8")
    for argv in (("init", "-q"), (*identity, "commit", "-q", "--allow-empty", "-m", "x"), ("add", "module.py")):
        subprocess.run(["git", *argv], cwd=folder, check=True)
    git = Git(folder)
    return Bench.of(git, sources.staged(git), machine)


def written_down(row: dict[str, Any], finding: Finding, mends: model_mends.Mends, bench: Bench, seconds: float) -> dict[str, Any]:
    """All there is to know of a case."""
    tried = [(proof.candidate, proof) for proof in mends.refused]
    shown = mends.proven[0] if mends.proven else None
    first = tried[0][0] if tried else shown
    good = row["before"] if row.get("direction") == "introduce" else None
    return {
        "id": row["id"], "rule": finding.rule, "line": finding.start_line, "problem": f"{finding.message} {finding.remedy}",
        "seconds": round(seconds, 1), "code": row["after"], "good": good,
        "unasked": [one.reason for one in mends.unasked],
        "tries": [failure(proof) for _, proof in tried],
        "refused": [mended(candidate) for candidate, _ in tried],
        "shown": mended(shown) if shown else None,
        "shown_as_known": as_known(row["after"], mended(shown), good) if shown and good else None,
        "one_shot": one_shot(first, bench, row["after"], good) if first else None,
    }  # fmt: skip


def failure(proof: Proof) -> str:
    """The step that failed, and why."""
    step = proof.failure
    return f"{step.name}: {step.said}" if step else ""


def mended(candidate: Candidate | None) -> str:
    """The file afterwards; empty if the answer asked for nothing that can be done."""
    return candidate.mended.decode("utf-8", "replace") if candidate and candidate.fix.replacements else ""


def one_shot(first: Candidate, bench: Bench, code: str, good: str | None) -> dict[str, Any]:
    """What the first answer is worth without any proof."""
    after = mended(first)
    if not after:
        return {"usable": False, "parses": False, "gone": False, "as_known": False if good else None}
    mend = Mend(first.content, first.fix.replacements, first.mode)
    review = bench.review({first.path: (first.mode, first.mended)})
    gone = Compared(bench.before, review, {first.path: mend}).gone(first).result is Result.PASSED
    return {
        "usable": True, "parses": tree(after) != "", "gone": gone, "as_known": as_known(code, after, good) if good else None,
        "text": after,
    }  # fmt: skip


def tree(text: str) -> str:
    """What Python reads; empty if it cannot."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return ""


def as_known(code: str, after: str, good: str) -> bool:
    """Whether a mend is that of the good version: the same program, or in a file with several defects the same lines."""
    if tree(after) and tree(after) == tree(good):
        return True
    wrong, left = lines(code) - lines(good), lines(after) - lines(good)
    return not left - wrong and left.total() < wrong.total() and not (lines(good) - lines(after)) - (lines(good) - lines(code))


def lines(text: str) -> Counter[str]:
    """Lines without white space."""
    return Counter(line for one in text.split("\n") if (line := "".join(one.split())))


def figures(made: list[dict[str, Any]]) -> dict[str, Any]:
    """The table."""
    shots = [one["one_shot"] for one in made if one["one_shot"]]
    shown = [one for one in made if one["shown"]]
    return {
        "findings": len(made), "unasked": sum(bool(one["unasked"]) for one in made),
        "one_shot": {name: sum(bool(shot[name]) for shot in shots) for name in ("usable", "parses", "gone", "as_known")},
        "shown": len(shown), "shown_at_first": sum(not one["tries"] for one in shown),
        "shown_parse": sum(tree(one["shown"]) != "" for one in shown),
        "as_known": sum(bool(one["shown_as_known"]) for one in shown),
        "refused_at": dict(Counter(why.partition(":")[0] for one in made for why in one["tries"])),
        "seconds": round(sum(one["seconds"] for one in made) / max(1, len(made)), 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
