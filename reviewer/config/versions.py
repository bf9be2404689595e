"""The versions of a repository's configuration: committed, staged, in the work tree. Bytes only; nothing is run or followed."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer.config.documents import MAX_BYTES, Document, Source, decoded, parse, too_large
from reviewer.errors import ConfigError, GitError
from reviewer.git import Git

OWN = ".hunkgate.toml"
SHARED = "pyproject.toml"

_MENTIONED = re.compile(rb"""hunkgate["']?\s*[\].=]""")
"""Matches every way to write the table tool.hunkgate; only then is pyproject.toml parsed."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the two files that can hold settings."""

    label: str
    """Such as "at HEAD"."""
    files: Mapping[str, bytes | ConfigError]
    """Content by name; an error where there is something that cannot be read as a file."""

    def document(self) -> Document | None:
        """The settings in it, None if there are none.

        Raises:
            ConfigError: they cannot be read.
        """
        own = self.files.get(OWN)
        if own is None:
            return self._shared()
        if isinstance(own, ConfigError):
            raise own
        source = Source(OWN, self.label)
        return Document(source, decoded(own, source), parse(own, source))

    @property
    def ambiguous(self) -> bool:
        """Whether both files hold settings (`.hunkgate.toml` wins)."""
        return OWN in self.files and self._mentioned() is not None

    def _shared(self) -> Document | None:
        source = Source(SHARED, self.label)
        data = self._mentioned()
        if data is None:
            return None
        tool = parse(data, source).get("tool", {})
        if not isinstance(tool, dict) or "hunkgate" not in tool:
            return None
        if not isinstance(tool["hunkgate"], dict):
            raise ConfigError("'tool.hunkgate' must be a table", where=str(source), todo="Write it as [tool.hunkgate].")
        return Document(source, decoded(data, source), tool["hunkgate"], ("tool", "hunkgate"))

    def _mentioned(self) -> bytes | None:
        """The shared file, if it may hold settings of ours."""
        shared = self.files.get(SHARED)
        if isinstance(shared, ConfigError):
            raise shared
        return shared if shared is not None and _MENTIONED.search(shared) else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What git has of the settings."""

    base: Version
    """In the tree that the change applies to."""
    staged: Version
    at_head: bool
    """Whether that tree is HEAD's, or there is no commit yet."""


def recorded(git: Git, tree: str | None) -> Recorded:
    """What git has of the settings.

    Args:
        tree: oid of the tree that the change applies to; that of HEAD if None.

    Raises:
        GitError: git cannot tell, or the tree names a file whose content this clone does not have.
    """
    base = tree or "HEAD"
    names = [f"{prefix}{name}" for prefix in (f"{base}:", ":") for name in (OWN, SHARED)]
    *entries, head = _described(git, [*names, "HEAD^{tree}"])
    at_head = tree is None or head is None or head.oid == tree
    labels = ("at HEAD" if at_head else f"at {base[:12]}", "(staged)")
    sources = [Source(name, label) for label in labels for name in (OWN, SHARED)]
    contents = _contents(git, entries, sources)
    versions = [
        Version(label, {name: content for name, content in zip((OWN, SHARED), pair, strict=True) if content is not None})
        for label, pair in zip(labels, (contents[:2], contents[2:]), strict=True)
    ]
    if OWN not in versions[0].files:
        _assert_absent(git, base, versions[0].files)
    return Recorded(versions[0], versions[1], at_head)


def in_work_tree(top: Path) -> Version:
    """The version in the work tree."""
    label = "(work tree)"
    files: dict[str, bytes | ConfigError] = {}
    for name in (OWN, SHARED):
        content = _file(top / name, Source(name, label))
        if content is not None:
            files[name] = content
    return Version(label, files)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What git says of an object before its content is asked for."""

    oid: str
    type: str
    size: int
    """Bytes."""


def _described(git: Git, names: Sequence[str]) -> list[_Entry | None]:
    """One entry per name, None for one that is not there. The sizes come first so that a huge file is never read."""
    lines = git.run("cat-file", "--batch-check", stdin="".join(f"{name}\n" for name in names).encode()).decode().split("\n")
    words = [line.split() for line in lines[: len(names)]]
    return [_Entry(word[0], word[1], int(word[2])) if len(word) == 3 and word[2].isdigit() else None for word in words]


def _contents(git: Git, entries: Sequence[_Entry | None], sources: Sequence[Source]) -> list[bytes | ConfigError | None]:
    """The content of each entry, or what is wrong with it."""
    refused = [_refused(entry, source) if entry else None for entry, source in zip(entries, sources, strict=True)]
    oids = {entry.oid for entry, error in zip(entries, refused, strict=True) if entry and not error}
    blobs = _blobs(git, sorted(oids))
    return [error or (blobs[entry.oid] if entry else None) for entry, error in zip(entries, refused, strict=True)]


def _refused(entry: _Entry, source: Source) -> ConfigError | None:
    if entry.type != "blob":
        return ConfigError(f"{source.file} is not a file", where=str(source), todo="Replace it by a file.")
    return too_large(source) if entry.size > MAX_BYTES else None


def _blobs(git: Git, oids: Sequence[str]) -> dict[str, bytes]:
    if not oids:
        return {}
    rest = git.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in oids).encode())
    blobs = {}
    for oid in oids:
        header, _, rest = rest.partition(b"\n")
        size = int(header.split()[2])
        blobs[oid] = rest[:size]
        rest = rest[size + 1 :]
    return blobs


def _assert_absent(git: Git, base: str, files: Mapping[str, object]) -> None:
    """A partial clone calls a file missing whose content was not fetched; that must not pass for "no settings"."""
    listed = git.completed("ls-tree", "--full-tree", "--name-only", "-z", base, "--", OWN, SHARED, ok=(0, 128))
    for name in listed.out.decode().split("\0"):
        if name and name not in files:
            raise GitError(
                f"the content of {name} is not in this partial clone, and the gate does not use the network",
                where=f"{name} at {base[:12]}",
                todo=f"Fetch it first: git cat-file blob {base[:12]}:{name}",
            )


def _file(path: Path, source: Source) -> bytes | ConfigError | None:
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode):
            # A link could point at any file of this machine.
            return ConfigError(f"{path.name} is not a plain file", where=str(source), todo="Replace it by a file.")
        return too_large(source) if state.st_size > MAX_BYTES else path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return ConfigError(f"{path.name} cannot be read: {error.strerror}", where=str(path), todo="Make it readable.")
