"""Summaries and marks as files of a folder. With a secret they carry an HMAC-SHA256 and others are not believed; without, whoever
can write the folder can say what was reviewed."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.ci.former import KEY, Ended, Found, Mark
from reviewer.ci.marks import mark_json, mark_of
from reviewer.errors import StorageError
from reviewer.report._streams import save

_MOST_BYTES = 8 * 1024 * 1024

_KEPT = 500
"""Summaries in the folder; the oldest go. Marks stay."""

_MARK = "key-"


@dataclass(frozen=True, slots=True)
class FolderShelf:
    """A folder of files in JSON, one for each summary and one for each marked key."""

    folder: Path
    secret: bytes = field(default=b"", repr=False)

    def trees(self) -> frozenset[str]:
        """Trees that there is a summary of."""
        return frozenset(name.partition("-")[0] for name in self._names() if not name.startswith(_MARK))

    def about(self, key: Mapping[str, Any]) -> Found:
        """The summary about one range."""
        content = _load(self.folder / _name(key))
        if content is None:
            return Found(())
        if {name: content.get(name) for name in KEY} == dict(key) and self._is_ours(content):
            return Found((content,))
        return Found((), (f"those in {self.folder} do not carry our signature",))

    def put(self, content: Mapping[str, Any], ended: Ended) -> None:
        """Keep a summary.

        Raises:
            StorageError
        """
        key = {name: content[name] for name in KEY}
        self._save(_name(key), content)
        self._prune()

    def marks(self) -> tuple[Mark, ...]:
        """The marks that carry our signature."""
        files = (_load(self.folder / name) for name in self._names() if name.startswith(_MARK))
        found = (mark_of(content) for content in files if content is not None and self._is_ours(content))
        return tuple(mark for mark in found if mark is not None)

    def mark(self, mark: Mark) -> None:
        """Keep a mark; an older one of the key is replaced.

        Raises:
            StorageError
        """
        self._save(f"{_MARK}{mark.key}.json", mark_json(mark))

    def forgive(self, key: str) -> None:
        """Forget the marks of a key.

        Raises:
            StorageError
        """
        try:
            (self.folder / f"{_MARK}{key}.json").unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"cannot remove the mark of a key: {error.strerror}", where=str(self.folder)) from error

    def _save(self, name: str, content: Mapping[str, Any]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"cannot make the folder for summaries: {error.strerror}", where=str(self.folder)) from error
        save(self.folder / name, json.dumps({**content, "mac": self._mac(content)}) + "\n")

    def _mac(self, content: Mapping[str, Any]) -> str:
        if not self.secret:
            return ""
        rest = {key: value for key, value in content.items() if key != "mac"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        return hmac.new(self.secret, b"hunkgate summary " + text.encode(), hashlib.sha256).hexdigest()

    def _is_ours(self, content: Mapping[str, Any]) -> bool:
        mac = content.get("mac")
        return isinstance(mac, str) and hmac.compare_digest(mac.encode("utf-8", "replace"), self._mac(content).encode())

    def _names(self) -> Iterator[str]:
        with suppress(OSError):
            yield from (entry.name for entry in os.scandir(self.folder) if entry.name.endswith(".json"))

    def _prune(self) -> None:
        aged = []
        for entry in os.scandir(self.folder):
            # Another job may be pruning, too.
            with suppress(FileNotFoundError):
                aged += [] if entry.name.startswith(_MARK) else [(entry.stat(follow_symlinks=False).st_mtime, entry.path)]
        for _, name in sorted(aged)[: max(0, len(aged) - _KEPT)]:
            with suppress(OSError):
                Path(name).unlink()


def _name(key: Mapping[str, Any]) -> str:
    text = json.dumps(dict(key), sort_keys=True)
    return f"{key['tree']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def _load(file: Path) -> dict[str, Any] | None:
    try:
        with file.open("rb") as stream:
            content = json.loads(stream.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
