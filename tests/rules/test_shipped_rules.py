"""Every shipped rule: well formed, in its place, and proven by its own examples with the real engines."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from reviewer import proc, rulebook
from reviewer.records import Confidence, Severity
from reviewer.review import _examples

FILES = rulebook.rule_files(rulebook.FOLDERS)


@cache
def _misses() -> dict[str, list[_examples.Miss]]:
    found: dict[str, list[_examples.Miss]] = {}
    for miss in _examples.misses([rulebook.load(path) for path in FILES]):
        found.setdefault(miss.rule.id, []).append(miss)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule_examples_do_what_they_say(path: Path) -> None:
    assert [(miss.grammar, miss.expected, miss.code, miss.reason) for miss in _misses().get(path.stem, [])] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rule_is_complete(path: Path) -> None:
    rule = rulebook.load(path)
    assert len(rule.match) >= 2
    assert len(rule.clean) >= 2
    assert rule.id.startswith(f"{rule.language}-")
    assert rule.message.endswith(".")
    assert rule.remedy.endswith((".", ")", "..."))
    # A metavariable in the words would put the repository's text into our sentences.
    assert not re.search(r"\$[A-Z]", rule.message + rule.remedy)


def test_pack_ids_are_unique() -> None:
    assert [name for name, count in Counter(path.stem for path in FILES).items() if count > 1] == []


def test_pack_has_what_was_promised() -> None:
    counts = Counter(path.parent.parent.name for path in FILES)
    least = {"python": 60, "javascript": 40, "go": 40, "shell": 15, "dockerfile": 10, "c": 40, "cpp": 14, "rust": 25}
    least |= {"terraform": 20, "yaml": 20, "sql": 15}
    assert {name: counts[name] for name in least if counts[name] < least[name]} == {}
    assert sum(counts.values()) >= 300


def test_rules_that_block_are_the_smaller_half() -> None:
    rules = [rulebook.load(path) for path in FILES]
    blocking = [rule for rule in rules if rule.severity is Severity.ERROR and rule.confidence is Confidence.HIGH]
    assert 0 < len(blocking) < len(rules) / 2


@pytest.mark.parametrize("path", [path for path in FILES if "\nfix:" in path.read_text()], ids=lambda path: path.stem)
def test_fix_removes_what_the_rule_reports(path: Path, tmp_path: Path) -> None:
    rule = rulebook.load(path)
    dialect = rulebook.DIALECTS[rule.language]
    rule_file = tmp_path / "rule.yml"
    rule_file.write_text(rulebook.ast_grep_text(path.read_text(), dialect.grammar))
    for number, code in enumerate(rule.match):
        (tmp_path / f"{number}{dialect.endings[0]}").write_text(code)
    tool = str(proc.find_tool("ast-grep"))
    subprocess.run([tool, "scan", "--rule", rule_file, "--update-all", tmp_path], check=False, capture_output=True)
    again = subprocess.run([tool, "scan", "--rule", rule_file, "--json=stream", tmp_path], check=False, capture_output=True)
    assert again.stdout == b""
    assert (tmp_path / f"0{dialect.endings[0]}").read_text() != rule.match[0]


def _draft(folder: Path, match: str, clean: str) -> rulebook.Rule:
    path = folder / "rules" / "python" / "bug" / "python-draft.yml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "id: python-draft\nlanguage: python\nseverity: warning\nmessage: m.\nnote: n.\n"
        "metadata: {kind: bug, confidence: low}\nrule:\n  pattern: bad($X)\n"
        f"examples:\n  match:\n    - |\n      {match}\n  clean:\n    - |\n      {clean}\n"
    )
    return rulebook.load(path)


def test_examples_run_sees_a_rule_that_misses(tmp_path: Path) -> None:
    misses = _examples.misses([_draft(tmp_path, match="good(1)", clean="good(2)")])
    assert [(miss.expected, miss.code) for miss in misses] == [(True, "good(1)\n")]


def test_examples_run_sees_a_false_alarm(tmp_path: Path) -> None:
    misses = _examples.misses([_draft(tmp_path, match="bad(1)", clean="bad(2)")])
    assert [(miss.expected, miss.code) for miss in misses] == [(False, "bad(2)\n")]
