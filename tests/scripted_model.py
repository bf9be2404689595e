"""A model that needs no weights: its file is a script for the `scripted` backend, its catalogue and store are temporary."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reviewer.models.catalogue import Entry, entry
from reviewer.models.store import Store

NAME = "tiny"


@dataclass(frozen=True)
class ScriptedModel:
    """The model, not yet installed, and where its file can be had."""

    store: Store
    file: Path
    catalogue: Path

    @property
    def entry(self) -> Entry:
        return entry(NAME)

    def install(self) -> Path:
        """Put the file into the store as `models pull --from` would."""
        from reviewer.models.pull import pull

        return pull(self.store, self.entry, origin=self.file)


def scripted_model(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: dict[str, Any] | None = None,
    *,
    content: bytes | None = None,
    sources: list[dict[str, Any]] | None = None,
    backend: str = "scripted",
) -> ScriptedModel:
    """Make the model and point HUNKGATE_CATALOGUE and HUNKGATE_STORE at it.

    Args:
        content: the file itself, where no script is wanted.
        sources: as the catalogue has them.
    """
    data = json.dumps(script or {}).encode() if content is None else content
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "tiny.json"
    file.write_bytes(data)
    catalogue = folder / "catalogue.toml"
    catalogue.write_text(_toml(data, sources or [], backend), encoding="utf-8")
    store = folder / "store"
    monkeypatch.setenv("HUNKGATE_CATALOGUE", str(catalogue))
    monkeypatch.setenv("HUNKGATE_STORE", str(store))
    return ScriptedModel(Store(store), file, catalogue)


def _toml(data: bytes, sources: list[dict[str, Any]], backend: str) -> str:
    lines = [f"[{NAME}]", 'file = "tiny.json"', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', f"size = {len(data)}"]
    lines += ['license = "Apache-2.0"', 'roles = ["review"]', "context = 4096", "memory = 0", "converted = 0"]
    lines += [f'backends = ["{backend}"]', "sources = ["]
    for source in sources:
        lines.append("  {" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in source.items()) + "},")
    lines += ["]", f"[{NAME}.chat]", 'before = "<s>"', 'between = "<u>"', 'after = "<a>"', 'end = "<e>"', ""]
    return "\n".join(lines)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
