"""The words that let a review leave out rules: true of every match, and as new as the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer import rulebook
from reviewer.review import _trigger_search, _trigger_words
from reviewer.review._trigger_words import Trigger

RULES = rulebook.rule_files(rulebook.FOLDERS)
YAML_LOAD = rulebook.folder() / "python/security/python-yaml-load.yml"


def _can_match(path: Path, code: bytes, language: str = "", content: bytes = b"") -> bool:
    trigger = Trigger.of(language or path.parent.parent.name)
    return trigger.can_match(path.stem, content or path.read_bytes(), trigger.words_in(code))


def test_list_is_as_new_as_the_rules() -> None:
    listed = (rulebook.folder() / _trigger_words.LIST).read_text(encoding="utf-8").splitlines(keepends=True)[1:]
    assert listed == _trigger_search.lines(), _trigger_search.__doc__


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rule_is_chosen_for_all_that_it_reports(path: Path) -> None:
    rule = rulebook.load(path)
    assert all(_can_match(path, code.encode()) for code in rule.match)


def test_rule_without_its_words_is_left_out() -> None:
    assert not _can_match(YAML_LOAD, b"x = 1\n")
    assert _can_match(YAML_LOAD, b"X = YAML.LOAD(T)\n")


def test_rule_needs_a_word_of_every_set() -> None:
    path = rulebook.folder() / "c/security/c-access-then-open.yml"
    assert _can_match(path, b"access(); open();")
    assert not _can_match(path, b"access();")
    assert not _can_match(path, b"open();")


def test_rule_that_was_edited_or_is_not_listed_is_chosen() -> None:
    assert _can_match(YAML_LOAD, b"x = 1\n", content=YAML_LOAD.read_bytes() + b"\n")
    assert _can_match(Path("python-unheard-of.yml"), b"x = 1\n", "python", b"id: python-unheard-of\n")


def test_rule_of_a_related_language_is_known() -> None:
    path = rulebook.folder() / "c/security/c-access-then-open.yml"
    assert not _can_match(path, b"x", "cpp")
    assert _can_match(path, b"access(); open();", "cpp")


@pytest.mark.parametrize("before", [0, 1, 64 * 1024 - 4, 64 * 1024 - 1, 64 * 1024, 200_000])
def test_words_are_found_wherever_they_stand(before: int) -> None:
    assert "yaml" in Trigger.of("python").words_in(b" " * before + b"YAML.load" + b" " * 70_000)


def test_no_listed_word_is_longer_than_what_pieces_share() -> None:
    words = {word for language in rulebook.DIALECTS for word in Trigger.of(language).words}
    assert max(map(len, words)) < _trigger_words._LONGEST


@pytest.mark.parametrize(
    ("regex", "sets"),
    [
        ("^(strcpy|strcat)$", [{"strcpy", "strcat"}]),
        ("(?i)^Foo[xy]bar", [{"fooxbar", "fooybar"}]),
        (r"\bverify\s*=\s*False", [{"verify"}, {"false"}]),
        ("re(ad|move)s?_all", [{"read_all", "reads_all", "remove_all", "removes_all"}]),
        ("(alpha|.)beta", [{"beta"}]),
        ("(alpha.beta|gamma.del)", [{"alpha", "gamma"}, {"beta", "del"}]),
        ("(alpha.beta|gamma)", [{"alpha", "gamma"}, {"beta", "gamma"}]),
        ("alpha.*alphabet", [{"alphabet"}]),
        ("(alpha)?.*", []),
        ("(alpha.)+x", [{"alpha"}]),
        ("(alpha|be)", []),
        ("[^a]", []),
        ("(", []),
    ],
)
def test_words_of_a_regular_expression(regex: str, sets: list[set[str]]) -> None:
    assert _trigger_search.of_regex(regex) == sets


@pytest.mark.parametrize(
    ("rule", "sets"),
    [
        ({"pattern": "yaml.unsafe_load($TEXT)"}, [{"unsafe_load"}, {"yaml"}]),
        ({"any": [{"regex": "alpha"}, {"pattern": "beta($X)"}]}, [{"alpha", "beta"}]),
        ({"any": [{"regex": "alpha"}, {"kind": "call"}]}, []),
        ({"all": [{"kind": "call"}, {"has": {"stopBy": "end", "regex": "alpha"}}, {"regex": "bet"}]}, [{"alpha"}, {"bet"}]),
        ({"kind": "call", "not": {"regex": "alpha"}}, []),
        ({"inside": {"matches": "known"}}, [{"gamma"}]),
        ({"matches": "endless"}, []),
        ({"regex": "alpha|alphabet"}, [{"alpha"}]),
        ({"regex": "one.two2.three.four.five5.sixes6"}, [{"sixes6"}, {"three"}, {"five5"}, {"two2"}]),
    ],
)
def test_words_of_a_rule(rule: dict[str, object], sets: list[set[str]]) -> None:
    utils = {"known": {"regex": "gamma"}, "endless": {"matches": "endless"}}
    found = _trigger_search.of_rule({"rule": rule, "utils": utils})
    assert sorted(map(sorted, found)) == sorted(map(sorted, sets))


EXPRESSIONS = (
    r"(foo|ba[rz]|qux+)(-one|-two)?",
    r"lo?ad(s|ed)?\(",
    r"x*(abcd|efgh.)+y",
    r"[ab]cde{1,2}fgh",
    r"(?:one|three)x",
    r"(abc.def|ghi.*jkl.mno|pqrs)tuv",
    r"a(bcd|efg)?hij[kl]+mno",
)


@given(st.data())
def test_every_match_of_an_expression_holds_a_word_of_every_set(data: st.DataObject) -> None:
    regex = data.draw(st.sampled_from(EXPRESSIONS))
    sets = _trigger_search.of_regex(regex)
    assert sets
    text = data.draw(st.from_regex(regex))
    assert all(any(word in text for word in words) for words in sets)
