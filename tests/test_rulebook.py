"""Reading rule files: every malformation is told with file and line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reviewer import rulebook
from reviewer.errors import ExitCode, RuleError
from reviewer.records import Confidence, Kind, Severity
from reviewer.rulebook import loading

GOOD = """\
id: python-sample
language: python
severity: error
message: >-
  It goes
  wrong.
note: Write it right.
metadata:
  kind: security
  cwe: CWE-89
  confidence: high
rule:
  pattern: bad($X)
fix: good($X)
examples:
  match:
    - |
      bad(1)
  clean:
    - |
      good(1)
"""

DOCKER = """\
id: dockerfile-sample
language: dockerfile
severity: warning
message: It goes wrong.
note: Write it right.
metadata: {kind: bug, confidence: low}
rule:
  regex: '^FROM bad'
examples:
  match: ["FROM bad"]
  clean: ["FROM good"]
"""


def _write(folder: Path, text: str, place: str = "python/security/python-sample.yml") -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_load_reads_everything(tmp_path: Path) -> None:
    rule = rulebook.load(_write(tmp_path, GOOD))
    assert (rule.id, rule.language, rule.kind, rule.cwe) == ("python-sample", "python", Kind.SECURITY, "CWE-89")
    assert (rule.severity, rule.confidence) == (Severity.ERROR, Confidence.HIGH)
    assert (rule.message, rule.remedy, rule.fix) == ("It goes wrong.", "Write it right.", "good($X)")
    assert (rule.match, rule.clean, rule.regex) == (("bad(1)\n",), ("good(1)\n",), "")


def test_load_reads_the_expression_of_a_line_rule(tmp_path: Path) -> None:
    rule = rulebook.load(_write(tmp_path, DOCKER, "dockerfile/bug/dockerfile-sample.yml"))
    assert (rule.regex, rule.cwe, rule.fix) == ("^FROM bad", "", "")


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("severity: error\n", "", 1, "'severity' is missing"),
        ("  confidence: high\n", "", 8, "'confidence' is missing"),
        ("severity: error", "severity: fatal", 3, "'severity' cannot be 'fatal'"),
        ("severity: error", "severity: hint", 3, "'severity' cannot be 'hint'"),
        ("  confidence: high", "  confidence: 9", 11, "'confidence' cannot be 9"),
        ("  kind: security", "  kind: smell", 9, "'kind' cannot be 'smell'"),
        ("fix: good($X)", "fixed: good($X)", 14, "there is no key 'fixed'"),
        ("  cwe: CWE-89", "  cve: CWE-89", 10, "there is no key 'cve'"),
        ("severity: error", "severity: error\nseverity: info", 4, "'severity' is there twice"),
        ("id: python-sample", "id: python-other", 1, "the id is 'python-other'"),
        ("language: python", "language: go", 2, "the language is 'go'"),
        ("  kind: security", "  kind: bug", 9, "the kind is 'bug'"),
        ("CWE-89", "CWE89", 10, "needs a cwe"),
        ("CWE-89", "89", 10, "'cwe' must be a text"),
        ("  cwe: CWE-89\n", "", 9, "needs a cwe"),
        ("  match:\n    - |\n      bad(1)", "  match: []", 16, "there is no 'match' example"),
        ("  clean:\n    - |\n      good(1)", "  clean: good", 19, "there is no 'clean' example"),
        ("    - |\n      bad(1)", "    - 1", 16, "every 'match' example must be a text"),
        ("message: >-\n  It goes\n  wrong.", "message: ''", 4, "'message' must be a text"),
        ("note: Write it right.", "note: [a]", 7, "'note' must be a text"),
        ("metadata:\n  kind: security\n  cwe: CWE-89\n  confidence: high", "metadata: no", 8, "no mapping"),
        ("rule:\n  pattern", "rule: {\n  pattern", 14, "this is not YAML"),
        ("fix: good($X)", "\tfix: good($X)", 14, "this is not YAML"),
    ],
)
def test_load_tells_what_is_wrong_and_where(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    assert old in GOOD
    path = _write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(RuleError) as caught:
        rulebook.load(path)
    assert what in caught.value.what
    assert caught.value.where == f"{path}:{line}"
    assert caught.value.todo
    assert caught.value.exit_code is ExitCode.USAGE


def test_load_wants_the_examples_last(tmp_path: Path) -> None:
    path = _write(tmp_path, GOOD.replace("fix: good($X)\n", "") + "fix: good($X)\n")
    with pytest.raises(RuleError, match="not the last block") as caught:
        rulebook.load(path)
    assert caught.value.where == f"{path}:14"


def test_load_refuses_a_bad_expression(tmp_path: Path) -> None:
    path = _write(tmp_path, DOCKER.replace("^FROM bad", "(?=x)"), "dockerfile/bug/dockerfile-sample.yml")
    with pytest.raises(RuleError, match="RE2") as caught:
        rulebook.load(path)
    assert caught.value.where == f"{path}:8"


@pytest.mark.parametrize("text", ["", "- a\n", "just words\n"])
def test_load_refuses_what_is_no_mapping(tmp_path: Path, text: str) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(RuleError, match="no mapping") as caught:
        rulebook.load(path)
    assert caught.value.where == f"{path}:1"


@pytest.mark.parametrize("text", ["id: a\0b\n", "id: \x07\n"])
def test_load_refuses_control_characters(tmp_path: Path, text: str) -> None:
    with pytest.raises(RuleError, match="not YAML"):
        rulebook.load(_write(tmp_path, text))


def test_load_refuses_what_is_not_utf8(tmp_path: Path) -> None:
    path = _write(tmp_path, "")
    path.write_bytes(b"id: \xff\n")
    with pytest.raises(RuleError, match="not UTF-8"):
        rulebook.load(path)


def test_load_of_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="No such file"):
        rulebook.load(tmp_path / "python/security/none.yml")


def test_rule_files_of_unknown_languages_are_none() -> None:
    assert rulebook.rule_files(["cobol", ""]) == []


def test_rule_files_serve_all_kinds_of_javascript() -> None:
    files = rulebook.rule_files(["javascript"])
    assert files
    assert rulebook.rule_files(["typescript"]) == rulebook.rule_files(["tsx", "javascript"]) == files


def test_known_ids_hold_rules_and_secrets_but_no_file_names() -> None:
    known = rulebook.known_ids()
    assert "python-sql-string" in known
    assert any(name.startswith("secret-") for name in known)
    assert "aws" not in known


def test_ast_grep_text_cuts_the_examples_and_names_the_grammar() -> None:
    text = rulebook.ast_grep_text(GOOD, "tsx")
    assert "language: tsx\n" in text
    assert text.endswith("fix: good($X)\n")
    assert "examples" not in text


def test_ast_grep_text_leaves_jsx_rules_out_of_plain_typescript() -> None:
    text = GOOD.replace("pattern: bad($X)", "kind: jsx_attribute")
    assert rulebook.ast_grep_text(text, "typescript") == ""
    assert "language: javascript" in rulebook.ast_grep_text(text, "javascript")


def test_load_text_reads_no_file() -> None:
    rule = rulebook.load_text(GOOD, Path("nowhere/python/security/python-sample.yml"))
    assert (rule.id, rule.text) == ("python-sample", GOOD)
    with pytest.raises(RuleError, match="lies in the folder 'go'") as caught:
        rulebook.load_text(GOOD, Path("nowhere/go/security/python-sample.yml"))
    assert caught.value.where == "nowhere/go/security/python-sample.yml:2"


@pytest.mark.parametrize("path", rulebook.rule_files(["dockerfile", "sql"]), ids=lambda path: path.stem)
def test_load_line_rule_says_the_same_as_load_without_a_yaml_parser(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = replace(rulebook.load(path), match=(), clean=())
    monkeypatch.setattr(loading, "load", None)
    assert rulebook.load_line_rule(path) == wanted


@pytest.mark.parametrize("old", ["metadata: {kind: bug, confidence: low}", "severity: warning", "  regex: '^FROM bad'"])
def test_load_line_rule_of_another_form_asks_the_parser(tmp_path: Path, old: str) -> None:
    new = {"severity: warning": 'severity: "warning"', "  regex: '^FROM bad'": "  regex: |-\n    ^FROM bad"}.get(old, old)
    path = _write(tmp_path, DOCKER.replace(old, new), "dockerfile/bug/dockerfile-sample.yml")
    assert rulebook.load_line_rule(path) == rulebook.load(path)
    assert rulebook.load_line_rule(path).regex == "^FROM bad"


def test_load_line_rule_of_a_malformed_file_says_where(tmp_path: Path) -> None:
    path = _write(tmp_path, DOCKER.replace("severity: warning", "severity: loud"), "dockerfile/bug/dockerfile-sample.yml")
    with pytest.raises(RuleError, match="severity"):
        rulebook.load_line_rule(path)


def test_load_reads_what_an_instruction_must_not_hold(tmp_path: Path) -> None:
    text = DOCKER.replace("  regex: '^FROM bad'", "  regex: '^FROM bad'\n  unless: 'AS good'")
    assert rulebook.load(_write(tmp_path, text, "dockerfile/bug/dockerfile-sample.yml")).unless == "AS good"


def test_rule_files_of_cpp_hold_those_of_c() -> None:
    assert set(rulebook.rule_files(["c"])) < set(rulebook.rule_files(["cpp"]))
    assert not {path for path in rulebook.rule_files(["c"]) if path.stem.startswith("cpp-")}


@pytest.mark.parametrize(
    ("regex", "ascii_only"),
    [
        (r"^\w+\b$", r"^[0-9A-Za-z_]+(?-u:\b)$"),
        (r"[\w.-]\d", r"[0-9A-Za-z_.-][0-9]"),
        (r"[^\s]\s", r"[^\t\n\r ][\t\n\r ]"),
        (r"[]\w]\w", r"[]0-9A-Za-z_][0-9A-Za-z_]"),
        (r"[[]\w", r"[[][0-9A-Za-z_]"),
        (r"\[\w\]\\\\w", r"\[[0-9A-Za-z_]\]\\\\w"),
        (r"\W\S\D[\b]", r"[^0-9A-Za-z_][^\t\n\r ][^0-9][\b]"),
        (r"[a\W]\W", r"[a\W][^0-9A-Za-z_]"),
        (r"[a.]b.", r"[a.]b."),
        (r"(?i)secure", r"(?i-u)secure"),
        (r"a(?is)b.c", r"a(?is-u)b(?u:.)c"),
        (r"(?i:a.)[^b]", r"(?i-u:a(?u:.))(?u:[^b])"),
        (r"(?:a|b)(?i)[^]\d].\.", r"(?:a|b)(?i-u)(?u:[^]0-9])(?u:.)\."),
        (r"(?i)[.(?i)]", r"(?i-u)[.(?i)]"),
        (r"(?-i:^A)|(?i)x", r"(?-i:^A)|(?i-u)x"),
        (r"(?i)ä.", r"(?i)ä."),
        (r"(?i)[a-z&&[^b]].", r"(?i)[a-z&&[^b]]."),
    ],
)
def test_ast_grep_text_keeps_character_classes_to_ascii(regex: str, ascii_only: str) -> None:
    text = GOOD.replace("pattern: bad($X)", f"regex: '{regex}'")
    assert f"regex: '{ascii_only}'\n" in rulebook.ast_grep_text(text, "python")
