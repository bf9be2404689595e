"""Every hunk is either given to a reviewer or left out with a reason; never both, never neither."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewer import route
from reviewer.records import (
    REVIEWERS,
    Change,
    Complexity,
    FileChange,
    Hunk,
    Line,
    LineKind,
    Policy,
    Profile,
    State,
    Status,
    Task,
)

ADD = Line(LineKind.ADDED, b"x = 1", 0, 1)
GONE = Line(LineKind.REMOVED, b"x = 1", 1, 0)


def file(path: bytes, *lines: Line, language: str = "python", status: Status = Status.MODIFIED, opaque: str = "") -> FileChange:
    hunks = (Hunk(path, language, 1, 1, 1, 1, "", lines),) if lines else ()
    return FileChange(path, status, path, 0o100644, 0o100644, "1", "2", language, hunks, opaque)


def planned(change: Change, task: Task = Task.CODE, readable: bool = True) -> route.Plan:
    profiles = {(h.path, h.new_start): Profile(task, Complexity.SIMPLE, ("test",)) for h in change.hunks}
    paths = frozenset(f.path for f in change.files) if readable else frozenset()
    return route.plan(change, profiles, Policy(), engines=REVIEWERS, readable=paths)


def reasons(plan: route.Plan) -> dict[str, str]:
    return {entry.reviewer: entry.reason for entry in plan.left_out}


def test_code_goes_to_everyone() -> None:
    plan = planned(Change("", "", "", (file(b"a.py", ADD),)))
    assert {name: len(hunks) for name, hunks in plan.assigned.items()} == dict.fromkeys(REVIEWERS, 1)
    assert plan.left_out == []


def test_vendored_code_is_still_searched_for_secrets() -> None:
    plan = planned(Change("", "", "", (file(b"a.py", ADD),)), Task.VENDORED)
    assert [name for name, hunks in plan.assigned.items() if hunks] == ["secrets"]
    assert set(reasons(plan).values()) == {"vendored code"}


def test_documentation_is_not_put_to_a_model() -> None:
    assert reasons(planned(Change("", "", "", (file(b"a.md", ADD),)), Task.DOCS)) == {"models": "documentation"}


def test_deletion_is_left_out_with_its_reason() -> None:
    assert set(reasons(planned(Change("", "", "", (file(b"a.py", GONE),)))).values()) == {"only removes lines"}


def test_too_large_for_parsers_but_not_for_secrets() -> None:
    plan = planned(Change("", "", "", (file(b"a.py", ADD),)), readable=False)
    assert reasons(plan) == {"rules": "larger than 2097152 bytes", "analyzers": "larger than 2097152 bytes"}


def test_unmerged_is_a_failure() -> None:
    plan = planned(Change("", "", "", (file(b"a.py", status=Status.UNMERGED, opaque="unmerged"),)))
    assert {entry.state for entry in plan.left_out} == {State.FAILED}


def test_files_without_hunks_say_why() -> None:
    moved = file(b"a.py", status=Status.RENAMED)
    binary = file(b"b.bin", opaque="binary", language="")
    plan = planned(Change("", "", "", (moved, binary)))
    assert {(e.path, e.reason) for e in plan.left_out} == {(b"a.py", "moved or copied without a change"), (b"b.bin", "binary")}


def test_hard_production_code_comes_first_for_the_model() -> None:
    change = Change("", "", "", tuple(file(name, ADD) for name in (b"test.py", b"easy.py", b"hard.py")))
    profiles = {
        (b"test.py", 1): Profile(Task.TEST, Complexity.COMPLEX, ()),
        (b"easy.py", 1): Profile(Task.CODE, Complexity.SIMPLE, ()),
        (b"hard.py", 1): Profile(Task.CODE, Complexity.COMPLEX, ()),
    }
    plan = route.plan(change, profiles, Policy(), engines=("models",), readable=frozenset())
    assert [hunk.path for hunk in plan.assigned["models"]] == [b"hard.py", b"easy.py", b"test.py"]


FILES = st.builds(
    lambda n, lines, task, lang, readable: (n, lines, task, lang, readable),
    st.integers(0, 50), st.sampled_from([(ADD,), (GONE,), (ADD, GONE), ()]), st.sampled_from(list(Task)),
    st.sampled_from(["python", "", "go"]), st.booleans(),
)  # fmt: skip


@given(st.lists(FILES, max_size=8, unique_by=lambda f: f[0]), st.sets(st.sampled_from(REVIEWERS)))
def test_each_hunk_is_placed_exactly_once_per_reviewer(files: list, reviewers: set[str]) -> None:
    made = [file(str(n).encode(), *lines, language=lang) for n, lines, _, lang, _ in files]
    profiles = {(str(n).encode(), 1): Profile(task, Complexity.SIMPLE, ()) for n, _, task, _, _ in files}
    readable = frozenset(str(n).encode() for n, *_, readable in files if readable)
    names = [name for name in REVIEWERS if name in reviewers]
    plan = route.plan(Change("", "", "", tuple(made)), profiles, Policy(), engines=names, readable=readable)
    placed = [(h.path, name) for name, hunks in plan.assigned.items() for h in hunks]
    placed += [(entry.path, entry.reviewer) for entry in plan.left_out]
    assert sorted(placed) == sorted((f.path, name) for f in made for name in names)
    assert all(entry.reason for entry in plan.left_out)


def test_what_was_taken_away_is_shown_to_the_engine_that_compares() -> None:
    change = Change("", "", "", (file(b"a.py", GONE),))
    profiles = {(b"a.py", 1): Profile(Task.CODE, Complexity.SIMPLE, ())}
    plan = route.plan(change, profiles, Policy(), engines=("rules", "taint", "change"), readable=frozenset())
    assert {name: len(hunks) for name, hunks in plan.assigned.items()} == {"rules": 0, "taint": 0, "change": 1}
    assert [entry.reviewer for entry in plan.left_out] == ["rules"]
