"""Which `git commit` started this process, and with which options: nothing in a hook's environment says so.

Linux tells every process's words in /proc. Elsewhere `ps` tells them joined by spaces, so there a message such as
`-m "undo --amend"` can be taken for the option; the attested base is then not the commit's, and `verify` says so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from reviewer import proc
from reviewer.errors import ToolError

_DEPTH = 64
"""Ancestors looked at; a chain of processes this long is a loop."""

_PS_TIMEOUT = 5.0
"""Seconds."""

_GLOBAL_WITH_VALUE = frozenset(
    {"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source"}
)
"""Options of git itself whose value may be the next word (git(1))."""

_OTHER_COMMITTERS = frozenset({"merge", "rebase", "cherry-pick", "revert", "am", "pull"})
"""Commands that run hooks themselves: a `git commit` further up is not the one that is going on."""

_SHORT_WITH_VALUE = frozenset("mFcCtU")
_SHORT_WITH_ATTACHED_VALUE = frozenset("uS")

_VALUED = (
    "author", "cleanup", "date", "file", "fixup", "inter-hunk-context", "message", "pathspec-from-file", "reedit-message",
    "reuse-message", "squash", "template", "trailer", "unified",
)  # fmt: skip
_SWITCHES = (
    "ahead-behind", "all", "allow-empty", "allow-empty-message", "amend", "branch", "dry-run", "edit", "gpg-sign", "include",
    "interactive", "long", "null", "only", "patch", "pathspec-file-nul", "porcelain", "post-rewrite", "quiet", "reset-author",
    "short", "signoff", "status", "untracked-files", "verbose", "verify",
)  # fmt: skip
_LONG: Mapping[str, bool] = {**dict.fromkeys(_VALUED, True), **dict.fromkeys(_SWITCHES, False)}
"""Long options of git-commit(1) and whether the next word can be their value."""

_LETTERS = {"m": "message", "F": "file", "C": "reuse-message", "c": "reedit-message", "t": "template", "e": "edit"}


@dataclass(frozen=True, slots=True)
class CommitCall:
    """One `git commit` command."""

    process: str
    """Names the process: its id and, where known, its start time, so that a reused id is another name."""
    amend: bool = False
    cleanup: str | None = None
    """Value of --cleanup, None if not given."""
    template: str | None = None
    """Value of --template, None if not given."""
    editor: bool = True
    """The options leave it to an editor to write the message."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was found among the ancestors of this process."""

    call: CommitCall | None
    complete: bool
    """False if some ancestor could not be seen: then the absence of a call proves nothing."""


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A process above this one."""

    identity: str
    words: tuple[str, ...]


class _UnseenError(Exception):
    """An ancestor cannot be looked at."""


def find_commit() -> Search:
    """The nearest `git commit` above this process. Raises nothing: what cannot be seen makes the search incomplete."""
    try:
        return Search(_nearest(_ancestors()), complete=True)
    except _UnseenError:
        return Search(None, complete=False)


def framework_stage() -> str:
    """The hook that pre-commit runs above this process, as its own script names it; empty if it cannot be seen."""
    mark = "--hook-type="
    try:
        for ancestor in _ancestors():
            found = next((word for word in ancestor.words if word.startswith(mark)), "")
            if found:
                return found.removeprefix(mark)
    except _UnseenError:
        pass
    return ""


def subcommand(words: Sequence[str]) -> tuple[str, list[str]] | None:
    """Name and arguments of the git command that a process runs, None if it is not git or names none."""
    name = PurePath(words[0]).name.removesuffix(".exe") if words else ""
    if name.startswith("git-"):
        return name[4:], list(words[1:])
    if name != "git":
        return None
    rest = iter(words[1:])
    for word in rest:
        if not word.startswith("-"):
            return word, list(rest)
        if word in _GLOBAL_WITH_VALUE:
            next(rest, None)
    return None


def parse_commit(arguments: Sequence[str], process: str = "") -> CommitCall:
    """What the arguments of `git commit` mean; a value that looks like an option stays a value, the last of equals counts."""
    given = dict(_options(arguments))
    quiet = any(given.get(name) is not None for name in ("message", "file", "reuse-message"))
    plain_fixup = (given.get("fixup") or "amend:").partition(":")[0] not in ("amend", "reword")
    editor = given["edit"] == "" if "edit" in given else not (quiet or plain_fixup)
    return CommitCall(process, given.get("amend") == "", given.get("cleanup"), given.get("template"), editor)


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each option by its full name with its value: "" for a switch that is on, None for one that is off (--no-...)."""
    rest = iter(arguments)
    for word in rest:
        if word in ("--", "--end-of-options"):
            return
        if word.startswith("--"):
            yield _long(word[2:], rest)
        elif word.startswith("-") and len(word) > 1:
            yield from _cluster(word[1:], rest)


def _long(text: str, rest: Iterator[str]) -> tuple[str, str | None]:
    name, attached, value = text.partition("=")
    if name.startswith("no-"):
        return _full(name[3:]), None
    name = _full(name)
    if attached:
        return name, value
    return name, next(rest, "") if _LONG.get(name) else ""


def _full(name: str) -> str:
    """The option that `name` is the beginning of; itself if it is none or several (git then refuses to run)."""
    if name in _LONG:
        return name
    candidates = [known for known in _LONG if known.startswith(name)]
    return candidates[0] if len(candidates) == 1 else name


def _cluster(letters: str, rest: Iterator[str]) -> Iterator[tuple[str, str | None]]:
    for position, letter in enumerate(letters):
        name = _LETTERS.get(letter, letter)
        attached = letters[position + 1 :]
        if letter in _SHORT_WITH_VALUE:
            yield name, attached or next(rest, "")
            return
        yield name, ""
        if letter in _SHORT_WITH_ATTACHED_VALUE:
            return


def _nearest(ancestors: Iterator[Ancestor]) -> CommitCall | None:
    for ancestor in ancestors:
        command = subcommand(ancestor.words)
        if command is None:
            continue
        if command[0] == "commit":
            return parse_commit(command[1], ancestor.identity)
        if command[0] in _OTHER_COMMITTERS:
            return None
    return None


def _ancestors() -> Iterator[Ancestor]:
    if sys.platform == "linux":
        return _from_proc(os.getppid())
    return _from_ps(os.getppid(), _process_table())


def _from_proc(pid: int) -> Iterator[Ancestor]:
    """See proc(5): /proc/PID/stat holds the parent as field 4 and the start time as field 22, after the name in parentheses."""
    for _ in range(_DEPTH):
        if pid <= 0:
            return
        folder = Path("/proc") / str(pid)
        try:
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            words = (folder / "cmdline").read_bytes().split(b"\0")[:-1]
        except OSError as error:
            raise _UnseenError from error
        yield Ancestor(f"{pid}-{int(fields[19])}", tuple(os.fsdecode(word) for word in words))
        pid = int(fields[1])


def _from_ps(pid: int, table: Mapping[int, tuple[int, str]]) -> Iterator[Ancestor]:
    for _ in range(_DEPTH):
        if pid <= 0:
            return
        if pid not in table:
            raise _UnseenError
        parent, command = table[pid]
        yield Ancestor(str(pid), tuple(command.split()))
        pid = parent


def _process_table() -> dict[int, tuple[int, str]]:
    """All processes by id: parent and command line, as POSIX `ps` prints them."""
    try:
        listing = proc.run([proc.find_tool("ps"), "-A", "-ww", "-o", "pid=,ppid=,args="], timeout=_PS_TIMEOUT).out
    except ToolError as error:
        raise _UnseenError from error
    rows = (line.split(None, 2) for line in os.fsdecode(listing).split("\n"))
    return {int(row[0]): (int(row[1]), row[2]) for row in rows if len(row) == 3}
