"""Answers that are kept: the very same ones or none, in a room that is never exceeded, whoever writes at the same time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.backends.interface import Written
from reviewer.records import Machine
from reviewer.review._model_cache import Cache, key, open_cache

KEYS = [key(str(number)) for number in range(200)]
ROOM = 16 * 4096 * 3


def size(folder: Path) -> int:
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file())


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5),
    st.text(max_size=50),
    st.integers(0, 999),
    st.booleans(),
)
def test_what_was_put_is_got(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[float], text: str, tokens: int, done: bool
) -> None:
    cache = Cache(tmp_path_factory.mktemp("cache"), ROOM)
    for name, reply in ((KEYS[0], tuple(numbers)), (KEYS[1], Written(text, tokens, done))):
        cache.put(name, reply)
        assert cache.get(name) == reply


def test_files_are_for_this_user_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache = open_cache(Machine())
    cache.put(KEYS[0], (0.5,))
    assert cache.folder is not None
    modes = [path.stat().st_mode & 0o777 for path in (cache.folder, *cache.folder.rglob("*"))]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("spoil", ["open to all", "link", "no folder", "no room"])
def test_a_folder_that_may_be_somebody_elses_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spoil: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = tmp_path / "hunkgate" / "answers"
    place.parent.mkdir()
    if spoil == "open to all":
        place.mkdir()
        place.chmod(0o755)
    elif spoil == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        place.symlink_to(tmp_path / "elsewhere")
    elif spoil == "no folder":
        place.write_bytes(b"")
    cache = open_cache(Machine(cache=0 if spoil == "no room" else 2**20))
    cache.put(KEYS[0], (0.5,))
    assert cache.folder is None
    assert cache.get(KEYS[0]) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"key": 1}', b"\xff" * 100, b"[" * 50_000])
def test_a_corrupted_entry_is_no_answer_and_goes(tmp_path: Path, content: bytes) -> None:
    cache = Cache(tmp_path, ROOM)
    cache.put(KEYS[0], (0.5, -1.0))
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(content)
    assert cache.get(KEYS[0]) is None
    assert not path.exists()


def test_a_changed_entry_and_one_of_another_question_are_no_answers(tmp_path: Path) -> None:
    cache = Cache(tmp_path, ROOM)
    cache.put(KEYS[0], (0.5, -1.0))
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    original = path.read_bytes()
    path.write_bytes(original.replace(b"0.5", b"0.6"))
    assert cache.get(KEYS[0]) is None
    other = path.with_name(KEYS[0][0] + "0" * 63)
    other.write_bytes(original)
    assert cache.get(other.name) is None


def test_the_room_is_never_exceeded_and_the_oldest_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path, ROOM)
    for number, name in enumerate(KEYS):
        cache.put(name, (float(number),))
        assert size(tmp_path) <= ROOM
    kept = [name for name in KEYS if cache.get(name) is not None]
    assert 16 <= len(kept) <= 48
    assert KEYS[-1] in kept


def test_what_is_used_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path, ROOM)
    same = [name for name in KEYS if name[0] == KEYS[0][0]]
    for number, name in enumerate(same):
        cache.put(name, (1.0,))
        for other in (tmp_path / name[0]).iterdir():
            if other.name == name:
                os.utime(other, (number, number))
        assert cache.get(same[0]) == (1.0,)
    assert len(same) > 4


def test_writers_at_the_same_time_leave_whole_answers_and_no_rests(tmp_path: Path) -> None:
    wrong: list[object] = []

    def work(seed: int) -> None:
        cache = Cache(tmp_path, ROOM)
        for number in range(120):
            name = KEYS[(number * 7 + seed) % 20]
            cache.put(name, (float(KEYS.index(name)),))
            reply = cache.get(name)
            if reply not in (None, (float(KEYS.index(name)),)):
                wrong.append(reply)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert size(tmp_path) <= ROOM
    assert not list(tmp_path.rglob(".*"))


def test_a_full_or_broken_disk_costs_nothing_but_the_answer(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "file", ROOM)
    (tmp_path / "file").write_bytes(b"")
    cache.put(KEYS[0], (1.0,))
    assert cache.get(KEYS[0]) is None
