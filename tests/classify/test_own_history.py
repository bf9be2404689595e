"""A repository's own ranks: what is kept, and what is not believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.classify import own_history
from reviewer.classify.own_history import LEAST, OwnHistory, load, save, summarized
from reviewer.classify.ranks import rank

RANKS = [number / 1000 for number in range(1000)]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=400))
def test_quantiles_ascend_from_the_least_to_the_greatest(ranks: list[float]) -> None:
    made = summarized(ranks, 7)
    assert list(made.quantiles) == sorted(made.quantiles)
    assert (made.quantiles[0], made.quantiles[-1], made.hunks, made.commits) == (min(ranks), max(ranks), len(ranks), 7)


def test_a_place_among_the_quantiles_is_the_place_among_all() -> None:
    quantiles = summarized(RANKS, 1).quantiles
    assert all(abs(rank(one, quantiles) - rank(one, RANKS)) < 0.01 for one in (0.0, 0.1234, 0.5, 0.9, 2.0))


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    file = tmp_path / "new" / "calibration.json"
    save(file, summarized(RANKS, 300))
    found = load(file)
    assert found is not None
    assert (found.hunks, found.commits, found.quantiles[-1]) == (1000, 300, 0.999)
    assert [path.name for path in file.parent.iterdir()] == ["calibration.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2}, {"model": "0" * 64}, {"quantiles": []}, {"quantiles": [0.5, 0.1]}, {"quantiles": ["x"]},
        {"quantiles": [0.1, float("nan")]}, {"hunks": LEAST - 1}, {"hunks": None},
    ],
)  # fmt: skip
def test_what_is_not_ours_counts_as_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "calibration.json"
    save(file, summarized(RANKS, 300))
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert load(file) is None


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 30_000])
def test_garbage_counts_as_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "calibration.json"
    assert load(file) is None
    file.write_bytes(content)
    assert load(file) is None


def test_too_few_hunks_are_kept_but_not_used(tmp_path: Path) -> None:
    save(tmp_path / "c", OwnHistory(LEAST - 1, 3, (0.1, 0.9)))
    assert own_history.load(tmp_path / "c") is None
