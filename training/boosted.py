"""Boosted trees over the same numbers as the layers: they find more in the counts of the staged set (see MODEL_CARD.md)."""

from __future__ import annotations

from collections.abc import Sequence

import lightgbm
import numpy as np

from training.dataset import Rows

LEAVES = 16
ROUNDS = {"task": 130, "risk": 150}

COMMON = {
    "learning_rate": 0.1,
    "num_leaves": LEAVES,
    "min_data_in_leaf": 150,
    "feature_fraction": 0.15,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 10,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
    "seed": 1,
}
OWN = {
    "task": {"objective": "multiclass", "num_class": 3},
    "risk": {"objective": "binary", "min_data_in_leaf": 300},
}
ALONE = {"task": 0.2, "risk": 0.4}
"""Share of the hunks that are given a second time, without their context."""


def grow(kind: str, rows: Rows) -> lightgbm.Booster:
    """Fit the trees of "task" or "risk"."""
    labels = rows.task if kind == "task" else rows.risk
    again = np.random.RandomState(0).rand(len(labels)) < ALONE[kind]
    numbers = np.concatenate([rows.numbers(), rows.take(np.flatnonzero(again)).alone().numbers()])
    data = lightgbm.Dataset(numbers, np.concatenate([labels, labels[again]]))
    return lightgbm.train({**COMMON, **OWN[kind]}, data, ROUNDS[kind])


def raw(boosters: Sequence[lightgbm.Booster], rows: Rows) -> np.ndarray:
    """Sums of the leaves, [rows, 3] or [rows]; the mean of all."""
    numbers = rows.numbers()
    return np.mean([booster.predict(numbers, raw_score=True, num_threads=1) for booster in boosters], 0)
