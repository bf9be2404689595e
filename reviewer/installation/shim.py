"""The program that git runs as a hook: a short shell script that knows which Python has Hunkgate."""

from __future__ import annotations

import os
import shlex
import site
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import reviewer
from reviewer import proc
from reviewer.errors import ToolError, ToolMissingError

_MARK = b"hook, written by 'hunkgate init'."

_PROBE = "import sys, site; sys.argv[1] and site.addsitedir(sys.argv[1]); import reviewer.cli"

_PROBE_TIMEOUT = 30.0
"""Seconds for one start of Python."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """How a hook starts Python."""

    python: Path
    """Absolute."""
    site: str = ""
    """A folder of packages that isolated Python leaves out (`pip install --user`); empty if none is needed."""


def find_interpreter(top: Path) -> Interpreter:
    """This Python, and what isolated Python needs to find Hunkgate with it.

    Args:
        top: root of the repository under review: nothing is ever imported from there.

    Raises:
        ToolMissingError: isolated Python cannot import Hunkgate.
    """
    python = Path(sys.executable)
    if not sys.executable or not python.is_absolute():
        raise ToolMissingError("Python does not know its own path", todo="Install hunkgate into a virtual environment.")
    own = Path(reviewer.__file__).resolve().parent.parent
    folders = ["", site.getusersitepackages(), *([] if own.is_relative_to(top) else [str(own)])]
    for folder in folders:
        if _imports(python, folder):
            return Interpreter(python, folder)
    raise ToolMissingError(
        f"{python} -I cannot import hunkgate, so a hook could not either",
        todo="Install hunkgate into a virtual environment, or with pipx, and run 'hunkgate init' from there.",
    )


def render(name: str, interpreter: Interpreter) -> bytes:
    """The script for one hook."""
    template = resources.files("reviewer.hooks").joinpath("shim.sh").read_text(encoding="utf-8")
    # Git's shell on Windows reads C:/... but not C:\...
    python = shlex.quote(interpreter.python.as_posix())
    filled = template.replace("@NAME@", name).replace("@PYTHON@", python).replace("@SITE@", shlex.quote(interpreter.site))
    return os.fsencode(filled)


def is_ours(path: Path) -> bool:
    """Whether a file is such a script."""
    return path.is_file() and _MARK in path.read_bytes()[:200]


def interpreter_of(path: Path) -> str:
    """The Python that an installed script starts; empty if the file does not say."""
    for line in os.fsdecode(path.read_bytes()).split("\n"):
        if line.startswith("python="):
            words = shlex.split(line.removeprefix("python="))
            return words[0] if words else ""
    return ""


def _imports(python: Path, folder: str) -> bool:
    try:
        proc.run((python, "-I", "-c", _PROBE, folder), timeout=_PROBE_TIMEOUT)
    except ToolError:
        return False
    return True
