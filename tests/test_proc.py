"""Programs end in time, say why they failed, and leave nothing behind."""

from __future__ import annotations

import os
import signal
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


STAYS = """
import os, sys, time
from pathlib import Path
print("about to start", flush=True)
print("ready", flush=True)
nothing = os.open(os.devnull, os.O_RDWR)
for number in range(3):
    os.dup2(nothing, number)
Path(sys.argv[1]).write_text(f"{os.getpid()} {os.getsid(0) != int(sys.argv[2])}")
time.sleep(600)
"""


def start(code: str, *arguments: object, timeout: float = 60.0) -> None:
    argv = [PYTHON, "-I", "-S", "-c", code, *map(str, arguments)]
    proc.start_detached(argv, ready=b"ready", timeout=timeout, cwd=Path("/"), env=proc.clean_environment())


def started(file: Path) -> tuple[int, str]:
    """What a program that stays wrote down: its process id, and whether it has a session of its own."""
    patience = time.monotonic() + 30
    while not (file.exists() and file.read_text()) and time.monotonic() < patience:
        time.sleep(0.005)
    pid, own = file.read_text().split()
    return int(pid), own


def reaped(pid: int) -> bool:
    """Wait until not even a zombie is left."""
    patience = time.monotonic() + 30
    while time.monotonic() < patience:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.005)
    return False


def test_start_detached_waits_until_it_is_ready_and_leaves_it_alone(tmp_path: Path) -> None:
    start(STAYS, tmp_path / "f", os.getsid(0))
    pid, own = started(tmp_path / "f")
    os.kill(pid, 0)
    assert own == "True"
    os.kill(pid, signal.SIGKILL)
    assert reaped(pid), "its end is noted, though nobody waits for it"


def test_start_detached_outlives_its_starter(tmp_path: Path) -> None:
    """And the starter's streams are let go of: else whoever reads them would wait for the program that stays."""
    code = "import sys; from pathlib import Path; from reviewer import proc; "
    code += "proc.start_detached(sys.argv[1:], ready=b'ready', timeout=60, cwd=Path('/'), env={})"
    stays = [PYTHON, "-I", "-S", "-c", STAYS, tmp_path / "f", str(os.getsid(0))]
    done = proc.run([PYTHON, "-c", code, *stays], timeout=60)
    assert (done.out, done.err) == (b"", b"")
    pid, _ = started(tmp_path / "f")
    os.kill(pid, 0)
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "code", ["raise SystemExit('went wrong')", "print('went wrong')", "import os; os.write(2, b'went wrong')"]
)
def test_start_detached_tells_why_it_ended(code: str) -> None:
    with pytest.raises(ToolFailedError, match="went wrong"):
        start(code)


def test_start_detached_shows_the_last_of_much() -> None:
    with pytest.raises(ToolFailedError, match="the reason") as caught:
        start("for number in range(100_000): print(number)\nprint('the reason')")
    assert len(caught.value.stderr) < 2000


def test_start_detached_kills_what_is_not_ready_in_time(tmp_path: Path) -> None:
    code = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()} -'); time.sleep(600)"
    with pytest.raises(ToolTimeoutError, match="was not ready within 2 s"):
        start(code, tmp_path / "f", timeout=2.0)
    assert reaped(started(tmp_path / "f")[0])


def test_start_detached_without_the_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="cannot start"):
        proc.start_detached([tmp_path / "none"], ready=b"", timeout=1, cwd=Path("/"), env={})
