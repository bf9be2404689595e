"""Tables of triage from what ask_alarms.py wrote: is a score higher for true alarms than for false ones?

judge_alarms.py --out FOLDER
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from alarms import KINDS
from figures import auc, mean_of, ridge, told

QUESTIONS = ("real", "false", "narrow")

CONFIDENCE = {"low": 0, "medium": 1, "high": 2}

STRENGTHS = (1.0, 3.0, 10.0)


def folds(groups: Any, count: int = 5) -> Iterator[Any]:
    """Masks of rows whose group falls into one of `count` parts."""
    numbers = {name: at % count for at, name in enumerate(np.unique(groups))}
    part = np.array([numbers[name] for name in groups])
    for at in range(count):
        yield part == at


def across(hidden: Any, labels: Any, groups: Any, strength: float) -> Any:
    """Scores of every row by a head that saw only other groups."""
    scores = np.zeros(len(labels))
    for held in folds(groups):
        scores[held] = ridge(hidden[~held], labels[~held], strength).score(hidden[held])
    return scores


def chosen(data: dict[str, Any]) -> tuple[int, int, float]:
    """Question, layer and strength that do best within the training set, by rule: a rule is never judged by itself."""
    best, found = -1.0, (0, 0, 1.0)
    for question in range(data["hid"].shape[1]):
        for layer in range(data["hid"].shape[2]):
            hidden = data["hid"][:, question, layer].astype(np.float32)
            for strength in STRENGTHS:
                value = auc(data["y"], across(hidden, data["y"], data["rule"], strength))
                if value > best:
                    best, found = value, (question, layer, strength)
    return found


def within_rules(data: dict[str, Any]) -> str:
    """How many of the (true, false) couples are of one rule: the others can be told apart by the rule's name."""
    labels, rules = data["y"], data["rule"]
    same = sum(int((labels & (rules == rule)).sum()) * int((~labels & (rules == rule)).sum()) for rule in np.unique(rules))
    return f"{same} of {int(labels.sum()) * int((~labels).sum())} couples are of one rule"


def judged(name: str, read: dict[str, dict[str, Any]]) -> None:
    """Print the rows of a set."""
    data = read[name]
    scores = {f"ask {question}": data["scores"][:, at] for at, question in enumerate(QUESTIONS)}
    scores["mean of questions"] = mean_of(list(scores), scores)
    scores["confidence of the rule"] = np.array([CONFIDENCE[str(one)] for one in data["confidence"]], float)
    scores["the rule shows a flow"] = data["flow"].astype(float)
    other = next(one for one in read if one != name)
    question, layer, strength = chosen(read[other])
    head = ridge(read[other]["hid"][:, question, layer], read[other]["y"], strength)
    scores["probe trained on the other set"] = head.score(data["hid"][:, question, layer])
    own = data["hid"][:, question, layer].astype(np.float32)
    scores["probe of the same set, unseen rows"] = across(own, data["y"], data["ids"], strength)
    scores["probe of the same set, unseen rules"] = across(own, data["y"], data["rule"], strength)
    scores["confidence + probe of the other"] = mean_of(["confidence of the rule", "probe trained on the other set"], scores)
    print(f"<!-- probe for {name}: question {QUESTIONS[question]}, layer {layer}, strength {strength} -->")
    for design, values in scores.items():
        parts = [told(data["y"][mask], values[mask], data["ids"][mask]) for mask in _masks(data)]
        print(f"| {name} | {design} | " + " | ".join(parts) + " |")


def _masks(data: dict[str, Any]) -> Iterator[Any]:
    yield np.ones(len(data["y"]), bool)
    yield data["confidence"] == "medium"


def main() -> None:
    """Read the arguments and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    read = {name: dict(np.load(args.out / f"alarms_{name}.npz")) for name in KINDS}
    for name, data in read.items():
        flow = int((data["flow"]).sum())
        counts = f"{int(data['y'].sum())} true, {int((~data['y']).sum())} false, {flow} with a flow"
        print(f"{name}: {counts}; {np.median(data['seconds']):.2f} s each; {within_rules(data)}")
    print("| set | design | all alarms | of medium confidence |\n|---|---|---|---|")
    for name in read:
        judged(name, read)


if __name__ == "__main__":
    main()
