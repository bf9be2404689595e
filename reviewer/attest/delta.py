"""What a commit changes, as one digest that no configuration, attribute or weak hash can bend."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.objects.interface import ObjectReader, TreeChange

_SHA1_LENGTH = 40
"""Of an object id in hex."""


@dataclass(frozen=True, slots=True)
class DeltaEntry:
    """What happens to one path."""

    change: TreeChange
    sha256: str
    """Of the new content (hex), in repositories whose own object ids are SHA-1; empty elsewhere and where there is none."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Everything between two trees."""

    entries: tuple[DeltaEntry, ...]
    """Sorted by path."""

    @property
    def digest(self) -> str:
        """Sha256 (hex) over the entries: the record of `git diff-tree -r --raw -z --no-renames --no-abbrev`, then, where the
        content was hashed again, that digest in hex and a NUL."""
        total = hashlib.sha256()
        for entry in self.entries:
            total.update(entry.change.record)
            if entry.sha256:
                total.update(entry.sha256.encode("ascii") + b"\0")
        return total.hexdigest()


def between(reader: ObjectReader, base: str, tree: str) -> Delta:
    """The delta from one tree to another.

    Raises:
        GitError: an object is missing.
    """
    return of_changes(reader, reader.tree_changes(base, tree), sha1=is_sha1(tree))


def of_changes(reader: ObjectReader, changes: Sequence[TreeChange], *, sha1: bool) -> Delta:
    """The delta of changes that are known already.

    Args:
        sha1: the repository's own object ids are SHA-1, so new contents are hashed again.

    Raises:
        GitError: an object is missing.
    """
    strong = _strong_digests(reader, changes) if sha1 else {}
    entries = (DeltaEntry(change, strong.get(change.new_oid, "") if change.brings_blob else "") for change in changes)
    return Delta(tuple(entries))


def is_sha1(oid: str) -> bool:
    """Whether an object id is one of a SHA-1 repository."""
    return len(oid) == _SHA1_LENGTH


def _strong_digests(reader: ObjectReader, changes: Sequence[TreeChange]) -> dict[str, str]:
    wanted = sorted({change.new_oid for change in changes if change.brings_blob})
    return {oid: hashlib.sha256(content).hexdigest() for oid, content in reader.blobs(wanted)}
