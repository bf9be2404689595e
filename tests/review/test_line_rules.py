"""Dockerfiles: logical lines, and the place of a match in the physical ones."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reviewer.records import Confidence, Kind, Severity
from reviewer.review import _line_rules
from reviewer.rulebook import Rule


def _rule(regex: str) -> Rule:
    return Rule(
        id="dockerfile-x", language="dockerfile", kind=Kind.BUG, cwe="", severity=Severity.ERROR, confidence=Confidence.LOW,
        message="m.", remedy="n.", fix="", regex=regex, match=(), clean=(), path=Path("x.yml"),
    )  # fmt: skip


def _texts(text: str) -> list[str]:
    return [line.text for line in _line_rules.logical_lines(text)]


def _places(regex: str, text: str) -> list[tuple[int, int, int, int]]:
    return [(m.start_line, m.start_column, m.end_line, m.end_column) for m in _line_rules.matches([_rule(regex)], text)]


def test_lines_are_joined_and_comments_inside_left_out() -> None:
    assert _texts("FROM a\nRUN b \\\n  # why\n\n  && c\nUSER d\n") == ["FROM a", "RUN b   && c", "USER d"]


def test_lines_with_crlf_are_joined() -> None:
    assert _texts("RUN a \\\r\n  b\r\n") == ["RUN a   b"]


def test_lines_obey_the_escape_directive() -> None:
    assert _texts("# escape=`\nRUN a `\n b\nCOPY c:\\\nUSER d\n") == ["RUN a  b", "COPY c:\\", "USER d"]


def test_lines_ignore_an_escape_comment_that_is_no_directive() -> None:
    assert _texts("FROM a\n# escape=`\nRUN b \\\n c\n") == ["FROM a", "RUN b  c"]


def test_last_line_may_be_left_open() -> None:
    assert _texts("RUN a \\") == ["RUN a "]


def test_match_is_placed_in_the_physical_lines() -> None:
    assert _places("curl", "FROM é\nRUN é \\\n  # no\n  é curl x\n") == [(4, 5, 4, 9)]


def test_match_over_a_continuation_ends_where_it_ends() -> None:
    assert _places("a +b", "RUN a \\\n  b c\n") == [(1, 5, 2, 4)]


def test_match_is_reported_once_per_rule_and_line() -> None:
    assert len(_places("a", "RUN a a a\nRUN a\n")) == 2


@given(st.text(alphabet="ab#\\ \n\r`=é😀\u2028", max_size=80))
def test_every_character_of_a_logical_line_stands_where_it_is_said_to_be(text: str) -> None:
    physical = text.split("\n")
    for line in _line_rules.logical_lines(text):
        for offset, char in enumerate(line.text):
            number, column = line.position(offset)
            assert physical[number - 1][column - 1] == char
