"""Which settings count.

A change must never loosen the policy that judges it, so the committed version of the repository's file counts: that of HEAD
for a staged change, that of the tree before it for any other. Only if nothing is committed yet, or what is committed
cannot be read, does the staged version count, and after it the one in the work tree.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.config.documents import MAX_BYTES, Document, Source, checked, decoded, parse, too_large
from reviewer.config.kinds import duration
from reviewer.config.table import TEAM, USER
from reviewer.config.versions import OWN, SHARED, Version, in_work_tree, recorded
from reviewer.errors import ConfigError
from reviewer.git import Git
from reviewer.records import Machine, Policy

DEFAULT = "default"
"""Where a value comes from that nobody set."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The team's settings, and where they come from."""

    policy: Policy
    source: str
    """Such as ".hunkgate.toml at HEAD"; "default" if there is no file."""
    notes: tuple[str, ...]
    """What the reader should know, in words."""
    origins: Mapping[str, str]
    """Every key -> its source."""


@dataclass(frozen=True, slots=True)
class LoadedMachine:
    """This machine's settings, and where they come from."""

    machine: Machine
    source: str
    """Path of the user's file; "default" if there is none."""
    origins: Mapping[str, str]
    """Every key -> its source."""


def load_policy(git: Git, tree: str | None = None) -> Loaded:
    """The team's settings that govern a change.

    Args:
        tree: oid of the tree that the change applies to; that of HEAD if None.

    Raises:
        ConfigError: the settings that count are malformed, or those that are staged to count from the next commit on.
        GitError: git cannot tell what is committed.
    """
    known = recorded(git, tree)
    top = _top(git)
    current = (known.staged,) if top is None else (known.staged, in_work_tree(top))
    try:
        governing = _loaded(known.base)
    except ConfigError as error:
        return _mended(error, known.staged)
    if governing is not None and known.at_head and known.staged.files != known.base.files:
        # Once it is committed, what is malformed here would stop every review.
        _loaded(known.staged)
    if governing is not None:
        return _noted(governing, _pending(governing, current[-1]) if known.at_head else "")
    first = next((found for found in map(_loaded, current) if found is not None), None)
    return first or Loaded(Policy(), DEFAULT, (), {setting.key: DEFAULT for setting in TEAM})


def load_policy_text(text: bytes, where: str) -> Policy:
    """The team's settings in the text of a `.hunkgate.toml`.

    Args:
        where: the file's name, for messages.

    Raises:
        ConfigError
    """
    source = Source(where)
    return _policy(Document(source, decoded(text, source), parse(text, source)))[0]


def load_machine() -> Machine:
    """This machine's settings.

    Raises:
        ConfigError
    """
    return read_machine().machine


def read_machine() -> LoadedMachine:
    """This machine's settings, with their origins.

    Raises:
        ConfigError: the user's file is malformed, cannot be read, or HUNKGATE_CONFIG names none.
    """
    path = machine_path()
    data = _own_file(path)
    if data is None:
        return LoadedMachine(Machine(), DEFAULT, {setting.key: DEFAULT for setting in USER})
    source = Source(str(path))
    document = Document(source, decoded(data, source), parse(data, source))
    found = checked(document, USER, elsewhere=TEAM, belongs=_of_the_team)
    fields: dict[str, Any] = {setting.field: found[setting.key] for setting in USER if setting.key in found}
    origins = {setting.key: str(path) if setting.key in found else DEFAULT for setting in USER}
    return LoadedMachine(Machine(**fields), str(path), origins)


def machine_path() -> Path:
    """The user's own file, whether or not it exists.

    Raises:
        ConfigError: HUNKGATE_CONFIG is not an absolute path.
    """
    chosen = os.environ.get("HUNKGATE_CONFIG", "")
    if chosen:
        # A relative path would name a file of the repository that a hook runs in.
        if not Path(chosen).is_absolute():
            raise ConfigError("HUNKGATE_CONFIG must be an absolute path", where=chosen, todo="Set it to an absolute path.")
        return Path(chosen)
    return _config_folder() / "config.toml"


def parse_duration(text: str, where: str) -> float:
    """Seconds of "10s", "500ms", "1m" or "10".

    Args:
        where: the option or setting, for the message.

    Raises:
        ConfigError: the text is something else.
    """
    try:
        return duration(text if text[-1:].isalpha() else f"{text}s")
    except ValueError as error:
        raise ConfigError(f"{text!r} {error}", where=where, todo="For example: 10s") from error


def _config_folder() -> Path:
    """What platformdirs says. On Linux it is worked out here: the import takes 5 ms of every hook; a test compares the two."""
    if sys.platform != "linux":
        import platformdirs

        return Path(platformdirs.user_config_dir("hunkgate"))
    base = os.environ.get("XDG_CONFIG_HOME", "").strip()
    # "If an implementation encounters a relative path ... it should consider the path invalid and ignore it."
    # https://specifications.freedesktop.org/basedir-spec/latest/
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".config") / "hunkgate"


def _own_file(path: Path) -> bytes | None:
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise ConfigError("the user's configuration is not a file", where=str(path), todo="Replace it by a file.")
        if state.st_size > MAX_BYTES:
            raise too_large(Source(str(path)))
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if os.environ.get("HUNKGATE_CONFIG"):
            todo = "Create the file, or unset HUNKGATE_CONFIG."
            raise ConfigError("HUNKGATE_CONFIG names a file that does not exist", where=str(path), todo=todo) from None
        return None
    except OSError as error:
        what = f"the user's configuration cannot be read: {error.strerror}"
        raise ConfigError(what, where=str(path), todo="Make it readable, or point HUNKGATE_CONFIG at another file.") from error


def _loaded(version: Version) -> Loaded | None:
    """The settings of one version, None if it has none."""
    document = version.document()
    if document is None:
        return None
    policy, found = _policy(document)
    source = str(document.source)
    both = f"{OWN} counts; [tool.hunkgate] in {SHARED} is ignored"
    origins = {setting.key: source if setting.key in found else DEFAULT for setting in TEAM}
    return Loaded(policy, source, (both,) if version.ambiguous else (), origins)


def _policy(document: Document) -> tuple[Policy, Mapping[str, object]]:
    found = checked(document, TEAM, elsewhere=USER, belongs=_of_the_user)
    fields: dict[str, Any] = {setting.field: found[setting.key] for setting in TEAM if setting.key in found}
    return Policy(**fields), found


def _mended(error: ConfigError, staged: Version) -> Loaded:
    """The staged settings, where the committed ones are broken: otherwise nobody could commit the mend."""
    try:
        mended = _loaded(staged)
    except ConfigError as still:
        raise still from error
    if mended is None:
        todo = f"{error.todo} Then stage it: git add {OWN}"
        raise ConfigError(error.what, where=error.where, todo=todo) from error
    return _noted(mended, f"the committed settings are malformed ({error}); the staged ones count")


def _pending(governing: Loaded, current: Version) -> str:
    """What to say about edits that do not count yet; empty if there are none."""
    try:
        edited = _loaded(current)
    except ConfigError as error:
        return f"your edits of the settings are not valid yet: {error}"
    if edited is not None and edited.policy == governing.policy:
        return ""
    return f"your edits of {governing.source.split()[0]} apply after they are committed"


def _noted(loaded: Loaded, note: str) -> Loaded:
    return Loaded(loaded.policy, loaded.source, (*loaded.notes, note) if note else loaded.notes, loaded.origins)


def _of_the_user(key: str) -> tuple[str, str]:
    what = f"'{key}' is a setting of this machine; a repository must not set it"
    return what, f"It belongs in the user's own file, {machine_path()}"


def _of_the_team(key: str) -> tuple[str, str]:
    what = f"'{key}' is a setting of the team; the user's own file must not set it"
    return what, f"It belongs in {OWN} at the root of the repository."


def _top(git: Git) -> Path | None:
    """The root of the work tree, None if there is none."""
    found = git.completed("rev-parse", "--show-toplevel", ok=(0, 128))
    return Path(os.fsdecode(found.out).removesuffix("\n")) if found.code == 0 else None
