from __future__ import annotations

from make_hunk import make_hunk

from reviewer.classify.complexity import complexity_of, measure
from reviewer.records import Complexity


def test_measure_counts_added_code_only() -> None:
    hunk = make_hunk(b"a.py", " if a:", "+    if b and c:", "+        # if d", "+", '+        say("if e")', "-    if f:")
    measures = measure(hunk, 3)
    assert (measures.code_lines, measures.decisions, measures.nesting, measures.files) == (2, 2, 2, 3)


def test_measure_nesting_with_tabs_and_two_spaces() -> None:
    assert measure(make_hunk(b"a.go", "+\tif x {", "+\t\tfor {", "+\t\t\ty()"), 1).nesting == 3
    assert measure(make_hunk(b"a.js", "+  if (x) {", "+    y()"), 1).nesting == 2


def test_complexity_of_small_hunk_is_simple() -> None:
    assert complexity_of(make_hunk(b"a.py", "+x = 1"), 1) == (Complexity.SIMPLE, ("1 lines of code are added",))


def test_complexity_of_one_line_in_many_files_is_medium() -> None:
    level, reasons = complexity_of(make_hunk(b"a.py", "+x = 1"), 50)
    assert level is Complexity.MEDIUM
    assert reasons == ("the change touches 50 files",)


def test_complexity_of_control_flow() -> None:
    level, reasons = complexity_of(make_hunk(b"a.py", *["+if a and b or c:"] * 3), 1)
    assert level is Complexity.COMPLEX
    assert reasons == ("control flow divides 9 times",)


def test_complexity_of_long_and_deep_hunk_gives_every_reason() -> None:
    level, reasons = complexity_of(make_hunk(b"a.py", *["+" + " " * 4 * depth + "x()" for depth in range(30)]), 1)
    assert level is Complexity.COMPLEX
    assert reasons == ("30 lines of code are added", "the code is nested 29 levels deep")


def test_complexity_of_removal_only_is_simple() -> None:
    assert complexity_of(make_hunk(b"a.py", "-if a:", "-    b()"), 99)[0] is Complexity.SIMPLE


def test_measure_reads_only_the_start_of_a_hostile_line() -> None:
    lines = (b"+if " + b'"\\' * 500_000, b"+x" + b" if" * 500_000, b"+" + b" " * 500_000 + b"?")
    measures = measure(make_hunk(b"a.py", *lines), 1)
    assert measures.code_lines == 2
    assert measures.decisions < 500
