"""What differs between two trees, from their stored bytes: no configuration and no attribute has a say in it."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Mapping

from reviewer.errors import GitError
from reviewer.objects.interface import TreeChange

TREE = 0o040000

Entry = tuple[int, str]
"""Mode and oid."""

ReadTree = Callable[[str], bytes]
"""From the oid of a tree to its stored bytes."""


def changes(read: ReadTree, old: str, new: str) -> Iterator[TreeChange]:
    """Every entry that is not the same in both trees, in no particular order.

    Raises:
        GitError: a tree is malformed.
    """
    if old != new:
        yield from _below(read, b"", (TREE, old), (TREE, new))


def parse_tree(oid: str, raw: bytes) -> dict[bytes, Entry]:
    """Entries of a tree by name (gitformat: octal mode, space, name, NUL, oid in binary).

    Raises:
        GitError: it is malformed, or names an entry twice.
    """
    size = len(oid) // 2
    entries: dict[bytes, Entry] = {}
    position = 0
    try:
        while position < len(raw):
            space = raw.index(b" ", position)
            nul = raw.index(b"\0", space)
            name, end = raw[space + 1 : nul], nul + 1 + size
            if name in entries or end > len(raw):
                raise ValueError
            entries[name] = (_canonical(int(raw[position:space], 8)), raw[nul + 1 : end].hex())
            position = end
    except ValueError as error:
        raise GitError(f"tree {oid} is malformed", todo="Run: git fsck") from error
    return entries


def _canonical(mode: int) -> int:
    """Git's own reading of a stored mode: only six exist, old versions wrote more (canon_mode in git's object.h)."""
    if stat.S_ISREG(mode):
        return 0o100755 if mode & 0o100 else 0o100644
    if stat.S_ISLNK(mode) or stat.S_ISDIR(mode):
        return stat.S_IFMT(mode)
    return 0o160000


def _below(read: ReadTree, prefix: bytes, old: Entry | None, new: Entry | None) -> Iterator[TreeChange]:
    before, after = _entries(read, old), _entries(read, new)
    for name in before.keys() | after.keys():
        was, now = before.get(name), after.get(name)
        if was != now:
            yield from _between(read, prefix + name, was, now)


def _between(read: ReadTree, path: bytes, was: Entry | None, now: Entry | None) -> Iterator[TreeChange]:
    was_tree, now_tree = (entry if entry and entry[0] == TREE else None for entry in (was, now))
    if was_tree or now_tree:
        yield from _below(read, path + b"/", was_tree, now_tree)
    was_leaf, now_leaf = (entry if entry and entry[0] != TREE else None for entry in (was, now))
    if was_leaf or now_leaf:
        yield _leaf(path, was_leaf, now_leaf)


def _leaf(path: bytes, was: Entry | None, now: Entry | None) -> TreeChange:
    zeros = "0" * len((was or now or (0, ""))[1])
    old_mode, old_oid = was or (0, zeros)
    new_mode, new_oid = now or (0, zeros)
    same_kind = stat.S_IFMT(old_mode) == stat.S_IFMT(new_mode)
    status = "A" if not was else "D" if not now else "M" if same_kind else "T"
    return TreeChange(path, old_mode, new_mode, old_oid, new_oid, status)


def _entries(read: ReadTree, entry: Entry | None) -> Mapping[bytes, Entry]:
    return parse_tree(entry[1], read(entry[1])) if entry else {}
