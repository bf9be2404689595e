"""The only place that starts programs. Always with a time limit, always with both streams read, never through a shell."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections import deque
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

_SHOWN_LINES = 50
"""Of what a program says that is started to stay; only the last _SHOWN_STDERR bytes are shown."""

_NO_CONSOLE = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Windows: a console of its own that nobody sees. Not DETACHED_PROCESS: a program without any console gets a window for every
console program that it starts, and the python.exe of a virtual environment is one that starts another."""

_OWN_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""Windows: Ctrl-C in the terminal that it was started from is none of its business."""


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
        detached: without a controlling terminal (Windows: with a console that nobody sees), so that it cannot prompt.

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


def start_detached(
    argv: Sequence[str | bytes | Path], *, ready: bytes, timeout: float, cwd: Path, env: Mapping[str, str]
) -> None:
    """Start a program that outlives us, and wait until it is ready.

    It has our standard output and error until then, not the terminal's or a hook's: there it says `ready`, on a line of its own,
    and lets go of them. It is in a session of its own (Windows: without our console and our Ctrl-C).

    Args:
        timeout: seconds; then the program is killed.

    Raises:
        ToolMissingError
        ToolFailedError: it ended without having said so, and what it said instead.
        ToolTimeoutError
    """
    process = _detached(argv, cwd, env)
    answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_witness, args=(process, ready, answers), name=f"start of {_name(argv)}", daemon=True).start()
    is_ready = False
    try:
        said = answers.get(timeout=timeout)
        is_ready = said is None
    except queue.Empty:
        raise ToolTimeoutError(f"{_name(argv)} was not ready within {timeout:g} s", where=_shown(argv)) from None
    finally:
        if not is_ready:
            process.kill()
    if said is not None:
        raise failure(argv, process.returncode, said)


def _detached(argv: Sequence[str | bytes | Path], cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [os.fspath(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            creationflags=_NO_CONSOLE | _OWN_GROUP,
        )
    except OSError as error:
        raise ToolMissingError(f"cannot start {_name(argv)}: {error.strerror}", where=_shown(argv)) from error


def _witness(process: subprocess.Popen[bytes], ready: bytes, answers: queue.SimpleQueue[bytes | None]) -> None:
    """Answer None when the program is ready; when it has ended, with what it said. Then take note of its end, whenever that is,
    so that it is no zombie as long as we live."""
    assert process.stdout is not None
    said: deque[bytes] = deque(maxlen=_SHOWN_LINES)
    with process.stdout as stream:
        for line in stream:
            if line.strip() == ready:
                answers.put(None)
                break
            said.append(line)
    process.wait()
    answers.put(b"".join(said))


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
            creationflags=_NO_CONSOLE,
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
            creationflags=_NO_CONSOLE if detached else 0,
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
