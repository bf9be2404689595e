"""Tables from what compare_texts.py and write_answers.py wrote.

judge_texts.py --out FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from figures import told

EVEN = 0
"""Words by which the texts of a pair may differ in length to count as equally long."""


def of_pairs(score: Any) -> str:
    """AUC of a score that is the same for a change and its reverse, but for the sign."""
    numbers = np.arange(len(score))
    return told(np.repeat([True, False], len(score)), np.concatenate([score, -score]), np.concatenate([numbers, numbers]))


def of_texts(data: dict[str, Any], field: str) -> str:
    """AUC of a score that every text has for itself; texts without a twin are left out."""
    bad, good = data[f"{field}_bad"], data[f"{field}_good"]
    there = ~np.isnan(bad) & ~np.isnan(good)
    numbers = np.arange(int(there.sum()))
    scores = np.concatenate([bad[there], good[there]])
    labels = np.repeat([True, False], int(there.sum()))
    return f"{told(labels, scores, np.concatenate([numbers, numbers]))} (n {there.sum()})"


def texts(path: Path) -> None:
    """Likelihood, twins and both orders."""
    name, data = path.stem.removeprefix("texts_"), dict(np.load(path))
    even = np.abs(data["size"]) <= EVEN
    print(f"{name}: {len(even)} pairs, {even.sum()} of equal length")
    for field in ("total", "mean", "tail", "first", "second", "both"):
        part = of_pairs(data[field][even]) if even.sum() > 4 else "-"
        print(f"| {name} | {field} | {of_pairs(data[field])} | {part} |")
    for field in ("twins", "best"):
        print(f"| {name} | {field} | {of_texts(data, field)} | |")
    times = [f"{np.median(data[key]):.1f} s per pair" for key in ("seconds_likelihood", "seconds_orders")]
    print(f"{name}: likelihood {times[0]}, both orders {times[1]}")


def written(path: Path) -> None:
    """JSON or reasons against one read verdict on the same rows."""
    data = dict(np.load(path))
    groups = np.arange(len(data["y"])) // 2
    for name in ("score", "yes_no"):
        for kind in ("all", *np.unique(data["set"])):
            keep = np.ones(len(groups), bool) if kind == "all" else data["set"] == kind
            auc = told(data["y"][keep], data[name][keep], groups[keep])
            print(f"| {path.stem} | {name} | {kind} | {auc} | n {keep.sum()} |")
    print(f"{path.stem}: tokens {np.mean(data['tokens']):.0f}, median {np.median(data['seconds']):.1f} s per hunk")
    if "claims" in data:
        labels = data["y"]
        print(f"claims a bug: {data['claims'][labels].mean():.2f} of bad, {data['claims'][~labels].mean():.2f} of good rows")
        print(f"whole JSON: {data['whole'].mean():.2f}")
        slow, quick = data["seconds"], data["seconds_screen"]
        print(f"screen median {np.median(quick):.2f} s, ratio of the sums {slow.sum() / quick.sum():.1f}, ", end="")
        print(f"of the medians {np.median(slow) / np.median(quick):.1f}")
        print(f"per hunk from {np.min(slow / quick):.1f} to {np.max(slow / quick):.1f}")


def main() -> None:
    """Read the arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for path in sorted(args.out.glob("texts_*.npz")):
        texts(path)
    for name in ("json", "reason"):
        if (args.out / f"{name}.npz").exists():
            written(args.out / f"{name}.npz")


if __name__ == "__main__":
    main()
