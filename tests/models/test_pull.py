"""Pulling: sources in turn, resuming, wrong digests, broken transfers, full disks, interrupts. All servers are real."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scripted_model import ScriptedModel, alive, scripted_model

from reviewer.errors import DigestError, ModelError, StorageError
from reviewer.models import download
from reviewer.models.pull import pull
from reviewer.models.store import Store

WEIGHTS = bytes(range(256)) * 4000
COUNT = 3


@dataclass
class Hub:
    """A server on the loopback interface with one file, and its manners."""

    content: bytes = WEIGHTS
    ranges: bool = True
    break_after: int | None = None
    """Bytes after which each transfer is cut off."""
    stall_after: int | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def hub() -> Iterator[Hub]:
    manners = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            manners.asked.append(self.headers.get("Range", ""))
            if self.path != "/tiny.json":
                self.send_error(404)
                return
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")) if manners.ranges else None
            start = int(wanted[1]) if wanted else 0
            body = manners.content[start:]
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if manners.stall_after is not None:
                self.wfile.write(body[: manners.stall_after])
                self.wfile.flush()
                time.sleep(60)
            self.wfile.write(body[: manners.break_after])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    manners.url = f"http://127.0.0.1:{server.server_address[1]}/tiny.json"
    yield manners
    server.shutdown()
    server.server_close()


class Index:
    """A folder of tiny wheels, used as pip's only index."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        for name in [name for name in os.environ if name.startswith("PIP_")]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        size = len(WEIGHTS) // COUNT + 1
        for number in range(1, COUNT + 1):
            self.add(number, WEIGHTS[(number - 1) * size : number * size])

    def add(self, number: int, piece: bytes, members: int = 1) -> None:
        with zipfile.ZipFile(self.wheel(number), "w") as archive:
            for member in range(members):
                archive.writestr(f"tiny_part{number}/data/part{member + number:02}.bin", piece)
            info = f"tiny_part{number}-1.0.dist-info"
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")

    def wheel(self, number: int) -> Path:
        return self.folder / f"tiny_part{number}-1.0-py3-none-any.whl"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    return Index(tmp_path / "index", monkeypatch)


PARTS = {"kind": "parts", "prefix": "tiny-part", "count": COUNT, "version": "1.0", "member": r".*/data/part\d+\.bin"}


class Heard:
    """Progress that remembers what was said."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.said: list[str] = []
        self.most = 0

    def begin(self, text: str, total: int = 0) -> None:
        self.begun.append(text)

    def advance(self, done: int) -> None:
        self.most = max(self.most, done)

    def say(self, text: str) -> None:
        self.said.append(text)


def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *sources: dict[str, Any]) -> ScriptedModel:
    return scripted_model(tmp_path / "m", monkeypatch, content=WEIGHTS, sources=list(sources))


def _left(model: ScriptedModel) -> list[str]:
    return sorted(path.name for path in model.store.folder(model.entry).iterdir())


def _from(hub: Hub, path: str = "tiny.json") -> dict[str, Any]:
    return {"kind": "hub", "url": hub.url.replace("tiny.json", path)}


def test_pull_from_a_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model, heard = _model(tmp_path, monkeypatch, _from(hub)), Heard()
    assert pull(model.store, model.entry, progress=heard).read_bytes() == WEIGHTS
    assert _left(model) == ["tiny.json", "verified.json"]
    assert heard.most == len(WEIGHTS)
    pull(model.store, model.entry)
    assert len(hub.asked) == 1


def test_pull_goes_on_after_broken_transfers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    hub.break_after = 300_000
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS
    assert hub.asked == ["", "bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_pull_keeps_what_arrived_when_a_source_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    hub.break_after = 1000
    with pytest.raises(ModelError, match="broke off 5 times"):
        pull(model.store, model.entry)
    hub.break_after = None
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS
    assert hub.asked[-1] == "bytes=5000-"


def test_pull_from_a_server_without_ranges_starts_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    hub.ranges = False
    model.store.folder(model.entry).mkdir(parents=True)
    (model.store.folder(model.entry) / ".tiny.json.hub.partial").write_bytes(b"x" * 500)
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS


def test_pull_tries_the_next_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub, index: Index) -> None:
    model, heard = _model(tmp_path, monkeypatch, _from(hub, "gone"), PARTS), Heard()
    assert pull(model.store, model.entry, progress=heard).read_bytes() == WEIGHTS
    assert any("404" in line for line in heard.said)


def test_pull_wrong_digest_is_deleted_and_the_next_source_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub, index: Index
) -> None:
    model, heard = _model(tmp_path, monkeypatch, _from(hub), PARTS), Heard()
    hub.content = b"y" + WEIGHTS[1:]
    assert pull(model.store, model.entry, progress=heard).read_bytes() == WEIGHTS
    assert any("not the published one" in line and "deleted" in line for line in heard.said)
    assert _left(model) == ["tiny.json", "verified.json"]


def test_pull_says_which_sources_failed_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub, index: Index) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub), {**PARTS, "version": "9.9"}, {"kind": "hub", "url": "http://127.0.0.1:1/x"})
    hub.content = b"y" + WEIGHTS[1:]
    with pytest.raises(DigestError) as caught:
        pull(model.store, model.entry)
    for words in ("not the published one", "tiny-part1==9.9", "cannot be reached"):
        assert words in caught.value.what
    assert "--from FILE" in caught.value.todo
    assert not model.store.weights(model.entry).exists()


@pytest.mark.parametrize("url", ["http://example.org/x", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_pull_refuses_plain_http_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    model = _model(tmp_path, monkeypatch, {"kind": "hub", "url": url})
    with pytest.raises(ModelError, match="only https"):
        pull(model.store, model.entry)


def test_pull_from_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index) -> None:
    model = _model(tmp_path, monkeypatch, PARTS)
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS
    assert _left(model) == ["tiny.json", "verified.json"]


def test_pull_does_not_fetch_finished_parts_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index) -> None:
    model = _model(tmp_path, monkeypatch, PARTS)
    kept = index.wheel(3).read_bytes()
    index.wheel(3).unlink()
    with pytest.raises(ModelError, match="tiny-part3"):
        pull(model.store, model.entry)
    index.wheel(3).write_bytes(kept)
    index.wheel(1).unlink()
    index.wheel(2).unlink()
    with (model.store.folder(model.entry) / ".tiny.json.parts.partial").open("ab") as stream:
        stream.write(b"half of a part")
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS


@pytest.mark.parametrize("journal", ["", "x\n", "10\n99999999\n", "10"])
def test_pull_from_parts_survives_a_broken_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index, journal: str
) -> None:
    model = _model(tmp_path, monkeypatch, PARTS)
    folder = model.store.folder(model.entry)
    folder.mkdir(parents=True)
    (folder / ".tiny.json.parts.partial").write_bytes(b"")
    (folder / ".tiny.json.parts.partial.journal").write_text(journal)
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS


def test_pull_damaged_and_strange_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index) -> None:
    model = _model(tmp_path, monkeypatch, PARTS)
    index.add(2, b"piece", members=2)
    with pytest.raises(ModelError, match="2 members"):
        pull(model.store, model.entry)
    index.add(2, WEIGHTS * 2)
    with pytest.raises(ModelError, match="longer than"):
        pull(model.store, model.entry)


def test_pull_never_imports_pip_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index) -> None:
    hostile = tmp_path / "repository"
    hostile.mkdir()
    (hostile / "pip.py").write_text("open('/dev/null/owned')\n")
    monkeypatch.chdir(hostile)
    model = _model(tmp_path, monkeypatch, PARTS)
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS


def test_pull_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(tmp_path, monkeypatch)
    assert pull(model.store, model.entry, origin=model.file).read_bytes() == WEIGHTS
    assert model.file.read_bytes() == WEIGHTS


@pytest.mark.parametrize("content", [b"", WEIGHTS[:-1], WEIGHTS + b"x", b"y" + WEIGHTS[1:]])
def test_pull_from_a_wrong_file_leaves_it_and_installs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    model = _model(tmp_path, monkeypatch)
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(content)
    with pytest.raises(DigestError, match="nothing was installed"):
        pull(model.store, model.entry, origin=wrong)
    assert wrong.read_bytes() == content
    assert _left(model) == []


def test_pull_from_a_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _model(tmp_path, monkeypatch)
    with pytest.raises(ModelError, match="cannot read"):
        pull(model.store, model.entry, origin=tmp_path / "none")


def test_pull_over_a_damaged_file_keeps_it_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, heard = _model(tmp_path, monkeypatch), Heard()
    path = model.install()
    path.write_bytes(b"something of the user's")
    pull(model.store, model.entry, origin=model.file, progress=heard)
    assert path.read_bytes() == WEIGHTS
    assert path.with_name("tiny.json.wrong-digest").read_bytes() == b"something of the user's"
    assert any("wrong-digest" in line for line in heard.said)


def test_pull_without_space_says_so_before_it_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    model.catalogue.write_text(model.catalogue.read_text().replace("converted = 0", "converted = 9000000000000000"))
    with pytest.raises(StorageError, match="needs 9000000"):
        pull(model.store, model.entry)
    assert hub.asked == []


def _limit_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))


PULL = """
from pathlib import Path
from reviewer.cli import main
import sys
sys.exit(main(["models", "pull", "tiny", "--no-runtime"]))
"""


def test_pull_unwritable_disk_keeps_what_arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    done = subprocess.run([sys.executable, "-c", PULL], preexec_fn=_limit_files, capture_output=True, timeout=60, check=False)
    assert done.returncode == 3
    assert b"cannot write the model store" in done.stderr
    assert b"Traceback" not in done.stderr
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for half of the weights."""
    folder = tmp_path / "disk"
    folder.mkdir()
    argv = ["mount", "-t", "tmpfs", "-o", f"size={len(WEIGHTS) // 2}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("cannot mount a file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_pull_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub, small_disk: Path) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    store = Store(small_disk)
    with pytest.raises(StorageError, match="GB are free"):
        pull(store, model.entry)
    # Somebody else fills the disk after we looked.
    plenty = SimpleNamespace(free=10**15)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: plenty)
    with pytest.raises(StorageError, match=os.strerror(errno.ENOSPC)) as caught:
        pull(store, model.entry)
    assert "Free some space" in caught.value.todo
    assert not store.weights(model.entry).exists()


def test_pull_interrupted_goes_on_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    hub.stall_after = 200_000
    partial = model.store.folder(model.entry) / ".tiny.json.hub.partial"
    process = subprocess.Popen([sys.executable, "-c", PULL], stderr=subprocess.PIPE)
    while not hub.asked:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert not model.store.weights(model.entry).exists()
    hub.stall_after = None
    arrived = partial.stat().st_size
    pull(model.store, model.entry)
    assert hub.asked[-1] == (f"bytes={arrived}-" if arrived else "")


def test_two_pulls_at_once_one_is_told_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    model = _model(tmp_path, monkeypatch, _from(hub))
    hub.stall_after = 1000
    first = subprocess.Popen([sys.executable, "-c", PULL], stderr=subprocess.DEVNULL)
    try:
        while not hub.asked:
            time.sleep(0.02)
        with pytest.raises(ModelError, match="another hunkgate"):
            pull(model.store, model.entry)
    finally:
        first.kill()
        first.wait()
    assert not alive(first.pid)
    hub.stall_after = None
    assert pull(model.store, model.entry).read_bytes() == WEIGHTS


def test_download_timeout_counts_as_broken_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    monkeypatch.setattr(download, "TRIES", 2)
    model = _model(tmp_path, monkeypatch, _from(hub))
    hub.stall_after = 1000
    with pytest.raises(ModelError, match="broke off 2 times"):
        pull(model.store, model.entry)
