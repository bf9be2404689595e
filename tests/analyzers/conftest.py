"""Runs one analyzer over files of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from reviewer import proc, registry
from reviewer.analyzers.interface import Analysis, Source
from reviewer.errors import ToolMissingError
from reviewer.intake.languages import ending_for, language_of

Ask = Callable[..., Analysis]


def load(name: str) -> ModuleType:
    """The analyzer's module."""
    return registry.load("reviewer.analyzers", name)


@pytest.fixture
def sources(tmp_path: Path) -> Callable[[dict[bytes, bytes]], list[Source]]:
    """Make sources with copies as the gate makes them."""

    def make(files: dict[bytes, bytes]) -> list[Source]:
        made = []
        for number, (path, content) in enumerate(files.items()):
            language = language_of(path, content.split(b"\n")[0])
            copy = tmp_path / f"{number:05d}{ending_for(language)}"
            copy.write_bytes(content)
            made.append(Source(path, copy, content))
        return made

    return make


@pytest.fixture
def ask(tmp_path: Path, sources: Callable[[dict[bytes, bytes]], list[Source]]) -> Ask:
    """`ask("hadolint", {path: content}, script="exit 2")`: the real tool, or a shell script in its place."""

    def run(name: str, files: dict[bytes, bytes], *, script: str = "", timeout: float = 60) -> Analysis:
        program = _script(tmp_path, script) if script else _real(name)
        analysis: Analysis = load(name).analyze(sources(files), program=program, folder=tmp_path / f"{name}-own", timeout=timeout)
        return analysis

    return run


def _script(folder: Path, text: str) -> Path:
    tool = folder / "fake-tool"
    tool.write_text(f"#!/bin/sh\n{text}\n")
    tool.chmod(0o755)
    return tool


def _real(name: str) -> Path:
    try:
        return proc.find_tool(name)
    except ToolMissingError:
        if name == "cppcheck":
            pytest.skip("cppcheck is not installed: it comes from the system (apt-get install cppcheck)")
        raise
