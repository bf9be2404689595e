"""A comment may silence a finding, never silently."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.records import (
    Change,
    Confidence,
    FileChange,
    Finding,
    Hunk,
    Kind,
    Line,
    LineKind,
    Policy,
    Severity,
    Status,
    Suppressions,
)
from reviewer.review import _suppressions, _touched

KNOWN = frozenset({"python-eval", "python-sql-string"})
FOUND = Finding("python-eval", Kind.SECURITY, Severity.ERROR, Confidence.HIGH, b"a.py", 2, 2, 1, 9, "", "m", "do", "", "rules")


def texts(*lines: str, added: bool = True) -> _touched.Texts:
    kind = LineKind.ADDED if added else LineKind.CONTEXT
    made = tuple(Line(kind, text.encode(), 0, number) for number, text in enumerate(lines, start=1))
    hunk = Hunk(b"a.py", "python", 0, 0, 1, len(lines), "", made)
    file = FileChange(b"a.py", Status.ADDED, b"a.py", 0, 0o100644, "", "", "python", (hunk,))
    return _touched.Texts.of(Change("", "", "", (file,)))


def outcome(found: _touched.Texts, finding: Finding = FOUND, policy: Policy | None = None) -> tuple[str, list[str]]:
    """(why the finding is suppressed, rules of what is said about the comments)."""
    comments = _suppressions.found(found)
    policy = policy or Policy()
    (applied,) = _suppressions.applied([finding], comments, policy)
    return applied.suppressed, [f.rule for f in _suppressions.reported(comments, found, policy, lambda: KNOWN)]


@pytest.mark.parametrize(
    "lines",
    [
        ("x", "eval(a)  # hunkgate: ignore[python-eval] a is a constant"),
        ("# hunkgate: ignore[python-eval] a is a constant", "eval(a)"),
        ("/* hunkgate: ignore[python-eval] a is a constant */", "eval(a)"),
        ("    // hunkgate:ignore[other, python-eval]: a is a constant", "eval(a)"),
    ],
)
def test_same_line_or_alone_on_the_line_above(lines: tuple[str, str]) -> None:
    assert outcome(texts(*lines))[0] == "a is a constant"


@pytest.mark.parametrize(
    "lines",
    [
        ("eval(b)  # hunkgate: ignore[python-eval] only this line", "eval(a)"),
        ("x", "eval(a)  # hunkgate: ignore[python-sql-string] another rule"),
        ("x", "eval(a)  # hunkgate: ignore[python-eval]"),
        ("x", "eval(a)  # hunkgate: ignore no rule"),
        ("x", "eval(a)", "# hunkgate: ignore[python-eval] below"),
    ],
)
def test_what_does_not_silence(lines: tuple[str, ...]) -> None:
    assert outcome(texts(*lines))[0] == ""


def test_an_added_suppression_is_reported() -> None:
    assert outcome(texts("x", "eval(a)  # hunkgate: ignore[python-eval] why")) == ("why", ["suppression-added"])


def test_an_old_suppression_is_not_reported_again() -> None:
    assert outcome(texts("x", "eval(a)  # hunkgate: ignore[python-eval] why", added=False)) == ("why", [])


def test_no_reason_and_no_rule_are_reported() -> None:
    assert outcome(texts("eval(a)  # hunkgate: ignore[python-eval]"))[1] == ["suppression-invalid"]
    assert outcome(texts("eval(a)  # hunkgate: ignore because"))[1] == ["suppression-invalid"]


def test_an_unknown_rule_is_reported_with_the_nearest() -> None:
    found = texts("eval(a)  # hunkgate: ignore[python-evil] typo")
    (said,) = _suppressions.reported(_suppressions.found(found), found, Policy(), lambda: KNOWN)
    assert (said.rule, said.remedy) == ("suppression-unknown-rule", "Did you mean python-eval?")
    assert "'python-evil'" in said.message


def test_policy_can_forbid_them() -> None:
    forbid = Policy(suppressions=Suppressions.FORBID)
    assert outcome(texts("x", "eval(a)  # hunkgate: ignore[python-eval] why"), policy=forbid) == ("", ["suppression-forbidden"])


@pytest.mark.parametrize("comment", ["# noqa: S307", "# nosec", "// ast-grep-ignore", "# nosemgrep"])
def test_silencing_other_tools_is_noted(comment: str) -> None:
    found = texts(f"eval(a)  {comment}")
    (said,) = _suppressions.reported([], found, Policy(), lambda: KNOWN)
    assert (said.rule, said.severity) == ("suppression-added", Severity.INFO)


def test_a_merged_finding_is_covered_by_any_of_its_rules() -> None:
    merged = replace(FOUND, rule="ruff/S307", also=("python-eval",))
    assert outcome(texts("x", "eval(a)  # hunkgate: ignore[python-eval] why"), merged)[0] == "why"
