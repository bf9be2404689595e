"""The shipped screen on hunks of real history, beside the risk that the classifier ranks them with.

    screen_history.py draw  --shared ../shared --rows ROWS.jsonl [--each 200]     needs pyarrow
    screen_history.py ask   --rows ROWS.jsonl --out SCORES.jsonl                  needs hunkgate, its model pulled
    screen_history.py judge --rows ROWS.jsonl --out SCORES.jsonl                  needs hunkgate and numpy

Rows: source hunks of risk_valid (later time of the repositories that the classifier was fitted to), as many that had to be fixed
within 548 days as not, drawn evenly. `ask` goes on where it was cut.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

LONGEST = 2500
"""Characters of a hunk: what is read in a second or two."""

_HEADER = re.compile(r"@@ -\d+(,\d+)? \+\d+(,\d+)? @@")


def draw(shared: Path, rows: Path, each: int) -> None:
    """Write the rows that are asked about."""
    parquet: Any = importlib.import_module("pyarrow.parquet")
    numpy: Any = importlib.import_module("numpy")
    names = ["repo", "sha", "path", "lang", "hunk", "added", "removed", "truncated", "risk18"]
    table = parquet.read_table(shared / "data" / "hunks" / "risk_valid.parquet", columns=names).to_pylist()
    usable = [row for row in table if not row["truncated"] and len(row["hunk"]) <= LONGEST]
    order = numpy.random.default_rng(0).permutation(len(usable))
    kept: list[dict[str, Any]] = []
    for risky in (True, False):
        kept += [usable[at] for at in order if bool(usable[at]["risk18"]) == risky][:each]
    with rows.open("w", encoding="utf-8") as stream:
        for at in numpy.random.default_rng(1).permutation(len(kept)):
            stream.write(json.dumps({"id": str(at), **kept[at]}) + "\n")


def ask(rows: Path, out: Path) -> None:
    """Put the screen's question about every row that has no score yet."""
    from reviewer import config
    from reviewer.commands._models_candidate import Candidate
    from reviewer.engine.install import choose_runtime, model_files, settings_for
    from reviewer.models.catalogue import entry
    from reviewer.models.lock import resolved
    from reviewer.models.store import open_store

    machine = config.load_machine()
    store, model = open_store(machine), resolved(entry("qwen2.5-coder-1.5b-instruct", machine.endpoints))
    backend, python = choose_runtime(store, model, machine)
    done = {line["id"] for line in _lines(out)} if out.exists() else set()
    with tempfile.TemporaryDirectory() as name, out.open("a", encoding="utf-8") as stream:
        files, settings = model_files(store, model, backend), settings_for(model, machine)
        with Candidate(python, backend, Path(name), files, settings) as candidate:
            for row in _lines(rows):
                if row["id"] not in done:
                    score = candidate.ask("screen", _sample(row)).score
                    stream.write(json.dumps({"id": row["id"], "score": score}) + "\n")
                    stream.flush()


def _sample(row: dict[str, Any]) -> Any:
    from reviewer.models.exam.records import Row, Sample

    body = [line for line in row["hunk"].split("\n") if not _HEADER.match(line) and line[:1] in (" ", "+", "-")]
    lines = tuple(Row(line[0], line[1:]) for line in body)
    return Sample(row["id"], row["lang"], row["path"], lines, bool(row["risk18"]))


def ranks(rows: Path) -> dict[str, float]:
    """The classifier's rank of every row, as `hunkgate detect` says it without a context."""
    asked = "".join(json.dumps({key: row[key] for key in ("id", "path", "hunk")}) + "\n" for row in _lines(rows))
    told = subprocess.run(["hunkgate", "detect", "--jsonl"], input=asked.encode(), stdout=subprocess.PIPE, check=True).stdout
    answers = [json.loads(line) for line in told.splitlines()]
    return {answer["id"]: 0.5 if answer["risk"] is None else answer["risk"] for answer in answers}


def judge(rows: Path, out: Path) -> None:
    """Print what score, rank and both together are worth."""
    numpy: Any = importlib.import_module("numpy")
    figures: Any = importlib.import_module("figures")
    ranked, every = ranks(rows), {row["id"]: row for row in _lines(rows)}
    scores = {line["id"]: line["score"] for line in _lines(out) if numpy.isfinite(line["score"])}
    ids = [one for one in every if one in scores]
    truth = numpy.array([bool(every[one]["risk18"]) for one in ids])
    groups = numpy.array([every[one]["repo"] for one in ids])
    screen, rank = (numpy.array([of[one] for one in ids]) for of in (scores, ranked))
    size = numpy.log1p(numpy.array([every[one]["added"] for one in ids]))
    odds = numpy.log((rank + 0.005) / (1.005 - rank))
    print(f"{len(ids)} hunks, {truth.sum()} risky; score and rank go together by {numpy.corrcoef(screen, odds)[0, 1]:.2f}")
    columns = {"screen": [screen], "rank": [odds], "lines added": [size], "screen and rank": [screen, odds]}
    for name, features in columns.items():
        table = numpy.column_stack(features)
        value = table[:, 0] if len(features) == 1 else _fitted(numpy, table, truth, groups)
        print(f"| {name} | {figures.told(truth, value, groups)} |")


def _fitted(numpy: Any, table: Any, truth: Any, groups: Any) -> Any:
    """Log-odds of a logistic curve, each repository by the others' curve."""
    told = numpy.zeros(len(truth))
    for name in numpy.unique(groups):
        own = groups == name
        weights = _logistic(numpy, numpy.column_stack([table[~own], numpy.ones((~own).sum())]), truth[~own])
        told[own] = numpy.column_stack([table[own], numpy.ones(own.sum())]) @ weights
    return told


def _logistic(numpy: Any, table: Any, truth: Any) -> Any:
    weights = numpy.zeros(table.shape[1])
    for _ in range(25):
        guess = 1 / (1 + numpy.exp(-table @ weights))
        hessian = (table * (guess * (1 - guess))[:, None]).T @ table + 1e-6 * numpy.eye(len(weights))
        weights += numpy.linalg.solve(hessian, table.T @ (truth - guess))
    return weights


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Read the arguments and run one step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("draw", "ask", "judge"))
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--each", type=int, default=200)
    args = parser.parse_args()
    if args.step == "draw":
        draw(args.shared, args.rows, args.each)
    else:
        {"ask": ask, "judge": judge}[args.step](args.rows, args.out)


if __name__ == "__main__":
    main()
