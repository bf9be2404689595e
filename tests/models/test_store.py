"""The store: where files lie, and that none is believed without its digest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scripted_model import ScriptedModel, scripted_model

from reviewer.errors import ConfigError, DigestError, ModelError
from reviewer.models import store as store_module
from reviewer.models.pull import pull
from reviewer.models.store import NotInstalledError, Presence, open_store
from reviewer.records import Machine


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    return scripted_model(tmp_path / "m", monkeypatch, content=b"weights " * 1000)


def test_open_store_prefers_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_store(Machine(store=str(tmp_path))).root == tmp_path
    monkeypatch.setenv("HUNKGATE_STORE", str(tmp_path / "other"))
    assert open_store(Machine(store=str(tmp_path))).root == tmp_path / "other"
    monkeypatch.delenv("HUNKGATE_STORE")
    assert open_store(Machine()).root.is_relative_to(Path(os.environ["HOME"]))


def test_open_store_refuses_a_relative_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUNKGATE_STORE", "models")
    with pytest.raises(ConfigError, match="absolute"):
        open_store(Machine())


def test_check_missing_says_how_to_get_it(model: ScriptedModel) -> None:
    with pytest.raises(NotInstalledError) as caught:
        model.store.check(model.entry)
    assert "hunkgate models pull tiny" in caught.value.todo


def test_check_reads_an_unchanged_file_once(model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    path = model.install()
    monkeypatch.setattr(store_module, "require_digest", lambda *_: pytest.fail("read again"))
    assert model.store.check(model.entry) == path
    assert model.store.presence(model.entry) is Presence.VERIFIED


def test_check_notices_a_change_of_equal_size(model: ScriptedModel) -> None:
    path = model.install()
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)
    os.utime(path, (1, 1))
    assert model.store.presence(model.entry) is Presence.UNVERIFIED
    with pytest.raises(DigestError, match="not the published one"):
        model.store.check(model.entry)
    assert path.read_bytes() == data


def test_check_notices_a_truncated_file(model: ScriptedModel) -> None:
    path = model.install()
    with path.open("r+b") as stream:
        stream.truncate(100)
    with pytest.raises(DigestError, match="truncated"):
        model.store.check(model.entry)


def test_verify_reads_even_what_is_marked(model: ScriptedModel) -> None:
    path = model.install()
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    with path.open("r+b") as stream:
        stream.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert model.store.presence(model.entry) is Presence.VERIFIED
    with pytest.raises(DigestError):
        model.store.verify(model.entry)
    assert model.store.presence(model.entry) is Presence.UNVERIFIED


def test_check_touched_but_equal_file_is_marked_again(model: ScriptedModel) -> None:
    path = model.install()
    os.utime(path, (1, 1))
    assert model.store.presence(model.entry) is Presence.UNVERIFIED
    assert model.store.check(model.entry) == path
    assert model.store.presence(model.entry) is Presence.VERIFIED


@pytest.mark.parametrize("marker", [b"", b"[]", b"{", b'{"sha256": 1}'])
def test_presence_broken_marker_is_not_believed(model: ScriptedModel, marker: bytes) -> None:
    model.install()
    (model.store.folder(model.entry) / "verified.json").write_bytes(marker)
    assert model.store.presence(model.entry) is Presence.UNVERIFIED


def test_remove_takes_everything_of_the_model_and_nothing_else(model: ScriptedModel) -> None:
    model.install()
    other = model.store.root / "other"
    other.mkdir()
    assert model.store.remove(model.entry)
    assert not model.store.remove(model.entry)
    assert not model.store.folder(model.entry).exists()
    assert other.exists()
    assert model.file.exists()


def test_lock_keeps_a_second_pull_out(model: ScriptedModel) -> None:
    with model.store.lock(model.entry), pytest.raises(ModelError, match="another hunkgate"):
        pull(model.store, model.entry, origin=model.file)
    assert pull(model.store, model.entry, origin=model.file).exists()
