"""Design 7, "ensembles with the profile": the classifier's rank of risk on the pair sets, alone and with the weighed questions.

    rank_sets.py --shared ../shared [--out FOLDER]      needs hunkgate; with the answers of ask_changes.py in FOLDER also together

A change of several hunks counts as its riskiest one. Nothing is fitted on the set that is judged.
"""

from __future__ import annotations

import argparse
import difflib
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from figures import ridge, told, within_pairs
from judge_changes import EVEN, Read, loaded
from material import SETS, Row, changed, grown, pairs_of


def hunks(row: Row) -> list[str]:
    """The hunks of a row as git shows them."""
    lines = difflib.unified_diff(row["before"].split("\n"), row["after"].split("\n"), n=3, lineterm="")
    made: list[list[str]] = []
    for line in list(lines)[2:]:
        if line.startswith("@@"):
            made.append([])
        made[-1].append(line)
    return ["\n".join(one) for one in made]


def ranks(rows: list[Row]) -> Any:
    """The highest rank of each row's hunks, as log-odds; of one that has none, 0."""
    asked = [{"id": str(at), "path": row["path"], "hunk": hunk} for at, row in enumerate(rows) for hunk in hunks(row)]
    text = "".join(json.dumps(one) + "\n" for one in asked).encode()
    told_back = subprocess.run(["hunkgate", "detect", "--jsonl"], input=text, stdout=subprocess.PIPE, check=True).stdout
    best = np.full(len(rows), np.nan)
    for line in map(json.loads, told_back.splitlines()):
        if line["risk"] is not None:
            best[int(line["id"])] = np.nanmax([best[int(line["id"])], line["risk"]])
    inside = np.clip(np.nan_to_num(best, nan=0.5), 0.005, 0.995)
    return np.log(inside / (1 - inside))


def report(name: str, design: str, labels: Any, scores: Any, pairs: Any, size: Any) -> None:
    """A row of the table: as it is and minus the reverse, all and of equal length."""
    even, cells = np.abs(size) <= EVEN, []
    for values in (scores, within_pairs(scores, pairs)):
        cells.append(told(labels, values, pairs))
        cells.append(told(labels[even], values[even], pairs[even]) if even.sum() > 8 else "-")
    print(f"| {name} | {design} | {len(labels) // 2} | " + " | ".join(cells) + " |", flush=True)


def alone(shared: Path, name: str) -> None:
    """Over all pairs of a set."""
    pairs = pairs_of(shared, name, 1000)
    rows = [row for pair in pairs for row in pair]
    labels = np.array([row["direction"] == "introduce" for row in rows])
    size = np.array([grown(*changed(row["before"], row["after"])) for row in rows])
    report(name, "rank of risk", labels, ranks(rows), np.repeat(np.arange(len(pairs)), 2), size)


def together(shared: Path, out: Path, names: list[str]) -> None:
    """Questions and rank, weighed on the other sets."""
    reads = {name: loaded(shared, out, name) for name in names if (out / f"{name}.npz").exists()}
    tables = {name: _features(shared, name, read) for name, read in reads.items()}
    for name, read in reads.items():
        others = [other for other in reads if other != name]
        labels = np.concatenate([reads[other].labels for other in others])
        head = ridge(np.concatenate([tables[other] for other in others]), labels, 0.1)
        report(name, "weighed questions and rank", read.labels, head.score(tables[name]), read.pairs, read.size)


def _features(shared: Path, name: str, read: Read) -> Any:
    known = {row["id"]: row for pair in pairs_of(shared, name, 1000) for row in pair}
    rows = [known[str(key)] for key in read.data["ids"]]
    return np.column_stack([read.data["scores"], ranks(rows)])


def main() -> None:
    """Read the arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    print("| set | design | pairs | AUC | of equal length | minus its reverse | of equal length |\n|---|---|---|---|---|---|---|")
    for name in SETS:
        alone(args.shared, name)
    if args.out:
        together(args.shared, args.out, list(SETS))


if __name__ == "__main__":
    main()
