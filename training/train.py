"""Step 2: try on whole repositories that are left out, then fit to all and write the shipped files.

    python -m training.train DATA WORK trial      judge every hunk by models that have not seen its repository; into WORK
    python -m training.train DATA WORK ship       fit to all and write the files, with the figures of both

Reads what `training.extract` wrote into WORK. Every random number has a fixed seed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np

from reviewer.classify import hunk_words, model, pinned
from reviewer.classify.rows import BATCH, FEATURES
from training import boosted, dataset, figures, merging, network
from training.dataset import Rows
from training.optimise import Fitted, Settings, fit, halfway, predict

SURE_ACCURACY = 0.75
"""What is believed has to be right this often on repositories that were left out: the source of `pinned.SURE`."""

FOLDS = 4
LAYERS = Settings()
LINEAR = Settings(linear=True, words_decay=0.02, no_text=0.0)
SHARES = {"task": {"layers": 0.25, "linear": 0.0, "trees": 0.75}, "risk": {"layers": 0.3, "linear": 0.2, "trees": 0.5}}
"""How the members are averaged (their logits): round numbers near the best of the trial."""

Parts = dict[str, np.ndarray]


@dataclass(frozen=True)
class Members:
    """What is fitted to the same hunks."""

    layers: Fitted
    linear: Fitted
    task_trees: lightgbm.Booster
    risk_trees: tuple[lightgbm.Booster, lightgbm.Booster]
    """Fitted to what was fixed within 548 days, and to what was fixed at any time."""


def main() -> None:
    """Print the figures; write trial.npz, or model.onnx, reference.json and pinned.py."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("step", choices=("trial", "ship"))
    args = parser.parse_args()
    task, risk = (dataset.load(args.data, args.work, kind, "train") for kind in ("task", "risk"))
    if args.step == "trial":
        trial(task, risk, args.work)
        return
    kept = dict(np.load(args.work / "trial.npz"))
    tell("whole repositories left out", task, risk, kept)
    members = fitted(task, risk)
    task_valid, risk_valid = (dataset.load(args.data, args.work, kind, "valid") for kind in ("task", "risk"))
    tell("later time of the same repositories", task_valid, risk_valid, judged(members, task_valid, risk_valid))
    ship(members, risk, sure_from(shares(kept), task.task))


def fitted(task: Rows, risk: Rows) -> Members:
    """All members, fitted to the same hunks; for risk to two labels, which is worth more than either (MODEL_CARD.md)."""
    ever = risk.at_any_time()
    linear = halfway(fit([task, risk], LINEAR), fit([task, ever], LINEAR))
    trees = boosted.grow("risk", risk), boosted.grow("risk", ever)
    return Members(fit([task, ever], LAYERS), linear, boosted.grow("task", task), trees)


def trial(task: Rows, risk: Rows, work: Path) -> None:
    """Judge every hunk by members that have not seen its repository."""
    repos = np.unique(np.concatenate([rows.table.repo.astype(str) for rows in (task, risk)]))
    fold = {repo: number % FOLDS for number, repo in enumerate(np.random.RandomState(5).permutation(repos))}
    own = [rows.table.repo.astype(str).map(fold).to_numpy() for rows in (task, risk)]
    kept: Parts = {}
    for number in range(FOLDS):
        train = [rows.take(np.flatnonzero(of != number)) for rows, of in zip((task, risk), own, strict=True)]
        here = [np.flatnonzero(of == number) for of in own]
        parts = judged(fitted(*train), task.take(here[0]), risk.take(here[1]))
        for name, values in parts.items():
            rows = here[name.startswith("risk")]
            size = len(own[name.startswith("risk")])
            kept.setdefault(name, np.zeros((size, *values.shape[1:])))[rows] = values
        tell_short(f"fold {number}", task.take(here[0]), risk.take(here[1]), parts)
    np.savez(work / "trial.npz", **kept)


def judged(members: Members, task: Rows, risk: Rows) -> Parts:
    """What each member says, as logits: of task, of risk, and of risk without the context."""
    lonely = risk.alone()
    found: Parts = {"task_trees": boosted.raw([members.task_trees], task)}
    for name, one in (("layers", members.layers), ("linear", members.linear)):
        found[f"task_{name}"] = np.log(predict(one, task)[0] + 1e-9)
        found[f"risk_{name}"], found[f"risk_{name}_alone"] = predict(one, risk)[1], predict(one, lonely)[1]
    found["risk_trees"], found["risk_trees_alone"] = (boosted.raw(members.risk_trees, rows) for rows in (risk, lonely))
    return found


def shares(parts: Parts) -> np.ndarray:
    """Probabilities of the tasks, from all members."""
    logits = sum(share * parts[f"task_{name}"] for name, share in SHARES["task"].items())
    likely = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(likely / likely.sum(1, keepdims=True))


def score(parts: Parts, suffix: str = "") -> np.ndarray:
    """The score of risk, from all members."""
    return np.asarray(sum(share * parts[f"risk_{name}{suffix}"] for name, share in SHARES["risk"].items()))


def tell_short(where: str, task: Rows, risk: Rows, parts: Parts) -> None:
    """Print the figures of each member and of all."""
    for name in ("layers", "linear", "trees"):
        print(where, "task", name, figures.task_figures(task, parts[f"task_{name}"]))
        print(where, "risk", name, figures.risk_figures(risk, parts[f"risk_{name}"]))
    print(where, "task, all", figures.task_figures(task, shares(parts)))
    print(where, "risk, all", figures.risk_figures(risk, score(parts)))
    print(where, "risk, all, no context", figures.risk_figures(risk, score(parts, "_alone")))
    print(where, "risk, lines", figures.risk_figures(risk, risk.table.added.to_numpy(float)), flush=True)


def tell(where: str, task: Rows, risk: Rows, parts: Parts) -> None:
    """Print every table of the model card."""
    tell_short(where, task, risk, parts)
    likely = shares(parts)
    for table in (figures.by_class(task, likely), figures.by_coverage(task, likely), figures.by_language(task, likely)):
        print(table.round(3).to_string())
    print(figures.risk_by_language(risk, score(parts)).round(3).to_string(), flush=True)


def sure_from(likely: np.ndarray, true: np.ndarray) -> float:
    """The least probability above which the answers are right in `SURE_ACCURACY` of the cases."""
    order = np.argsort(-likely.max(1), kind="stable")
    right = np.cumsum((likely.argmax(1) == true)[order]) / np.arange(1, len(order) + 1)
    count = int(np.flatnonzero(right >= SURE_ACCURACY)[-1]) + 1
    print(f"sure: {count / len(order):.3f} of the hunks")
    return round(float(likely.max(1)[order][count - 1]), 2)


def ship(members: Members, risk: Rows, sure: float) -> None:
    """Write the network, the reference distribution of risk, and the digests."""
    assert risk.numbers().shape[1] == len(FEATURES)
    weights = merging.weights(members.layers, members.linear, SHARES)
    trees = merging.trees(members.task_trees, members.risk_trees, SHARES)
    network.write(model.WEIGHTS / "model.onnx", BATCH, weights, trees)
    nothing = risk.take(np.arange(1000))
    scores = np.concatenate([score(judged(members, nothing, rows)) for rows in (risk, risk.alone())])
    reference = {"risk": [round(float(value), 4) for value in np.quantile(scores, np.linspace(0, 1, 1001))]}
    (model.WEIGHTS / "reference.json").write_text(json.dumps(reference) + "\n", encoding="utf-8")
    path = Path(str(pinned.__file__))
    text = re.sub(r"^SURE = .*", f"SURE = {sure}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name, file in (("MODEL", "model.onnx"), ("REFERENCE", "reference.json")):
        digest = hashlib.sha256((model.WEIGHTS / file).read_bytes()).hexdigest()
        text = re.sub(rf'^{name}_SHA256 = ".*"', f'{name}_SHA256 = "{digest}"', text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    assert hunk_words.BUCKETS == 1 << 13
    main()
