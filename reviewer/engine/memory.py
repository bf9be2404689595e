"""How much memory there is, and how much a process has. Without /proc neither can be said: then None."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""What the container may use, with control groups of version 2."""


def resident(process: int) -> int | None:
    """Bytes of a process in memory, shared pages included; 0 if it has ended. See proc_pid_statm(5)."""
    if not (hasattr(os, "sysconf") and Path("/proc/self/statm").exists()):
        return None
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(pages) * int(os.sysconf("SC_PAGE_SIZE"))


def ceiling(configured: int) -> int | None:
    """Bytes that the models may take together: what is configured, else half of what this machine, or container, has."""
    if configured:
        return configured
    if not hasattr(os, "sysconf"):
        return None
    try:
        machine = int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError):
        return None
    return min(machine, _group_limit() or machine) // 2


def on_disk(files: Mapping[str, Any]) -> int:
    """Bytes of the model files that a load request names: the least that a model that was never loaded will take."""
    converted = _size(Path(str(files.get("converted", ""))))
    return converted or _size(Path(str(files.get("weights", ""))))


def _size(path: Path) -> int:
    if not path.is_absolute():
        return 0
    try:
        if path.is_dir():
            return sum(inner.stat().st_size for inner in path.iterdir() if inner.is_file())
        return path.stat().st_size
    except OSError:
        return 0


def _group_limit() -> int | None:
    try:
        text = _GROUP_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
