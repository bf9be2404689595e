"""Programs end in time, say why they failed, and leave nothing behind."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from reviewer import proc
from reviewer.errors import ToolFailedError, ToolMissingError, ToolTimeoutError

PYTHON = sys.executable


def test_run_gives_both_streams_and_the_code() -> None:
    done = proc.run([PYTHON, "-c", "import sys; sys.stdout.write(sys.stdin.read()); sys.stderr.write('e'); sys.exit(3)"],
                    timeout=60, stdin=b"in", ok=(3,))  # fmt: skip
    assert (done.code, done.out, done.err) == (3, b"in", b"e")


def test_failure_shows_code_and_stderr() -> None:
    with pytest.raises(ToolFailedError, match=r"ended with code 2: went wrong") as caught:
        proc.run([PYTHON, "-c", "import sys; sys.exit(print('went wrong', file=sys.stderr) or 2)"], timeout=60)
    assert (caught.value.code, caught.value.stderr) == (2, b"went wrong\n")


def test_signal_is_named() -> None:
    with pytest.raises(ToolFailedError, match="signal 9"):
        proc.run([PYTHON, "-c", "import os; os.kill(os.getpid(), 9)"], timeout=60)


def test_missing_program() -> None:
    with pytest.raises(ToolMissingError, match="cannot start no-such-program"):
        proc.run(["no-such-program"], timeout=60)


def test_timeout_kills(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with pytest.raises(ToolTimeoutError):
        proc.run(
            [PYTHON, "-c", f"import os,time; open({str(pid_file)!r},'w').write(str(os.getpid())); time.sleep(100)"], timeout=1
        )
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_reading_streams_and_checks_the_code() -> None:
    with (
        pytest.raises(ToolFailedError, match="bad"),
        proc.reading([PYTHON, "-c", "import sys; print('x'); sys.exit(print('bad', file=sys.stderr) or 1)"], timeout=60) as out,
    ):
        assert out.read() == b"x\n"


def test_reading_may_be_left_early() -> None:
    with proc.reading([PYTHON, "-c", "while True: print('x' * 1000)"], timeout=60) as out:
        assert out.readline() == b"x" * 1000 + b"\n"


def test_reading_times_out() -> None:
    with pytest.raises(ToolTimeoutError), proc.reading([PYTHON, "-c", "import time; time.sleep(100)"], timeout=0.5) as out:
        assert out.read() == b""


def test_find_tool_ignores_relative_path_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "evil-tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}bin")
    with pytest.raises(ToolMissingError):
        proc.find_tool("evil-tool")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert proc.find_tool("evil-tool") == tool


def test_find_tool_prefers_the_users_own(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="not an executable file"):
        proc.find_tool("ruff", {"ruff": str(tmp_path / "missing")})


def test_clean_environment_names_no_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "x")
    monkeypatch.setenv("PYTHONPATH", "y")
    assert not {"GIT_DIR", "PYTHONPATH"} & set(proc.clean_environment())


def test_stop_worker_kills_what_does_not_listen(tmp_path: Path) -> None:
    code = "import signal,sys; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
    with (tmp_path / "err").open("wb") as err:
        worker = proc.start_worker([PYTHON, "-c", code], stderr=err)
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"up\n"
        started = time.monotonic()
        proc.stop_worker(worker)
    assert worker.returncode == -9
    assert time.monotonic() - started < 60
