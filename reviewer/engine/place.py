"""Where the engine of this user and this version can be found: one private folder with its socket, lock and log."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from reviewer import __version__
from reviewer.errors import BackendError

_LONGEST = 103
"""Bytes of a socket's path: sun_path has 104 on macOS and the BSDs, 108 on Linux, one of them for the NUL (unix(7))."""

_OTHERS = 0o077
"""What the group and everybody else may do."""

_LOOPBACK = not hasattr(os, "getuid")
"""Whether folders have no owner and mode, which keep others away from a Unix socket: on Windows, where Python has none anyway."""


class EngineError(BackendError):
    """The engine cannot be started or spoken to."""


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one engine. They are named by the version, so two versions have an engine each."""

    folder: Path
    version: str = __version__
    loopback: bool = _LOOPBACK
    """Whether it listens on the loopback device, with a secret in a file, because there are no Unix sockets."""

    @property
    def socket(self) -> Path:
        """The Unix socket."""
        return self.folder / f"{self.version}.sock"

    @property
    def address(self) -> Path:
        """With `loopback`: port and secret."""
        return self.folder / f"{self.version}.address"

    @property
    def lock(self) -> Path:
        """Locked as long as the engine lives; holds its process id. It is never deleted."""
        return self.folder / f"{self.version}.lock"

    @property
    def log(self) -> Path:
        """What the engine writes to its standard error: nothing, if all is well."""
        return self.folder / f"{self.version}.log"

    @property
    def work(self) -> Path:
        """Folder of what the workers write to their standard error."""
        return self.folder / f"{self.version}.workers"


def find() -> Place:
    """The place of this user's engine; nothing is made or checked yet."""
    folder = _runtime_folder() or Path.home() / ".cache" / "hunkgate" / f"engine-{_host()}"
    place = Place(folder)
    if place.loopback or not hasattr(os, "getuid") or len(os.fsencode(place.socket)) <= _LONGEST:
        return place
    import hashlib

    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Place(Path("/tmp") / f"hunkgate-{os.getuid()}-{digest}")


def prepare(place: Place) -> None:
    """Make the folder if it is not there.

    Raises:
        EngineError: it cannot be made, or see `check`.
    """
    try:
        place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EngineError(f"the engine's folder cannot be made: {error.strerror}", where=str(place.folder)) from error
    check(place)


def check(place: Place) -> None:
    """Make sure that nobody else could have put a socket here.

    Raises:
        EngineError: the folder belongs to another user, others may enter it, or it is no folder of its own.
        FileNotFoundError: there is none.
    """
    seen = place.folder.lstat()
    if not stat.S_ISDIR(seen.st_mode):
        raise _distrust(place, "is not a folder")
    if not hasattr(os, "getuid"):
        # Windows: the folder is in the user's profile, which others cannot write into.
        return
    if seen.st_uid != os.getuid():
        raise _distrust(place, f"belongs to user {seen.st_uid}")
    if seen.st_mode & _OTHERS:
        raise _distrust(place, f"is open to others (mode {stat.S_IMODE(seen.st_mode):o})")


def _distrust(place: Place, why: str) -> EngineError:
    todo = "Find out who made it; then delete it, or give it mode 700."
    return EngineError(f"the engine's folder {why}", where=str(place.folder), todo=todo)


def _host() -> str:
    """This machine's name: a home folder may be one of several machines. (The module `platform` takes 3 ms to import.)"""
    return os.uname().nodename or "here" if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "here")


def _runtime_folder() -> Path | None:
    """Below XDG_RUNTIME_DIR, if that is there and this user's: `sudo` may hand on that of somebody else."""
    if not hasattr(os, "getuid"):
        return None
    named = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    try:
        mine = named.is_absolute() and named.stat().st_uid == os.getuid()
    except OSError:
        return None
    return named / "hunkgate" if mine else None
