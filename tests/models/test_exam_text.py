"""The text form of the exam: what it says, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import ModelError
from reviewer.models.exam.loading import compose, load, reverse
from reviewer.models.exam.records import Row
from reviewer.models.exam.text import PRESENT, blocks, decoded

CONTEXT = "".join(f" line_{number} = {number}\n" for number in range(10))

PAIR = f"""# A remark.
@ python-some-pair
path: a/b.py
defect: off-by-one CWE-193
level: subtle
why: It is one too far.
|
{CONTEXT}-old = 1
!new = 2
+new = 3
*both = 4
<kept_by_first = 5
>kept_by_second = 6
"""


def test_columns_say_where_a_line_exists() -> None:
    (pair,) = compose({"bug.python.txt": PAIR}).pairs
    head = CONTEXT.replace(" line", "line")
    assert pair.first.before == pair.second.before == head + "old = 1\nkept_by_first = 5\nkept_by_second = 6\n"
    assert pair.first.after == head + "new = 2\nboth = 4\nkept_by_first = 5\n"
    assert pair.second.after == head + "new = 3\nboth = 4\nkept_by_second = 6\n"
    assert (pair.first.added, pair.first.faults, pair.second.faults) == ((11, 12), (11,), ())
    assert (pair.defect, pair.cwe, pair.first.id) == ("off-by-one", "CWE-193", "python-some-pair/defective")


def test_an_empty_line_is_an_empty_line_of_the_code() -> None:
    (block,) = blocks("@ a-b\nx: y\n|\n one\n\n two\n\n\n", "f")
    assert [row.text for row in block.rows("f")] == ["one", "", "two"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("level: subtle", "level: hard", "level"),
        ("level: subtle\n", "", "level are missing"),
        ("why: It", "note: x\nwhy: It", "note are missing"),
        ("why: It", "why: twice.\nwhy: It", "twice"),
        ("CWE-193", "cwe193", "CWE"),
        ("!new", "~new", "fault"),
        ("+new", "?new", "fault"),
        ("*both", "%both", "column"),
        ("@ python-some-pair", "@ Python", "id"),
        ("|\n", "", "without a block"),
        (CONTEXT, " line = 0\n", "lines"),
        ("# A remark.", "A remark.", "outside"),
    ],
)
def test_a_malformed_item_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        compose({"bug.python.txt": PAIR.replace(old, new)})
    assert "bug.python.txt" in str(caught.value)


def test_ids_are_unique() -> None:
    with pytest.raises(ModelError, match="python-some-pair"):
        compose({"bug.python.txt": PAIR, "security.python.txt": PAIR})


def test_a_refactoring_has_no_second_side_and_no_fault() -> None:
    text = PAIR.replace("defect: off-by-one CWE-193\nlevel: subtle\n", "")
    with pytest.raises(ModelError, match="one change"):
        compose({"clean.python.txt": text})


@pytest.mark.parametrize(
    ("field", "message"),
    [("base: nobody-there", "base"), ("way: telepathy", "way"), ("after: not in the file", "place")],
)
def test_a_malformed_injection_is_refused(field: str, message: str) -> None:
    fields = {"base": "python-some-pair", "way": "comment", "after": "both = 4", "why": "Because."}
    name, _, value = field.partition(": ")
    head = "".join(f"{key}: {text}\n" for key, text in {**fields, name: value}.items())
    with pytest.raises(ModelError, match=message):
        compose({"bug.python.txt": PAIR, "injections.txt": f"@ some-speech\n{head}|\n*# hello\n"})


def test_an_alarm_stands_on_one_line_of_each_side() -> None:
    text = f"@ some-alarm\npath: a.py\nrule: r\ntrue: Yes.\nfalse: No.\n|\n{CONTEXT}~a\n+b\n+c\n=d\n"
    true, false = sorted(compose({"alarms.python.txt": text}).alarms, key=lambda alarm: not alarm.true)
    assert (true.line, true.why, false.line, false.why) == (12, "Yes.", 13, "No.")
    with pytest.raises(ModelError, match="fires on 2"):
        compose({"alarms.python.txt": text.replace("~a", "!a")})


def test_decoded_writes_out_characters() -> None:
    assert decoded("a\\u{202e}b\\u{1f600}") == "a\u202eb\U0001f600"
    assert decoded("\\u{zz} \\n") == "\\u{zz} \\n"


def test_digest_follows_the_content_and_not_its_order() -> None:
    again = PAIR.replace("python-some-pair", "another-pair")
    one = compose({"bug.python.txt": PAIR, "bug.go.txt": again})
    two = compose({"bug.go.txt": again, "bug.python.txt": PAIR})
    assert one.digest == two.digest
    assert compose({"bug.python.txt": PAIR.replace("new = 2", "new = 7"), "bug.go.txt": again}).digest != one.digest
    assert len(load().digest) == 64


rows = st.lists(st.builds(Row, st.sampled_from(" -+"), st.text("ab", max_size=3)), max_size=12).map(tuple)


@given(rows)
def test_reverse_swaps_before_and_after(change: tuple[Row, ...]) -> None:
    back = reverse(change)
    assert [r.text for r in back if r.sign != "+"] == [r.text for r in change if r.sign != "-"]
    assert [r.text for r in back if r.sign != "-"] == [r.text for r in change if r.sign != "+"]


@given(st.lists(st.tuples(st.sampled_from(sorted(PRESENT)), st.text("xyz =", max_size=8)), max_size=20))
def test_blocks_keep_every_line_of_every_side(lines: list[tuple[str, str]]) -> None:
    body = "".join(column + text + "\n" for column, text in lines)
    (block,) = blocks(f"@ a-b\n|\n{body} end\n", "f")
    for side in "fs":
        expected = [text for column, text in [*lines, (" ", "end")] if side in PRESENT[column]]
        assert [row.text for row in block.rows(side) if row.sign != "-"] == expected
