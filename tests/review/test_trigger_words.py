"""The words that let a review leave out rules: true of every match, and as new as the rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer import rulebook
from reviewer.review import _trigger_search, _trigger_words

RULES = [path for path in rulebook.rule_files(rulebook.FOLDERS) if rulebook.DIALECTS[path.parent.parent.name].grammar]


def test_list_is_as_new_as_the_rules() -> None:
    listed = (rulebook.folder() / _trigger_words.LIST).read_text(encoding="utf-8").splitlines(keepends=True)[1:]
    assert listed == _trigger_search.lines(), _trigger_search.__doc__


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rule_is_chosen_for_all_that_it_reports(path: Path) -> None:
    rule = rulebook.load(path)
    assert all(_trigger_words.chooser(code.encode())(path, rule.text) for code in rule.match)


def test_rule_without_its_words_is_left_out() -> None:
    path = rulebook.folder() / "python/security/python-yaml-load.yml"
    can_match = _trigger_words.chooser(b"x = 1\n")
    assert not can_match(path, path.read_text())
    assert _trigger_words.chooser(b"X = YAML.LOAD(T)\n")(path, path.read_text())


def test_rule_that_was_edited_or_is_not_listed_is_chosen() -> None:
    path = rulebook.folder() / "python/security/python-yaml-load.yml"
    can_match = _trigger_words.chooser(b"x = 1\n")
    assert can_match(path, path.read_text() + "\n")
    assert can_match(Path("python-unheard-of.yml"), "id: python-unheard-of\n")


@pytest.mark.parametrize(
    ("regex", "words"),
    [
        ("^(strcpy|strcat)$", {"strcpy", "strcat"}),
        ("(?i)^Foo[xy]bar", {"fooxbar", "fooybar"}),
        (r"\bverify\s*=\s*False", {"verify"}),
        ("re(ad|move)s?_all", {"read_all", "reads_all", "remove_all", "removes_all"}),
        ("(alpha|.)beta", {"beta"}),
        ("(alpha)?.*", set()),
        ("(alpha.)+x", {"alpha"}),
        ("(alpha|be)", set()),
        ("[^a]", set()),
        ("(", set()),
    ],
)
def test_words_of_a_regular_expression(regex: str, words: set[str]) -> None:
    assert _trigger_search.of_regex(regex) == words


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"pattern": "yaml.unsafe_load($TEXT)"}, {"unsafe_load"}),
        ({"any": [{"regex": "alpha"}, {"pattern": "beta($X)"}]}, {"alpha", "beta"}),
        ({"any": [{"regex": "alpha"}, {"kind": "call"}]}, set()),
        ({"all": [{"kind": "call"}, {"has": {"stopBy": "end", "regex": "alpha"}}]}, {"alpha"}),
        ({"kind": "call", "not": {"regex": "alpha"}}, set()),
        ({"inside": {"matches": "known"}}, {"gamma"}),
        ({"matches": "endless"}, set()),
        ({"regex": "alpha|alphabet"}, {"alpha"}),
    ],
)
def test_words_of_a_rule(rule: dict[str, object], words: set[str]) -> None:
    utils = {"known": {"regex": "gamma"}, "endless": {"matches": "endless"}}
    assert _trigger_search.of_rule({"rule": rule, "utils": utils}) == words


EXPRESSIONS = (
    r"(foo|ba[rz]|qux+)(-one|-two)?",
    r"lo?ad(s|ed)?\(",
    r"x*(abcd|efgh.)+y",
    r"[ab]cde{1,2}fgh",
    r"(?:one|three)x",
)


@given(st.data())
def test_every_match_of_an_expression_holds_one_of_its_words(data: st.DataObject) -> None:
    regex = data.draw(st.sampled_from(EXPRESSIONS))
    words = _trigger_search.of_regex(regex)
    assert words
    text = data.draw(st.from_regex(regex))
    assert any(word in text for word in words)
