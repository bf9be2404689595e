"""Step 1: the numbers and words of every source hunk of the data set, as the shipped code takes them from a hunk."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from reviewer.classify import classify
from reviewer.classify.hunk_numbers import numbers, read
from reviewer.classify.hunk_words import words
from reviewer.commands._hunk_text import file_of, read_hunk
from reviewer.records import Complexity, Task

KEPT = {
    "task": ["repo", "sha", "at", "path", "lang", "label", "task", "path_kind", "added", "removed"],
    "risk": [
        "repo",
        "sha",
        "at",
        "path",
        "lang",
        "label",
        "added",
        "removed",
        "risk",
        "risk18",
        "risk18_r",
        "c_la",
        "c_ld",
        "c_files",
    ],
}


def main() -> None:
    """Write KIND_SPLIT.npz and KIND_SPLIT.parquet for task and risk, train and valid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    for kind in ("task", "risk"):
        for split in ("valid", "train"):
            table = pd.read_parquet(args.data / f"{kind}_{split}.parquet")
            if kind == "task":
                table = table[table.path_kind == "src"]
            extract(table.reset_index(drop=True), KEPT[kind], args.work / f"{kind}_{split}")


def extract(table: pd.DataFrame, kept: list[str], target: Path) -> None:
    """Numbers (float32), words (offsets and buckets) and what the rules say, beside the kept columns."""
    rows, flat, offsets, ruled = [], [], [0], []
    empty = None
    for path, text in zip(table.path, table.hunk, strict=True):
        hunk = read_hunk(path, text)
        if hunk is None:
            empty = empty or read_hunk("x", "+x")
            hunk = empty
            assert hunk is not None
        profile = classify(hunk, file_of(hunk))
        ruled.append((list(Task).index(profile.task), list(Complexity).index(profile.complexity)))
        taken = read(hunk)
        rows.append(np.asarray(numbers(taken), np.float32))
        flat.extend(words(taken))
        offsets.append(len(flat))
    out = table[kept].copy()
    out["ruled"] = [list(Task)[task].value for task, _ in ruled]
    out.to_parquet(target.with_suffix(".parquet"))
    np.savez(target.with_suffix(".npz"), numbers=np.stack(rows), words=np.asarray(flat, np.int32), offsets=np.asarray(offsets))
    print(target.name, len(rows), flush=True)


if __name__ == "__main__":
    main()
