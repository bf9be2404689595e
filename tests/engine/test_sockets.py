"""Sockets that lead to this user's engine and to nobody else's."""

from __future__ import annotations

import json
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewer.engine import place, sockets
from reviewer.engine.place import Place


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        yield Path(name) / "e"


@pytest.mark.parametrize("loopback", [False, True])
def test_listen_and_connect(folder: Path, loopback: bool) -> None:
    where = Place(folder, loopback=loopback)
    place.prepare(where)
    listener = sockets.listen(where)
    ours, secret = sockets.connect(where, 5)
    theirs, _ = listener.socket.accept()
    ours.sendall(b"x")
    theirs.setblocking(True)
    assert theirs.recv(1) == b"x"
    assert secret == listener.secret
    assert bool(secret) == loopback
    for one in (ours, theirs):
        one.close()
    listener.close(ours=True)
    assert list(folder.iterdir()) == []
    with pytest.raises(OSError):
        sockets.connect(where, 5)


def test_the_unix_socket_is_private(folder: Path) -> None:
    where = Place(folder, loopback=False)
    place.prepare(where)
    listener = sockets.listen(where)
    assert stat.S_IMODE(where.socket.stat().st_mode) == 0o600
    listener.close(ours=True)


def test_a_stale_socket_is_replaced(folder: Path) -> None:
    where = Place(folder, loopback=False)
    place.prepare(where)
    sockets.listen(where).socket.close()
    with pytest.raises(ConnectionRefusedError):
        sockets.connect(where, 5)
    listener = sockets.listen(where)
    connected, _ = sockets.connect(where, 5)
    connected.close()
    listener.close(ours=True)


def test_the_loopback_address_is_private_and_only_local(folder: Path) -> None:
    where = Place(folder, loopback=True)
    place.prepare(where)
    listener = sockets.listen(where)
    assert stat.S_IMODE(where.address.stat().st_mode) == 0o600
    assert listener.socket.getsockname()[0] == "127.0.0.1"
    assert len(listener.secret) == 32
    listener.close(ours=True)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"port": "x", "secret": "00"}', b'{"port": 1, "secret": 5}', b'{"port": 1, "secret": ""}']
)
def test_a_damaged_address_is_as_good_as_none(folder: Path, content: bytes) -> None:
    where = Place(folder, loopback=True)
    place.prepare(where)
    where.address.write_bytes(content)
    with pytest.raises(OSError):
        sockets.connect(where, 1)


def test_a_proof_needs_the_secret_the_side_and_the_nonces() -> None:
    right = sockets.proof(b"secret", "engine", "a b")
    assert sockets.same(right, sockets.proof(b"secret", "engine", "a b"))
    for other in (("other", "engine", "a b"), ("secret", "gate", "a b"), ("secret", "engine", "a c")):
        assert not sockets.same(right, sockets.proof(other[0].encode(), *other[1:]))
    assert not sockets.same(None, right)
    assert not sockets.same("", right)
    assert not sockets.same("", sockets.proof(b"", "engine", "a b"))


def test_closing_leaves_the_socket_of_the_next_engine(folder: Path) -> None:
    where = Place(folder, loopback=False)
    place.prepare(where)
    old = sockets.listen(where)
    new = sockets.listen(where)
    old.close(ours=False)
    connected, _ = sockets.connect(where, 5)
    connected.close()
    assert where.socket.is_socket()
    new.close(ours=True)
    assert not where.socket.exists()


def test_the_secret_is_never_used_twice(folder: Path) -> None:
    where = Place(folder, loopback=True)
    place.prepare(where)
    secrets = set()
    for _ in range(3):
        listener = sockets.listen(where)
        secrets.add(json.loads(where.address.read_text())["secret"])
        listener.close(ours=True)
    assert len(secrets) == 3
    assert list(folder.iterdir()) == []


def test_an_engine_that_accepts_nobody_is_late(folder: Path) -> None:
    where = Place(folder, loopback=False)
    place.prepare(where)
    listener = sockets.listen(where)
    waiting = []
    with pytest.raises(TimeoutError):
        waiting += [sockets.connect(where, 0.05)[0] for _ in range(200)]
    for connected in waiting:
        connected.close()
    listener.close(ours=True)
