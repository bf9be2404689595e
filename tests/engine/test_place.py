"""The engine's folder: where it is, and that nobody else could have put a socket there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reviewer.engine import place
from reviewer.engine.place import EngineError, Place


def test_find_prefers_the_runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(place, "_LONGEST", 4000)
    assert place.find().folder == tmp_path / "hunkgate"


@pytest.mark.parametrize("named", ["", "relative", "/no/such/folder"])
def test_find_without_a_usable_runtime_folder_is_in_the_home_folder(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", named)
    monkeypatch.setattr(place, "_LONGEST", 4000)
    assert Path(os.environ["HOME"]) in place.find().folder.parents


def test_find_shortens_what_no_socket_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/" + "h" * 200)
    first = place.find()
    assert len(os.fsencode(first.socket)) <= 103
    assert first.folder.parent == Path("/tmp")
    monkeypatch.setenv("HOME", "/" + "i" * 200)
    assert place.find().folder != first.folder


def test_two_versions_share_no_file() -> None:
    old, new = Place(Path("/x"), "0.1.0"), Place(Path("/x"), "0.2.0")
    assert not {old.socket, old.lock, old.log, old.address, old.work} & {new.socket, new.lock, new.log, new.address, new.work}


def test_prepare_makes_a_private_folder(tmp_path: Path) -> None:
    place.prepare(Place(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_folder_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "e"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(EngineError, match=f"open to others .mode {mode:o}"):
        place.prepare(Place(folder))


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    folder.mkdir(mode=0o700)
    if os.getuid() == 0:
        os.chown(folder, 4711, 4711)
    else:
        folder = Path("/usr")
    with pytest.raises(EngineError, match="belongs to user"):
        place.prepare(Place(folder))


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / "e").symlink_to(tmp_path / "target")
    with pytest.raises(EngineError, match="not a folder"):
        place.prepare(Place(tmp_path / "e"))


def test_a_folder_that_cannot_be_made_is_an_engine_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match="cannot be made"):
        place.prepare(Place(tmp_path / "file" / "e"))
