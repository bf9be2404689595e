"""Several fitted members as one network: side by side, joined only where their answers are averaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import lightgbm
import numpy as np

from training.boosted import LEAVES
from training.optimise import Fitted
from training.trees import Trees, from_booster

Shares = Mapping[str, Mapping[str, float]]


def weights(layers: Fitted, linear: Fitted, shares: Shares) -> dict[str, np.ndarray]:
    """The matrices that `network.write` takes; the linear member goes past the hidden layers."""
    assert np.array_equal(layers.mean, linear.mean)
    found, straight = layers.weights, linear.weights
    task, risk = shares["task"], shares["risk"]
    return {
        "scale": 1 / layers.deviation,
        "shift": -layers.mean / layers.deviation,
        "w1": found["w1"],
        "b1": found["w1_b"],
        "bag": np.hstack([found["bag"], straight["bag"]]),
        "spread": np.vstack([found["spread"], np.zeros((4, found["spread"].shape[1]))]),
        "w2": found["w2"],
        "b2": found["w2_b"],
        "out": np.hstack([task["layers"] * found["task_w"], risk["layers"] * found["risk_w"]]),
        "out_b": np.hstack(
            [
                task["layers"] * found["task_b"] + task["linear"] * straight["task_b"],
                risk["layers"] * found["risk_b"] + risk["linear"] * straight["risk_b"],
            ]
        ),
        "straight": np.hstack([task["linear"] * straight["task_w"], risk["linear"] * straight["risk_w"]]),
        "straight_bag": np.vstack([np.zeros((found["bag"].shape[1], 4)), np.diag([task["linear"]] * 3 + [risk["linear"]])]),
    }


def trees(task: lightgbm.Booster, risk: Sequence[lightgbm.Booster], shares: Shares) -> Trees:
    """All trees, each with four outputs: three tasks, risk (the mean of those ensembles)."""
    every = [from_booster(task, 3, LEAVES), *(from_booster(one, 1, LEAVES) for one in risk)]
    tasks = every[0].values * shares["task"]["trees"]
    risks = np.concatenate([one.values for one in every[1:]]) * shares["risk"]["trees"] / len(risk)
    return Trees(
        np.concatenate([one.columns for one in every]),
        np.concatenate([one.thresholds for one in every]),
        np.concatenate([one.paths for one in every]),
        np.concatenate([one.rights for one in every]),
        np.vstack([np.pad(tasks, ((0, 0), (0, 1))), np.pad(risks, ((0, 0), (3, 0)))]),
    )
