"""Scoring options by their tokens."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.backends._scoring import first_branches, score

END = 99
OPTIONS = st.lists(
    st.lists(st.integers(0, 5), min_size=1, max_size=4).map(lambda tokens: (*tokens, END)), min_size=2, max_size=8, unique=True
)


@given(OPTIONS, st.integers())
def test_score_is_a_distribution(options: list[tuple[int, ...]], seed: int) -> None:
    scores = score(options, lambda prefix, wanted: [math.sin(hash((seed, prefix, token)) % 1000) * 5 for token in wanted])
    assert sum(math.exp(value) for value in scores) == pytest.approx(1)


@given(OPTIONS)
def test_score_without_preference_depends_on_branches_only(options: list[tuple[int, ...]]) -> None:
    first = {option[0] for option in options}
    scores = score(options, lambda _, wanted: [0.0] * len(wanted))
    for token in first:
        share = sum(math.exp(value) for option, value in zip(options, scores, strict=True) if option[0] == token)
        assert share == pytest.approx(1 / len(first))


def test_score_asks_once_for_options_that_differ_at_once() -> None:
    asked = []

    def logits(prefix: tuple[int, ...], wanted: object) -> list[float]:
        asked.append((prefix, wanted))
        return [1.0, 0.0]

    scores = score([(2, 7, END), (1, 3, 4, END)], logits)
    assert asked == [((), [1, 2])]
    assert scores[1] - scores[0] == pytest.approx(1)


@pytest.mark.parametrize("options", [[(1,)], [], [(1,), (1,)], [(1,), (1, 2)], [(), (1,)]])
def test_score_refuses_what_is_no_tree(options: list[tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="option"):
        score(options, lambda _, wanted: [0.0] * len(wanted))


def test_first_branches_skips_what_all_share() -> None:
    assert first_branches([(1, 2, 3), (1, 2, 4, 6), (1, 2, 4, 5)]) == ((1, 2), [3, 4])
    assert first_branches([(1,), (2,)]) == ((), [1, 2])
