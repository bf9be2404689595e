"""A dismissed finding stays away while its code is the same, wherever that goes, and comes back when the code changes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Repo
from dismissing import decided_lines, dismiss, look, open_lines
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LINE = "    danger(value)"
CODE = [
    "import os",
    "",
    "def first(a):",
    "    return a",
    "",
    "def second(value):",
    "    check(value)",
    LINE,
    "    return value",
    "",
]


def made(folder: Path, lines: list[str] = CODE) -> Repo:
    """A repository with a file whose finding was dismissed in the commit that brought it."""
    repo = Repo(folder)
    repo.git("init", "-q")
    repo.stage("keep.py", "x = 1\n")
    repo.commit("base")
    repo.git("tag", "base")
    repo.stage("app.py", "\n".join(lines))
    (finding,) = look(repo).findings
    dismiss(repo, finding)
    recalled = look(repo)
    assert open_lines(recalled) == []
    assert [f.dismissed.by_change for f in recalled.findings if f.dismissed] == [True]
    repo.commit("code and dismissal")
    return repo


@pytest.fixture
def dismissed(tmp_path: Path) -> Repo:
    folder = tmp_path / "work"
    folder.mkdir()
    return made(folder)


def staged(repo: Repo, path: str, lines: list[str]) -> None:
    repo.stage(path, "\n".join(lines))


def index(lines: list[str]) -> int:
    return next(number for number, line in enumerate(lines) if "danger" in line)


def test_reindented(dismissed: Repo) -> None:
    lines = [*CODE[:7], "    if value:", "        danger( value )", *CODE[8:]]
    staged(dismissed, "app.py", lines)
    recalled = look(dismissed)
    assert (open_lines(recalled), decided_lines(recalled)) == ([], [("app.py", 9)])
    assert [f.dismissed.by_change for f in recalled.findings if f.dismissed] == [False]


def test_line_endings_converted(dismissed: Repo) -> None:
    dismissed.git("config", "core.autocrlf", "false")
    dismissed.stage("app.py", "\r\n".join(CODE))
    recalled = look(dismissed)
    assert (open_lines(recalled), decided_lines(recalled)) == ([], [("app.py", 8)])


def test_renamed_without_an_edit_there_is_no_finding(dismissed: Repo) -> None:
    dismissed.git("mv", "app.py", "other.py")
    assert look(dismissed).findings == ()


def test_renamed_and_reindented(dismissed: Repo) -> None:
    dismissed.git("mv", "app.py", "other.py")
    staged(dismissed, "other.py", [*CODE[:7], "\tdanger(value)", *CODE[8:]])
    recalled = look(dismissed)
    assert (open_lines(recalled), decided_lines(recalled)) == ([], [("other.py", 8)])


def test_reindented_long_after_the_rename(dismissed: Repo) -> None:
    dismissed.git("mv", "app.py", "other.py")
    dismissed.commit("rename")
    staged(dismissed, "other.py", [*CODE[:7], "\tdanger(value)", *CODE[8:]])
    recalled = look(dismissed)
    assert (open_lines(recalled), decided_lines(recalled)) == ([], [("other.py", 8)])


def test_moved_to_another_file(dismissed: Repo) -> None:
    staged(dismissed, "app.py", CODE[:5])
    staged(dismissed, "moved.py", ["class Box:", *("  " + line for line in CODE[5:9])])
    recalled = look(dismissed)
    assert (open_lines(recalled), decided_lines(recalled)) == ([], [("moved.py", 4)])


def test_a_copied_file_brings_a_new_finding(dismissed: Repo) -> None:
    staged(dismissed, "copy.py", CODE)
    assert open_lines(look(dismissed)) == [("copy.py", 8)]


def test_a_copy_long_after_the_rename_is_new(dismissed: Repo) -> None:
    dismissed.git("mv", "app.py", "other.py")
    dismissed.commit("rename")
    staged(dismissed, "third.py", CODE)
    assert open_lines(look(dismissed)) == [("third.py", 8)]


@pytest.mark.parametrize("place", range(len(CODE)))
def test_a_second_copy_of_the_line_is_new_wherever_it_stands(dismissed: Repo, place: int) -> None:
    staged(dismissed, "app.py", [*CODE[:place], LINE, *CODE[place:]])
    recalled = look(dismissed)
    assert len(open_lines(recalled)) == 1
    assert decided_lines(recalled) == []


def test_a_second_copy_beside_a_reindented_original(dismissed: Repo) -> None:
    lines = [*CODE[:3], LINE, *CODE[3:7], "        danger(value)", *CODE[8:]]
    staged(dismissed, "app.py", lines)
    recalled = look(dismissed)
    assert (open_lines(recalled), decided_lines(recalled)) == ([("app.py", 4)], [("app.py", 9)])


@pytest.mark.parametrize(
    "line", ["    danger(values)", "    danger(value, 1)", "    Danger.danger(value)", "    danger(value)  # x"]
)
def test_changed_code_comes_back(dismissed: Repo, line: str) -> None:
    staged(dismissed, "app.py", [*CODE[:7], line, *CODE[8:]])
    assert open_lines(look(dismissed)) == [("app.py", 8)]


def test_the_same_text_in_other_code_comes_back(dismissed: Repo) -> None:
    """The line went, and later somebody writes it into another function."""
    staged(dismissed, "app.py", [*CODE[:7], *CODE[8:]])
    dismissed.commit("gone")
    staged(dismissed, "app.py", [*CODE[:3], LINE, *CODE[3:7], *CODE[8:]])
    assert open_lines(look(dismissed)) == [("app.py", 4)]


def test_the_same_text_at_the_same_place_stays_away(dismissed: Repo) -> None:
    dismissed.git("revert", "--no-edit", "HEAD")
    dismissed.git("revert", "--no-edit", "HEAD")
    dismissed.git("reset", "-q", "--soft", "HEAD~1")
    recalled = look(dismissed)
    assert (open_lines(recalled), decided_lines(recalled)) == ([], [("app.py", 8)])


def test_two_dismissals_of_one_finding_are_not_two_places(dismissed: Repo) -> None:
    (finding,) = look(dismissed, span="base..HEAD").findings
    dismiss(dismissed, finding, "by another person")
    dismissed.commit("again")
    staged(dismissed, "app.py", [*CODE[:3], LINE, *CODE[3:]])
    assert open_lines(look(dismissed)) == [("app.py", 4)]


def test_two_equal_lines_need_two_dismissals(dismissed: Repo) -> None:
    staged(dismissed, "app.py", [*CODE[:3], LINE, *CODE[3:]])
    (finding,) = [f for f in look(dismissed).findings if f.dismissed is None]
    dismiss(dismissed, finding)
    assert open_lines(look(dismissed)) == []
    dismissed.commit("second")
    assert open_lines(look(dismissed, span="base..HEAD")) == []
    staged(dismissed, "app.py", [line.replace("    danger", "  danger") for line in [*CODE[:3], LINE, *CODE[3:]]])
    assert open_lines(look(dismissed)) == []


@dataclass(frozen=True)
class Edit:
    """Something a developer does to the file."""

    name: str
    place: int
    text: str


WORDS = st.sampled_from(["x = 1", "    y = 2", "def other(a):", "    return a", "", "}", "        deep = 3", "# note"])
HARMLESS = st.builds(
    Edit, st.sampled_from(["insert", "delete", "replace", "rename", "reindent", "move"]), st.integers(0, 40), WORDS
)  # fmt: skip


def _insert(lines: list[str], edit: Edit) -> list[str]:
    place = edit.place % (len(lines) + 1)
    return [*lines[:place], edit.text, *lines[place:]]


def _delete(lines: list[str], edit: Edit) -> list[str]:
    place = edit.place % len(lines)
    return lines if "danger" in lines[place] else [*lines[:place], *lines[place + 1 :]]


def _replace(lines: list[str], edit: Edit) -> list[str]:
    place = edit.place % len(lines)
    return lines if "danger" in lines[place] else [*lines[:place], edit.text, *lines[place + 1 :]]


def _reindent(lines: list[str], edit: Edit) -> list[str]:
    at = index(lines)
    return [*lines[:at], " " * (edit.place % 9) + lines[at].strip().replace("(", "( "), *lines[at + 1 :]]


def _move(lines: list[str], edit: Edit) -> list[str]:
    at = index(lines)
    rest = [*lines[:at], *lines[at + 1 :]]
    place = edit.place % (len(rest) + 1)
    return [*rest[:place], lines[at], *rest[place:]]


EDITS: dict[str, Callable[[list[str], Edit], list[str]]] = {
    "insert": _insert, "delete": _delete, "replace": _replace, "reindent": _reindent, "move": _move,
}  # fmt: skip


def applied(repo: Repo, path: str, lines: list[str], edit: Edit) -> tuple[str, list[str]]:
    """Make an edit and stage it."""
    if edit.name == "rename":
        target = f"dir{edit.place % 3}/{'app' if edit.place % 2 else 'main'}.py"
        if target != path:
            (repo.path / target).parent.mkdir(exist_ok=True)
            repo.git("mv", path, target)
        return target, lines
    after = EDITS[edit.name](lines, edit)
    staged(repo, path, after)
    return path, after


PROPERTY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=False)


@PROPERTY
@given(st.lists(st.lists(HARMLESS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_whatever_happens_around_it_the_finding_stays_away(commits: list[list[Edit]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = made(Path(folder))
        path, lines = "app.py", CODE
        for edits in commits:
            for edit in edits:
                path, lines = applied(repo, path, lines, edit)
            assert open_lines(look(repo)) == []
            repo.commit("edit")
        recalled = look(repo, span="base..HEAD")
        assert open_lines(recalled) == []
        assert len(decided_lines(recalled)) == 1


@PROPERTY
@given(st.lists(HARMLESS, max_size=3), st.integers(0, 11), st.sampled_from("abcxyz01+-"))
def test_an_edit_of_its_own_text_brings_it_back(edits: list[Edit], place: int, char: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = made(Path(folder))
        path, lines = "app.py", CODE
        for edit in edits:
            path, lines = applied(repo, path, lines, edit)
        at = index(lines)
        text = lines[at].strip()
        cut = 6 + place % (len(text) - 5)
        staged(repo, path, [*lines[:at], "    " + text[:cut] + char + text[cut:], *lines[at + 1 :]])
        assert open_lines(look(repo)) == [(path, at + 1)]


@PROPERTY
@given(st.lists(HARMLESS, max_size=3), st.integers(0, 40), st.booleans())
def test_a_second_copy_comes_up_and_only_one_of_both_is_dismissed(edits: list[Edit], place: int, elsewhere: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = made(Path(folder))
        path, lines = "app.py", CODE
        for edit in edits:
            path, lines = applied(repo, path, lines, edit)
        if elsewhere:
            # Git takes a file that is mostly the same for a copy, whose old lines nobody reviews.
            own = [f"constant_{number} = {number * number}" for number in range(40)]
            staged(repo, "copy.py", [*own, *lines[max(0, index(lines) - 2) :]])
        else:
            staged(repo, path, _insert(lines, Edit("insert", place, lines[index(lines)])))
        recalled = look(repo)
        assert len(open_lines(recalled)) == 1
        assert len(decided_lines(recalled)) <= 1


def test_two_people_dismiss_at_once_and_git_merges_it(dismissed: Repo) -> None:
    staged(dismissed, "more.py", ["danger(1)", "danger(2)", ""])
    one, two = look(dismissed).findings
    dismissed.commit("code")
    for branch, findings in (("left", [one]), ("right", [one, two])):
        dismissed.git("switch", "-q", "-c", branch, "main")
        for finding in findings:
            dismiss(dismissed, finding, f"because {branch}")
        dismissed.commit(branch)
    done = subprocess.run(["git", "merge", "-q", "--no-edit", "left"], cwd=dismissed.path, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout
    assert open_lines(look(dismissed, span="base..HEAD")) == []
