"""Rules that a repository brings along: read, refused, proven, and never able to take anything away."""

from __future__ import annotations

import os
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
        "elsewhere/rules/python/bug/local-draft.yml",
        ".hunkgate/rules/python/bug/python-yaml-load.yml",
        ".hunkgate/rules/local-draft.yml.txt",
    ],
)
def test_rule_at_another_place_is_refused(place: str) -> None:
    with pytest.raises(RuleError) as caught:
        _local_rules.load_all({place: TEXT})
    assert caught.value.where == f"{place}:1"
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    "place",
    [
        ".hunkgate/rules/local-draft.yml",
        ".hunkgate/rules/cobol/security/local-draft.yml",
        ".hunkgate/rules/a/b/c/d/local-draft.yaml",
    ],
)
def test_rule_may_lie_in_any_folder(place: str) -> None:
    (rule,) = _local_rules.load_all({place: TEXT})
    assert (rule.id, rule.language, rule.kind.value) == ("local-draft", "python", "bug")


@pytest.mark.parametrize(("said", "folder"), [("bash", "shell"), ("shell", "shell"), ("hcl", "terraform"), ("sql", "sql")])
def test_rule_says_its_language_by_either_name(said: str, folder: str) -> None:
    text = template("local-draft", folder, "bug")
    text = text.replace(text.split("\n")[1], f"language: {said}")
    (rule,) = _local_rules.load_all({PLACE: text})
    assert rule.language == folder
    _local_rules.prove([rule])


@pytest.mark.parametrize("said", ["cobol", "typescript", "Python"])
def test_rule_for_a_language_without_rules_is_refused(said: str) -> None:
    with pytest.raises(RuleError, match=f"no rules for the language '{said}'") as caught:
        _local_rules.load_all({PLACE: TEXT.replace("language: python", f"language: {said}")})
    assert caught.value.where == f"{PLACE}:2"
    assert "python" in caught.value.todo
    assert ("TypeScript" in caught.value.todo) is (said == "typescript")


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a: " + "[" * 60_000, "nested more than 100 levels", 1),
        ("a:\n  " + "- " * 30_000 + "a", "nested more than 100 levels", 2),
        ("{a: " * 15_000, "nested more than 100 levels", 1),
        ("a" * 70_000, "at most 65536 are read", 1),
        (TEXT.replace("severity: warning", "severity: " + "1" * 5000), "not YAML", 1),
        (TEXT.replace("severity: warning", "severity: 2026-99-99"), "not YAML", 1),
        (TEXT.replace("severity: warning", "severity: &a [*a]"), "not YAML", 3),
        (TEXT.replace("severity: warning", "severity: !!python/object:os.system x"), "not YAML", 3),
        (TEXT.replace("kind: bug", "kind: secret"), "another form", 9),
    ],
)
def test_hostile_rule_is_refused_and_breaks_nothing(text: str, what: str, line: int) -> None:
    with pytest.raises(RuleError, match=what) as caught:
        _local_rules.load_one(PLACE, text)
    assert caught.value.where.startswith(f"{PLACE}:")
    assert abs(int(caught.value.where.rpartition(":")[2]) - line) <= 1


@pytest.mark.parametrize(
    "rule",
    [
        "regex: '(a{1000}){1000}'",
        "matches: somewhere-else",
        "matches: again",
        "all: [&a {any: [&b {any: [dangerous]}, *b, *b]}, *a, *a, *a]",
    ],
)
def test_rule_that_ast_grep_refuses_is_refused(rule: str) -> None:
    text = TEXT.replace("pattern: dangerous($X)", rule).replace("examples:", "utils: {again: {matches: again}}\nexamples:")
    with pytest.raises(RuleError) as caught:
        _local_rules.prove([_local_rules.load_one(PLACE, text)])
    assert caught.value.where.startswith(f"{PLACE}:")


def test_proof_that_does_not_end_is_a_refusal() -> None:
    with pytest.raises(RuleError, match="does not do what its examples say"):
        _local_rules.prove(_local_rules.load_all({PLACE: TEXT}), timeout=0.0)


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
    path.write_bytes(b"a\n\xff")
    with pytest.raises(RuleError, match="not UTF-8") as caught:
        _local_rules.texts_below(tmp_path)
    assert caught.value.where == f"{PLACE}:2"


def test_texts_of_a_folder_are_plain_files(tmp_path: Path) -> None:
    folder = tmp_path / ".hunkgate/rules"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "local-pipe.yml")
    with pytest.raises(RuleError, match="plain file"):
        _local_rules.texts_below(tmp_path)
    (folder / "local-pipe.yml").unlink()
    (folder / "local-endless.yml").symlink_to("/dev/zero")
    with pytest.raises(RuleError, match="plain file"):
        _local_rules.texts_below(tmp_path)
    (folder / "local-endless.yml").unlink()
    folder.rmdir()
    folder.symlink_to("/")
    with pytest.raises(RuleError, match="symbolic link"):
        _local_rules.texts_below(tmp_path)


def test_texts_of_a_folder_are_few_and_small(tmp_path: Path) -> None:
    folder = tmp_path / ".hunkgate/rules"
    folder.mkdir(parents=True)
    (folder / "local-large.yml").write_bytes(b"#" * 70_000)
    with pytest.raises(RuleError, match="at most 65536"):
        _local_rules.texts_below(tmp_path)
    (folder / "local-large.yml").unlink()
    for number in range(501):
        (folder / f"local-{number}.yml").write_bytes(b"#")
    with pytest.raises(RuleError, match="more than 500 rules"):
        _local_rules.texts_below(tmp_path)


@pytest.mark.parametrize("language", rulebook.FOLDERS)
@pytest.mark.parametrize("kind", ["security", "bug", "style"])
def test_template_is_a_rule_that_does_what_it_says(language: str, kind: str) -> None:
    place = f".hunkgate/rules/{language}/{kind}/local-new.yml"
    rules = _local_rules.load_all({place: template("local-new", language, kind)})
    assert _examples.misses(rules) == []
