"""What is about to be committed: files, hunks and lines, as bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum


def printable(path: bytes) -> str:
    """A path for people and for JSON: UTF-8 where it is, `\\xNN` where it is not, control characters escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


class Status(str, Enum):
    """Git's own letters for what happened to a path."""

    ADDED = "A"
    COPIED = "C"
    DELETED = "D"
    MODIFIED = "M"
    RENAMED = "R"
    TYPE_CHANGED = "T"
    UNMERGED = "U"


class LineKind(str, Enum):
    """Which side of the change a line stands on."""

    ADDED = "+"
    REMOVED = "-"
    CONTEXT = " "


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk."""

    kind: LineKind
    text: bytes
    """Without the line feed; a carriage return before it is kept."""
    old_number: int
    """1-based in the old file; 0 for an added line."""
    new_number: int
    """1-based in the new file; 0 for a removed line."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """A run of changed lines with its context, in one file."""

    path: bytes
    """Relative to the repository's root, as git stores it."""
    language: str
    """Lower-case name such as "python"; empty if not known."""
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    """The enclosing symbol as git found it; empty if it found none."""
    lines: tuple[Line, ...]

    @property
    def added(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind is LineKind.ADDED)

    @property
    def removed(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind is LineKind.REMOVED)

    @property
    def content_id(self) -> str:
        """Sha256 (hex) of the hunk's lines and their sides, free of path and position: the cache key of a review."""
        digest = hashlib.sha256()
        for line in self.lines:
            digest.update(line.kind.value.encode() + line.text + b"\n")
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class FileChange:
    """What happened to one path."""

    path: bytes
    """The new path; for a deletion the old one."""
    status: Status
    old_path: bytes
    """Differs from `path` for a rename or a copy only."""
    old_mode: int
    """Git's file mode, 0 if there was no file."""
    new_mode: int
    old_oid: str
    """Hex; all zeros if there was no file."""
    new_oid: str
    language: str
    hunks: tuple[Hunk, ...]
    opaque: str = ""
    """Why the content cannot be looked at by line (binary, submodule, symbolic link, too large, unmerged); empty if it can."""

    @property
    def display(self) -> str:
        return printable(self.path)


@dataclass(frozen=True, slots=True)
class Change:
    """All that would be committed, or was."""

    source: str
    """In words: "the staged change", "commit 1f2e3d", "patch fix.diff"."""
    base_tree: str
    """Oid of the tree it applies to; empty for a patch text."""
    tree: str
    """Oid of the resulting tree; empty for a patch text."""
    files: tuple[FileChange, ...]

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        return tuple(hunk for file in self.files for hunk in file.hunks)
