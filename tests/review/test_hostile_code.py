"""Code that was written to stop the gate: every file ends as reviewed or as failed with its reason, and costs no other file.

The times are in benchmarks/rule_cost.py; here only the outcomes count.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile_code import SHAPES, hostile

from reviewer import rulebook
from reviewer.records import Hunk, Machine, Policy, State
from reviewer.review import _rounds, by_rules
from reviewer.review.interface import Job, Outcome, PrivateFile

LANGUAGES = sorted({dialect.folder: name for name, dialect in reversed(rulebook.DIALECTS.items())}.values())
REASONS = ("did not end within", "other files used up the time", "more than 1000 findings", "more than 100000 instructions")
BAD = b"value = yaml.load(text)\n"


def _review(folder: Path, language: str, contents: dict[str, bytes]) -> Outcome:
    """Of the contents, and of a small Python file with a finding."""
    files = {}
    for number, (name, content) in enumerate(contents.items()):
        ending = next(iter(rulebook.DIALECTS[language].endings), ".txt")
        copy = folder / f"{number}{ending}"
        copy.write_bytes(content)
        files[name.encode()] = PrivateFile(name.encode(), copy, content, language)
    (folder / "small.py").write_bytes(BAD)
    files[b"small"] = PrivateFile(b"small", folder / "small.py", BAD, "python")
    hunks = [Hunk(path, file.language, 0, 0, 1, 1, "", ()) for path, file in files.items()]
    return by_rules.review(Job(hunks, files, folder, {}, Policy(), Machine(), 0.0))


def _check(outcome: Outcome) -> None:
    states = {entry.path: entry for entry in outcome.coverage}
    assert states.pop(b"small").state is State.REVIEWED
    assert any(f.path == b"small" and f.rule == "python-yaml-load" for f in outcome.findings)
    for entry in states.values():
        assert entry.state is State.REVIEWED or any(reason in entry.reason for reason in REASONS), entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_files_are_reviewed_or_failed_with_a_reason(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_rounds, "LARGE", 20_000)
    contents = {shape: hostile(language, shape, 30_000) for shape in SHAPES}
    outcome = _review(tmp_path, language, {shape: content for shape, content in contents.items() if content})
    assert len(outcome.coverage) > 5
    _check(outcome)


@pytest.mark.parametrize(
    ("language", "shape"),
    [
        ("python", "calls in calls"),
        ("javascript", "a chain of methods"),
        ("go", "statements in one function"),
        ("kotlin", "a chain of texts"),
        ("sql", "separators"),
        ("sql", "a huge comment of trigger words"),
        ("dockerfile", "statements in one function"),
    ],
)
def test_hostile_megabyte_is_reviewed_or_failed_with_a_reason(tmp_path: Path, language: str, shape: str) -> None:
    _check(_review(tmp_path, language, {shape: hostile(language, shape, 1_000_000)}))


def test_megabyte_that_takes_too_long_says_which_rules(tmp_path: Path) -> None:
    # Every call is compared with every statement of the function.
    lines = "".join(f"    memset(n{number}, 0, sizeof(n{number}));\n    access(p{number}, 1);\n" for number in range(16_000))
    text = f"void f(char *name)\n{{\n    gets(name);\n{lines}}}\n".encode()
    outcome = _review(tmp_path, "c", {"large": text})
    _check(outcome)
    (entry,) = (entry for entry in outcome.coverage if entry.path == b"large")
    assert entry.state is State.FAILED
    assert entry.reason.startswith("the rules that look at distant lines: ast-grep did not end within")
    assert any(f.rule == "c-gets" and f.path == b"large" for f in outcome.findings)


def test_chain_of_a_hundred_thousand_operators_crashes_nothing(tmp_path: Path) -> None:
    chain = 'os.system("a" + ' + " + ".join(["name"] * 100_000) + ")\n"
    _check(_review(tmp_path, "python", {"chain": chain.encode()}))
