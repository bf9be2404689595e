"""What the analyzers share: copies under names of ours, an environment that sets no options, a report that is JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reviewer import proc
from reviewer.analyzers.interface import Source
from reviewer.errors import StorageError, ToolFailedError

NOT_UTF_8 = "the file is not UTF-8"

_DOCTOR = "Run 'hunkgate doctor' to see which programs are used."


def write(folder: Path, name: str, content: bytes) -> None:
    """Write a file of the tool's private folder; folders on the way are made.

    Raises:
        StorageError: there is no room.
    """
    target = folder / name
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        todo = "Free some space, or point TMPDIR at another disk."
        raise StorageError(f"cannot copy the staged files: {error.strerror}", where=str(folder), todo=todo) from error


def copies(folder: Path, sources: Sequence[Source], name: Callable[[int, Source], str]) -> dict[str, Source]:
    """Copy the sources into the tool's private folder; the result tells them by the names they got, relative to it.

    Args:
        name: makes a name of a source's number; never of its path.

    Raises:
        StorageError: there is no room.
    """
    named = {name(number, source): source for number, source in enumerate(sources)}
    for relative, source in named.items():
        write(folder, relative, source.content)
    return named


def ending(path: bytes, known: Sequence[str]) -> str:
    """The first of the known endings that the path has, whatever its case; else the first of all."""
    lowered = path.lower()
    return next((one for one in known if lowered.endswith(one.encode())), known[0])


def readable(sources: Sequence[Source]) -> tuple[list[Source], dict[bytes, str]]:
    """The sources that are UTF-8, and the others as failures: many tools give up on all files if one of them is not."""
    failed = {source.path: NOT_UTF_8 for source in sources if not _is_utf8(source.content)}
    return [source for source in sources if source.path not in failed], failed


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def environment(*prefixes: str) -> dict[str, str]:
    """The environment without the variables that set a tool's options, and with UTF-8 whatever the user's locale is."""
    kept = {key: value for key, value in proc.clean_environment().items() if not key.startswith(prefixes)}
    return {**kept, "LC_ALL": "C.UTF-8"}


def version(program: Path, env: Mapping[str, str], timeout: float) -> str:
    """The first number in what the program says of its version.

    Raises:
        ToolError: it does not say it.
    """
    said = proc.run([program, "--version"], timeout=timeout, env=env).out.decode("utf-8", "replace")
    number = next((word for word in said.split() if word[:1].isdigit()), "")
    if not number:
        raise ToolFailedError(f"{program.name} does not say its version", where=str(program), todo=_DOCTOR)
    return number[:40]


def decoded(out: bytes, tool: str) -> Any:
    """What a tool printed, as JSON.

    Raises:
        ToolFailedError: it is none.
    """
    try:
        return json.loads(out)
    except (ValueError, RecursionError) as error:
        raise garbage(tool) from error


def entries(out: bytes, tool: str) -> list[dict[str, Any]]:
    """What a tool printed, as a JSON list of objects.

    Raises:
        ToolFailedError: it is none.
    """
    found = decoded(out, tool)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise garbage(tool)
    return found


def garbage(tool: str) -> ToolFailedError:
    """The error for a tool that printed something else than its report."""
    return ToolFailedError(f"{tool} printed something that is not its report", todo=_DOCTOR)


def strange(tool: str) -> ToolFailedError:
    """The error for a report with fields that are not as they should be."""
    return ToolFailedError(f"{tool}'s report has a form that this version of the gate does not know", todo=_DOCTOR)
