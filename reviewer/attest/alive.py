"""Whether the git that a note is about still runs. Notes of this kind are named like `Occasion.attempt`: "PID-START" where the
start of a process is known, "PID" where it is not, "group-PGID" where it is no `git commit`."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

_GROUP = "group-"

_PATIENCE = 3600.0
"""Seconds that a note is kept where it cannot be told whether its process runs."""


def dead(folder: Path) -> list[Path]:
    """The notes of a folder whose git has ended, sorted; none if there is no such folder."""
    with suppress(OSError):
        return [path for path in sorted(folder.iterdir()) if path.suffix == ".json" and not _runs(path)]
    return []


def _runs(path: Path) -> bool:
    name = path.name.partition(".")[0]
    pid, _, start = name.removeprefix(_GROUP).partition("-")
    if not pid.isdecimal():
        return False
    if sys.platform == "win32":
        # There os.kill ends a process, whatever the signal.
        return time.time() - path.stat().st_mtime < _PATIENCE
    if start:
        return start == _start_of(pid)
    try:
        if name.startswith(_GROUP):
            os.killpg(int(pid), 0)
        else:
            os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def _start_of(pid: str) -> str:
    """See proc(5): field 22 of /proc/PID/stat, counted after the name in parentheses; empty if it has ended."""
    try:
        return (Path("/proc") / pid / "stat").read_bytes().rpartition(b")")[2].split()[19].decode("ascii")
    except (OSError, IndexError):
        return ""
