"""The dismissals that a change meets: those of the tree that it is based on, and those that it brings along."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer.errors import ConfigError
from reviewer.git import Git
from reviewer.knowledge import FOLDER
from reviewer.knowledge.dismissals import MAX_BYTES, Dismissal, parse
from reviewer.records import Dismissals, printable

MOST = 5000
"""Files that are read; the others count for nothing, and a note says so."""

MOST_BYTES = 8 * 1024 * 1024
"""Of a file in which the code of a dismissal is looked for."""

_FILE_MODES = ("100644", "100755", "100664")


@dataclass(frozen=True, slots=True)
class Shelf:
    """What counts, what does not count yet, and what is wrong."""

    counted: tuple[Dismissal, ...] = ()
    waiting: tuple[Dismissal, ...] = ()
    """Part of the change, in a repository whose policy asks for dismissals from before the change."""
    refused: tuple[ConfigError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of the folder in some tree."""

    path: str
    mode: str
    oid: str


def read(git: Git, base_tree: str, tree: str, policy: Dismissals) -> Shelf:
    """The dismissals for a change from `base_tree` to `tree`.

    One that the change removes counts no longer, whatever the policy: that can only bring findings back.

    Args:
        tree: empty for patch text: then only the base counts.

    Raises:
        GitError: git cannot read the trees.
    """
    before = _listed(git, base_tree)
    after = _listed(git, tree) if tree else before
    if not before and not after:
        return Shelf()
    names, oids = {entry.path for entry in after}, {entry.oid for entry in after}
    kept = [entry for entry in before if entry.path in names or entry.oid in oids]
    old = {entry.oid for entry in before}
    # An edited one is new; under BASE its older version still counts.
    new = [entry for entry in after if entry.oid not in old]
    if policy is Dismissals.CHANGE:
        kept = [entry for entry in kept if entry.oid in oids]
    blobs = _contents(git, [*kept, *new])
    refused: dict[str, ConfigError] = {}
    standing = _parsed(kept, blobs, refused)
    fresh = [replace(dismissal, fresh=True) for dismissal in _parsed(new, blobs, refused)]
    if policy is Dismissals.CHANGE:
        return Shelf(_distinct([*standing, *fresh]), (), tuple(refused.values()))
    return Shelf(_distinct(standing), _distinct(fresh), tuple(refused.values()))


def in_work_tree(top: Path) -> dict[Path, Dismissal | ConfigError]:
    """The dismissals in a work tree by file, sorted by name; an error for what is malformed."""
    folder = top / FOLDER
    if not _is_plain_folder(top):
        return {}
    found: dict[Path, Dismissal | ConfigError] = {}
    for path in sorted(folder.glob("*.toml"))[:MOST]:
        where = f"{FOLDER}/{printable(os.fsencode(path.name))}"
        try:
            found[path] = parse(_bytes(path), where)
        except ConfigError as error:
            found[path] = error
        except OSError as error:
            found[path] = ConfigError(f"cannot be read: {error.strerror}", where=where, todo="Make it a readable file.")
    return found


def file_at(git: Git, tree: str, path: bytes) -> bytes | None:
    """Content of a file in a tree; None if there is none, or it is too large to be looked at (`MOST_BYTES`).

    Raises:
        GitError: git cannot read the tree.
    """
    # A dismissal can name anything: a path outside of the repository, an empty one, one that looks like a pattern.
    listing = git.completed("--literal-pathspecs", "ls-tree", "-z", "--full-tree", tree, "--", path, ok=(0, 128)).out
    head = listing.partition(b"\t")[0].split()
    if len(head) != 3 or head[1] != b"blob" or head[0].decode("ascii") not in _FILE_MODES:
        return None
    oid = head[2].decode("ascii")
    size = git.run("cat-file", "--batch-check", stdin=_request([oid])).split()[-1].decode("ascii")
    return git.run("cat-file", "blob", oid) if size.isdigit() and int(size) <= MOST_BYTES else None


def _is_plain_folder(top: Path) -> bool:
    """Whether the folder is there and no part of it is a link, which could lead out of the repository."""
    places = (top / FOLDER, (top / FOLDER).parent)
    return all(place.is_dir() and not place.is_symlink() for place in places)


def _bytes(path: Path) -> bytes:
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ConfigError("this is not a plain file", where=f"{FOLDER}/{path.name}", todo="Replace it by a file.")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _listed(git: Git, tree: str) -> list[_Entry]:
    listing = git.run("ls-tree", "-r", "-z", "--full-tree", tree, "--", f"{FOLDER}/")
    entries = []
    for record in listing.split(b"\0")[:-1]:
        head, _, path = record.partition(b"\t")
        mode, _, oid = head.decode("ascii").split(" ")
        if path.endswith(b".toml"):
            entries.append(_Entry(printable(path), mode, oid))
    return entries


def _contents(git: Git, entries: Iterable[_Entry]) -> dict[str, bytes]:
    """Content by oid, of those that can be read. The sizes come first, so that a huge file is never read."""
    wanted = list(dict.fromkeys(entry.oid for entry in entries if entry.mode in _FILE_MODES))[:MOST]
    if not wanted:
        return {}
    sizes = git.run("cat-file", "--batch-check", "--buffer", stdin=_request(wanted)).decode("ascii").split("\n")
    small = [oid for oid, line in zip(wanted, sizes, strict=False) if line.split()[-1:] and _is_small(line.split()[-1])]
    rest = git.run("cat-file", "--batch", "--buffer", stdin=_request(small)) if small else b""
    blobs: dict[str, bytes] = {}
    at = 0
    for oid in small:
        end = rest.index(b"\n", at)
        size = int(rest[at:end].split()[2])
        blobs[oid] = rest[end + 1 : end + 1 + size]
        at = end + size + 2
    return blobs


def _request(oids: Iterable[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode()


def _is_small(size: str) -> bool:
    return size.isdigit() and int(size) <= MAX_BYTES


def _parsed(entries: Iterable[_Entry], blobs: Mapping[str, bytes], refused: dict[str, ConfigError]) -> Iterator[Dismissal]:
    """The well-formed ones; what is wrong with the others is noted in `refused` by path."""
    for entry in entries:
        data = blobs.get(entry.oid)
        try:
            if data is None:
                raise ConfigError(_unread(entry), where=entry.path, todo="Replace it, or remove it.")
            yield parse(data, entry.path)
        except ConfigError as error:
            refused[entry.path] = error


def _unread(entry: _Entry) -> str:
    if entry.mode not in _FILE_MODES:
        return "this is not a plain file"
    return f"it is larger than {MAX_BYTES} bytes, not in this clone, or one of more than {MOST}"


def _distinct(dismissals: Iterable[Dismissal]) -> tuple[Dismissal, ...]:
    """One for each finding: two people may have dismissed the same one, which is not two findings. The longest lasting counts."""
    best: dict[tuple[str, ...], Dismissal] = {}
    for dismissal in dismissals:
        known = best.get(dismissal.subject.identity)
        if known is None or _lasts(dismissal) > _lasts(known):
            best[dismissal.subject.identity] = dismissal
    return tuple(best.values())


def _lasts(dismissal: Dismissal) -> str:
    return dismissal.until.isoformat() if dismissal.until else "9999-12-31~"
