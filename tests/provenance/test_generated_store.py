"""Records on the disk: few, small, private, whole."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import timedelta

import pytest
from attesting import git_of
from conftest import Repo

from reviewer.errors import StorageError
from reviewer.provenance import store
from reviewer.provenance.records import generated


def a_record(number: int = 0):
    made = generated(f"value_{number} = compute({number})\n", request="r", model="m", digest="", sampling="", question="")
    return replace(made, at=made.at + timedelta(seconds=number))


def test_kept_records_come_back_the_oldest_first(repo: Repo) -> None:
    records = [a_record(number) for number in range(3)]
    for number, record in enumerate(records):
        os.utime(store.keep(git_of(repo), record), (number, number))
    assert store.load(git_of(repo)) == records


def test_no_more_than_so_many_are_kept(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT", 3)
    for number in range(5):
        path = store.keep(git_of(repo), a_record(number))
        os.utime(path, (number, number))
    assert [record.output for record in store.load(git_of(repo))] == [a_record(number).output for number in (2, 3, 4)]


def test_folder_that_others_could_read_is_closed(repo: Repo) -> None:
    folder = repo.path / ".git/hunkgate/generated"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    path = store.keep(git_of(repo), a_record())
    assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(path.stat().st_mode)) == (0o700, 0o600)


def test_folder_that_is_a_file_is_an_error(repo: Repo) -> None:
    repo.write(".git/hunkgate/generated", "x")
    with pytest.raises(StorageError):
        store.keep(git_of(repo), a_record())
    assert store.load(git_of(repo)) == []


def test_largest_record_fits_into_a_file(repo: Repo) -> None:
    code = "\n".join(f"name_{number} = other_{number} + {number}" for number in range(20_000))
    made = generated(code, request="\x00\u20ac" * 5000, model="m", digest="a" * 64, sampling="s", question="q")
    path = store.keep(git_of(repo), made)
    assert path.stat().st_size <= store.MAX_BYTES
    assert store.load(git_of(repo)) == [made]
