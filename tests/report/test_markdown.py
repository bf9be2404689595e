"""Markdown that does nothing: read back with the rules of CommonMark that matter here."""

from __future__ import annotations

import re

import pytest
from any_verdict import verdicts
from hypothesis import given, settings
from hypothesis import strategies as st
from make_hunk import make_hunk
from make_verdict import TOKEN, covered, looked, make_change, make_finding, make_secret, make_verdict

from reviewer.records import Disposition, State, Verdict
from reviewer.report import markdown, stepsummary
from reviewer.report._markdown import code, prose
from reviewer.report._text import safe
from reviewer.report.interface import View


def without_code(line: str) -> str:
    """The line without its code spans (https://spec.commonmark.org/0.31.2/#code-spans)."""
    out, at = "", 0
    while at < len(line):
        if line[at] == "\\" and at + 1 < len(line):
            out += line[at : at + 2]
            at += 2
        elif line[at] == "`":
            run = re.match(r"`+", line[at:])[0]  # type: ignore[index]
            closing = re.search(rf"(?<!`){run}(?!`)", line[at + len(run) :])
            assert closing is not None, f"a code span is not closed in {line!r}"
            at += len(run) + closing.end()
        else:
            out += line[at]
            at += 1
    return out


def assert_inert(text: str) -> None:
    """Nothing of the repository is markup, a mention, a link, or a quick action."""
    for line in text.split("\n"):
        assert re.match(r"(## Hunkgate: |### (Findings|Not looked at|Notes)$|- |  |\d|$)", line), line
        rest = without_code(line)
        assert "<" not in rest
        assert not re.search(r"[@!$~](?=\w)|#(?=\d)", re.sub(r"\\(.)", r"\1", rest)), rest
        assert not re.search(r"(?<!\\)\]\(|://\w|www\.", rest)


@pytest.mark.parametrize(
    "text", ["a`b", "``", "`", " x ", "a``b`c", "|", "a\\|b", "<b>", "x\ny", "", "\x1b[31m", "@ana", "-->", "\u202e"]
)
def test_code_shows_the_text_and_nothing_else(text: str) -> None:
    span = code(text)
    run = re.match(r"`+", span)[0]  # type: ignore[index]
    inner = span[len(run) : -len(run)]
    assert f"{run}{inner}{run}" == span
    assert run not in re.findall(r"`+", inner)
    stripped = inner[1:-1] if inner[0] == inner[-1] == " " and inner.strip() else inner
    assert stripped.strip() == safe(text).strip()
    assert "\n" not in span


def test_code_in_a_table_does_not_end_the_cell() -> None:
    assert code("a|b", cell=True) == "`a\\|b`"


@pytest.mark.parametrize(
    "text",
    ["@ana", "ana@example.org", "see #12", "!34", "<script>", "[x](http://evil)", "www.evil.org", "https://e.org", "*b* _i_",
     "~~s~~", "`x", "a\\", "| a |", "&lt;", "see &12", "~bug", ":tada:", "$1 %milestone", "/close\n/merge"],
)  # fmt: skip
def test_prose_is_neither_markup_nor_mention(text: str) -> None:
    made = prose(text)
    assert_inert("- x: " + made)
    assert "\n" not in made
    assert prose("A plain sentence, with a full stop.") == "A plain sentence, with a full stop."


def test_markdown_of_a_finding() -> None:
    text = markdown.render(make_verdict(findings=[(make_finding(), Disposition.BLOCKS)]), View())
    assert text.startswith("## Hunkgate: BLOCKED\n")
    assert "- `src/app.py:2` `python-sql-injection` (blocks, security, CWE-89, high confidence, by rules)" in text
    assert "  Instead: Pass the values as parameters." in text
    assert_inert(text)


def test_markdown_tells_nobody_looked_from_nothing_found() -> None:
    change = make_verdict().change
    assert markdown.render(make_verdict(), View()).startswith("## Hunkgate: PASSED\n")
    text = markdown.render(make_verdict(coverage=covered(change, "models", State.SKIPPED, "no model")), View())
    assert text.startswith("## Hunkgate: NOT REVIEWED\n")
    assert "- skipped: `models` 1 hunk: no model" in text


def test_markdown_hostile_texts_stay_texts() -> None:
    text = "`</details><img src=x onerror=alert(1)>\n# Title\n/approve @all ::set-output [a](http://e) | x | -->"
    finding = make_finding(text.encode(), 2, rule=text, message=text, remedy=text, snippet=text, reviewer=text)
    change = make_verdict().change
    coverage = looked(change, "rules") + covered(change, text, State.FAILED, text)
    made = markdown.render(make_verdict(findings=[(finding, Disposition.BLOCKS)], coverage=coverage, notes=(text,)), View())
    assert_inert(made)


def test_step_summary_stays_below_githubs_limit_and_counts_the_rest() -> None:
    long = "x" * 900
    findings = [(make_finding(rule=f"r{number}", message=long, remedy=long), Disposition.WARNS) for number in range(1000)]
    change = make_verdict().change
    coverage = looked(change, "rules") + covered(change, "models", State.FAILED, "it crashed")
    text = stepsummary.render(make_verdict(findings=findings, coverage=coverage), View())
    assert len(text.encode()) < 1024 * 1024
    shown, left = text.count("- `src/app.py"), int(re.search(r"(\d+) more are not shown", text)[1])  # type: ignore[index]
    assert shown + left == 1000
    assert shown > 100
    assert "it crashed" in text


def test_markdown_holds_no_secret() -> None:
    change = make_change(make_hunk(b"src/app.py", " a", "+b", f'+token = "{TOKEN}"'))
    findings = [(make_secret(), Disposition.BLOCKS), (make_finding(line=3, message=f"saw {TOKEN}"), Disposition.WARNS)]
    assert TOKEN not in markdown.render(make_verdict(change, findings, notes=(TOKEN,)), View())


@settings(deadline=None)
@given(verdicts())
def test_markdown_of_any_verdict_is_inert(verdict: Verdict) -> None:
    assert_inert(markdown.render(verdict, View()))


@given(st.text())
def test_prose_of_any_text_is_inert(text: str) -> None:
    assert_inert("- x: " + prose(text))
