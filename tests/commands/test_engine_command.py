"""`hunkgate engine` as a user calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import hunkgate
from scripted_model import alive
from warm_engine import Warm, assert_nothing_left, choose, own_processes

from reviewer.commands import engine as command
from reviewer.engine import control, place
from reviewer.records import Machine


@pytest.fixture
def warm(tmp_path: Path) -> Iterator[Warm]:
    """The engine at the usual place of this test's home folder."""
    try:
        yield Warm(tmp_path, place.find(), Machine(engine_idle=600.0))
    finally:
        if place.find().folder.exists():
            place.find().folder.chmod(0o700)
        control.stop(place.find())
    assert_nothing_left()


def status(folder: Path) -> dict[str, object]:
    done = hunkgate("engine", "status", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_without_an_engine(warm: Warm, tmp_path: Path) -> None:
    assert status(tmp_path) == {"running": False, "version": "0.1.0"}
    assert "no engine runs" in hunkgate("engine", "status", cwd=tmp_path).stdout
    done = hunkgate("engine", "stop", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "no engine runs\n")


def test_start_twice_and_stop(warm: Warm, tmp_path: Path) -> None:
    first = hunkgate("engine", "start", cwd=tmp_path)
    assert first.returncode == 0
    assert hunkgate("engine", "start", cwd=tmp_path).stdout == first.stdout
    (pid,) = own_processes()
    assert first.stdout == f"the engine runs (process {pid})\n"
    done = hunkgate("engine", "stop", cwd=tmp_path)
    assert done.stdout == f"the engine was stopped (process {pid})\n"
    assert not alive(pid)


def test_status_tells_what_is_loaded(warm: Warm, tmp_path: Path) -> None:
    files = warm.files()
    asker = warm.loaded()
    choose(asker)
    answer = status(tmp_path)
    (worker,) = answer.pop("workers")  # type: ignore[misc, attr-defined]  # JSON
    assert answer["running"] is True
    assert (answer["idle_limit"], answer["connections"]) == (600.0, 1)
    assert {"version", "protocol", "pid", "rss", "uptime", "memory_limit"} <= set(answer)
    assert worker.pop("rss") > 1_000_000
    assert alive(worker.pop("pid"))
    assert worker == {
        "model": "tiny", "sha256": files.sha256, "backend": "scripted", "state": "idle", "requests": 1, "waiting": 0,
        "restarts": 0, "last_error": "",
    }  # fmt: skip
    text = hunkgate("engine", "status", cwd=tmp_path).stdout
    assert "1 review connected" in text
    assert "ends after 600 s without one" in text
    header, row = text.splitlines()[-2:]
    assert header.split() == ["MODEL", "BACKEND", "STATE", "PROCESS", "MEMORY", "REQUESTS", "WAITING", "RESTARTS"]
    assert row.split()[:3] == ["tiny", "scripted", "idle"]
    asker.close()


def test_status_tells_the_last_error(warm: Warm, tmp_path: Path) -> None:
    asker = warm.loaded({"misbehave": {"choose": "error"}})
    with pytest.raises(Exception, match="the runtime refused"):
        choose(asker)
    asker.close()
    assert "tiny: the runtime refused" in hunkgate("engine", "status", cwd=tmp_path).stdout


def test_what_is_unknown_is_said_to_be() -> None:
    worker = {"model": "m", "backend": "b", "state": "idle", "pid": 1, "rss": None, "requests": 0, "waiting": 0, "restarts": 0}
    answer = {"version": "1", "pid": 2, "uptime": 1.0, "connections": 0, "idle_limit": 900.0, "rss": None, "memory_limit": None}
    text = command._as_text({**answer, "workers": [{**worker, "last_error": ""}]})
    assert "itself unknown\n" in text
    assert text.splitlines()[-1].split() == ["m", "b", "idle", "1", "unknown", "0", "0", "0"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_in_the_foreground(warm: Warm, tmp_path: Path, how: signal.Signals) -> None:
    program = Path(sys.executable).parent / "hunkgate"
    process = subprocess.Popen([program, "engine", "serve"], cwd=tmp_path, stderr=subprocess.PIPE)
    patience = time.monotonic() + 30
    while control.status(warm.place) is None and time.monotonic() < patience:
        time.sleep(0.02)
    second = hunkgate("engine", "serve", cwd=tmp_path)
    assert second.returncode == 3
    assert second.stderr == "hunkgate: another engine runs already\n"
    process.send_signal(how)
    assert process.communicate(timeout=30) == (None, b"")
    assert process.returncode == 0


def test_a_folder_that_cannot_be_trusted_is_an_error(warm: Warm, tmp_path: Path) -> None:
    warm.place.folder.mkdir(parents=True)
    warm.place.folder.chmod(0o777)
    for action in ("start", "status", "stop", "serve"):
        done = hunkgate("engine", action, cwd=tmp_path)
        assert done.returncode == 3
        assert "open to others" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_dead_engine_is_no_engine(warm: Warm, tmp_path: Path) -> None:
    hunkgate("engine", "start", cwd=tmp_path)
    (pid,) = own_processes()
    os.kill(pid, signal.SIGKILL)
    assert_nothing_left()
    assert status(tmp_path)["running"] is False
    assert hunkgate("engine", "stop", cwd=tmp_path).stdout == "no engine runs\n"
