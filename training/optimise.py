"""The network and how it is fitted (JAX). One hidden layer shared by task and risk, AdamW, a cosine of learning rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from reviewer.classify.hunk_words import BUCKETS
from training.dataset import CONTEXT, Rows

Weights = dict[str, jnp.ndarray]


@dataclass(frozen=True)
class Settings:
    """What may be tried. The defaults are what was shipped."""

    linear: bool = False
    """No hidden layer at all: the baseline."""
    hidden: int = 64
    second: int = 32
    rank: int = 12
    """Width of the words' layer; 0 leaves the text out."""
    dropout: float = 0.4
    decay: float = 0.02
    words_decay: float = 0.05
    rate: float = 0.0015
    batch: int = 1024
    epochs: int = 4
    risk_weight: float = 1.0
    task_weight: float = 1.0
    alone: float = 0.25
    """Share of the rows whose context is hidden, so that the network also does without."""
    no_text: float = 0.3
    own_bias: bool = True
    """Whether each repository has a bias of its own while training; it is dropped, so that the rest learns what all share."""
    bias_decay: float = 0.01
    seed: int = 0


@dataclass(frozen=True)
class Fitted:
    """Weights, and the mean and deviation that numbers are brought to."""

    weights: Weights
    mean: np.ndarray
    deviation: np.ndarray


def fit(rows: list[Rows], settings: Settings) -> Fitted:
    """Fit to some tables together."""
    every = [np.hstack([one.own, one.context, one.pool]) for one in rows]
    mean = np.mean([one.mean(0) for one in every], 0)
    deviation = np.mean([one.std(0) for one in every], 0) + 1e-3
    numbers = np.concatenate([np.clip((one - mean) / deviation, -4, 4).astype(np.float16) for one in every])
    del every
    words = np.concatenate([one.words for one in rows])
    task, risk = np.concatenate([one.task for one in rows]), np.concatenate([one.risk for one in rows])
    repos = np.concatenate([one.table.repo.astype(str) for one in rows])
    names, repo = np.unique(repos, return_inverse=True)
    raw_own = np.concatenate([one.own for one in rows])
    random = np.random.RandomState(settings.seed)

    def batches() -> Iterator[tuple[np.ndarray, ...]]:
        order = random.permutation(len(task))
        for start in range(0, len(order) - settings.batch + 1, settings.batch):
            chosen = order[start : start + settings.batch]
            part = numbers[chosen].astype(np.float32)
            hidden = random.rand(len(chosen)) < settings.alone
            part[hidden] = _alone(raw_own[chosen[hidden]], mean, deviation)
            seen = words[chosen].astype(np.int32)
            seen[random.rand(len(chosen)) < settings.no_text] = BUCKETS
            yield part, seen, task[chosen], risk[chosen], repo[chosen]

    steps = len(task) // settings.batch * settings.epochs
    weights = _initial(numbers.shape[1], settings)
    if settings.own_bias:
        weights["repo"] = jnp.zeros((len(names), 4))
    special = {"bag": settings.words_decay, "repo": settings.bias_decay, "w1_b": 0.0, "w2_b": 0.0, "task_b": 0.0, "risk_b": 0.0}
    decays = {name: special.get(name, settings.decay) for name in weights}
    first = jax.tree_util.tree_map(jnp.zeros_like, weights)
    second = jax.tree_util.tree_map(jnp.zeros_like, weights)

    @jax.jit
    def step(weights, first, second, part, key, rate, count):  # type: ignore[no-untyped-def]
        slope = jax.grad(_loss)(weights, part, key, settings.dropout, settings.risk_weight, settings.task_weight)
        first = jax.tree_util.tree_map(lambda old, new: 0.9 * old + 0.1 * new, first, slope)
        second = jax.tree_util.tree_map(lambda old, new: 0.999 * old + 0.001 * new * new, second, slope)
        updated = {}
        for name, value in weights.items():
            move = first[name] / (1 - 0.9**count) / (jnp.sqrt(second[name] / (1 - 0.999**count)) + 1e-8)
            updated[name] = value - rate * (move + decays[name] * value)
        return updated, first, second

    key, count = jax.random.PRNGKey(settings.seed), 0
    for _ in range(settings.epochs):
        for part in batches():
            count += 1
            key, own_key = jax.random.split(key)
            rate = settings.rate * min(1, count / 100) * 0.5 * (1 + np.cos(np.pi * min(count / steps, 1)))
            weights, first, second = step(weights, first, second, part, own_key, rate, count)
    return Fitted({name: np.asarray(value) for name, value in weights.items()}, mean, deviation)


def halfway(one: Fitted, two: Fitted) -> Fitted:
    """Of two linear members that were fitted to the same numbers: the one whose scores are the mean of theirs."""
    assert np.array_equal(one.mean, two.mean)
    return Fitted({name: (one.weights[name] + two.weights[name]) / 2 for name in one.weights}, one.mean, one.deviation)


def predict(fitted: Fitted, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of the tasks [rows, 3], scores of risk [rows]."""
    run = jax.jit(lambda numbers, words: _outputs(fitted.weights, numbers, words, None, 0.0))
    tasks, risks = [], []
    for start in range(0, len(rows.own), 8192):
        part = slice(start, start + 8192)
        numbers = np.hstack([rows.own[part], rows.context[part], rows.pool[part]])
        numbers = ((numbers - fitted.mean) / fitted.deviation).clip(-4, 4).astype(np.float32)
        logits, score = run(numbers, rows.words[part].astype(np.int32))
        tasks.append(np.asarray(jax.nn.softmax(logits)))
        risks.append(np.asarray(score))
    return np.concatenate(tasks), np.concatenate(risks)


def _alone(own: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """As `Rows.alone`."""
    single = np.full((len(own), 2), np.log(2))
    whole = np.hstack([own, np.zeros((len(own), CONTEXT)), own, own, single])
    return ((whole - mean) / deviation).clip(-4, 4).astype(np.float32)


def _initial(features: int, settings: Settings) -> Weights:
    keys = jax.random.split(jax.random.PRNGKey(settings.seed + 1), 6)
    hidden, second = settings.hidden, settings.second
    if settings.linear:
        return {
            "task_w": jnp.zeros((features, 3)), "task_b": jnp.zeros(3), "risk_w": jnp.zeros((features, 1)),
            "risk_b": jnp.full(1, -2.0), "bag": jnp.zeros((BUCKETS, 4)),
        }  # fmt: skip
    weights = {
        "w1": jax.random.normal(keys[0], (features, hidden)) * np.sqrt(2 / features),
        "w1_b": jnp.zeros(hidden),
        "w2": jax.random.normal(keys[1], (hidden, second)) * np.sqrt(2 / hidden),
        "w2_b": jnp.zeros(second),
        "task_w": jax.random.normal(keys[2], (second, 3)) * 0.05,
        "task_b": jnp.zeros(3),
        "risk_w": jax.random.normal(keys[3], (second, 1)) * 0.05,
        "risk_b": jnp.full(1, -2.0),
    }
    if settings.rank:
        weights["bag"] = jax.random.normal(keys[4], (BUCKETS, settings.rank)) * 0.05
        weights["spread"] = jax.random.normal(keys[5], (settings.rank, hidden)) * np.sqrt(1 / settings.rank)
    return weights


def _outputs(weights, numbers, words, key, dropout):  # type: ignore[no-untyped-def]
    if "w1" not in weights:
        bag = jnp.concatenate([weights["bag"], jnp.zeros((1, 4))])
        from_words = bag[words].sum(1) / jnp.sqrt((words < BUCKETS).sum(1, keepdims=True) + 1.0)
        score = numbers @ weights["risk_w"] + weights["risk_b"]
        return numbers @ weights["task_w"] + weights["task_b"] + from_words[:, :3], score[:, 0] + from_words[:, 3]
    hidden = numbers @ weights["w1"] + weights["w1_b"]
    if "bag" in weights:
        bag = jnp.concatenate([weights["bag"], jnp.zeros((1, weights["bag"].shape[1]))])
        count = (words < BUCKETS).sum(1, keepdims=True)
        hidden = hidden + (bag[words].sum(1) / jnp.sqrt(count + 1.0)) @ weights["spread"]
    hidden = jax.nn.relu(hidden)
    if key is not None:
        one, two = jax.random.split(key)
        hidden = hidden * jax.random.bernoulli(one, 1 - dropout, hidden.shape) / (1 - dropout)
    hidden = jax.nn.relu(hidden @ weights["w2"] + weights["w2_b"])
    if key is not None:
        hidden = hidden * jax.random.bernoulli(two, 1 - dropout, hidden.shape) / (1 - dropout)
    return hidden @ weights["task_w"] + weights["task_b"], (hidden @ weights["risk_w"] + weights["risk_b"])[:, 0]


def _loss(weights, part, key, dropout, risk_weight, task_weight):  # type: ignore[no-untyped-def]
    numbers, words, task, risk, repo = part
    logits, score = _outputs(weights, numbers, words, key, dropout)
    if "repo" in weights:
        bias = weights["repo"] - weights["repo"].mean(0)
        logits, score = logits + bias[repo, :3], score + bias[repo, 3]
    told, known = task >= 0, risk >= 0
    likely = jnp.take_along_axis(jax.nn.log_softmax(logits), jnp.maximum(task, 0)[:, None], 1)[:, 0]
    off = jnp.logaddexp(0, score) - risk * score
    size = len(task)
    return -(likely * told).sum() / size * task_weight + risk_weight * (off * known).sum() / size
