"""No model at all: what a count of tokens and a bag of changed tokens reach on the same pairs, and on real history.

    count_tokens.py --shared ../shared [--hunks 12000] [--exam]

The bag is trained on hunks of fix commits (forward: fixes; reversed: introduces) of data/hunks. Needs numpy
and pyarrow. One minute.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from figures import Head, auc, ridge, told
from material import changed, grown, pairs_of, tokens_of

SETS = ("bugsinpy", "condefects", "debugbench", "pyvul_cve")

WIDTH = 2048
"""Of the hashed bag."""


def bag(gone: Sequence[str], come: Sequence[str]) -> Any:
    """Hashed one and two token counts, added minus removed, of length one, so that the size of a change does not count."""
    made = np.zeros(WIDTH, np.float32)
    for lines, sign in ((gone, -1), (come, 1)):
        tokens = tokens_of(lines)
        for token in tokens + [f"{one} {two}" for one, two in itertools.pairwise(tokens)]:
            made[zlib.crc32(token.encode("utf-8", "replace")) % WIDTH] += sign
    made = np.clip(made, -2, 2)
    return made / (np.linalg.norm(made) or 1.0)


def sides(hunk: str) -> tuple[list[str], list[str]]:
    """Removed and added lines of a unified hunk."""
    lines = hunk.split("\n")[1:]
    return [one[1:] for one in lines if one.startswith("-")], [one[1:] for one in lines if one.startswith("+")]


def trained(shared: Path, wanted: int) -> Head:
    """The bag's head: fix hunks in Python, each forward and reversed."""
    parquet = importlib.import_module("pyarrow.parquet")
    names = ["lang", "task", "hunk", "added", "removed", "truncated"]
    rows = parquet.read_table(shared / "data" / "hunks" / "task_train.parquet", columns=names).to_pylist()
    rows = [row for row in rows if row["task"] == "fix" and row["lang"] == "python" and not row["truncated"]]
    rows = [row for row in rows if row["added"] and row["removed"] and row["added"] + row["removed"] <= 30]
    drawn = np.random.default_rng(0).permutation(len(rows))[: wanted // 2]
    forward = np.array([bag(*sides(rows[at]["hunk"])) for at in drawn])
    print(len(forward), "fix hunks")
    labels = np.repeat([False, True], len(forward))
    return ridge(np.concatenate([forward, -forward]), labels, 0.3)


def natural(shared: Path, head: Head) -> None:
    """The same scores on later hunks of real commits: does a line of it have to be fixed within 18 months?"""
    parquet = importlib.import_module("pyarrow.parquet")
    rows = parquet.read_table(shared / "data" / "hunks" / "risk_valid.parquet").to_pylist()
    rows = [row for row in rows if row["lang"] == "python" and row["status"] == "M" and not row["truncated"]]
    both = [sides(row["hunk"]) for row in rows]
    labels, groups = [bool(row["risk18"]) for row in rows], [row["sha"] for row in rows]
    size = [grown(*one) for one in both]
    print("history", len(rows), "risky", sum(labels))
    print("  net tokens removed", told(labels, size, groups))
    print("  lines added", told(labels, [row["added"] for row in rows], groups))
    print("  bag", told(labels, head.score(np.array([bag(*one) for one in both])), groups))
    for least in (5, 10, 20, 40):
        over = np.array(size) >= least
        print(f"  share that removes {least} tokens net: {over.mean():.3f}; of these risky {np.mean(np.array(labels)[over]):.3f}")


def shipped_exam() -> None:
    """The count on the exam: whether a model could pass it by length."""
    pairs = importlib.import_module("reviewer.models.exam.loading").load().pairs
    rows = [(number, pair.field.value, side) for number, pair in enumerate(pairs) for side in (pair.first, pair.second)]
    size = np.array([grown(*([row.text for row in side.rows if row.sign == sign] for sign in "-+")) for *_, side in rows])
    labels = np.array([side.defective for *_, side in rows])
    groups, fields = np.array([number for number, *_ in rows]), np.array([field for _, field, _ in rows])
    print("exam, all", told(labels, size, groups))
    for field in ("security", "bug"):
        part = fields == field
        print(f"  {field}", part.sum() // 2, told(labels[part], size[part], groups[part]))


def main() -> None:
    """Read the arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--hunks", type=int, default=12000)
    parser.add_argument("--exam", action="store_true", help="also the shipped exam; needs hunkgate installed")
    args = parser.parse_args()
    head = trained(args.shared, args.hunks)
    for name in SETS:
        pairs = pairs_of(args.shared, name, 1000)
        rows = [(number, row) for number, pair in enumerate(pairs) for row in pair]
        both = [changed(row["before"], row["after"]) for _, row in rows]
        labels, groups = np.array([row["direction"] == "introduce" for _, row in rows]), np.array([number for number, _ in rows])
        size, token = np.array([grown(*one) for one in both]), head.score(np.array([bag(*one) for one in both]))
        even = size == 0
        print(name, len(pairs), "pairs; of equal length:", even.sum() // 2)
        print(
            "  net tokens removed",
            told(labels, size, groups),
            "| lines",
            f"{auc(labels, [len(a) - len(b) for a, b in both]):.2f}",
        )
        print("  bag", told(labels, token, groups), "| of equal length", told(labels[even], token[even], groups[even]))
        for least in (5, 10, 20, 40):
            print(
                f"  removes {least} net: recall {np.mean(size[labels] >= least):.3f} alarm {np.mean(size[~labels] >= least):.3f}"
            )
    natural(args.shared, head)
    if args.exam:
        shipped_exam()


if __name__ == "__main__":
    main()
