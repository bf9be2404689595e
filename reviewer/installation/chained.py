"""Hooks in a folder of this machine: our script takes the file's name; what was there is kept beside it and runs first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from reviewer.errors import UsageError
from reviewer.installation import HOOKS, shim
from reviewer.installation.shim import Interpreter
from reviewer.installation.writing import EXECUTABLE, mapped, write

_BEFORE = ".before-hunkgate"

_LEGACY = ".legacy"
"""What the pre-commit framework calls a hook that was there before it, ours included."""

_ASKS_ITS_NAME = (b"basename", b"husky.sh", b"${0##*/}")
"""Hooks that look at their own name to find out which hook they are; renamed, they would do something else."""


def install(folder: Path, interpreter: Interpreter, names: Sequence[str] = HOOKS) -> Sequence[str]:
    """Put our script into the folder for each of these hooks.

    Returns:
        What was done, in words; empty if there was nothing to do.

    Raises:
        UsageError: a hook that is there cannot be chained; nothing was changed.
        StorageError: a file cannot be written.
    """
    for name in names:
        _assert_chainable(folder / name)
    return [said for name in names if (said := _install(folder / name, name, interpreter))]


def uninstall(folder: Path, names: Sequence[str] = HOOKS) -> Sequence[str]:
    """Take our scripts out of the folder and put back what was there, bytes and mode.

    Returns:
        What was done, in words.

    Raises:
        StorageError: a file cannot be changed.
    """
    return [said for name in names if (said := _uninstall(folder / name))]


def hindrance(folder: Path, name: str) -> str:
    """Why our script cannot be put before a hook that is there, in words; empty if it can."""
    try:
        _assert_chainable(folder / name)
    except UsageError as error:
        return error.what
    return ""


def is_installed(folder: Path, name: str) -> bool:
    """Whether git, looking in this folder, runs our script."""
    return any(shim.is_ours(hook) and os.access(hook, os.X_OK) for hook in (folder / name, folder / (name + _LEGACY)))


def _install(hook: Path, name: str, interpreter: Interpreter) -> str:
    before, content = _before(hook), shim.render(name, interpreter)
    if shim.is_ours(hook):
        return f"updated {hook}" if write(hook, content, EXECUTABLE) else ""
    chained = _exists(hook)
    with mapped(hook):
        if chained:
            hook.rename(before)
    write(hook, content, EXECUTABLE)
    return f"installed {hook}" + (f"; the hook that was there runs first, as {before.name}" if chained else "")


def _uninstall(hook: Path) -> str:
    before, legacy = _before(hook), hook.with_name(hook.name + _LEGACY)
    with mapped(hook):
        if shim.is_ours(legacy):
            hook = legacy
        ours = shim.is_ours(hook)
        if ours:
            hook.unlink()
        if _exists(before) and not _exists(hook):
            before.rename(hook)
            return f"restored {hook}"
    return f"removed {hook}" if ours else ""


def _assert_chainable(hook: Path) -> None:
    if not _exists(hook) or shim.is_ours(hook):
        return
    before = _before(hook)
    if _exists(before):
        todo = f"Keep the one you want: remove {before} or {hook}, and run the command again."
        raise UsageError(f"both {hook.name} and {before.name} exist, and neither is ours", where=str(hook.parent), todo=todo)
    if hook.is_file() and any(word in hook.read_bytes() for word in _ASKS_ITS_NAME):
        todo = f'Let it run this line as its last: hunkgate hook {hook.name} "$@"'
        raise UsageError("this hook depends on its own file name, so it cannot be renamed", where=str(hook), todo=todo)


def _before(hook: Path) -> Path:
    return hook.with_name(hook.name + _BEFORE)


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()
