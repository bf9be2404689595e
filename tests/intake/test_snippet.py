"""Code that is in no repository."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import UsageError
from reviewer.intake import snippet
from reviewer.intake.languages import ending_for, language_of, named, names
from reviewer.records import LineKind, Status


def test_all_lines_are_added() -> None:
    (file,) = snippet.parse(b"a = 1\n\nb = 2\n", "python").files
    assert (file.path, file.status, file.language) == (b"snippet.py", Status.ADDED, "python")
    (hunk,) = file.hunks
    assert [(line.kind, line.text, line.old_number, line.new_number) for line in hunk.lines] == [
        (LineKind.ADDED, b"a = 1", 0, 1), (LineKind.ADDED, b"", 0, 2), (LineKind.ADDED, b"b = 2", 0, 3),
    ]  # fmt: skip
    assert (hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) == (0, 0, 1, 3)


@given(st.binary().filter(lambda text: text.strip() != b""))
def test_no_byte_is_lost(text: bytes) -> None:
    (hunk,) = snippet.parse(text, "python").hunks
    whole = b"\n".join(line.text for line in hunk.lines)
    assert text in (whole, whole + b"\n")
    assert [line.new_number for line in hunk.lines] == list(range(1, hunk.new_count + 1))


def test_a_shebang_tells_the_language() -> None:
    assert snippet.parse(b"#!/usr/bin/env bash\nls\n").hunks[0].language == "shell"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("Python", "python"), (".py", "python"), ("ts", "typescript"), ("C++", "cpp"), ("c#", "csharp"), ("golang", "go")],
)
def test_languages_are_named_as_people_name_them(said: str, meant: str) -> None:
    assert named(said) == meant


@pytest.mark.parametrize("language", names())
def test_every_language_has_an_ending_that_leads_back_to_it(language: str) -> None:
    assert named(language) == language
    assert language_of(b"snippet" + ending_for(language).encode()) in (language, "")


@pytest.mark.parametrize("text", [b"", b" \n\t\n"])
def test_no_code(text: bytes) -> None:
    with pytest.raises(UsageError, match="there is no code"):
        snippet.parse(text, "python")


@pytest.mark.parametrize(
    ("language", "what"),
    [("", "nothing tells the language"), ("klingon", "there is no language 'klingon'"), ("ü", "there is no language")],
)
def test_an_unknown_language(language: str, what: str) -> None:
    with pytest.raises(UsageError, match=what) as caught:
        snippet.parse(b"x = 1\n", language)
    assert "python" in caught.value.todo
