"""The stored answers of `hunkgate models qualify`, split by what they are about. Needs hunkgate installed.

judge_exam.py FOLDER_OF_THE_MODEL/exam
"""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from figures import told
from material import grown


def answers(folder: Path, role: str) -> dict[str, float]:
    """Score by id of the question."""
    (path,) = folder.glob(f"*.{role}-*.jsonl")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {line["id"]: line["score"] for line in lines if "id" in line}


def screen(exam: Any, scores: dict[str, float]) -> None:
    """By field and level; against the sound side of the same code; where both sides grow alike."""
    rows = [(pair, side) for pair in exam.pairs for side in (pair.first, pair.second) if side.id in scores]
    groups = np.array([pair.id for pair, _ in rows])
    labels = np.array([side.defective for _, side in rows])
    values = np.array([scores[side.id] for _, side in rows])
    fields = np.array([pair.field.value for pair, _ in rows])
    levels = np.array([pair.level.value if pair.level else "" for pair, _ in rows])
    size = np.array([grown(*([row.text for row in side.rows if row.sign == sign] for sign in "-+")) for _, side in rows])
    faulty = np.isin(groups, groups[labels])
    alike = faulty & np.array([len(set(size[groups == group])) == 1 for group in groups])
    parts = {"all": labels | ~labels, "pairs with a defect": faulty, "both sides grow alike": alike}
    parts |= {field: fields == field for field in ("security", "bug")}
    parts |= {level: levels == level for level in ("obvious", "moderate", "subtle")}
    for name, part in parts.items():
        print(f"| screen, {name} | {part.sum()} | {told(labels[part], values[part], groups[part])} |")
    apart = []
    for group in np.unique(groups[faulty]):
        bad, good = values[labels & (groups == group)][0], values[~labels & (groups == group)][0]
        apart.append(bad > good)
    print(f"told apart: {np.mean(apart):.2f} of {len(apart)} pairs, standard error {np.std(apart) / len(apart) ** 0.5:.2f}")


def triage(exam: Any, scores: dict[str, float]) -> None:
    """All alarms; those of one rule come in couples."""
    alarms = [alarm for alarm in exam.alarms if alarm.id in scores]
    labels, values = [alarm.true for alarm in alarms], [scores[alarm.id] for alarm in alarms]
    print(f"| triage | {len(alarms)} | {told(labels, values, [alarm.id.rpartition('/')[0] for alarm in alarms])} |")


def main() -> None:
    """Read the arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    exam = importlib.import_module("reviewer.models.exam.loading").load()
    screen(exam, answers(args.folder, "screen"))
    triage(exam, answers(args.folder, "triage"))


if __name__ == "__main__":
    main()
