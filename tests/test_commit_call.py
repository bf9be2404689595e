"""The command line of git commit, read as git reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.commit_call import _from_proc, _from_ps, _process_table, _UnseenError, parse_commit, subcommand


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["git", "commit", "-m", "x"], ("commit", ["-m", "x"])),
        (["/usr/bin/git", "-C", "commit", "-c", "a.b=c", "--no-pager", "commit"], ("commit", [])),
        (["git", "--git-dir", "commit", "--work-tree=x", "status"], ("status", [])),
        (["/usr/libexec/git-core/git-commit", "--amend"], ("commit", ["--amend"])),
        (["C:/Git/git.exe".replace("C:", ""), "commit"], ("commit", [])),
        (["git"], None),
        (["git", "--version"], None),
        (["sh", "-c", "git commit"], None),
        ([], None),
    ],
)
def test_subcommand(words: list[str], expected: tuple[str, list[str]] | None) -> None:
    assert subcommand(words) == expected


@pytest.mark.parametrize(
    ("words", "editor"),
    [
        ([], True),
        (["-m", "x"], False),
        (["-mx", "-e"], True),
        (["-F", "-"], False),
        (["-C", "HEAD"], False),
        (["-c", "HEAD"], True),
        (["--amend"], True),
        (["--amend", "--no-edit"], False),
        (["--fixup", "HEAD"], False),
        (["--fixup=reword:HEAD"], True),
        (["--file=x"], False),
        (["-vsem", "x"], True),
    ],
)
def test_editor(words: list[str], editor: bool) -> None:
    assert parse_commit(words).editor is editor


def test_values_of_cleanup_and_template() -> None:
    call = parse_commit(["--clean", "scissors", "-ttemplate.txt", "--cleanup=strip"])
    assert (call.cleanup, call.template, call.amend) == ("strip", "template.txt", False)


@given(st.lists(st.text(min_size=1, max_size=8).filter(lambda text: "\0" not in text), max_size=4))
def test_values_are_never_options(values: list[str]) -> None:
    words = [word for value in values for word in ("-m", value)]
    assert parse_commit(words).amend is False
    assert parse_commit([*words, "--amend"]).amend is True
    assert parse_commit([*words, "--", "--amend"]).amend is False


def test_from_ps_follows_parents_and_ends_at_the_top() -> None:
    table = {7: (5, "sh hook"), 5: (1, "git commit --amend"), 1: (0, "init")}
    assert [ancestor.words for ancestor in _from_ps(7, table)] == [("sh", "hook"), ("git", "commit", "--amend"), ("init",)]
    with pytest.raises(_UnseenError):
        list(_from_ps(9, table))


def test_ps_and_proc_agree_on_this_process() -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc here")
    of_proc = [ancestor.identity.partition("-")[0] for ancestor in _from_proc(os.getppid())]
    of_ps = [ancestor.identity for ancestor in _from_ps(os.getppid(), _process_table())]
    assert of_proc == of_ps
