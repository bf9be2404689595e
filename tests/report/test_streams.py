"""Where a report goes when it is saved."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from reviewer.errors import StorageError
from reviewer.report._streams import save


def test_save_writes_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    save(tmp_path / "report", "text\n")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("report", b"text\n")]


def test_save_follows_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "report", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    save(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in the file system are of POSIX")
def test_save_writes_into_a_pipe_and_leaves_it_there(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    save(pipe, "text")
    reader.join()
    assert read == ["text"]
    assert pipe.is_fifo()


def test_save_into_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        save(tmp_path / "nothing" / "report", "text")


def test_save_over_a_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot write"):
        save(tmp_path, "text")
