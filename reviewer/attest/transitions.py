"""What a change does, path by path: the form in which reviewed changes are compared and composed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reviewer.attest.delta import Delta
from reviewer.objects.interface import GITLINK, TreeChange

Entry: TypeAlias = tuple[int, str]
"""Mode and oid of what a tree has at a path; mode 0 and zeros where it has nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one path."""

    old: Entry
    new: Entry
    sha256: str
    """Of the new content (hex) where object ids are SHA-1; empty elsewhere."""


Transitions: TypeAlias = Mapping[bytes, Step]


def transitions(delta: Delta) -> dict[bytes, Step]:
    """The steps of a delta by path."""
    return {
        entry.change.path: Step(
            (entry.change.old_mode, entry.change.old_oid), (entry.change.new_mode, entry.change.new_oid), entry.sha256
        )
        for entry in delta.entries
    }


def absent(oid: str) -> Entry:
    """The entry of a path that a tree does not have.

    Args:
        oid: any of the repository, for the length of its ids.
    """
    return (0, "0" * len(oid))


def submodules(changes: Iterable[TreeChange]) -> frozenset[bytes]:
    """Paths where a submodule comes, goes, or points elsewhere: its content is in another repository, so no review saw it."""
    return frozenset(change.path for change in changes if GITLINK in (change.old_mode, change.new_mode))


def malformed(changes: Iterable[TreeChange]) -> frozenset[bytes]:
    """Paths that no well-formed pair of trees can have: twice there, or both a file and a folder afterwards.

    Such trees can be pushed where the server does not check objects, and programs do not agree on what is in them.
    """
    seen: set[bytes] = set()
    twice: set[bytes] = set()
    kept: set[bytes] = set()
    for change in changes:
        (twice if change.path in seen else seen).add(change.path)
        if change.new_mode:
            kept.add(change.path)
    return frozenset(twice | {path for path in kept if any(folder in kept for folder in _folders(path))})


def _folders(path: bytes) -> Iterable[bytes]:
    position = path.find(b"/")
    while position != -1:
        yield path[:position]
        position = path.find(b"/", position + 1)
