from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from any_verdict import verdicts
from hypothesis import given, settings
from hypothesis import strategies as st
from make_hunk import make_hunk
from make_verdict import DECISION, TOKEN, covered, looked, make_change, make_finding, make_secret, make_verdict
from rich.cells import cell_len

from reviewer.records import Confidence, Disposition, Kind, Result, Severity, State, Verdict
from reviewer.report import terminal
from reviewer.report.interface import View

COLOR_CODE = re.compile(r"\x1b\[[0-9;]*m")


def render(verdict: Verdict, **view: object) -> str:
    return terminal.render(verdict, View(**view))


def test_terminal_nothing_found_is_one_line_and_says_who_looked() -> None:
    assert render(make_verdict()) == "hunkgate: nothing found: 1 hunk in 1 file; rules, secrets reviewed all; 0.21 s\n"


def test_terminal_nothing_found_names_what_was_skipped() -> None:
    verdict = make_verdict()
    skipped = covered(verdict.change, "models", State.SKIPPED, "no model is installed")
    text = render(make_verdict(coverage=[*verdict.coverage, *skipped]))
    assert text.splitlines()[1] == "  not looked at: models: 1 hunk skipped: no model is installed"


@pytest.mark.parametrize("quiet", [False, True])
def test_terminal_nobody_looked_never_looks_like_nothing_found(quiet: bool) -> None:
    verdict = make_verdict()
    text = render(make_verdict(coverage=covered(verdict.change, "models", State.SKIPPED, "no model is installed")), quiet=quiet)
    assert text.startswith("hunkgate: NOT REVIEWED: nobody looked at the staged change (1 hunk in 1 file)\n")
    assert "nothing found" not in text


def test_terminal_nobody_looked_without_any_coverage() -> None:
    assert "NOT REVIEWED" in render(make_verdict(coverage=()))


def test_terminal_only_a_binary_is_not_reviewed() -> None:
    change = make_change(opaque=[b"logo.png"])
    text = render(make_verdict(change, coverage=covered(change, "rules", State.SKIPPED, "binary")))
    assert "NOT REVIEWED" in text
    assert "rules: 1 file skipped: binary" in text


def test_terminal_empty_change_says_so() -> None:
    assert render(make_verdict(make_change())) == "hunkgate: nothing to review: the staged change is empty\n"


def test_terminal_pass_needs_no_rich() -> None:
    code = (
        "import sys; from make_verdict import make_verdict; from reviewer.report import terminal;"
        "from reviewer.report.interface import View; sys.stdout.write(terminal.render(make_verdict(), View()));"
        "sys.exit('rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout[:23]) == (0, b"hunkgate: nothing found")


def test_terminal_shows_the_finding_in_its_hunk() -> None:
    text = render(make_verdict(findings=[(make_finding(also=("ruff/S608",)), Disposition.BLOCKS)]))
    assert text.splitlines()[:9] == [
        "Blocks this commit",
        "src/app.py",
        "  error  2:5  python-sql-injection  security CWE-89",
        "      1   | def run(query):",
        "    > 2 + |     execute(query)",
        "          |     ^^^^^^^",
        "      3 + | done = 1",
        "    The query is put together from text.",
        "    Instead: Pass the values as parameters.",
    ]
    assert "high confidence, by rules, also ruff/S608, id " + make_finding().fingerprint[:12] in text
    assert text.splitlines()[-1] == (
        "BLOCKED  1 finding blocks this commit | 1 hunk in 1 file | rules, secrets reviewed all | 0.21 s"
    )


def test_terminal_order_is_blocks_warnings_notes_silenced_gaps_summary() -> None:
    change = make_verdict().change
    findings = [
        (make_finding(rule="r-block"), Disposition.BLOCKS),
        (make_finding(rule="r-warn"), Disposition.WARNS),
        (make_finding(rule="r-note", severity=Severity.INFO, confidence=Confidence.LOW), Disposition.NOTES),
        (make_finding(rule="r-quiet", suppressed="seen by hand"), Disposition.SUPPRESSED),
        (make_finding(rule="r-old", dismissed=DECISION), Disposition.DISMISSED),
        (make_finding(rule="r-new", dismissed=replace(DECISION, until="", by_change=True)), Disposition.DISMISSED),
    ]
    coverage = [
        *looked(change, "rules"),
        *covered(change, "models", State.SKIPPED, "not installed"),
        *covered(change, "models/x", State.DEFERRED, "over the budget"),
        *covered(change, "analyzers/ruff", State.FAILED, "ruff is missing"),
    ]
    text = render(make_verdict(findings=findings, coverage=coverage, dropped=2, notes=("shallow clone",)), width=140)
    expected = [
        "Blocks this commit", "r-block", "Warnings", "r-warn", "Notes", "r-note", "Silenced: 1 finding",
        "src/app.py:2 r-quiet: seen by hand", "Dismissed: 2 findings",
        "src/app.py:2 r-new: the table is ours (A Developer <dev@example.org>, 2026-11-22) by this change",
        "src/app.py:2 r-old: the table is ours (A Developer <dev@example.org>, 2026-11-22, until 2027-01-31)",
        "Not looked at", "analyzers/ruff: 1 hunk FAILED: ruff is missing",
        "models/x: 1 hunk deferred: over the budget", "models: 1 hunk skipped: not installed", "shallow clone",
        "2 findings dropped", f"No problem? hunkgate dismiss {make_finding(rule='r-block').fingerprint[:12]} --why '...'",
        "BLOCKED  1 finding blocks this commit | 1 warning, 1 note, 1 silenced, 2 dismissed (1 by this change)",
    ]  # fmt: skip
    places = [text.index(piece) for piece in expected]
    assert places == sorted(places)


def test_terminal_partly_reviewed_is_told_in_numbers() -> None:
    change = make_change(make_hunk(b"a.py", "+x"), make_hunk(b"b.py", "+y"))
    coverage = looked(change, "rules")[:1] + covered(change, "rules", State.FAILED, "boom")[1:]
    text = render(make_verdict(change, coverage=coverage, result=Result.INCOMPLETE), width=140)
    assert "INCOMPLETE  nothing found in what was looked at | 2 hunks in 2 files | rules reviewed 1 of 2" in text
    assert "1 hunk looked at by nobody" in text


def test_terminal_quiet_shows_only_blocks_and_failures() -> None:
    change = make_verdict().change
    findings = [(make_finding(rule="r-block"), Disposition.BLOCKS), (make_finding(rule="r-warn"), Disposition.WARNS)]
    coverage = covered(change, "rules", State.FAILED, "boom") + covered(change, "models", State.SKIPPED, "not installed")
    text = render(make_verdict(findings=findings, coverage=coverage), quiet=True)
    assert "r-block" in text
    assert "rules: 1 hunk FAILED: boom" in text
    assert "r-warn" not in text
    assert "not installed" not in text


def test_terminal_quiet_says_nothing_about_warnings() -> None:
    assert render(make_verdict(findings=[(make_finding(), Disposition.WARNS)]), quiet=True) == ""
    assert render(make_verdict(), quiet=True) == ""


@pytest.mark.parametrize("color", [False, True])
def test_terminal_hostile_text_is_inert(color: bool) -> None:
    line = "execute(q) # \x1b[2J\u202e[bold red]x[/] \x9b \x07"
    path = "\x1b[31m[link=x]\u202e\n.py".encode()
    change = make_change(make_hunk(path, f"+{line}"))
    finding = make_finding(path, 1, snippet=line, message="\x1b]0;x\x07 [blink]y", start_column=1, end_column=8)
    text = render(make_verdict(change, [(finding, Disposition.BLOCKS)]), color=color)
    plain = COLOR_CODE.sub("", text) if color else text
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert r"\x1b[31m[link=x]\u202e\n.py" in plain
    assert r"execute(q) # \x1b[2J\u202e[bold red]x[/] \x9b \x07" in plain
    assert r"\x1b]0;x\x07 [blink]y" in plain


def test_terminal_secret_is_never_shown() -> None:
    hunk = make_hunk(
        b"src/app.py", f'-old = "{TOKEN}"', "+import os", "+run(1)", f'+token = "{TOKEN}"', f'+again("{TOKEN}")', " end()"
    )
    change = make_change(hunk)
    other = make_finding(line=3, rule="hardcoded", snippet=f'token = "{TOKEN}"', message=f"do not write {TOKEN}")
    beside = make_finding(line=2, rule="beside", snippet="run(1)")
    findings = [(make_secret(), Disposition.BLOCKS), (other, Disposition.BLOCKS), (beside, Disposition.WARNS)]
    text = render(make_verdict(change, findings, notes=(f"saw {TOKEN}",)))
    assert TOKEN[8:] not in text
    assert text.count('token = "ghp_\u2026****"') == 3
    assert "do not write ****" in text


def test_terminal_silenced_secret_is_not_shown_either() -> None:
    change = make_change(make_hunk(b"src/app.py", "+a", "+b", f'+token = "{TOKEN}"'))
    silenced = make_secret(suppressed="an example")
    text = render(make_verdict(change, [(silenced, Disposition.SUPPRESSED), (make_finding(), Disposition.WARNS)]))
    assert TOKEN[8:] not in text


def test_terminal_multi_line_secret_is_hidden_line_by_line() -> None:
    key = [
        "-----BEGIN PRIVATE KEY-----",
        *["MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + str(n) for n in range(4)],
        "-----END PRIVATE KEY-----",
    ]
    change = make_change(make_hunk(b"k.pem", *["-" + line for line in key[1:3]], *["+" + line for line in key]))
    finding = make_secret(b"k.pem", 1, end_line=6, start_column=1, end_column=0, snippet="-----BEGIN PRIVATE KEY-----\u2026****")
    assert "MIIEv" not in render(make_verdict(change, [(finding, Disposition.BLOCKS)]))


def test_terminal_finding_outside_every_hunk_shows_its_snippet() -> None:
    text = render(make_verdict(findings=[(make_finding(b"other.py", 70), Disposition.WARNS)]))
    assert "    > 70   |     execute(query)" in text


def test_terminal_underlines_wide_characters_and_tabs() -> None:
    line = "\t漢字 = eval(x)"
    change = make_change(make_hunk(b"a.py", f"+{line}"))
    finding = make_finding(b"a.py", 1, snippet=line, start_column=7, end_column=11)
    rows = render(make_verdict(change, [(finding, Disposition.BLOCKS)])).splitlines()
    code, under = rows[3], rows[4]
    assert cell_len(code[: code.index("eval")]) == under.index("^")
    assert under.count("^") == 4


@pytest.mark.parametrize("width", [40, 60, 100, 140])
def test_terminal_long_line_is_cut_around_the_finding(width: int) -> None:
    line = "a" * 9000 + " eval(x) " + "b" * 9000
    change = make_change(make_hunk(b"a.py", f"+{line}"))
    finding = make_finding(b"a.py", 1, snippet=line, start_column=9002, end_column=9009)
    text = render(make_verdict(change, [(finding, Disposition.BLOCKS)]), width=width)
    assert "eval(x)" in text
    assert "^^^^^^^" in text
    assert all(cell_len(row) <= width for row in text.splitlines())


def test_terminal_without_color_is_ascii_but_for_what_the_repository_wrote() -> None:
    findings = [(make_finding(), Disposition.BLOCKS), (make_finding(suppressed="x"), Disposition.SUPPRESSED)]
    assert render(make_verdict(findings=findings, dropped=1)).isascii()


def test_terminal_color_comes_from_the_view_and_not_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = make_verdict(findings=[(make_finding(), Disposition.BLOCKS)])
    plain, colored = render(verdict), render(verdict, color=True)
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "20", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    assert render(verdict) == plain
    assert render(verdict, color=True) == colored
    assert "\x1b[" in colored
    assert "\x1b" not in plain


def test_terminal_many_findings_are_counted_not_dropped() -> None:
    findings = [(make_finding(rule=f"r{number}", kind=Kind.BUG), Disposition.WARNS) for number in range(130)]
    text = render(make_verdict(findings=findings))
    assert "and 30 more: see --format json" in text
    assert "130 warnings" in text


@settings(deadline=None)
@given(verdicts(), st.booleans(), st.booleans(), st.sampled_from([40, 100, 140]))
def test_terminal_any_verdict_is_printable_and_fits(verdict: Verdict, color: bool, quiet: bool, width: int) -> None:
    text = render(verdict, color=color, quiet=quiet, width=width)
    plain = COLOR_CODE.sub("", text) if color else text
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert text == "" or text.endswith("\n")
    if not plain.startswith("hunkgate: "):
        assert all(cell_len(row) <= width for row in plain.splitlines())
