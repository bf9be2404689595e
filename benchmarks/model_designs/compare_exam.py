"""Design 3 on the shipped exam: code before and after a change, which is correct, asked in both orders. Needs hunkgate installed.

    compare_exam.py --model CONVERTED --out FOLDER [--every 2]

Only pairs with a defect; both sides change the same code, so neither its size nor the code itself tells them apart. Prints the
AUC of "the code before is the correct one" for the defective sides; FOLDER/exam_orders.npz keeps the scores.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

import numpy as np
from compare_texts import in_both_orders
from figures import told
from reader import Reader


def main() -> None:
    """Read the arguments, ask, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--every", type=int, default=2, help="of the pairs")
    args = parser.parse_args()
    exam: Any = importlib.import_module("reviewer.models.exam.loading").load()
    pairs = [pair for pair in exam.pairs if pair.first.defective != pair.second.defective][:: args.every]
    reader = Reader(args.model, full=True)
    rows: list[tuple[str, bool, float]] = []
    for number, pair in enumerate(pairs, 1):
        # in_both_orders is positive if its second text is taken for the correct one.
        rows += [
            (pair.id, side.defective, in_both_orders(reader, side.after, side.before)["both"])
            for side in (pair.first, pair.second)
        ]
        if number % 10 == 0 or number == len(pairs):
            report(args.out, rows)


def report(folder: Path, rows: list[tuple[str, bool, float]]) -> None:
    """Keep the scores and print what they are worth."""
    groups, labels, scores = (np.array(column) for column in zip(*rows, strict=True))
    np.savez(folder / "exam_orders.npz", groups=groups, labels=labels, scores=scores)
    apart = [scores[labels & (groups == one)][0] > scores[~labels & (groups == one)][0] for one in np.unique(groups)]
    auc = told(labels, scores, groups)
    print(f"| both orders, pairs with a defect | {len(rows)} | {auc} | apart {np.mean(apart):.2f} |", flush=True)


if __name__ == "__main__":
    main()
