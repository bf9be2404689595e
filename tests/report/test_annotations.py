"""Workflow commands against the rules of escaping, read back as the runner reads them."""

from __future__ import annotations

import re

import pytest
from any_verdict import verdicts
from hypothesis import given, settings
from make_hunk import make_hunk
from make_verdict import TOKEN, covered, make_change, make_finding, make_secret, make_verdict

from reviewer.records import Disposition, State, Verdict
from reviewer.report import annotations
from reviewer.report.interface import View


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it (ActionCommand.TryParseV2): level, properties, message."""
    assert line.startswith("::")
    head, _, data = line[2:].partition("::")
    command, _, told = head.partition(" ")
    pairs = dict(pair.split("=", 1) for pair in told.split(",")) if told else {}
    decoded = {
        key: value.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
        for key, value in pairs.items()
    }
    return command, decoded, data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def commands(verdict: Verdict) -> list[tuple[str, dict[str, str], str]]:
    text = annotations.render(verdict, View())
    assert text == "" or text.endswith("\n")
    lines = text.split("\n")[:-1]
    # The older form of a command may begin anywhere in a line, but only of one that is no command already.
    assert all(re.match(r"::(error|warning|notice)( |::)", line) for line in lines)
    assert all("\r" not in line for line in lines)
    return [read(line) for line in lines]


def test_annotation_of_a_finding() -> None:
    ((level, place, message),) = commands(make_verdict(findings=[(make_finding(), Disposition.BLOCKS)]))
    assert level == "error"
    assert place == {
        "file": "src/app.py", "line": "2", "endLine": "2", "col": "5", "endColumn": "12",
        "title": "python-sql-injection (security, CWE-89)",
    }  # fmt: skip
    assert message == "The query is put together from text. Instead: Pass the values as parameters."


def test_annotation_levels_follow_what_a_finding_does() -> None:
    findings = [
        (make_finding(rule="a"), Disposition.BLOCKS),
        (make_finding(rule="b"), Disposition.WARNS),
        (make_finding(rule="c"), Disposition.NOTES),
        (make_finding(rule="d", suppressed="seen"), Disposition.SUPPRESSED),
    ]
    assert [level for level, _, _ in commands(make_verdict(findings=findings))] == ["error", "warning", "notice"]


@pytest.mark.parametrize(
    "text",
    ["50% of\r\nall", "x\n::set-output name=a::b", "::stop-commands::x", "##[set-output name=a]b", "a,b:c=d", "%0A::error::x"],
)
def test_annotation_texts_begin_no_other_command(text: str) -> None:
    finding = make_finding(f"a{text}.py".encode(), 2, rule=f"r {text}", message=text, remedy=text)
    ((level, place, message),) = commands(make_verdict(findings=[(finding, Disposition.WARNS)]))
    assert level == "warning"
    assert place["file"] == f"a{text}.py"
    assert message.startswith(" ".join(text.split()))
    assert set(place) == {"file", "line", "endLine", "col", "endColumn", "title"}


def test_annotations_beyond_githubs_limit_are_counted() -> None:
    findings = [(make_finding(rule=f"r{number}"), Disposition.BLOCKS) for number in range(25)]
    made = commands(make_verdict(findings=findings))
    assert len(made) == annotations.MOST
    assert made[-1][2].startswith("16 more like these")


def test_annotations_tell_nobody_looked_from_nothing_found() -> None:
    change = make_verdict().change
    assert commands(make_verdict()) == []
    ((level, _, message),) = commands(make_verdict(coverage=covered(change, "models", State.SKIPPED, "no model")))
    assert (level, message) == ("error", "NOT REVIEWED: nobody looked at 1 hunk in 1 file")


def test_annotations_hold_no_secret() -> None:
    change = make_change(make_hunk(b"src/app.py", " a", "+b", f'+token = "{TOKEN}"'))
    findings = [(make_secret(), Disposition.BLOCKS), (make_finding(line=3, message=f"saw {TOKEN}"), Disposition.WARNS)]
    assert TOKEN not in annotations.render(make_verdict(change, findings), View())


@settings(deadline=None)
@given(verdicts())
def test_annotations_of_any_verdict_are_commands(verdict: Verdict) -> None:
    commands(verdict)
