"""The real engine: started by the first gate, found by the next, ended by nobody or by everybody."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from scripted_model import alive
from warm_engine import LATER, SOON, Asking, Warm, choose, own_processes, warm_engine, within

import reviewer
from reviewer.backends.interface import Settings
from reviewer.engine import access, control, launch, lock, place, sockets
from reviewer.engine.client import CrashedError, Worker
from reviewer.engine.place import EngineError
from reviewer.engine.remote import Remote
from reviewer.errors import OutOfTimeError
from reviewer.records import EngineUse, Machine

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture(params=["rich", "poor"])
def poor(request: pytest.FixtureRequest) -> bool:
    """Whether the system lacks what Windows lacks."""
    return bool(request.param == "poor")


@pytest.fixture
def warm(poor: bool) -> Iterator[Warm]:
    with warm_engine(poor=poor) as it:
        yield it


@pytest.fixture
def rich() -> Iterator[Warm]:
    """Only where there is everything."""
    with warm_engine() as it:
        yield it


def gone(pid: int) -> bool:
    """Wait until a process is gone."""
    patience = within(20)
    while alive(pid) and time.monotonic() < patience:
        time.sleep(0.01)
    return not alive(pid)


def let_go(warm: Warm) -> bool:
    """Wait until nobody holds the lock: a killed engine's first thread is gone a moment before its last one, which has it too."""
    patience = within(20)
    while lock.holder(warm.place.lock) is not None and time.monotonic() < patience:
        time.sleep(0.001)
    return lock.holder(warm.place.lock) is None


@pytest.mark.parametrize(("loopback", "poor"), [(False, False), (True, False), (True, True)])
def test_the_first_gate_starts_it_and_the_next_one_finds_it(loopback: bool, poor: bool) -> None:
    with warm_engine(loopback=loopback, poor=poor) as warm:
        assert control.status(warm.place) is None
        first = warm.loaded()
        assert isinstance(first, Remote)
        before = (warm.status()["pid"], warm.worker()["pid"])
        assert len(choose(first)) == 2
        first.close()
        second = warm.loaded()
        assert len(choose(second)) == 2
        second.close()
        assert (warm.status()["pid"], warm.worker()["pid"]) == before
        assert warm.worker()["requests"] == 2
        assert warm.notes == []


def test_off_means_a_worker_of_ones_own(warm: Warm) -> None:
    warm.machine = Machine(engine=EngineUse.OFF)
    asker = warm.loaded()
    assert isinstance(asker, Worker)
    assert len(choose(asker)) == 2
    asker.close()
    assert not warm.place.folder.exists()
    assert warm.notes == []


def test_a_model_on_a_server_needs_no_engine(warm: Warm) -> None:
    asker = access.start(Machine(), Path(sys.executable), "openai_http", warm.folder, within(LATER), where=warm.place)
    assert isinstance(asker, Worker)
    asker.close()
    assert not warm.place.folder.exists()


def test_the_usual_place_is_in_the_home_folder(rich: Warm) -> None:
    warm = rich
    asker = access.start(Machine(), Path(sys.executable), "scripted", warm.folder, within(LATER))
    usual = place.find()
    try:
        assert isinstance(asker, Remote)
        asker.load(warm.files(), Settings(), within(LATER))
    finally:
        asker.close()
        assert control.stop(usual) is not None


RACER = """
import sys, time
from pathlib import Path
from reviewer.engine import launch
from reviewer.engine.place import Place
launch._START = launch.GREETING = 60.0
launch._BOOTSTRAP = sys.argv[4]
while time.monotonic() < float(sys.argv[2]):
    pass
channel = launch.reach(Place(Path(sys.argv[1]), loopback=bool(sys.argv[3])), time.monotonic() + 60)
print(channel.exchange({"engine": "status"}, time.monotonic() + 60)["ok"]["pid"])
"""


def test_gates_that_start_at_the_same_moment_get_one_engine(warm: Warm) -> None:
    moment = str(within(1.0))
    argv = [sys.executable, "-c", RACER, str(warm.place.folder), moment, "1" * warm.place.loopback, launch._BOOTSTRAP]
    racers = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    said = [racer.communicate(timeout=60) for racer in racers]
    assert [err for _, err in said] == [b""] * 4
    engine = warm.status()["pid"]
    assert {int(out) for out, _ in said} == {engine}
    # Those that were started in vain say so before they end.
    patience = within(20)
    while own_processes() != [engine] and time.monotonic() < patience:
        time.sleep(0.01)
    assert own_processes() == [engine]


STARTER = """
import sys, time
from pathlib import Path
from reviewer.engine import launch
from reviewer.engine.place import Place
launch._START = launch.GREETING = 60.0
launch._BOOTSTRAP = sys.argv[3]
print("now", flush=True)
launch.begin(Place(Path(sys.argv[1]), loopback=bool(sys.argv[2])), time.monotonic() + 60)
"""


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1])
def test_a_starter_that_is_killed_leaves_an_engine_or_nothing(warm: Warm, after: float) -> None:
    argv = [sys.executable, "-c", STARTER, warm.place.folder, "1" * warm.place.loopback, launch._BOOTSTRAP]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        starter.stdout.readline()
        time.sleep(after)
        starter.kill()
    warm.start().close()
    assert warm.notes == []
    assert warm.status()["running"]


def test_an_engine_whose_starter_is_gone_ends(warm: Warm) -> None:
    argv = [sys.executable, "-I", "-S", "-B", "-c", launch._BOOTSTRAP, Path(reviewer.__file__).resolve()]
    argv += [warm.place.folder, warm.place.version, "1" * warm.place.loopback]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as engine:
        assert engine.stdout is not None
        engine.stdout.close()
        assert engine.wait(60) == 0
    assert lock.holder(warm.place.lock) is None
    assert sorted(one.name for one in warm.place.folder.iterdir()) == [warm.place.lock.name, warm.place.log.name]


def test_an_engine_that_ends_early_tells_why(warm: Warm) -> None:
    with patch.object(launch, "_BOOTSTRAP", "raise SystemExit('the disk is full')"):
        asker = warm.start()
    assert isinstance(asker, Worker)
    assert "cannot be started" in warm.notes[0]
    assert "the disk is full" in warm.notes[0]
    asker.close()


def test_a_log_that_cannot_be_written_is_told(warm: Warm) -> None:
    place.prepare(warm.place)
    warm.place.log.mkdir()
    asker = warm.start()
    assert isinstance(asker, Worker)
    assert warm.place.log.name in warm.notes[0]
    asker.close()


def test_an_address_that_an_engine_has_left_leads_nobody_astray(poor: bool) -> None:
    """Whoever has its port now: it is not even connected to."""
    with warm_engine(loopback=True, poor=poor) as warm:
        place.prepare(warm.place)
        stranger = sockets.listen(warm.place)
        assert control.status(warm.place) is None
        with pytest.raises(BlockingIOError):
            stranger.socket.accept()
        warm.start().close()
        assert warm.status()["running"]
        assert warm.notes == []
        stranger.close(ours=False)


def test_a_stale_socket_is_replaced(warm: Warm) -> None:
    place.prepare(warm.place)
    sockets.listen(warm.place).socket.close()
    assert warm.leads_here.exists()
    warm.start().close()
    assert warm.status()["running"]


def test_killed_with_its_workers_and_started_anew(warm: Warm) -> None:
    asker = warm.loaded({"misbehave": {"choose:2": "late"}})
    choose(asker)
    engine, worker = warm.status()["pid"], warm.worker()["pid"]
    asking = Asking(asker, LATER)
    warm.until("busy")
    os.kill(engine, signal.SIGKILL)
    asking.join(20)
    assert isinstance(asking.error, CrashedError)
    assert "connection to the engine was lost" in str(asking.error)
    assert gone(worker)
    assert gone(engine)
    assert let_go(warm)
    again = warm.loaded({"misbehave": {"choose:2": "late"}})
    assert len(choose(again)) == 2
    assert warm.status()["pid"] != engine
    again.close()


@LINUX
def test_a_worker_that_keeps_the_interpreter_ends_with_a_killed_engine(rich: Warm) -> None:
    """Elsewhere it ends when it gives the interpreter back: it reads the end of its input."""
    warm = rich
    asker = warm.loaded({"misbehave": {"choose": "seize"}})
    engine, worker = warm.status()["pid"], warm.worker()["pid"]
    asking = Asking(asker, 30.0)
    warm.until("busy")
    os.kill(engine, signal.SIGKILL)
    asking.join(20)
    assert isinstance(asking.error, CrashedError)
    assert gone(worker)


@LINUX
def test_a_killed_worker_costs_nothing_while_it_is_idle(rich: Warm) -> None:
    warm = rich
    asker = warm.loaded()
    worker = warm.worker()["pid"]
    os.kill(worker, signal.SIGKILL)
    assert gone(worker)
    assert len(choose(asker)) == 2
    assert warm.worker()["restarts"] == 1
    asker.close()


def test_where_the_dead_cannot_be_told_a_killed_worker_costs_a_question() -> None:
    with warm_engine(poor=True) as warm:
        asker = warm.loaded()
        worker = warm.worker()["pid"]
        os.kill(worker, signal.SIGKILL)
        assert gone(worker)
        with pytest.raises(CrashedError):
            choose(asker)
        again = warm.loaded()
        assert len(choose(again)) == 2
        assert warm.worker()["restarts"] == 1
        assert warm.worker()["rss"] is None
        again.close()


def test_it_ends_when_it_is_idle(poor: bool) -> None:
    with warm_engine(Machine(engine_idle=0.5), poor=poor) as warm:
        asker = warm.loaded()
        pid = warm.status()["pid"]
        time.sleep(1.7)
        assert alive(pid), "a gate that is connected keeps it"
        asker.close()
        assert gone(pid)
        assert not warm.leads_here.exists()
        assert let_go(warm)
        assert control.status(warm.place) is None


def test_it_ends_when_nobody_can_find_it_any_more(warm: Warm) -> None:
    warm.start().close()
    pid = warm.status()["pid"]
    warm.place.lock.unlink()
    assert gone(pid)
    warm.start().close()
    assert warm.status()["pid"] != pid


def test_an_engine_that_was_replaced_does_not_delete_the_next_ones_socket(warm: Warm) -> None:
    warm.start().close()
    old = warm.status()["pid"]
    os.kill(old, signal.SIGSTOP)
    warm.place.lock.unlink()
    warm.leads_here.unlink()
    warm.start().close()
    new = warm.status()["pid"]
    os.kill(old, signal.SIGCONT)
    assert gone(old)
    assert warm.status()["pid"] == new


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_an_open_folder_is_not_used(rich: Warm, mode: int) -> None:
    warm = rich
    warm.place.folder.mkdir()
    warm.place.folder.chmod(mode)
    asker = warm.loaded()
    assert isinstance(asker, Worker)
    assert "open to others" in warm.notes[0]
    asker.close()
    assert list(warm.place.folder.iterdir()) == []
    with pytest.raises(EngineError, match="open to others"):
        control.stop(warm.place)


def test_a_stopped_engine_costs_two_seconds_and_a_note(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    warm.start().close()
    pid = warm.status()["pid"]
    monkeypatch.setattr(launch, "GREETING", 0.2)
    monkeypatch.setattr(control, "GREETING", 0.2)
    os.kill(pid, signal.SIGSTOP)
    asker = warm.loaded()
    assert isinstance(asker, Worker)
    assert "did not answer in time" in warm.notes[0]
    asker.close()
    monkeypatch.setattr(control, "_END", 0.2)
    assert control.stop(warm.place) == pid
    assert gone(pid)


def test_a_lock_without_an_engine_that_listens_is_a_note(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_END", 0.2)
    place.prepare(warm.place)
    held = lock.take(warm.place.lock)
    assert held is not None
    try:
        asker = warm.start()
        with pytest.raises(EngineError, match="no engine"):
            control.stop(warm.place)
    finally:
        held.release()
    assert isinstance(asker, Worker)
    assert "does not listen" in warm.notes[0]
    asker.close()


def test_no_time_is_no_reason_for_a_worker(warm: Warm) -> None:
    with pytest.raises(OutOfTimeError):
        warm.start(-1.0)
    with pytest.raises(OutOfTimeError):
        warm.start(0.001)
    assert warm.notes == []


def test_a_missing_interpreter_is_told(warm: Warm) -> None:
    asker = access.start(Machine(), Path("/no/python"), "scripted", warm.folder, within(LATER), where=warm.place)
    with pytest.raises(Exception, match="cannot start /no/python"):
        asker.load(warm.files(), Settings(), within(LATER))
    asker.close()


@LINUX
def test_it_keeps_nothing_of_the_gate_that_started_it(warm: Warm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = tmp_path / "cwd"
    (hostile / "reviewer").mkdir(parents=True)
    (hostile / "reviewer" / "__init__.py").write_text("raise SystemExit('foreign code ran')")
    (hostile / "json.py").write_text("raise SystemExit('foreign code ran')")
    monkeypatch.chdir(hostile)
    for name in ("GIT_DIR", "PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "API_TOKEN", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, str(hostile))
    monkeypatch.delenv("LD_PRELOAD")
    asker = warm.loaded()
    assert isinstance(asker, Remote)
    for pid in (warm.status()["pid"], warm.worker()["pid"]):
        names = {entry.split(b"=")[0] for entry in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
        assert names <= {b"", b"HOME", b"PATH", b"USER", b"LOGNAME", b"LANG", b"TZ", b"TMPDIR", b"OMP_NUM_THREADS", b"LC_CTYPE"}
        assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
        assert os.getsid(pid) != os.getsid(0)
    asker.close()


@LINUX
def test_its_streams_are_nobodys_and_its_one_socket_is_its_own(warm: Warm) -> None:
    asker = warm.loaded()
    pid = warm.status()["pid"]
    streams = [str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in range(3)]
    assert streams == ["/dev/null", "/dev/null", str(warm.place.log)]
    asker.close()
    warm.status()
    time.sleep(0.2)
    assert listening(pid) == ([] if warm.place.loopback else [str(warm.place.socket)])
    assert warm.place.log.read_bytes() == b""


def listening(pid: int) -> list[str]:
    """The Unix sockets of a process that have a name, so that somebody can connect to them; see proc_pid_net(5)."""
    links = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
    own = {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
    rows = [line.split() for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]]
    return [row[7] for row in rows if row[6] in own and len(row) > 7]


def test_it_imports_the_standard_library_only() -> None:
    code = "import reviewer.engine.daemon, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True)
    rooms = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert not rooms & {"rich", "yaml", "pygit2", "re2", "openvino", "numpy", "platformdirs", "cryptography", "asyncio"}
    own = {name.split(".")[1] for name in json.loads(done.stdout) if name.startswith("reviewer.")}
    assert own <= {"engine", "backends", "records", "errors", "file_lock", "frames", "proc"}


def test_a_gates_side_of_the_connection_imports_little() -> None:
    code = "import reviewer.proc, reviewer.records, sys; before = set(sys.modules); import reviewer.engine.access; "
    code += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True)
    rooms = {name.split(".")[0] for name in done.stdout.split()}
    assert not rooms & {"asyncio", "rich", "platformdirs", "hmac", "ssl", "urllib", "http", "email", "logging", "uuid"}, rooms
    assert not rooms & {"hashlib", "platform", "random", "secrets", "tempfile"}, rooms


def test_what_a_review_needs_to_load_a_model_fetches_none() -> None:
    code = "import reviewer.engine.install, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True)
    assert not {"reviewer.models.pull", "reviewer.models.download", "ssl", "http", "urllib.request"} & set(done.stdout.split())


def test_stop_ends_everything(warm: Warm) -> None:
    asker = warm.loaded({"misbehave": {"choose": "hang"}})
    engine, worker = warm.status()["pid"], warm.worker()["pid"]
    asking = Asking(asker, 30.0)
    warm.until("busy")
    assert control.stop(warm.place) == engine
    assert let_go(warm)
    assert gone(worker)
    asking.join(20)
    assert isinstance(asking.error, CrashedError)
    assert control.stop(warm.place) is None
    assert sorted(one.name for one in warm.place.folder.iterdir()) == [warm.place.lock.name, warm.place.log.name]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(warm: Warm, how: signal.Signals) -> None:
    asker = warm.loaded()
    pid = warm.status()["pid"]
    os.kill(pid, how)
    assert gone(pid)
    assert not warm.leads_here.exists()
    with pytest.raises(CrashedError):
        choose(asker, SOON)


def test_the_program_that_went_away_ends_it(warm: Warm, tmp_path: Path) -> None:
    """An environment that was deleted: its workers could not be started any more."""
    copy = tmp_path / "path" / "reviewer"
    shutil.copytree(Path(place.__file__).parent.parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    code = f"import sys, time; sys.path.insert(0, {str(copy.parent)!r}); from pathlib import Path; "
    code += "from reviewer.engine import launch; from reviewer.engine.place import Place; "
    code += "launch._BOOTSTRAP = sys.argv[3]; "
    code += "launch.begin(Place(Path(sys.argv[1]), loopback=bool(sys.argv[2])), time.monotonic() + 60)"
    starter = [sys.executable, "-c", code, warm.place.folder, "1" * warm.place.loopback, launch._BOOTSTRAP]
    subprocess.run(starter, check=True)
    pid = warm.status()["pid"]
    copy.rename(tmp_path / "elsewhere")
    assert gone(pid)
