"""The only place that builds git command lines.

Git speaks bytes and NUL here, runs nothing that the repository under review names (external diff, textconv, filter,
fsmonitor, hook, lazy fetch), and never writes the user's index.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reviewer import proc
from reviewer.errors import (
    BareRepositoryError,
    CorruptIndexError,
    GitError,
    NotARepositoryError,
    ToolFailedError,
    ToolMissingError,
)

EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""Oid of the tree without entries, by the length of the repository's object ids (40: SHA-1, 64: SHA-256)."""

DIFF_FLAGS = (
    "--patch-with-raw", "-z", "-M", "-C", "--text", "-U3", "--no-ext-diff", "--no-textconv", "--no-color",
    "--src-prefix=a/", "--dst-prefix=b/", "--full-index", "--submodule=short", "--ignore-submodules=none", "--no-relative",
)  # fmt: skip
"""The form of diff that no configuration or attribute of the repository can change or hide code from."""

_HARMLESS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "gc.auto=0")

_KEPT_VARIABLES = frozenset(
    {
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_CEILING_DIRECTORIES", "GIT_NAMESPACE",
        "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH",
    }
)  # fmt: skip
"""What a hook's git must keep: which repository, which index (commit -a and commit -- path use another one), which user."""

TIMEOUT = 60.0
"""Seconds for one git command; a diff of 150,000 lines takes half a second."""


def environment() -> dict[str, str]:
    """The environment for our own git calls."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _KEPT_VARIABLES}
    kept.update(
        GIT_OPTIONAL_LOCKS="0", GIT_NO_REPLACE_OBJECTS="1", GIT_ALLOW_PROTOCOL="none", GIT_NO_LAZY_FETCH="1",
        GIT_TERMINAL_PROMPT="0", LC_ALL="C",
    )  # fmt: skip
    return kept


class Git:
    """One repository, seen from a folder in it.

    Args:
        folder: where to run git; the current folder if None.
        variables: further environment variables for every command.
        timeout: seconds for each command; then it is killed.
    """

    def __init__(self, folder: Path | None = None, variables: Mapping[str, str] | None = None, timeout: float = TIMEOUT) -> None:
        self.folder = folder or Path.cwd()
        self.variables = dict(variables or {})
        self.timeout = timeout

    def run(self, *args: str | bytes, stdin: bytes | None = None, ok: Sequence[int] = (0,), index: Path | None = None) -> bytes:
        """Standard output of a git command.

        Args:
            index: another index file to use for this command.

        Raises:
            GitError, or the subclass that fits what git said.
        """
        return self.completed(*args, stdin=stdin, ok=ok, index=index).out

    def completed(
        self, *args: str | bytes, stdin: bytes | None = None, ok: Sequence[int] = (0,), index: Path | None = None
    ) -> proc.Completed:
        """Like `run`, with the exit code and standard error."""
        env = {**environment(), **self.variables}
        if index is not None:
            env["GIT_INDEX_FILE"] = str(index)
        with _mapped_errors():
            return proc.run(("git", *_HARMLESS, *args), stdin=stdin, cwd=self.folder, env=env, ok=ok, timeout=self.timeout)

    @contextmanager
    def reading(self, *args: str | bytes) -> Iterator[IO[bytes]]:
        """A git command's standard output as a stream.

        Raises:
            GitError, or the subclass that fits what git said.
        """
        with (
            _mapped_errors(),
            proc.reading(
                ("git", *_HARMLESS, *args), cwd=self.folder, env={**environment(), **self.variables}, timeout=self.timeout
            ) as stream,
        ):
            yield stream

    def line(self, *args: str | bytes) -> str:
        """The one line that a command prints, decoded the way the file system does."""
        return os.fsdecode(self.run(*args)).rstrip("\n")

    def top(self) -> Path:
        """The root of the work tree.

        Raises:
            NotARepositoryError, BareRepositoryError
        """
        if self.line("rev-parse", "--is-bare-repository") == "true":
            raise BareRepositoryError(
                "this is a bare repository: it has no index and nothing can be staged in it",
                where=str(self.folder),
                todo="Run the command in a clone, or review commits with 'hunkgate review --commit REV'.",
            )
        return Path(self.line("rev-parse", "--show-toplevel"))

    def path(self, name: str) -> Path:
        """The file `name` of the git folder, wherever worktrees and submodules keep it; absolute."""
        return (self.folder / self.line("rev-parse", "--git-path", name)).resolve()

    def tree_of(self, revision: str) -> str | None:
        """Oid of the tree of a commit or tree, None if there is no such revision (an unborn HEAD has none)."""
        return self._verified(f"{revision}^{{tree}}")

    def commit_of(self, revision: str) -> str | None:
        """Oid of a commit, None if there is no such revision."""
        return self._verified(f"{revision}^{{commit}}")

    def empty_tree(self) -> str:
        """Oid of the empty tree in this repository's object format."""
        return EMPTY_TREE[64 if self.line("rev-parse", "--show-object-format") == "sha256" else 40]

    def config(self, key: str, *, scopes: Sequence[str] = ()) -> str | None:
        """A value of git's own configuration, None if unset.

        Args:
            scopes: such as ("--global", "--system"): the first that has it counts; all that git reads if empty.
        """
        for scope in [[scope] for scope in scopes] or [[]]:
            found = self.completed("config", *scope, "--get", key, ok=(0, 1))
            if found.code == 0:
                return os.fsdecode(found.out).rstrip("\n")
        return None

    def file_at(self, tree: str, path: str) -> bytes | None:
        """Content of a file in a tree, None if it is not there."""
        found = self.completed("cat-file", "blob", f"{tree}:{path}", ok=(0, 128))
        return found.out if found.code == 0 else None

    def _verified(self, revision: str) -> str | None:
        found = self.completed("rev-parse", "--verify", "--quiet", "--end-of-options", revision, ok=(0, 1, 128))
        if b"not a git repository" in found.err:
            raise _not_a_repository(self.folder)
        # --end-of-options is echoed by git before 2.43
        words = found.out.split()
        return words[-1].decode("ascii") if found.code == 0 and words else None


@contextmanager
def _mapped_errors() -> Iterator[None]:
    """Turn what git says into the error that says what to do."""
    try:
        yield
    except ToolMissingError as error:
        raise GitError("git is not installed", todo="Install git 2.32 or newer.") from error
    except ToolFailedError as error:
        raise _explained(error) from error


def _explained(error: ToolFailedError) -> GitError:
    said = error.stderr.decode("utf-8", "replace").strip()
    if "not a git repository" in said:
        return _not_a_repository(Path.cwd())
    if "dubious ownership" in said:
        return GitError(
            "git does not trust this repository, because it belongs to another user",
            todo="If you trust it, run: git config --global --add safe.directory <its folder>",
        )
    if "must be run in a work tree" in said:
        return BareRepositoryError("this repository has no work tree", todo="Run the command in a clone.")
    if "index file corrupt" in said or "bad signature" in said or "index file smaller" in said or "bad index" in said:
        return CorruptIndexError(
            f"git cannot read the index: {said.splitlines()[-1]}",
            todo="Nothing was changed. Keep a copy of .git/index, then rebuild it with: rm .git/index && git reset",
        )
    if "unable to read" in said or "bad object" in said:
        return GitError(
            f"an object is not in this repository: {said.splitlines()[-1]}",
            todo="This is a partial or damaged clone: fetch the object with git, or look at the repository with: git fsck",
        )
    if "could not fetch" in said or "transport 'none'" in said or "not allowed" in said:
        return GitError(
            f"objects of this partial clone are not here, and the gate does not use the network: {said.splitlines()[-1]}",
            todo="Fetch them with git first, for example: git checkout, or git fetch --refetch.",
        )
    return GitError(f"git failed: {said or error.what}", where=error.where)


def _not_a_repository(folder: Path) -> NotARepositoryError:
    todo = "Run the command inside one, or run: git init"
    return NotARepositoryError("this folder is not in a git repository", where=str(folder), todo=todo)
