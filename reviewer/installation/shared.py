"""Hooks in a folder of the work tree (husky, .githooks): a marked block in the shared file calls a script of this machine.

The file is committed, so nothing of this machine stands in it; where Hunkgate is not set up, the block says so and lets pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from reviewer.errors import UsageError
from reviewer.installation import ALL, INSTALLED, TELLING, shim
from reviewer.installation.place import Place
from reviewer.installation.shim import Interpreter
from reviewer.installation.writing import EXECUTABLE, mapped, write

_OPEN = b"# >>> hunkgate: 'hunkgate init' wrote this block, 'hunkgate init --uninstall' removes it"
_JOINED = b" and the line feed before it"
_CREATED = b" and this file"
_CLOSE = b"# <<< hunkgate\n"
_BLOCK = re.compile(
    re.escape(_OPEN) + b"(" + re.escape(_CREATED) + b"|" + re.escape(_JOINED) + b")?\n.*?" + re.escape(_CLOSE), re.DOTALL
)

_CALL = b"""\
hunkgate_hook="$(git rev-parse --git-common-dir)/hunkgate/hooks/@NAME@"
if [ -x "$hunkgate_hook" ]; then
    "$hunkgate_hook" "$@" || exit $?
else
    echo "hunkgate: nothing was reviewed: it is not set up on this machine; run: hunkgate init" >&2
fi
"""

_QUIET_CALL = b"""\
hunkgate_hook="$(git rev-parse --git-common-dir)/hunkgate/hooks/@NAME@"
if [ -x "$hunkgate_hook" ]; then
    "$hunkgate_hook" "$@" || exit $?
fi
"""
"""Of a hook that has nothing to review: where Hunkgate is not set up, the others have said so."""

_READING_CALL = b"""\
hunkgate_hook="$(git rev-parse --git-common-dir)/hunkgate/hooks/@NAME@"
if [ -x "$hunkgate_hook" ]; then
    hunkgate_input=$(cat)
    printf '%s\\n' "$hunkgate_input" | "$hunkgate_hook" "$@" || exit $?
    exec <<HUNKGATE
$hunkgate_input
HUNKGATE
fi
"""
"""Stands at the top and hands on what git says: a hook below it may or may not read it."""

_READING = frozenset({"pre-push", "post-rewrite"})
"""Hooks that git says something to on standard input."""

_SHELL = re.compile(rb"#!\s*/(?:usr/)?bin/(?:env +)?(?:ba|da|k|z|a)?sh\b")


def install(place: Place, interpreter: Interpreter) -> Sequence[str]:
    """Put the block into the shared file of every hook, and our script into the git folder.

    Returns:
        What was done, in words; empty if there was nothing to do.

    Raises:
        UsageError: a file that is there cannot take a block; nothing was changed.
        StorageError: a file cannot be written.
    """
    for name in INSTALLED:
        if name not in TELLING:
            _assert_extensible(place.folder / name)
    done = []
    for name in INSTALLED:
        said = _install(place, name, interpreter)
        done += [said] if said else []
    return done


def uninstall(place: Place) -> Sequence[str]:
    """Take the blocks out again; files that `install` made are removed. The scripts go with `forget`.

    Returns:
        What was done, in words.

    Raises:
        StorageError: a file cannot be changed.
    """
    return [f"removed the block from {place.folder / name}" for name in ALL if _remove(place.folder / name)]


def is_installed(place: Place, name: str) -> bool:
    """Whether the shared file calls us, and our script is there."""
    hook = place.folder / name
    return hook.is_file() and _OPEN in hook.read_bytes() and shim.is_ours(place.private / name)


def _install(place: Place, name: str, interpreter: Interpreter) -> str:
    hook = place.folder / name
    if name in TELLING:
        try:
            _assert_extensible(hook)
        except UsageError as error:
            return f"left {hook} alone: {error.what}"
    write(place.private / name, shim.render(name, interpreter), EXECUTABLE)
    return f"added a block to {hook}" if _add(hook, name) else ""


def _add(hook: Path, name: str) -> bool:
    existing = hook.read_bytes() if hook.is_file() else None
    if existing is not None and _OPEN in existing:
        return False
    call = _READING_CALL if name in _READING else _QUIET_CALL if name in TELLING else _CALL
    call = call.replace(b"@NAME@", name.encode())
    if existing is None:
        return write(hook, b"#!/bin/sh\n" + _block(_CREATED, call), EXECUTABLE)
    mode = hook.stat().st_mode & 0o777
    if name in _READING:
        first, feed, rest = existing.partition(b"\n") if existing.startswith(b"#!") else (b"", b"", existing)
        if existing.startswith(b"#!") and not feed:
            return write(hook, first + b"\n" + _block(_JOINED, call), mode)
        return write(hook, first + feed + _block(b"", call) + rest, mode)
    if existing and not existing.endswith(b"\n"):
        return write(hook, existing + b"\n" + _block(_JOINED, call), mode)
    return write(hook, existing + _block(b"", call), mode)


def _remove(hook: Path) -> bool:
    content = hook.read_bytes() if hook.is_file() and not hook.is_symlink() else b""
    found = _BLOCK.search(content)
    if found is None:
        return False
    start = found.start() - (1 if found[1] == _JOINED else 0)
    rest = content[:start] + content[found.end() :]
    if found[1] == _CREATED and rest == b"#!/bin/sh\n":
        with mapped(hook):
            hook.unlink()
    else:
        write(hook, rest, hook.stat().st_mode & 0o777)
    return True


def _block(also: bytes, call: bytes) -> bytes:
    return _OPEN + also + b"\n" + call + _CLOSE


def _assert_extensible(hook: Path) -> None:
    """The file takes a block. Husky's files need no `#!` line."""
    todo = f"Let it run 'hunkgate hook {hook.name}' with its own arguments and standard input, and end with its exit code."
    if hook.is_symlink():
        # The repository says where it points: it could be any file of this machine.
        raise UsageError("this hook is a symbolic link, so no block is added to it", where=str(hook), todo=todo)
    content = hook.read_bytes() if hook.is_file() else b""
    if _OPEN in content:
        return
    lines = content.strip().split(b"\n")
    if lines[0].startswith(b"#!") and not _SHELL.match(lines[0]):
        raise UsageError("this hook is not a shell script, so no block can be added to it", where=str(hook), todo=todo)
    if hook.name not in _READING and lines[-1].startswith((b"exit", b"exec ")):
        raise UsageError("this hook ends in 'exit' or 'exec': a block after it would never run", where=str(hook), todo=todo)
