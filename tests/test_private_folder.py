"""A private folder is gone afterwards, whatever was left in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from reviewer import private_folder as module
from reviewer.errors import StorageError
from reviewer.private_folder import private_folder


def test_it_is_private_and_gone_afterwards() -> None:
    with private_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "a").mkdir()
        (folder / "a" / "b").write_text("c")
    assert not folder.exists()


def test_what_is_read_only_goes_where_that_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Windows refuses it; and what a symbolic link leads to keeps its mode."""
    unlink = os.unlink
    outside = tmp_path / "outside"
    outside.touch()
    outside.chmod(0o400)

    def strict(path: str, *, dir_fd: int | None = None) -> None:
        mode = os.lstat(path, dir_fd=dir_fd).st_mode
        if stat.S_ISREG(mode) and not mode & stat.S_IWUSR:
            raise PermissionError(13, "it is read-only", path)
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", strict)
    with private_folder() as folder:
        (folder / "objects").mkdir()
        (folder / "objects" / "pack").touch()
        (folder / "objects" / "pack").chmod(0o444)
        (folder / "link").symlink_to(outside)
    assert not folder.exists()
    assert stat.S_IMODE(outside.stat().st_mode) == 0o400


def test_an_error_of_the_disk_is_told() -> None:
    with pytest.raises(StorageError, match="cannot use temporary files"), private_folder() as folder:
        (folder / "none" / "file").touch()
    assert not folder.exists()


def test_what_cannot_be_removed_costs_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REMOVALS", 2)
    monkeypatch.setattr(module.shutil, "rmtree", lambda path, ignore_errors: None)
    with private_folder() as folder:
        pass
    monkeypatch.undo()
    module._remove(folder)
    assert not folder.exists()
