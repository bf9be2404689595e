"""Models that the catalogue does not pin: the hub's word at the first pull counts from then on. The hub is a real server."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_model import ScriptedModel, scripted_model

from reviewer.errors import ConfigError, DigestError, ModelError, StorageError
from reviewer.models import download, lock
from reviewer.models.catalogue import Entry
from reviewer.models.catalogue import Hub as HubSource
from reviewer.models.lock import Locked
from reviewer.models.pull import pull
from reviewer.models.store import Presence

WEIGHTS = b"weights " * 5000
COMMIT = "6878af60d00ab587c1cceadfc532ef5dd86bf2f5"
PATH = "/publisher/model-GGUF/resolve/main/tiny.json"


@dataclass
class Hub:
    """A hub as Hugging Face is one: a redirection with the digest in its headers, then the store."""

    content: bytes = WEIGHTS
    linked: bool = True
    """Whether the redirection has X-Linked-Etag and X-Linked-Size."""
    sized: bool = True
    pointer: bool = True
    """Whether /raw/ has the Git LFS pointer."""
    etag: str = ""
    """In the place of the right one."""
    moved_to: str = ""
    """The file's address redirects there first, as after a renaming."""
    status: int = 0
    """What HEAD answers, if not that."""
    asked: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self.hub.asked.append(f"HEAD {self.path}")
        if self.hub.status:
            self.send_error(self.hub.status)
        elif self.hub.moved_to and self.path == PATH:
            self._send(307, {"Location": self.hub.moved_to})
        elif "/resolve/" in self.path:
            self._send(302, self._linked())
        else:
            self._send(200, {})

    def do_GET(self) -> None:
        self.hub.asked.append(f"GET {self.path}")
        if "/raw/" in self.path:
            text = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.hub.digest}\nsize {len(self.hub.content)}\n"
            self._send(200 if self.hub.pointer else 404, {}, text.encode() if self.hub.pointer else b"")
        elif "/resolve/" in self.path:
            self._send(302, self._linked())
        else:
            self._send(200, {}, self.hub.content)

    def _linked(self) -> dict[str, str]:
        headers = {"Location": f"{self.hub.address}/store/tiny.json", "X-Repo-Commit": COMMIT}
        if self.hub.linked:
            headers["X-Linked-Etag"] = self.hub.etag or f'"{self.hub.digest}"'
        if self.hub.linked and self.hub.sized:
            headers["X-Linked-Size"] = str(len(self.hub.content))
        return headers

    def _send(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfOneTest", (Handler,), {"hub": made}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()


class Heard:
    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, text: str, total: int = 0) -> None:
        pass

    def advance(self, done: int) -> None:
        pass

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    return scripted_model(tmp_path / "m", monkeypatch, content=WEIGHTS)


def _open(model: ScriptedModel, hub: Hub) -> Entry:
    """The model without a digest, at the hub; its size in the catalogue is a guess."""
    return replace(model.entry, sha256="", size=1, sources=(HubSource(hub.address + PATH),))


def _written() -> Any:
    return json.loads(lock.path().read_bytes())


def test_first_pull_locks_what_the_hub_says_and_shows_it(model: ScriptedModel, hub: Hub) -> None:
    entry, heard = _open(model, hub), Heard()
    assert pull(model.store, entry, progress=heard).read_bytes() == WEIGHTS
    kept = _written()["models"]["tiny"]
    assert (kept["sha256"], kept["size"], kept["revision"]) == (hub.digest, len(WEIGHTS), COMMIT)
    assert kept["source"] == hub.address + PATH
    assert any(hub.digest in line and f"{len(WEIGHTS):,} bytes" in line for line in heard.said)
    assert any(str(lock.path()) in line for line in heard.said)
    assert (lock.resolved(entry).sha256, lock.resolved(entry).size) == (hub.digest, len(WEIGHTS))
    assert model.store.presence(entry) is Presence.VERIFIED
    assert model.store.check(entry) == model.store.weights(entry)


def test_the_hub_is_asked_without_following_it_to_its_store(model: ScriptedModel, hub: Hub) -> None:
    assert download.published(HubSource(hub.address + PATH)) == download.Published(hub.digest, len(WEIGHTS), COMMIT)
    assert hub.asked == [f"HEAD {PATH}"]


def test_a_second_pull_asks_nobody(model: ScriptedModel, hub: Hub) -> None:
    entry = _open(model, hub)
    pull(model.store, entry)
    hub.asked.clear()
    pull(model.store, entry)
    assert hub.asked == []


def test_a_pull_after_the_hub_moved_is_refused_before_anything_is_fetched(model: ScriptedModel, hub: Hub) -> None:
    entry, locked = _open(model, hub), hub.digest
    pull(model.store, entry)
    model.store.remove(entry)
    hub.content = b"another " * 5000
    hub.asked.clear()
    with pytest.raises(DigestError) as caught:
        pull(model.store, entry)
    assert all(words in caught.value.what for words in ("now has another file", hub.digest, locked))
    assert str(lock.path()) in caught.value.where
    assert caught.value.todo.endswith("hunkgate models pull tiny --relock")
    assert not any(line.startswith("GET") for line in hub.asked)
    assert _written()["models"]["tiny"]["sha256"] == locked


def test_relock_takes_what_the_hub_has_now_and_keeps_the_old_file_aside(model: ScriptedModel, hub: Hub) -> None:
    entry = _open(model, hub)
    pull(model.store, entry)
    hub.content = b"another " * 5000
    assert pull(model.store, entry, relock=True).read_bytes() == hub.content
    assert _written()["models"]["tiny"]["sha256"] == hub.digest
    assert model.store.weights(entry).with_name("tiny.json.wrong-digest").read_bytes() == WEIGHTS


def test_a_hub_that_sends_another_file_than_it_says_is_caught(model: ScriptedModel, hub: Hub) -> None:
    entry = _open(model, hub)
    hub.etag = '"' + "d" * 64 + '"'
    with pytest.raises(DigestError, match="not the published one"):
        pull(model.store, entry)
    assert model.store.presence(entry) is Presence.ABSENT


def test_a_silent_hub_is_no_objection_to_a_locked_model(model: ScriptedModel, hub: Hub) -> None:
    entry, heard = _open(model, hub), Heard()
    pull(model.store, entry)
    model.store.remove(entry)
    hub.status = 503
    assert pull(model.store, entry, progress=heard).read_bytes() == WEIGHTS
    assert any("503" in line and "the digest decides" in line for line in heard.said)


def test_relock_has_no_effect_on_a_pinned_model(model: ScriptedModel, hub: Hub) -> None:
    entry = replace(model.entry, sources=(HubSource(hub.address + PATH),))
    assert pull(model.store, entry, relock=True).read_bytes() == WEIGHTS
    assert not lock.path().exists()
    assert not any(line.startswith("HEAD") for line in hub.asked)


def test_the_users_own_file_is_locked_without_asking_anybody(model: ScriptedModel, hub: Hub) -> None:
    entry, heard = _open(model, hub), Heard()
    pull(model.store, entry, origin=model.file, progress=heard)
    assert hub.asked == []
    assert _written()["models"]["tiny"]["source"] == str(model.file)
    other = model.file.with_name("other.json")
    other.write_bytes(b"z" * len(WEIGHTS))
    model.store.remove(entry)
    with pytest.raises(DigestError, match="nothing was installed"):
        pull(model.store, entry, origin=other)


@pytest.mark.parametrize("content", [None, b""])
def test_the_users_own_file_must_be_there_and_hold_something(model: ScriptedModel, hub: Hub, content: bytes | None) -> None:
    path = model.file.with_name("none.json")
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"cannot read|is empty"):
        pull(model.store, _open(model, hub), origin=path)
    assert not lock.path().exists()


def test_a_hub_without_linked_headers_is_asked_for_the_pointer(model: ScriptedModel, hub: Hub) -> None:
    for hub.linked, hub.sized in ((False, False), (True, False)):
        found = download.published(HubSource(hub.address + PATH))
        assert (found.sha256, found.size) == (hub.digest, len(WEIGHTS))
    assert f"GET {PATH.replace('/resolve/', '/raw/')}" in hub.asked


@pytest.mark.parametrize("etag", ['"74a4482afd52515c89ae8d7d388a537a16f5d350"', '"' + "g" * 64 + '"', '"' + "A" * 64 + '"', ""])
def test_a_git_hash_is_not_taken_for_a_digest(model: ScriptedModel, hub: Hub, etag: str) -> None:
    hub.etag, hub.pointer, hub.linked = etag, False, bool(etag)
    with pytest.raises(ModelError, match="no hub tells it") as caught:
        pull(model.store, _open(model, hub))
    assert "--from FILE" in caught.value.todo
    assert not lock.path().exists()


def test_a_renamed_model_is_followed_within_the_hub(model: ScriptedModel, hub: Hub) -> None:
    hub.moved_to = "/new-name/model-GGUF/resolve/main/tiny.json"
    assert download.published(HubSource(hub.address + PATH)).sha256 == hub.digest
    assert hub.asked[-1] == f"HEAD {hub.moved_to}"


def test_a_hub_that_sends_us_elsewhere_is_not_followed(model: ScriptedModel, hub: Hub) -> None:
    hub.moved_to, hub.pointer = "http://127.0.0.2:9/resolve/main/tiny.json", False
    with pytest.raises(ModelError):
        download.published(HubSource(hub.address + PATH))
    hub.moved_to = PATH
    with pytest.raises(ModelError, match="round in circles"):
        download.published(HubSource(hub.address + PATH))


@pytest.mark.parametrize("url", ["http://example.org/resolve/x", "file:///etc/passwd"])
def test_only_https_is_asked(url: str) -> None:
    with pytest.raises(ModelError, match="only https"):
        download.published(HubSource(url))


def test_without_a_hub_the_error_says_so(model: ScriptedModel) -> None:
    with pytest.raises(ModelError, match="the catalogue names no hub"):
        pull(model.store, replace(model.entry, sha256="", sources=()))


def test_a_file_without_a_known_digest_is_not_believed(model: ScriptedModel, hub: Hub) -> None:
    entry = _open(model, hub)
    pull(model.store, entry)
    lock.path().unlink()
    assert model.store.presence(entry) is Presence.UNVERIFIED
    with pytest.raises(DigestError, match="is not known") as caught:
        model.store.check(entry)
    assert "models pull tiny" in caught.value.todo
    hub.asked.clear()
    pull(model.store, entry)
    assert not any(line.startswith("GET") for line in hub.asked)


def test_a_lock_of_another_file_is_none(model: ScriptedModel, hub: Hub) -> None:
    entry = _open(model, hub)
    pull(model.store, entry)
    assert lock.locked(replace(entry, file="other.gguf")) is None
    assert lock.resolved(replace(entry, file="other.gguf")).sha256 == ""


def test_the_catalogue_is_stronger_than_the_lock(model: ScriptedModel) -> None:
    lock.keep(model.entry, Locked(model.entry.file, "e" * 64, 5, "x", "", "2026-11-22"))
    assert lock.resolved(model.entry) == model.entry


def test_the_lock_lies_beside_the_users_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lock.path() == Path.home() / ".config" / "hunkgate" / "models.lock"
    monkeypatch.setenv("HUNKGATE_CONFIG", str(tmp_path / "own.toml"))
    assert lock.path() == tmp_path / "models.lock"
    monkeypatch.setenv("HUNKGATE_CONFIG", "own.toml")
    with pytest.raises(ConfigError, match="absolute"):
        lock.path()


GOOD = {"file": "tiny.json", "sha256": "a" * 64, "size": 1, "source": "s", "revision": "", "on": "2026-11-22"}


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        json.dumps({"version": 2, "models": {}}),
        json.dumps({"version": 1}),
        json.dumps({"version": 1, "models": {"tiny": {}}}),
        json.dumps({"version": 1, "models": {"tiny": {**GOOD, "sha256": "A" * 64}}}),
        json.dumps({"version": 1, "models": {"tiny": {**GOOD, "sha256": 5}}}),
        json.dumps({"version": 1, "models": {"tiny": {**GOOD, "size": True}}}),
        json.dumps({"version": 1, "models": {"tiny": {**GOOD, "size": 0}}}),
        json.dumps({"version": 1, "models": {"tiny": {**GOOD, "source": None}}}),
        json.dumps({"version": 1, "models": {"tiny": {**GOOD, "more": 1}}}),
        json.dumps({"version": 1, "models": []}),
    ],
)
def test_a_malformed_lock_is_told_and_left_alone(model: ScriptedModel, hub: Hub, document: str) -> None:
    lock.path().parent.mkdir(parents=True)
    lock.path().write_text(document)
    with pytest.raises(ConfigError, match="malformed") as caught:
        pull(model.store, _open(model, hub))
    assert caught.value.where == str(lock.path())
    assert "delete it" in caught.value.todo
    assert lock.path().read_text() == document


@given(st.text(max_size=200))
def test_whatever_stands_in_a_lock_is_an_error_or_a_lock(text: str) -> None:
    lock.path().parent.mkdir(parents=True, exist_ok=True)
    lock.path().write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ConfigError):
        lock.locked(Entry("tiny", "tiny.json", "", 1, "", (), 1, 0, 0, ("scripted",), None, ()))  # type: ignore[arg-type]


def test_a_folder_that_cannot_be_written_is_told(model: ScriptedModel, hub: Hub) -> None:
    (Path.home() / ".config").write_text("in the way")
    with pytest.raises(StorageError, match="lock file"):
        pull(model.store, _open(model, hub))


def _keep_many(number: int) -> None:
    entry = Entry(f"m{number}", "tiny.json", "", 1, "", (), 1, 0, 0, ("scripted",), None, ())  # type: ignore[arg-type]
    for size in range(1, 11):
        lock.keep(entry, Locked("tiny.json", "f" * 64, size, "s", "", "2026-11-22"))


def test_two_pulls_at_once_lose_no_line() -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        pool.map(_keep_many, range(8))
    written = _written()["models"]
    assert {name: row["size"] for name, row in written.items()} == {f"m{number}": 10 for number in range(8)}
    assert {path.name for path in lock.path().parent.iterdir()} == {"models.lock", ".models.lock.lock"}
