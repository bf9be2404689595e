"""Findings on old code are dropped, each problem is shown once, fingerprints survive drift."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reviewer.records import Change, Confidence, FileChange, Finding, Hunk, Kind, Line, LineKind, Severity, Status
from reviewer.review import _touched

FOUND = Finding("r1", Kind.BUG, Severity.WARNING, Confidence.MEDIUM, b"a.py", 2, 2, 1, 4, "new", "m", "do", "CWE-1", "rules")


def change(*lines: tuple[str, str]) -> Change:
    made, number = [], 0
    for mark, text in lines:
        number += mark != "-"
        made.append(Line(LineKind(mark), text.encode(), 0 if mark == "+" else 1, 0 if mark == "-" else number))
    hunk = Hunk(b"a.py", "python", 1, 1, 1, number, "", tuple(made))
    return Change("", "", "", (FileChange(b"a.py", Status.MODIFIED, b"a.py", 0o100644, 0o100644, "1", "2", "python", (hunk,)),))


TEXTS = _touched.Texts.of(change((" ", "old"), ("+", "new"), (" ", "tail")))


def test_a_finding_on_an_added_line_stays() -> None:
    assert _touched.anchored(FOUND, TEXTS)


def test_a_finding_on_old_code_is_dropped() -> None:
    assert not _touched.anchored(replace(FOUND, start_line=1, end_line=1, snippet="old"), TEXTS)


def test_a_statement_with_one_new_line_stays() -> None:
    assert _touched.anchored(replace(FOUND, start_line=1, end_line=3, snippet="old"), TEXTS)


def test_a_snippet_that_is_not_there_is_dropped() -> None:
    assert not _touched.anchored(replace(FOUND, snippet="something else"), TEXTS)


def test_a_masked_secret_is_not_compared() -> None:
    assert _touched.anchored(replace(FOUND, kind=Kind.SECRET, snippet="ne…"), TEXTS)


def test_another_file_is_dropped() -> None:
    assert not _touched.anchored(replace(FOUND, path=b"b.py"), TEXTS)


def test_the_same_problem_from_two_reviewers_is_one() -> None:
    surer = replace(FOUND, rule="ruff/S1", reviewer="analyzers/ruff", confidence=Confidence.HIGH)
    (one,) = _touched.merged([FOUND, surer])
    assert (one.rule, one.also) == ("ruff/S1", ("r1",))


def test_two_problems_on_one_line_stay_two() -> None:
    assert len(_touched.merged([FOUND, replace(FOUND, cwe="CWE-2"), replace(FOUND, rule="r2", cwe="")])) == 3


def test_equal_lines_get_different_fingerprints() -> None:
    twins = [replace(FOUND, start_line=9, end_line=9), FOUND]
    numbered = _touched.numbered(twins)
    assert [(f.start_line, f.occurrence) for f in numbered] == [(2, 0), (9, 1)]
    assert len({f.fingerprint for f in numbered}) == 2


@given(st.integers(1, 10_000), st.integers(0, 20))
def test_fingerprint_survives_drift_and_reindentation(line: int, indent: int) -> None:
    moved = replace(FOUND, start_line=line, end_line=line, snippet=" " * indent + "new ")
    assert moved.fingerprint == FOUND.fingerprint


def test_fingerprint_tells_rule_path_and_text_apart() -> None:
    others = [replace(FOUND, rule="r2"), replace(FOUND, path=b"b.py"), replace(FOUND, snippet="newer")]
    assert len({f.fingerprint for f in [FOUND, *others]}) == 4


def test_what_is_said_about_removed_lines_stands_beside_them() -> None:
    texts = _touched.Texts.of(change((" ", "one"), ("-", "guard"), (" ", "two"), (" ", "three")))
    said = [
        replace(FOUND, reviewer="change", start_line=n, end_line=n, snippet=s) for n, s in ((1, "one"), (2, "two"), (3, "three"))
    ]
    assert [_touched.anchored(finding, texts) for finding in said] == [True, True, False]
    assert not _touched.anchored(replace(said[0], reviewer="rules"), texts)


def test_a_hunk_that_only_removes_stands_after_the_line_it_names() -> None:
    texts = _touched.Texts.of(change(("-", "guard"), ("-", "more")))
    assert texts.beside == {b"a.py": frozenset({1, 2})}


def test_two_secrets_of_one_line_stay_two() -> None:
    secret = replace(FOUND, kind=Kind.SECRET, cwe="CWE-798", rule="secret-a", confidence=Confidence.HIGH)
    literal = replace(FOUND, cwe="CWE-798", rule="ruff/S105", confidence=Confidence.LOW)
    told = _touched.merged([literal, secret, replace(secret, rule="secret-b")])
    assert [(finding.rule, finding.also) for finding in told] == [("secret-a", ("ruff/S105",)), ("secret-b", ())]


def test_what_follows_values_overrules_what_looks_at_the_form() -> None:
    harmless = frozenset({(FOUND.path, FOUND.start_line, "CWE-89")})
    unsure = replace(FOUND, cwe="CWE-89", confidence=Confidence.MEDIUM)
    assert _touched.refuted(unsure, harmless)
    assert not _touched.refuted(replace(unsure, reviewer="taint"), harmless)
    assert not _touched.refuted(replace(unsure, cwe="CWE-78"), harmless)
    assert not _touched.refuted(replace(unsure, start_line=unsure.start_line + 1), harmless)


def test_one_syntax_error_is_told_once() -> None:
    broken = replace(FOUND, cwe="", rule="change-syntax-broken", reviewer="change", confidence=Confidence.HIGH)
    told = _touched.merged([broken, replace(broken, rule="ruff/invalid-syntax", reviewer="analyzers/ruff")])
    assert [(finding.rule, finding.also) for finding in told] == [("change-syntax-broken", ("ruff/invalid-syntax",))]
