"""The record of recent findings: whole or not there, bounded, without secrets, safe when reviews run at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Repo
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import StorageError
from reviewer.git import Git
from reviewer.knowledge import recent
from reviewer.knowledge.lines import Anchor
from reviewer.knowledge.subject import Subject
from reviewer.records import Change

ONE = Subject("0f" * 16, "r", (), "rules", b"a\xff.py", 1, 0, Anchor(("x",), "", "", ""), False, "m")


def change(number: int) -> Change:
    return Change("the staged change", f"{number:02x}" * 20, f"{number:02x}" * 20, ())


def subject(number: int) -> Subject:
    return replace(ONE, fingerprint=f"{number:032x}")


def folder(repo: Repo) -> Path:
    return repo.path / ".git" / "hunkgate" / "findings"


def test_what_is_kept_is_recalled_the_latest_first(repo: Repo) -> None:
    git = Git(repo.path)
    for number in (1, 2):
        recent.remember(git, change(number), [subject(number), ONE])
        os.utime(next(folder(repo).glob(f"{number:02x}" * 10 + "-*")), (number, number))
    assert recent.recall(git) == [subject(2), ONE, subject(1)]
    recent.remember(git, change(2), [subject(3)])
    assert set(recent.recall(git)) == {subject(3), subject(1), ONE}


def test_few_reviews_are_kept_and_files_of_the_owner_alone(repo: Repo) -> None:
    for number in range(recent.KEPT + 5):
        recent.remember(Git(repo.path), change(number), [subject(number)])
    files = list(folder(repo).iterdir())
    assert len(files) == recent.KEPT
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_a_file_is_bounded(repo: Repo) -> None:
    many = [replace(subject(number), message="ü" * 2000) for number in range(2000)]
    recent.remember(Git(repo.path), change(1), many)
    (file,) = folder(repo).iterdir()
    assert file.stat().st_size <= recent.MAX_BYTES
    found = recent.recall(Git(repo.path))
    assert found == many[: len(found)]
    assert 10 < len(found) <= recent.MOST


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(
    lambda value: json.dumps({"version": 1, "findings": value}).encode())))  # fmt: skip
def test_a_damaged_file_is_passed_over(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("x") / "x.json"
    path.write_bytes(data)
    assert list(recent._subjects(path)) == []


def test_one_damaged_entry_does_not_cost_the_others(repo: Repo) -> None:
    recent.remember(Git(repo.path), change(1), [subject(1), subject(2)])
    (file,) = folder(repo).iterdir()
    content = json.loads(file.read_text())
    del content["findings"][0]["code"]
    file.write_text(json.dumps(content))
    assert recent.recall(Git(repo.path)) == [subject(2)]


def test_a_folder_that_cannot_be_written_is_told(repo: Repo) -> None:
    (repo.path / ".git" / "hunkgate").write_text("in the way")
    with pytest.raises(StorageError):
        recent.remember(Git(repo.path), change(1), [ONE])
    assert recent.recall(Git(repo.path)) == []


KEEP = """
import sys
from dataclasses import replace
from reviewer.git import Git
from reviewer.knowledge import recent
from reviewer.records import Change
git, start = Git(), int(sys.argv[1])
(known,) = recent.recall(git)[-1:]
for number in range(start, start + 15):
    tree = f"{number % 4:02x}" * 20
    recent.remember(git, Change("the staged change", tree, tree, ()), [replace(known, fingerprint=f"{number:032x}")])
"""
"""Keeps findings of four changes, over and over."""


def test_reviews_at_once_leave_whole_files(repo: Repo) -> None:
    recent.remember(Git(repo.path), change(0), [ONE])
    argv = [sys.executable, "-c", KEEP]
    workers = [subprocess.Popen([*argv, start], cwd=repo.path) for start in ("0", "100")]
    git = Git(repo.path)
    while any(worker.poll() is None for worker in workers):
        recent.recall(git)
    for worker in workers:
        assert worker.wait(60) == 0
    names = [file.name for file in folder(repo).iterdir()]
    assert len(names) == 4
    assert not any(name.startswith("partial-") for name in names)
    assert len(recent.recall(git)) == 4
