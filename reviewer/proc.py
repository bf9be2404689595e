"""The only place that starts programs. Always with a time limit, always with both streams read, never through a shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reviewer.errors import HunkgateError, ToolFailedError, ToolMissingError, ToolTimeoutError

_SHOWN_STDERR = 2000
"""Bytes of a failed program's standard error that its message carries."""

_TERMINATE_GRACE = 1.0
"""Seconds a program gets to end by itself before it is killed."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that has ended."""

    code: int
    out: bytes
    err: bytes


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program that is not git: no GIT_* (they name a repository), no PYTHON* (they change imports)."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHON"))}
    kept.update(extra or {})
    return kept


def find_tool(name: str, configured: Mapping[str, str] | None = None) -> Path:
    """Where the program `name` is: the user's own setting, else beside this interpreter, else on an absolute entry of PATH.

    Relative entries of PATH are left out: in a hook they would name files of the repository under review.

    Raises:
        ToolMissingError: it is nowhere.
    """
    own = (configured or {}).get(name)
    if own:
        if Path(own).is_absolute() and os.access(own, os.X_OK):
            return Path(own)
        raise ToolMissingError(f"{own} is not an executable file", where=f"tools.{name} in the user's configuration")
    folders = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    folders += [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if Path(folder).is_absolute()]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        raise ToolMissingError(f"{name} is not installed", todo="Run 'hunkgate doctor' to see what is missing.")
    return Path(found)


def run(
    argv: Sequence[str | bytes | Path],
    *,
    timeout: float,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    ok: Sequence[int] = (0,),
    detached: bool = False,
) -> Completed:
    """Run a program to its end.

    Args:
        timeout: seconds; then the program is killed.
        stdin: what it reads; nothing (not the terminal) if None.
        env: the whole environment; `clean_environment()` if None.
        ok: exit codes that are no failure.
        detached: without a controlling terminal, so that it cannot prompt.

    Raises:
        ToolMissingError, ToolFailedError, ToolTimeoutError
    """
    with _started(argv, cwd=cwd, env=env, stdin=subprocess.PIPE, detached=detached) as process:
        try:
            out, err = process.communicate(stdin or b"", timeout=timeout)
        except subprocess.TimeoutExpired:
            raise ToolTimeoutError(f"{_name(argv)} did not end within {timeout:g} s", where=_shown(argv)) from None
        if process.returncode not in ok:
            raise failure(argv, process.returncode, err)
        return Completed(process.returncode, out, err)


@contextmanager
def reading(
    argv: Sequence[str | bytes | Path], *, timeout: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Iterator[IO[bytes]]:
    """Yield a program's standard output as a stream while it runs; on leaving, its end is awaited and its code checked.

    Leaving before the end of the stream kills the program without complaint.

    Raises:
        ToolMissingError, ToolFailedError, ToolTimeoutError
    """
    with _started(argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL) as process:
        stdout, stderr = process.stdout, process.stderr
        assert stdout is not None
        assert stderr is not None
        errors: list[bytes] = []
        drain = threading.Thread(target=lambda: errors.append(stderr.read()), daemon=True)
        drain.start()
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(timeout, expire)
        timer.start()
        try:
            try:
                yield stdout
            except HunkgateError as error:
                # What a reader cannot make sense of is often just cut off: then the program's failure is the reason.
                if stdout.read(1) or process.wait() == 0:
                    raise
                drain.join()
                raise failure(argv, process.returncode, b"".join(errors)) from error
            at_end = not stdout.read(1)
            if not at_end:
                process.kill()
            process.wait()
        finally:
            timer.cancel()
        drain.join()
        if expired.is_set():
            raise ToolTimeoutError(f"{_name(argv)} did not end within {timeout:g} s", where=_shown(argv))
        if at_end and process.returncode != 0:
            raise failure(argv, process.returncode, b"".join(errors))


def replace_process(argv: Sequence[str | Path], *, env: Mapping[str, str]) -> int:
    """Run a program on our own terminal and streams, and return its exit code."""
    with subprocess.Popen([os.fspath(part) for part in argv], env=dict(env)) as process:
        return process.wait()


def start_worker(argv: Sequence[str | Path], *, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a child that is spoken to over its standard input and output; the caller ends it with `stop_worker`.

    Raises:
        ToolMissingError: the program does not exist.
    """
    try:
        return subprocess.Popen(
            [os.fspath(part) for part in argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=clean_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise ToolMissingError(f"cannot start {argv[0]}: {error.strerror}") from error


def stop_worker(process: subprocess.Popen[bytes]) -> None:
    """End a child: ask, wait a second, kill. Nothing of it is left afterwards."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()
    process.terminate()
    try:
        process.wait(_TERMINATE_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def failure(argv: Sequence[str | bytes | Path], code: int, err: bytes) -> ToolFailedError:
    """The error for a program that ended with `code`: command, code and what it said."""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    said = err[-_SHOWN_STDERR:].decode("utf-8", "replace").strip()
    what = f"{_name(argv)} {how}" + (f": {said}" if said else "")
    return ToolFailedError(what, where=_shown(argv), code=code, stderr=err)


@contextmanager
def _started(
    argv: Sequence[str | bytes | Path],
    *,
    cwd: Path | None,
    env: Mapping[str, str] | None,
    stdin: int,
    detached: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """A running program that is killed if the block is left while it still runs."""
    try:
        process = subprocess.Popen(
            [os.fspath(part) for part in argv],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(clean_environment() if env is None else env),
            start_new_session=detached,
        )
    except OSError as error:
        raise ToolMissingError(f"cannot start {_name(argv)}: {error.strerror}", where=_shown(argv)) from error
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None and not stream.closed:
                with suppress(BrokenPipeError):
                    stream.close()


def _name(argv: Sequence[str | bytes | Path]) -> str:
    return Path(os.fsdecode(argv[0])).name


def _shown(argv: Sequence[str | bytes | Path]) -> str:
    return " ".join(os.fsdecode(part) for part in argv)[:300]
