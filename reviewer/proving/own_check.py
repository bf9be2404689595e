"""The user's own command, run over a copy of the mended tree. Only the user's own file names one, never a repository."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reviewer import proc
from reviewer.errors import ToolError, ToolFailedError
from reviewer.fix.interface import Step, failed, passed
from reviewer.git import Git
from reviewer.private_folder import private_folder

OWN_CHECK = "your own check"

TIMEOUT = 300.0
"""Seconds for the command."""

MOST_BYTES = 500 * 2**20
"""Of the copy."""

_FORBIDDEN = (b"", b".", b"..")
_SHOWN = 300


def holds(
    command: Sequence[str], git: Git, tree: str, mended: Mapping[bytes, tuple[int, bytes]], tools: Mapping[str, str]
) -> Step:
    """Whether the command ends with 0 in a scratch copy. The repository itself is not touched.

    Links and submodules are left out of the copy: a link could lead out of it.

    Args:
        tree: the staged tree.
        mended: mode and content of the files that are other in the copy.
        tools: where the user's own programs are, by name.

    Raises:
        GitError, StorageError
    """
    with private_folder() as folder:
        copy = folder / "tree"
        copy.mkdir()
        try:
            for path, mode, content in _files(git, tree, mended):
                _write(copy, path, mode, content)
            name = command[0]
            program = Path(name) if Path(name).is_absolute() else proc.find_tool(name, tools)
            proc.run([program, *command[1:]], timeout=TIMEOUT, cwd=copy, detached=True)
        except ToolFailedError as error:
            return failed(OWN_CHECK, error.what[-_SHOWN:])
        except ToolError as error:
            return failed(OWN_CHECK, f"it cannot be run: {error}")
    return passed(OWN_CHECK, Path(command[0]).name)


def _files(git: Git, tree: str, mended: Mapping[bytes, tuple[int, bytes]]) -> Iterator[tuple[bytes, int, bytes]]:
    """Path, mode and content of every plain file.

    Raises:
        ToolFailedError: they are too large together.
    """
    rows = [row.partition(b"\t") for row in git.run("ls-tree", "-r", "-l", "-z", "--full-tree", tree).split(b"\0") if row]
    entries = [(path, *head.split()) for head, _, path in rows]
    plain = [
        (path, int(mode, 8), oid, int(size)) for path, mode, kind, oid, size in entries if kind == b"blob" and mode[:3] == b"100"
    ]
    if sum(size for *_, size in plain) > MOST_BYTES:
        raise ToolFailedError(f"the tree has more than {MOST_BYTES // 2**20} MB")
    for path, mode, oid, _ in plain:
        if path not in mended:
            yield path, mode, git.run("cat-file", "blob", oid)
    for path, (mode, content) in mended.items():
        yield path, mode, content


def _write(copy: Path, path: bytes, mode: int, content: bytes) -> None:
    """One file below the copy.

    Raises:
        ToolFailedError: its name leads out of it.
    """
    parts = path.split(b"/")
    if any(part in _FORBIDDEN or part.lower() == b".git" for part in parts):
        raise ToolFailedError(f"the tree has a file of the name {path!r}")
    target = copy / os.fsdecode(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod(target.stat().st_mode | (stat.S_IXUSR if mode & 0o100 else 0))
