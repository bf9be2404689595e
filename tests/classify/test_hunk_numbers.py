from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from make_hunk import make_hunk

from reviewer.classify.hunk_numbers import NAMES, numbers, read, sizes
from reviewer.classify.hunk_words import BUCKETS, words
from reviewer.records import Hunk

_LINES = st.lists(st.tuples(st.sampled_from([b"+", b"-", b" "]), st.binary(max_size=60)).map(b"".join), max_size=12)


def told(path: bytes, *lines: str) -> dict[str, float]:
    return dict(zip(NAMES, numbers(read(make_hunk(path, *lines))), strict=True))


def test_numbers_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_numbers_see_a_renaming() -> None:
    found = told(b"src/a.py", "-total = price * count", "+total = price * amount")
    assert found["renamed"] == 1
    assert found["one_swap"] == 1
    assert found["defs_added"] == 0


def test_numbers_see_a_new_function() -> None:
    found = told(b"src/a.py", "+def greet(name):", '+    return f"hello {name}"')
    assert found["pure_add"] == 1
    assert found["defs_new"] > 0
    assert found["in_security"] == 0


def test_numbers_see_what_only_values_change() -> None:
    assert told(b"a.go", "-var limit = 10", "+var limit = 20")["only_values"] == 1
    assert told(b"a.go", "-if a < b {", "+if a <= b {")["only_signs"] == 1


def test_numbers_see_where_it_stands() -> None:
    found = told(b"internal/auth/login.go", "+x := 1")
    assert found["in_security"] == found["is_go"] == 1


def test_numbers_of_a_comment_are_words_of_prose() -> None:
    found = told(b"a.py", "+# Fix a crash when the name is missing")
    assert found["says_mend_plus"] > 0
    assert found["added_code"] == 0


def test_sizes_trust_the_header_of_a_hunk_that_was_cut_off() -> None:
    whole = make_hunk(b"a.py", "+x = 1")
    cut = Hunk(whole.path, whole.language, 0, 0, 1, 500, "", whole.lines)
    assert sizes(read(cut)) == (500, 0)
    assert sizes(read(whole)) == (1, 0)


def test_numbers_and_words_of_a_huge_hunk() -> None:
    hunk = make_hunk(b"a.py", *[f"+value_{number} = {number}" for number in range(100_000)])
    taken = read(hunk)
    assert sizes(taken)[0] == 100_000
    assert len(taken.added.code) < 1000
    assert len(words(taken)) < 3000


@given(st.binary(min_size=1, max_size=40), st.sampled_from(["", "python", "go", "c", "nothing known"]), _LINES)
def test_numbers_of_any_hunk(path: bytes, language: str, lines: list[bytes]) -> None:
    taken = read(make_hunk(path, *lines, language=language))
    found = numbers(taken)
    assert len(found) == len(NAMES)
    assert all(abs(value) < 1000 for value in found)
    assert all(0 <= word < BUCKETS for word in words(taken))


def test_words_tell_added_from_removed() -> None:
    added, removed = words(read(make_hunk(b"a.py", "+launch()"))), words(read(make_hunk(b"a.py", "-launch()")))
    assert added != removed
    assert added == sorted(set(added))
