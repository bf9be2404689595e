"""The new content of changed files, in a private folder under names of the gate's own making.

Nothing of the repository chooses where a byte is written: not a path, not a link, not an attribute, not a filter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import GitError, StorageError
from reviewer.git import Git
from reviewer.intake.languages import ending_for
from reviewer.records import Change, FileChange, Hunk, LineKind

_LINK_OR_MODULE = (0o120000, 0o160000)


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of a file after the change."""

    data: bytes
    whole: bool
    """False if only the hunks are known; all other lines are blank then, so that line numbers hold."""


def readable(change: Change) -> list[FileChange]:
    """The files whose new content a parser can be asked about: with hunks that add lines, in a known language."""
    return [
        file
        for file in change.files
        if file.language and file.new_mode and file.new_mode not in _LINK_OR_MODULE and any(hunk.added for hunk in file.hunks)
    ]


def from_git(git: Git, change: Change, *, limit: int) -> tuple[dict[bytes, Content], dict[bytes, bytes]]:
    """New contents and old ones by path after the change, read from the object database. Files over `limit` bytes are left out.

    Raises:
        GitError: an object is missing.
    """
    new = {file.path: file.new_oid for file in readable(change)}
    old = {file.path: file.old_oid for file in change.files if _has_past(file)}
    blobs = _read(git, _small_enough(git, dict.fromkeys([*new.values(), *old.values()]), limit))
    contents = {path: Content(blobs[oid], True) for path, oid in new.items() if oid in blobs}
    return contents, {path: blobs[oid] for path, oid in old.items() if oid in blobs}


def from_hunks(change: Change, *, limit: int) -> dict[bytes, Content]:
    """New contents by path as far as the hunks tell: for patch text, where there is nothing else."""
    found = {}
    for file in readable(change):
        data = _assembled(file.hunks)
        if len(data) <= limit:
            found[file.path] = Content(data, _is_new(file))
    return found


def write_copies(folder: Path, change: Change, contents: Mapping[bytes, Content]) -> dict[bytes, Path]:
    """Write the contents into `folder` as 00000.py, 00001.js, ... and return where each went.

    Raises:
        StorageError: the disk is full.
    """
    copies = {}
    for number, file in enumerate(file for file in change.files if file.path in contents):
        copy = folder / f"{number:05d}{ending_for(file.language)}"
        try:
            copy.write_bytes(contents[file.path].data)
        except OSError as error:
            todo = "Free some space, or point TMPDIR at another disk."
            raise StorageError(f"cannot copy the staged files: {error.strerror}", where=str(folder), todo=todo) from error
        copies[file.path] = copy
    return copies


def _has_past(file: FileChange) -> bool:
    """Whether there is an old version to compare with."""
    return bool(file.language and file.hunks and file.old_mode and file.old_mode not in _LINK_OR_MODULE)


def _small_enough(git: Git, oids: Iterable[str], limit: int) -> list[str]:
    request = "".join(f"{oid}\n" for oid in oids).encode()
    if not request:
        return []
    sizes = git.run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", "--buffer", stdin=request)
    small = []
    for line in sizes.decode().splitlines():
        oid, kind, *size = line.split()
        if kind == "missing":
            todo = "This is a partial or damaged clone: fetch the object with git, then try again."
            raise GitError(f"object {oid} is not in this repository", todo=todo)
        if int(size[0]) <= limit:
            small.append(oid)
    return small


def _read(git: Git, oids: list[str]) -> dict[str, bytes]:
    """Blobs by oid. Format of each answer: `<oid> blob <size>` LF, content, LF; see git-cat-file(1), "Batch output"."""
    if not oids:
        return {}
    answer = git.run("cat-file", "--batch", "--buffer", stdin="".join(f"{oid}\n" for oid in oids).encode())
    blobs, at = {}, 0
    for oid in oids:
        end = answer.index(b"\n", at)
        size = int(answer[at:end].split()[2])
        blobs[oid] = answer[end + 1 : end + 1 + size]
        at = end + size + 2
    return blobs


def _is_new(file: FileChange) -> bool:
    return file.old_mode == 0


def _assembled(hunks: Iterable[Hunk]) -> bytes:
    lines: list[bytes] = []
    for hunk in hunks:
        lines += [b""] * (hunk.new_start - 1 - len(lines))
        lines += [line.text for line in hunk.lines if line.kind is not LineKind.REMOVED]
    return b"".join(line + b"\n" for line in lines)
