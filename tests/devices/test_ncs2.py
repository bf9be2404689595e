"""The stick's worker: its protocol with a scripted plugin on any Python, and the real plugin where its environment is."""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from small_onnx import scaling, small_cnn, unsupported

from reviewer.devices import _ncs2_environment, ncs2
from reviewer.devices._fallback import with_fallback
from reviewer.devices._peer import Peer
from reviewer.devices.interface import GoneError
from reviewer.errors import BackendError, OverdueError, StorageError

NETWORK = Path("network.onnx")


def scripted(**script: Any) -> list[str | Path]:
    return [sys.executable, "-I", "-B", ncs2.WORKER, json.dumps({"devices": ["MYRIAD"], **script})]


def misbehaving(operation: str, manner: str) -> list[str | Path]:
    return scripted(misbehave={operation: manner})


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def test_hello_names_the_versions() -> None:
    said = ncs2.hello(scripted())
    assert said["python"] == ".".join(map(str, sys.version_info[:3]))


def test_a_network_is_loaded_and_answers(tmp_path: Path) -> None:
    with ncs2.Stick(scripted(), NETWORK, tmp_path) as stick:
        assert stick.inputs == {"x": (2,)}
        assert stick.infer({"x": floats(1.0, 2.5)})["y"].tolist() == [2.0, 5.0]
        assert stick.speed(0.01) > 0
        pid = stick._peer.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_support_names_what_stays_behind() -> None:
    assert ncs2.support(scripted(placed=["a"], left=["b"]), NETWORK) == ncs2.Support(("a",), ("b",))
    assert ncs2.support(scripted(placed=["a"], removed=["c"]), NETWORK) == ncs2.Support(("a",), (), ("c",))


def test_without_a_stick_loading_says_so_in_the_words_of_the_plugin(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="Can not init Myriad device: NC_ERROR") as caught:
        ncs2.Stick(scripted(devices=["CPU"]), NETWORK, tmp_path)
    assert "udev" in caught.value.todo


def test_words_on_standard_output_are_no_answer(tmp_path: Path) -> None:
    with ncs2.Stick(misbehaving("load", "chatter"), NETWORK, tmp_path) as stick:
        assert stick.inputs == {"x": (2,)}


@pytest.mark.parametrize(
    ("manner", "kind", "words"),
    [
        ("crash", GoneError, "SIGSEGV.*about to touch memory"),
        ("exit", GoneError, "ended with code 3"),
        ("garbage", GoneError, "sent garbage"),
        ("error", BackendError, "the script says so"),
    ],
)
def test_a_worker_that_misbehaves_is_an_error_with_a_reason(
    manner: str, kind: type[BackendError], words: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=words):
        ncs2.Stick(misbehaving("load", manner), NETWORK, tmp_path)
    with ncs2.Stick(misbehaving("infer", manner), NETWORK, tmp_path) as stick, pytest.raises(kind, match=words):
        stick.infer({"x": floats(1, 2)})


def test_a_worker_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(OverdueError):
        ncs2.Stick(misbehaving("load", "hang"), NETWORK, tmp_path, seconds=0.5)
    with ncs2.Stick(misbehaving("infer", "hang"), NETWORK, tmp_path) as stick:
        with pytest.raises(OverdueError):
            stick.infer({"x": floats(1, 2)}, 0.2)
        with pytest.raises(GoneError, match="has ended"):
            stick.infer({"x": floats(1, 2)})


def test_after_a_refusal_it_can_be_asked_again(tmp_path: Path) -> None:
    with Peer(scripted(), tmp_path) as peer:
        for request in ({"op": "load", "device": "GPU"}, {"op": "dance"}, {"op": "infer", "inputs": {}}, {"op": "infer"}):
            with pytest.raises(BackendError):
                peer.ask(request, 10)
        assert peer.ask({"op": "hello"}, 10)["libusb"] is True
        assert peer.ask({"op": "close"}, 10) is None


def test_a_message_that_is_too_long_is_refused_here(tmp_path: Path) -> None:
    with Peer(scripted(), tmp_path) as peer:
        with pytest.raises(BackendError, match="too long"):
            peer.ask({"op": "hello", "more": "x" * 17_000_000}, 10)
        assert peer.ask({"op": "hello", "more": "x" * 1_000_000}, 10)["libusb"]


@pytest.mark.parametrize(
    "reply", [b"", b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x05[1,2]", b"\xff\xff\xff\xff", b"\x00\x00\x00\x09{}"]
)
def test_whatever_a_peer_sends_is_an_answer_or_an_error(reply: bytes, tmp_path: Path) -> None:
    program = f"import os, sys; os.write(1, {reply!r})"
    with Peer([sys.executable, "-I", "-c", program], tmp_path) as peer, pytest.raises(GoneError):
        peer.ask({"op": "hello"}, 20)


def test_the_classifier_falls_back_to_the_cpu_without_a_stick(tmp_path: Path) -> None:
    def use(device: str) -> list[float]:
        with ncs2.Stick(scripted(devices=["CPU"]), NETWORK, tmp_path, device=device) as stick:
            return stick.infer({"x": floats(1, 2)})["y"].tolist()

    used = with_fallback(["MYRIAD", "CPU"], use, (BackendError,))
    assert (used.value, used.device) == ([2.0, 4.0], "CPU")
    assert "NC_ERROR" in used.note


def fake_python(folder: Path, version: str) -> Path:
    """An interpreter that says that it is of a version."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "python"
    program.write_text(f"#!/bin/sh\nprintf %s '{version}'\n")
    program.chmod(0o700)
    return program


@pytest.fixture
def nothing_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("nothing_on_path")
def test_an_old_python_is_found_where_tools_keep_it_the_newest_first(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match=r"there is no Python 3\.6 to 3\.9 on this machine") as caught:
        _ncs2_environment.find_python(tmp_path)
    assert "uv python install 3.9" in caught.value.todo
    eight = fake_python(tmp_path / ".pyenv/versions/3.8.18/bin", "3.8")
    assert _ncs2_environment.find_python(tmp_path) == eight
    nine = fake_python(tmp_path / ".pyenv/versions/3.9.1/bin", "3.9")
    assert _ncs2_environment.find_python(tmp_path) == nine


@pytest.mark.usefixtures("nothing_on_path")
@pytest.mark.parametrize("version", ["3.12", "nonsense", ""])
def test_another_python_will_not_do(version: str, tmp_path: Path) -> None:
    named = fake_python(tmp_path / "bin", version)
    with pytest.raises(BackendError, match=r"is no Python 3\.6 to 3\.9"):
        _ncs2_environment.find_python(tmp_path, str(named))
    with pytest.raises(BackendError):
        _ncs2_environment.find_python(tmp_path, "relative/python")


def test_an_environment_that_cannot_be_made_says_why_and_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "runtime" / "ncs2"
    with pytest.raises(BackendError, match="could not be made") as caught:
        _ncs2_environment.build(folder, Path(sys.executable), requirement="./nowhere", options=["--no-index"])
    assert "pip" in caught.value.todo
    assert _ncs2_environment.python(folder) is None
    with pytest.raises(BackendError, match="not set up"):
        ncs2.command(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        _ncs2_environment.build(tmp_path / "file" / "ncs2", Path(sys.executable))


@pytest.fixture
def real() -> list[str | Path]:
    """The environment that `hunkgate devices setup ncs2` built in the folder that this variable names."""
    folder = os.environ.get("TEST_NCS2_ENVIRONMENT")
    if not folder:
        pytest.skip("TEST_NCS2_ENVIRONMENT names no environment of the stick")
    return ncs2.command(Path(folder))


@pytest.mark.network
def test_every_layer_of_a_small_network_is_placed_on_the_stick(real: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(small_cnn())
    said = ncs2.hello(real)
    assert said["libusb"], "libusb-1.0-0 is missing"
    found = ncs2.support(real, tmp_path / "small.onnx")
    assert found.left == ()
    assert len(found.placed) >= 7


@pytest.mark.network
@pytest.mark.parametrize(
    ("scale", "shift", "removed"),
    [(1.0, 0.0, ("scaled", "shifted")), (1.0, 0.5, ("scaled",)), (2.0, 0.5, ())],
)
def test_a_layer_that_changes_nothing_is_removed_and_no_other_one(
    scale: float, shift: float, removed: tuple[str, ...], real: list[str | Path], tmp_path: Path
) -> None:
    (tmp_path / "neutral.onnx").write_bytes(scaling(scale, shift))
    found = ncs2.support(real, tmp_path / "neutral.onnx")
    assert (found.left, found.removed) == ((), removed)


@pytest.mark.network
def test_a_layer_that_the_stick_cannot_do_is_left(real: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "unsupported.onnx").write_bytes(unsupported())
    found = ncs2.support(real, tmp_path / "unsupported.onnx")
    assert (len(found.left), found.removed) == (1, ())


@pytest.mark.network
def test_every_layer_of_the_classifier_is_placed_on_the_stick(real: list[str | Path]) -> None:
    from reviewer.classify.model import WEIGHTS

    found = ncs2.support(real, WEIGHTS / "model.onnx")
    assert found.left == ()
    assert found.placed


@pytest.mark.network
def test_without_a_stick_the_real_plugin_gives_up_in_time(real: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(small_cnn())
    with pytest.raises(BackendError, match="Can not init Myriad device"):
        ncs2.Stick(real, tmp_path / "small.onnx", tmp_path)
    with pytest.raises(OverdueError):
        ncs2.Stick(real, tmp_path / "small.onnx", tmp_path, seconds=1.0)


@pytest.mark.network
def test_the_same_worker_computes_on_the_processor(real: list[str | Path], tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(small_cnn())
    with ncs2.Stick(real, tmp_path / "small.onnx", tmp_path, device="CPU") as stick:
        found = stick.infer({"text": floats(*[0.5] * 512)})["class"]
    (((((one,),), ((two,),), ((three,),))),) = found.tolist()
    # The processor may compute in 16 bits.
    assert one + two + three == pytest.approx(1.0, abs=0.01)
    with pytest.raises(BackendError, match="there is no network"):
        ncs2.support(real, tmp_path / "nowhere.onnx")


@pytest.mark.parametrize("version", ["3.6", "3.9"])
def test_the_worker_runs_on_the_old_pythons(version: str, tmp_path: Path) -> None:
    """On whichever of them this machine has."""
    found = sorted(Path("/").glob(f"{os.environ.get('PYENV_ROOT', 'nowhere').lstrip('/')}/versions/{version}.*/bin/python"))
    if not found:
        pytest.skip(f"Python {version} is not here")
    argv = [found[0], *scripted()[1:]]
    with ncs2.Stick(argv, NETWORK, tmp_path) as stick:
        assert stick.infer({"x": floats(1, 3)})["y"].tolist() == [2.0, 6.0]
