"""The environment that the stick's worker runs in: an old Python, and the last OpenVINO that has the plugin."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reviewer import proc
from reviewer.errors import BackendError, StorageError, ToolError

REQUIREMENT = "openvino==2021.4.2"
"""The last version on the package index that has the MYRIAD plugin and the stick's firmware."""

VERSIONS = ("3.9", "3.8", "3.7", "3.6")
"""Of Python, that it exists for; the newest first."""

INSTALLING = 1800.0
"""Seconds for pip to fetch and unpack 45 MB."""

_READY = "ready"

_CHECK = "import sys, ensurepip, venv; sys.stdout.write('%d.%d' % sys.version_info[:2])"

_PLACES = (
    ".pyenv/versions/{}.*/bin/python",
    ".local/share/uv/python/cpython-{}.*/bin/python",
    ".conda/envs/*/bin/python{}",
    "miniconda3/envs/*/bin/python{}",
)
"""Where tools that install Python keep it, below the home folder."""


def python(folder: Path) -> Path | None:
    """The environment's interpreter, if the environment is whole."""
    found = folder / "bin" / "python"
    try:
        whole = (folder / _READY).read_text(encoding="ascii").strip() == REQUIREMENT
    except OSError:
        return None
    return found if whole and os.access(found, os.X_OK) else None


def find_python(home: Path, named: str = "") -> Path:
    """An interpreter that the environment can be made of.

    Args:
        home: the user's home folder.
        named: the one that the user names; no other is looked for then.

    Raises:
        BackendError: there is none; says how to get one.
    """
    candidates = [Path(named)] if named else _candidates(home)
    for candidate in candidates:
        if _suits(candidate):
            return candidate
    wanted = f"Python {VERSIONS[-1]} to {VERSIONS[0]}"
    what = f"{named} is no {wanted} that can make environments" if named else f"there is no {wanted} on this machine"
    todo = (
        "Install one, such as with 'uv python install 3.9', 'pyenv install 3.9' or 'conda create -n py39 python=3.9', and run "
        "'hunkgate devices setup ncs2' again, or name it with --python."
    )
    raise BackendError(what, todo=todo)


def build(folder: Path, interpreter: Path, *, requirement: str = REQUIREMENT, options: Sequence[str] = ()) -> Path:
    """Make the environment anew; returns its interpreter. What was there is gone then.

    Args:
        options: further ones for pip.

    Raises:
        BackendError: it could not be made.
        StorageError: the disk is full, or the folder cannot be written.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the environment cannot be made: {error.strerror}", where=str(error.filename or folder)) from error
    made = folder / "bin" / "python"
    quiet = ["--only-binary", ":all:", "--no-cache-dir", "--no-input", "--progress-bar", "off", "--quiet"]
    try:
        proc.run([interpreter, "-I", "-m", "venv", folder], timeout=INSTALLING, cwd=folder.parent)
        proc.run([made, "-I", "-m", "pip", "install", *quiet, *options, requirement], timeout=INSTALLING, cwd=folder)
    except ToolError as error:
        todo = "Look whether pip reaches the package index, and run 'hunkgate devices setup ncs2' again."
        raise BackendError(f"the stick's environment could not be made: {error.what}", where=str(folder), todo=todo) from error
    (folder / _READY).write_text(requirement + "\n", encoding="ascii")
    return made


def _candidates(home: Path) -> list[Path]:
    found = []
    for version in VERSIONS:
        with suppress(ToolError):
            found.append(proc.find_tool(f"python{version}"))
        for place in _PLACES:
            found += sorted(home.glob(place.format(version)))
    return found


def _suits(candidate: Path) -> bool:
    """Whether it is one of the versions and can make environments; what a shim of pyenv names may not be installed."""
    if not candidate.is_absolute() or not os.access(candidate, os.X_OK):
        return False
    try:
        return proc.run([candidate, "-I", "-c", _CHECK], timeout=20).out.decode("ascii", "replace") in VERSIONS
    except ToolError:
        return False
