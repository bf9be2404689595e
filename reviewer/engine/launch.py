"""Finds the engine that runs, or starts one."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import reviewer
from reviewer import proc
from reviewer.engine.channel import Channel, LateError, LostError, dial
from reviewer.engine.place import EngineError, Place
from reviewer.errors import ToolError

GREETING = 2.0
"""Seconds for an engine to say hello. It needs a millisecond; one that is stopped or swapped out must not cost the review."""

_START = 5.0
"""Seconds for the engine's process to start; 0.1 s were measured."""

_TRIES = 3
"""An engine can end just when it is connected to."""

_BOOTSTRAP = """\
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("reviewer", sys.argv[1], submodule_search_locations=[os.path.dirname(sys.argv[1])])
sys.modules["reviewer"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from reviewer.engine.daemon import main
sys.exit(main(*sys.argv[2:]))
"""
"""Our package and the standard library, and nothing else of our environment."""

READY = "the engine listens"
"""What its process says to whoever started it."""

_POSIX = ("HOME", "PATH", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR")
_WINDOWS = ("USERPROFILE", "LOCALAPPDATA", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP")
_KEPT = _POSIX + _WINDOWS
"""Variables that the engine and its workers get. What else the first gate happened to have (tokens, the settings of one
repository) is no business of the gates after it."""

_KEPT_PREFIXES = ("LC_", "OMP_", "KMP_", "GGML_", "OV_", "OPENVINO_", "ONEAPI_", "SYCL_", "ZE_", "CUDA_", "HIP_", "VK_")
"""Likewise: the settings of inference runtimes."""


def reach(where: Place, deadline: float) -> Channel:
    """A connection to the engine; starts it if there is none.

    Raises:
        EngineError: there is none and it cannot be started, or not in time, or see `dial`.
    """
    for _ in range(_TRIES):
        channel = running(where, deadline)
        if channel is not None:
            return channel
        begin(where, deadline)
    raise EngineError("the engine ends as soon as it is started", where=str(where.log))


def running(where: Place, deadline: float) -> Channel | None:
    """A connection to the engine, or None if there is none.

    Raises:
        EngineError: see `dial`.
    """
    try:
        return dial(where, min(deadline, time.monotonic() + GREETING))
    except LateError:
        raise
    except (OSError, LostError):
        return None


def begin(where: Place, deadline: float) -> None:
    """Start an engine, unless one runs. It can be connected to afterwards.

    Raises:
        EngineError: it does not start, or not in time.
    """
    left = min(deadline - time.monotonic(), _START)
    if left <= 0:
        raise EngineError("no time was left to start the engine")
    package = Path(reviewer.__file__).resolve()
    loopback = "1" if where.loopback else ""
    argv: list[str | bytes | Path] = [sys.executable, "-I", "-S", "-B", "-c", _BOOTSTRAP, package]
    argv += [where.folder, where.version, loopback]
    try:
        proc.start_detached(argv, ready=READY.encode(), timeout=left, cwd=Path("/"), env=_environment())
    except ToolError as error:
        raise EngineError(f"the engine cannot be started: {error.what}", todo=error.todo) from error


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
