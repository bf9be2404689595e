"""Everything that can go wrong in a way a person can do something about.

HunkgateError                 exit code 3: the gate could not do its work
├── UsageError                exit code 2: the request makes no sense
│   ├── ConfigError           a setting is malformed, unknown, or where it must not be
│   ├── RuleError             a rule file is malformed
│   └── PatchError            patch text that nothing can be made of
├── GitError                  git said no
│   ├── NotARepositoryError   there is no repository here
│   ├── BareRepositoryError   there is one, but it has no index
│   └── CorruptIndexError     its index cannot be read
├── ToolError                 an external program
│   ├── ToolMissingError      is not installed
│   ├── ToolFailedError       ended with a code that it must not end with
│   └── ToolTimeoutError      did not end in time
├── ModelError                a model file or its runtime
│   ├── NotInstalledError     it is not there (models/store.py)
│   ├── DigestError           the file is not the published one
│   └── BackendError          the runtime failed or is not installed
│       ├── CrashedError      its process ended by itself (engine/client.py)
│       ├── AbandonedError    another thread did not want the answer any more
│       └── OverdueError      it did not answer in time, and its process was ended
│           └── OutOfTimeError  it stopped by itself when its time was over, and can be asked again
├── AttestError               a statement could not be made, signed or read
└── StorageError              the disk is full, or a file cannot be written
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The only codes the program ends with. The report format never changes them."""

    OK = 0
    """Pass or warn."""
    BLOCK = 1
    USAGE = 2
    """Usage or configuration."""
    UNABLE = 3
    """The gate could not do its work."""
    INTERRUPTED = 130


class HunkgateError(Exception):
    """What happened, where, and what to do about it.

    Args:
        what: what happened, one sentence without a full stop.
        where: the file, command or setting it happened at; empty if `what` says it.
        todo: what the reader should do next, an imperative sentence; empty only if nothing can be done.
    """

    exit_code = ExitCode.UNABLE

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.what} ({self.where})" if self.where else self.what

    @property
    def told(self) -> str:
        """What happened, where, and what to do, in one line."""
        return f"{self}; {self.todo}" if self.todo else str(self)


class UsageError(HunkgateError):
    """The request makes no sense."""

    exit_code = ExitCode.USAGE


class ConfigError(UsageError):
    """A setting is malformed, unknown, or where it must not be."""


class RuleError(UsageError):
    """A rule file is malformed; `where` is file:line."""


class PatchError(UsageError):
    """Patch text that nothing can be made of."""


class GitError(HunkgateError):
    """Git said no."""


class NotARepositoryError(GitError):
    """There is no repository here."""


class BareRepositoryError(GitError):
    """There is a repository, but it has no index."""


class CorruptIndexError(GitError):
    """The index cannot be read."""


class ToolError(HunkgateError):
    """An external program let us down."""


class ToolMissingError(ToolError):
    """The program is not installed."""


class ToolFailedError(ToolError):
    """The program ended with a code that it must not end with.

    Args:
        what, where, todo: as in HunkgateError.
        code: its exit code; negative for a signal.
        stderr: its standard error, as read.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "", code: int = 0, stderr: bytes = b"") -> None:
        super().__init__(what, where=where, todo=todo)
        self.code = code
        self.stderr = stderr


class ToolTimeoutError(ToolError):
    """The program did not end in time and was killed."""


class ModelError(HunkgateError):
    """A model file or its runtime."""


class DigestError(ModelError):
    """The file is not the published one."""


class BackendError(ModelError):
    """The inference runtime failed, crashed or is not installed."""


class AbandonedError(BackendError):
    """Another thread gave the question up while it was asked; see `Asker.abandon`."""


class OverdueError(BackendError):
    """The model did not answer before the deadline."""


class OutOfTimeError(OverdueError):
    """The model stopped by itself when the time for one question was over; it stays loaded and can be asked again."""


class AttestError(HunkgateError):
    """A statement could not be made, signed or read."""


class StorageError(HunkgateError):
    """The disk is full, or a file cannot be written."""
