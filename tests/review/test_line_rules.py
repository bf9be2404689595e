"""Dockerfiles and SQL: instructions and statements, and the place of a match in the physical lines."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reviewer.records import Confidence, Kind, Severity
from reviewer.review import _line_rules
from reviewer.rulebook import Rule


def _rule(regex: str, language: str = "dockerfile", unless: str = "") -> Rule:
    return Rule(
        id=f"{language}-x", language=language, kind=Kind.BUG, cwe="", severity=Severity.ERROR, confidence=Confidence.LOW,
        message="m.", remedy="n.", fix="", regex=regex, unless=unless, match=(), clean=(), path=Path("x.yml"), text="",
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


def _statements(text: str) -> list[str]:
    return [line.text for line in _line_rules.statements(text)]


def _sql_places(regex: str, text: str, unless: str = "") -> list[tuple[int, int, int, int]]:
    found = _line_rules.matches([_rule(regex, "sql", unless)], text)
    return [(m.start_line, m.start_column, m.end_line, m.end_column) for m in found]


def test_statements_end_at_semicolons_outside_texts() -> None:
    assert _statements("a ';' b; c \"x;\" ;\n d `;`") == ["a ';' b", 'c "x;" ', "d `;`"]


def test_statements_lose_their_comments_and_keep_their_width() -> None:
    assert _statements("a -- b;\nc /* ; */ d # e\n; # f\n# it's\ng") == ["a      \nc         d # e\n", "# f\n      \ng"]


def test_statements_read_both_kinds_of_backslash() -> None:
    assert _statements(r"a 'C:\'; b 'it\'s; so'; c") == [r"a 'C:\'", r"b 'it\'s; so'", "c"]


def test_statements_that_are_never_closed_end_with_the_file() -> None:
    for opened in ("'", '"', "`", "/*"):
        assert len(_statements(f"a; b {opened} c; d")) == 2


def test_statement_match_is_placed_in_the_file() -> None:
    assert _sql_places("b", "a; b;\n  c;\n  d\n é b") == [(1, 4, 1, 5), (4, 4, 4, 5)]
    assert _sql_places(r"a\s+b", "x;\n  a -- why\n  b;") == [(2, 3, 3, 4)]


def test_statement_is_let_off_by_what_it_must_not_hold() -> None:
    text = "DELETE FROM a;\nDELETE FROM b\nWHERE c = 1;"
    assert [place[0] for place in _sql_places("DELETE", text, unless=r"\bWHERE\b")] == [1]


def test_statements_of_a_million_opened_comments_are_read_in_linear_time() -> None:
    assert _statements("/* " * 500_000) == []
    assert len(_statements("'\\" * 300_000)) == 1


@given(st.text(alphabet="ab;'\"`-/*#\\ \n\ré😀\u2028", max_size=80))
def test_every_character_of_a_statement_stands_where_it_is_said_to_be(text: str) -> None:
    physical = text.split("\n")
    for line in _line_rules.statements(text):
        for offset, char in enumerate(line.text):
            if not char.isspace():
                number, column = line.position(offset)
                assert physical[number - 1][column - 1] == char


@given(st.lists(st.sampled_from(["select 1", "a 'x;y'", "-- c;\nb", "/* ; */ d", "\n\ne\nf"]), min_size=1, max_size=12))
def test_statements_are_counted_and_numbered_as_they_were_written(parts: list[str]) -> None:
    text = ";\n".join(parts)
    found = list(_line_rules.statements(text))
    assert len(found) == len(parts)
    assert all(text.split("\n")[line.numbers[0] - 1].strip() for line in found)
