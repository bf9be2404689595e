"""Rules that a repository brings along: read, refused, proven, and never able to take anything away."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer import rulebook
from reviewer.errors import ExitCode, RuleError
from reviewer.review import _examples, _local_rules
from reviewer.review._rule_template import template

PLACE = ".hunkgate/rules/python/bug/local-draft.yml"
TEXT = template("local-draft", "python", "bug")


def test_rules_are_read_with_their_place_and_text() -> None:
    (rule,) = _local_rules.load_all({PLACE: TEXT})
    assert (rule.id, rule.language, rule.path, rule.text) == ("local-draft", "python", Path(PLACE), TEXT)


@pytest.mark.parametrize(
    "place",
    [
        ".hunkgate/rules/local-draft.yml",
        ".hunkgate/rules/cobol/bug/local-draft.yml",
        ".hunkgate/rules/python/bug/deep/local-draft.yml",
        ".hunkgate/rules/python/bug/local-draft.yaml",
        "elsewhere/rules/python/bug/local-draft.yml",
        ".hunkgate/rules/python/bug/python-yaml-load.yml",
    ],
)
def test_rule_at_another_place_is_refused(place: str) -> None:
    with pytest.raises(RuleError) as caught:
        _local_rules.load_all({place: TEXT})
    assert caught.value.where == f"{place}:1"
    assert caught.value.exit_code is ExitCode.USAGE


def test_rule_cannot_take_the_name_of_a_shipped_one() -> None:
    with pytest.raises(RuleError, match="python-yaml-load") as caught:
        _local_rules.load_all({PLACE: TEXT.replace("id: local-draft", "id: python-yaml-load")})
    assert caught.value.where == f"{PLACE}:1"


def test_shipped_rules_leave_the_names_of_local_ones_alone() -> None:
    assert not [name for name in rulebook.known_ids() if name.startswith(_local_rules.PREFIX)]


def test_two_rules_of_one_name_are_refused() -> None:
    other = PLACE.replace("/bug/", "/style/")
    with pytest.raises(RuleError, match="also that of"):
        _local_rules.load_all({PLACE: TEXT, other: TEXT.replace("kind: bug", "kind: style")})


def test_malformed_rule_is_told_with_its_line() -> None:
    with pytest.raises(RuleError, match="'severity' cannot be 'loud'") as caught:
        _local_rules.load_all({PLACE: TEXT.replace("severity: warning", "severity: loud")})
    assert caught.value.where == f"{PLACE}:3"


def test_several_documents_in_one_file_are_refused() -> None:
    with pytest.raises(RuleError, match="not YAML"):
        _local_rules.load_all({PLACE: TEXT + "---\nid: python-yaml-load\n"})


def test_proof_of_good_rules_is_silent() -> None:
    _local_rules.prove(_local_rules.load_all({PLACE: TEXT}))
    _local_rules.prove([])


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("pattern: dangerous($X)", "pattern: never($X)", "should be reported and is not"),
        ("harmless(1)", "dangerous(2)", "should not be reported and is"),
        ("pattern: dangerous($X)", "kind: no_such_node", "no_such_node"),
    ],
)
def test_proof_names_the_rule_that_does_not_do_what_it_says(old: str, new: str, what: str) -> None:
    good = TEXT.replace("local-draft", "local-a")
    rules = _local_rules.load_all({PLACE: TEXT.replace(old, new), PLACE.replace("local-draft", "local-a"): good})
    with pytest.raises(RuleError, match=what) as caught:
        _local_rules.prove(rules)
    place, _, line = caught.value.where.rpartition(":")
    assert place == PLACE
    assert int(line) >= TEXT[: TEXT.index("examples:")].count("\n") + 1


def test_languages_choose_the_rules() -> None:
    rules = _local_rules.load_all({PLACE: TEXT, ".hunkgate/rules/c/bug/local-c.yml": template("local-c", "c", "bug")})
    assert [rule.id for rule in _local_rules.for_languages(rules, ["python"])] == ["local-draft"]
    assert [rule.id for rule in _local_rules.for_languages(rules, ["cpp"])] == ["local-c"]
    assert _local_rules.for_languages(rules, ["", "cobol"]) == []


def test_texts_are_read_from_a_folder(tmp_path: Path) -> None:
    assert _local_rules.texts_below(tmp_path) == {}
    path = tmp_path / PLACE
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)
    assert _local_rules.texts_below(tmp_path) == {PLACE: TEXT}
    path.write_bytes(b"\xff")
    with pytest.raises(RuleError, match="cannot read"):
        _local_rules.texts_below(tmp_path)


@pytest.mark.parametrize("language", rulebook.FOLDERS)
@pytest.mark.parametrize("kind", ["security", "bug", "style"])
def test_template_is_a_rule_that_does_what_it_says(language: str, kind: str) -> None:
    place = f".hunkgate/rules/{language}/{kind}/local-new.yml"
    rules = _local_rules.load_all({place: template("local-new", language, kind)})
    assert _examples.misses(rules) == []
