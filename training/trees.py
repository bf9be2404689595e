"""Boosted trees as layers of static shape, so that a stick without branches can run them.

A split is one column of numbers, its threshold and a step; a leaf is reached if all splits above it go its way, so it is a sum of
steps compared with their number ("GEMM strategy" of Nakandala et al., "A tensor compiler for unified machine learning prediction
serving", OSDI 2020). Trees do not see each other, so the sums are a convolution in groups, one group a tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np


@dataclass(frozen=True)
class Trees:
    """All trees of an ensemble, padded to the same number of splits and leaves."""

    columns: np.ndarray
    """[trees * splits] which number each split looks at."""
    thresholds: np.ndarray
    """[trees * splits] go right above it."""
    paths: np.ndarray
    """[trees, leaves, splits]: 1 where the way to the leaf goes right, -1 where it goes left, 0 where it does not pass."""
    rights: np.ndarray
    """[trees, leaves] how many times the way to the leaf goes right; more than there are splits for a leaf that is none."""
    values: np.ndarray
    """[trees * leaves, outputs]"""


def from_booster(booster: lightgbm.Booster, outputs: int, leaves: int) -> Trees:
    """Read the trees; tree number i adds to output i modulo `outputs`."""
    found = booster.dump_model()["tree_info"]
    splits = leaves - 1
    columns, thresholds = np.zeros((len(found), splits), np.int64), np.full((len(found), splits), np.inf)
    paths, rights = np.zeros((len(found), leaves, splits)), np.full((len(found), leaves), leaves + 1.0)
    values = np.zeros((len(found), leaves, outputs))
    for number, tree in enumerate(found):
        for leaf, (way, value) in enumerate(_leaves(tree["tree_structure"], [], columns[number], thresholds[number], [0])):
            for split, right in way:
                paths[number, leaf, split] = 1 if right else -1
            rights[number, leaf] = sum(right for _, right in way)
            values[number, leaf, number % outputs] = value
    return Trees(columns.ravel(), thresholds.ravel(), paths, rights, values.reshape(-1, outputs))


def _leaves(
    node: dict[str, Any], way: list[tuple[int, bool]], columns: np.ndarray, thresholds: np.ndarray, count: list[int]
) -> list[tuple[list[tuple[int, bool]], float]]:
    if "leaf_value" in node:
        return [(way, node["leaf_value"])]
    assert node["decision_type"] == "<="
    own = count[0]
    count[0] += 1
    columns[own], thresholds[own] = node["split_feature"], node["threshold"]
    left = _leaves(node["left_child"], [*way, (own, False)], columns, thresholds, count)
    return left + _leaves(node["right_child"], [*way, (own, True)], columns, thresholds, count)
