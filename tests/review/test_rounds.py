"""How ast-grep is run: what goes together, what goes alone, and for how long."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.errors import ToolMissingError
from reviewer.review import _rounds
from reviewer.review._rounds import LARGE, Pack, Round

NEAR, FAR = "rule: {pattern: a}\n", "rule: {has: {stopBy: end}}\n"


def _pack(name: str, sizes: list[int], shipped: list[str], own: list[str] | None = None) -> Pack:
    return Pack({Path(f"{name}{number}"): size for number, size in enumerate(sizes)}, shipped, own or [])


def _many(name: str, count: int) -> list[str]:
    return [f"id: {name}{number}\n" for number in range(count)]


def test_small_files_of_few_rules_go_together() -> None:
    (only,) = _rounds.plan([_pack("a", [10, 20], [NEAR]), _pack("b", [30], [FAR])])
    assert (set(map(str, only.copies)), list(only.rules), only.processor, only.about) == ({"a0", "a1", "b0"}, [NEAR, FAR], 0, "")


def test_many_rules_of_several_languages_are_read_by_two_processes() -> None:
    rounds = _rounds.plan([_pack("a", [1], _many("a", 30)), _pack("b", [1], _many("b", 20)), _pack("c", [1], _many("c", 15))])
    assert sorted(len(one.rules) for one in rounds) == [30, 35]
    assert [set(map(str, one.copies)) for one in rounds] == [{"a0"}, {"b0", "c0"}]


def test_same_rule_for_two_languages_is_given_once() -> None:
    (only,) = _rounds.plan([_pack("a", [1], [NEAR]), _pack("b", [1], [NEAR])])
    assert list(only.rules) == [NEAR]


def test_languages_without_rules_or_files_need_no_run() -> None:
    assert _rounds.plan([]) == _rounds.plan([_pack("a", [1], [])]) == _rounds.plan([_pack("a", [], [NEAR])]) == []


def test_large_files_go_alone_with_a_time_by_their_size() -> None:
    large = 2 * 1024 * 1024 + 1
    rounds = _rounds.plan([_pack("a", [10, large], [NEAR, FAR])])
    assert [(len(one.copies), len(one.rules), one.processor) for one in rounds] == [(1, 2, 0), (1, 1, 3), (1, 1, 3)]
    assert [one.about for one in rounds] == ["", "", "the rules that look at distant lines"]
    assert len(_rounds.plan([_pack("a", [LARGE], [NEAR])])) == 1


def test_rules_for_a_large_file_share_their_time_with_few_others() -> None:
    rounds = _rounds.plan([_pack("a", [LARGE + 1], _many("a", 130))])
    assert [len(one.rules) for one in rounds] == [60, 60, 10]


def test_rules_of_the_repository_go_alone() -> None:
    rounds = _rounds.plan([_pack("a", [10, LARGE + 1], [NEAR], ["own"])])
    assert [(list(one.rules), one.about) for one in rounds] == [
        ([NEAR], ""),
        (["own"], "the rules of the repository"),
        ([NEAR], ""),
        (["own"], "the rules of the repository"),
    ]


def test_tool_that_cannot_be_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError):
        _rounds.run(tmp_path / "none", [Round([tmp_path / "a"], [NEAR], 1.0)], tmp_path, timeout=5)


def test_defect_in_a_thread_reaches_the_caller() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _rounds._side_by_side([broken, lambda: None, lambda: None])
