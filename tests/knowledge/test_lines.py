"""Lines as a dismissal knows them: free of white space and secrets, with their surroundings."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.knowledge.lines import (
    LONGEST,
    MOST_CODE,
    anchor_at,
    bare,
    behind_masks,
    lines_of,
    looks_like,
    shortened,
    surroundings,
)

CODE = b"class Box:\n    def open(self):\n\n        if self.ok:\n            run(1)\n\n        return 2\n"


def test_surroundings_are_the_head_of_the_block_and_the_nearest_lines() -> None:
    lines = lines_of(CODE)
    assert surroundings(lines, 5, 5) == ("if self.ok:", "if self.ok:", "return 2")
    assert surroundings(lines, 7, 7) == ("def open(self):", "run(1)", "")
    assert surroundings(lines, 1, 1) == ("", "", "def open(self):")


def test_an_anchor_holds_all_lines_of_a_short_finding_and_one_of_a_long_one() -> None:
    lines = lines_of(b"".join(b"x%d\n" % number for number in range(1, 40)))
    assert anchor_at(lines, 2, 4).code == ("x2", "x3", "x4")
    assert anchor_at(lines, 2, 2 + MOST_CODE).code == ("x2",)


@settings(deadline=None)
@given(st.text(max_size=LONGEST * 3), st.text(" \t", max_size=9))
def test_white_space_makes_no_other_line(text: str, space: str) -> None:
    assert looks_like(shortened(text.strip()), space + text + space, masked=False)


@settings(deadline=None)
@given(st.text("ab()", min_size=1, max_size=LONGEST * 2), st.integers(0), st.sampled_from("cd"))
def test_any_other_character_does(text: str, place: int, char: str) -> None:
    at = place % len(text)
    assert not looks_like(shortened(text), text[:at] + char + text[at:], masked=False)


def test_masks_stand_for_any_text_only_where_there_was_a_secret() -> None:
    kept = 'password = "hu…****"'
    assert looks_like(kept, '  password  = "hunter2"', masked=True)
    assert not looks_like(kept, '  password  = "hunter2"', masked=False)
    assert not looks_like(kept, 'password = "xunter2"', masked=True)
    assert not looks_like(kept, 'password = "hunter2" # x', masked=True)
    assert not looks_like(kept, 'my_password = "hunter2"', masked=True)


def test_what_a_mask_stands_for() -> None:
    assert list(behind_masks('f("ab…****", "cd…****")', 'f("ab12", "cd34")')) == ["12", "34"]
    assert list(behind_masks("token: …****", "token: abc")) == ["abc"]
    assert list(behind_masks('f("ab…****")', "g()")) == []


def test_a_long_line_is_known_by_its_digest_and_one_with_a_mask_by_its_beginning() -> None:
    long = "x = [" + "1, " * 400 + "]"
    assert len(shortened(long)) < LONGEST
    assert looks_like(shortened(long), long, masked=False)
    assert not looks_like(shortened(long), long.replace("]", "2]"), masked=False)
    secret = 'key("ab…****") ' + "1 " * 400
    assert len(shortened(secret)) == LONGEST
    assert looks_like(shortened(secret), secret.replace("…****", "xyz"), masked=True)


@settings(deadline=None)
@given(st.text(max_size=50))
def test_bare_has_no_white_space(text: str) -> None:
    assert not any(char.isspace() for char in bare(text))
