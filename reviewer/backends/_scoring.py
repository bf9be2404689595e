"""Scores the options of a question by walking their tokens, as a grammar that admits nothing else would.

The options' token sequences form a tree. At each node with more than one branch the model's logits of the branches are
normalised among themselves; a branch without an alternative is certain. So the probabilities of all options add up to
one, an option is not punished for being long, and options that differ in their first token cost one evaluation.
(This is locally normalised constrained decoding; its weights differ from renormalised free decoding where options share
a beginning.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

Tokens = tuple[int, ...]

Logits = Callable[[Tokens, Sequence[int]], Sequence[float]]
"""(tokens of the answer so far, candidate tokens) -> logit of each candidate."""


def score(options: Sequence[Tokens], logits: Logits) -> list[float]:
    """Log-probability of each option.

    Args:
        options: at least two token sequences, none the beginning of another (end each with the end token).

    Raises:
        ValueError: that is not so.
    """
    _require_tree(options)
    totals = [0.0] * len(options)
    _descend((), list(range(len(options))), options, logits, totals)
    return totals


def first_branches(options: Sequence[Tokens]) -> tuple[Tokens, list[int]]:
    """The first node with more than one branch: the answer up to there, and the candidates.

    Raises:
        ValueError: as `score`.
    """
    _require_tree(options)
    depth = 0
    while len({option[depth] for option in options}) == 1:
        depth += 1
    return options[0][:depth], sorted({option[depth] for option in options})


def answers(options: Sequence[str], tokens: Callable[[str], Sequence[int]], end: int | None) -> list[Tokens]:
    """The options as token sequences, each with the end token if there is one.

    Raises:
        ValueError: an option is empty.
    """
    if not all(options):
        raise ValueError("an option is empty")
    last = () if end is None else (end,)
    return [(*tokens(option), *last) for option in options]


def _descend(prefix: Tokens, members: list[int], options: Sequence[Tokens], logits: Logits, totals: list[float]) -> None:
    if len(members) == 1:
        return
    branches: dict[int, list[int]] = {}
    for member in members:
        branches.setdefault(options[member][len(prefix)], []).append(member)
    candidates = sorted(branches)
    gains = _log_softmax(logits(prefix, candidates)) if len(candidates) > 1 else [0.0]
    for token, gain in zip(candidates, gains, strict=True):
        for member in branches[token]:
            totals[member] += gain
        _descend((*prefix, token), branches[token], options, logits, totals)


def _log_softmax(values: Sequence[float]) -> list[float]:
    top = max(values)
    total = top + math.log(sum(math.exp(value - top) for value in values))
    return [value - total for value in values]


def _require_tree(options: Sequence[Tokens]) -> None:
    if len(options) < 2 or not all(options):
        raise ValueError("a choice needs at least two options, none of them empty")
    ordered = sorted(options)
    for first, second in pairwise(ordered):
        if second[: len(first)] == first:
            raise ValueError("an option is the beginning of another, or equal to it")
