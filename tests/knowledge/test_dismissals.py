"""The file of a dismissal: what is written is read again, and what is malformed is refused with the reason."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import ConfigError
from reviewer.knowledge import dismissals
from reviewer.knowledge.dismissals import Dismissal, as_text, file_name, parse
from reviewer.knowledge.lines import Anchor
from reviewer.knowledge.subject import Subject
from reviewer.review import _suppressions

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FILLED = TEXTS.filter(lambda text: text.strip() != "")
SUBJECTS = st.builds(
    Subject,
    fingerprint=st.text("0123456789abcdef", min_size=32, max_size=32),
    rule=FILLED,
    also=st.lists(TEXTS, max_size=2).map(tuple),
    reviewer=FILLED,
    path=st.one_of(st.binary(min_size=1, max_size=20), st.sampled_from([b"a b.py", b"\xff.py", "ü/\u202e.ts".encode()])),
    line=st.integers(0, 10**6),
    occurrence=st.integers(0, 9),
    anchor=st.builds(Anchor, st.lists(TEXTS, min_size=1, max_size=10).map(tuple), TEXTS, TEXTS, TEXTS),
    masked=st.booleans(),
    message=TEXTS,
).filter(lambda subject: subject.path.strip() != b"" and b"\0" not in subject.path)
MADE = st.builds(Dismissal, SUBJECTS, FILLED, FILLED, st.dates(), st.one_of(st.none(), st.dates()))

CODE = Anchor(("execute(query)",), "def f():", "", "")
SUBJECT = Subject("0f" * 16, "python-sql-string", ("ruff/S608",), "rules", b"src/app.py", 5, 0, CODE, False, "m")
PLAIN = Dismissal(SUBJECT, "our own table", "A <a@example.org>", date(2026, 11, 22))


@settings(deadline=None)
@given(MADE)
def test_what_is_written_is_read_again(made: Dismissal) -> None:
    text = as_text(made)
    assert parse(text.encode(), "x.toml") == made
    assert dismissals._read(tomllib.loads(text)) == made


@settings(deadline=None)
@given(MADE)
def test_a_file_holds_nothing_that_cannot_be_seen(made: Dismissal) -> None:
    assert all(char.isprintable() or char == "\n" for char in as_text(made))


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        parse(data, "x.toml")


def test_a_person_may_write_it_in_any_toml() -> None:
    text = (
        as_text(PLAIN).replace('on = "2026-11-22"', "on = 2026-11-22 # yesterday").replace('"our own table"', "'our own table'")
    )
    assert parse(text.encode(), "x.toml") == PLAIN
    assert parse(as_text(PLAIN).replace("\n", "\r\n").encode(), "x.toml") == PLAIN


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('why = "our own table"\n', "", "'why' is missing"),
        ('why = "our own table"', 'why = "  "', "'why' is missing"),
        ('on = "2026-11-22"', 'on = "22.11.2026"', "'on' must be a day"),
        ('on = "2026-11-22"', 'on = "20261122"', "'on' must be a day"),
        ('on = "2026-11-22"', 'on = "2026-11-22"\nuntil = "never"', "'until' must be a day"),
        ('on = "2026-11-22"', 'on = "2026-11-22"\nscope = "all"', "there is no key 'scope'"),
        ('rule = "python-sql-string"', "rule = 1", "'rule' must be a text"),
        ('code = ["execute(query)"]', "code = []", "'code' must be 1 to 10 lines"),
        ('code = ["execute(query)"]', "code = [1]", "'code' must be a list"),
        ("masked = false", 'masked = "no"', "'masked' must be true or false"),
        ("line = 5", "line = -5", "'line' must be a whole number"),
        ('fingerprint = "0f', 'fingerprint = "', "'fingerprint' must be 32 hex digits"),
        ('why = "our own table"', "<<<<<<< ours", "this is no dismissal"),
        ('why = "our own table"', 'why = "a"\nwhy = "b"', "this is no dismissal"),
    ],
)
def test_what_is_malformed_is_refused_with_the_reason(old: str, new: str, reason: str) -> None:
    text = as_text(PLAIN)
    assert old in text
    with pytest.raises(ConfigError) as caught:
        parse(text.replace(old, new, 1).encode(), ".hunkgate/dismissed/x.toml")
    assert reason in str(caught.value)
    assert ".hunkgate/dismissed/x.toml" in str(caught.value)
    assert caught.value.todo


@pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * (dismissals.MAX_BYTES + 1), b"a = " + b"[" * 9000, b""])
def test_odd_files_are_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        parse(data, "x.toml")


def test_two_decisions_about_one_finding_have_two_names() -> None:
    other = Dismissal(SUBJECT, "looked at", "B <b@example.org>", date(2026, 11, 22))
    assert file_name(PLAIN) != file_name(other)
    assert file_name(PLAIN).startswith("0f0f0f0f0f0f0f0f0f0f-")


@pytest.mark.parametrize("comment", ["# noqa: S608", "# NOSEC", "// ast-grep-ignore", "nosemgrep", "# hunkgate: ignore[x] y"])
def test_a_quoted_comment_silences_nothing(comment: str) -> None:
    subject = Subject("0f" * 16, "r", (), "rules", b"a.py", 1, 0, Anchor((f"x() {comment}",), comment, "", ""), False, comment)
    made = Dismissal(subject, comment, "A", date(2026, 11, 22))
    text = as_text(made)
    assert parse(text.encode(), "x") == made
    assert not _suppressions._THEIRS.search(text)
    assert not _suppressions._OURS.search(text)


def test_the_example_of_the_documentation_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "dismiss.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```toml\n(why = .*?)^```", page, re.DOTALL | re.MULTILINE)
    made = parse(text.encode(), "x.toml")
    assert set(as_text(made).split("\n")[2:]) == set(text.split("\n"))


def test_it_counts_on_its_last_day_and_not_on_the_next() -> None:
    made = Dismissal(SUBJECT, "w", "A", date(2026, 11, 22), date(2026, 12, 31))
    assert not made.expired(date(2026, 12, 31))
    assert made.expired(date(2027, 1, 1))
    assert not PLAIN.expired(date(9999, 12, 31))
