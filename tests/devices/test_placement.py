"""Roles go where they belong, until a measurement says otherwise."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from reviewer.devices import _measured
from reviewer.devices._fallback import Used, with_fallback
from reviewer.devices._measured import Measurement
from reviewer.devices._placement import Place, place
from reviewer.devices.interface import Device, GoneError, Kind
from reviewer.devices.scripted import Scripted
from reviewer.errors import BackendError, OutOfTimeError, OverdueError, StorageError

KINDS = (Kind.CPU, Kind.GPU, Kind.NPU, Kind.NCS2)


def at(role: str, kind: Kind, rate: float = 0.0, **fields: object) -> Place:
    return Place(role, kind.name, kind, **({"backend": "openvino", "model": "m", "rate": rate} | fields))


@pytest.mark.parametrize(
    ("role", "there", "taken"),
    [
        ("classify", KINDS, "NCS2"),
        ("classify", (Kind.CPU, Kind.NPU), "NPU"),
        ("embed", KINDS, "NPU"),
        ("screen", KINDS, "GPU"),
        ("review", KINDS, "GPU"),
        ("review", (Kind.CPU, Kind.NPU), "CPU"),
        ("embed", (Kind.CPU, Kind.GPU), "CPU"),
    ],
)
def test_what_was_not_measured_goes_where_it_belongs(role: str, there: tuple[Kind, ...], taken: str) -> None:
    placed = place([at(role, kind) for kind in there])[role]
    assert (placed.place.device, placed.why) == (taken, "usual for this role, not measured")


def test_a_measured_slower_device_loses() -> None:
    placed = place([at("embed", Kind.NPU, 100.0), at("embed", Kind.CPU, 330.0)])["embed"]
    assert (placed.place.device, placed.why) == ("CPU", "measured 3.3 times faster than NPU with openvino")
    assert [one.device for one in placed.others] == ["NPU"]


def test_noise_moves_nothing() -> None:
    assert place([at("embed", Kind.NPU, 100.0), at("embed", Kind.CPU, 105.0)])["embed"].place.device == "NPU"


def test_a_device_that_was_not_measured_is_not_beaten_by_one_that_was() -> None:
    assert place([at("review", Kind.GPU), at("review", Kind.CPU, 6.0)])["review"].place.device == "GPU"


def test_one_device_splits_by_role() -> None:
    placed = place(
        [
            at("screen", Kind.CPU, 330.0, backend="openvino_genai"),
            at("screen", Kind.CPU, 100.0, backend="llama_cpp"),
            at("review", Kind.CPU, 6.0, backend="openvino_genai"),
            at("review", Kind.CPU, 14.4, backend="llama_cpp"),
        ]
    )
    assert {role: one.place.backend for role, one in placed.items()} == {"screen": "openvino_genai", "review": "llama_cpp"}


def test_what_failed_when_it_was_measured_is_not_used() -> None:
    assert place([at("embed", Kind.NPU, failed="crashed"), at("embed", Kind.CPU)])["embed"].place.device == "CPU"
    assert place([at("embed", Kind.NPU, failed="crashed")]) == {}


def test_a_kind_that_is_not_made_for_a_role_needs_a_measurement() -> None:
    assert place([at("screen", Kind.NPU)]) == {}
    assert place([at("screen", Kind.NPU, 400.0), at("screen", Kind.CPU, 100.0)])["screen"].place.device == "NPU"


def test_the_user_decides() -> None:
    chosen = at("review", Kind.SERVER, 1.0, chosen=True)
    placed = place([at("review", Kind.GPU, 50.0), chosen])["review"]
    assert (placed.place, placed.why) == (chosen, "your configuration names it")


def test_another_device_takes_over_before_another_runtime_of_the_same() -> None:
    places = [at("screen", Kind.GPU, 900.0), at("screen", Kind.GPU, 800.0, backend="x"), at("screen", Kind.CPU, 100.0)]
    assert [one.device for one in place(places)["screen"].others] == ["CPU", "GPU"]


NPU = Device("NPU", Kind.NPU, "AI Boost", True, "OpenVINO 2026.4.1", 0, "1717")
FIGURE = Measurement("NPU", "embed", "openvino_genai", "m", "ab", NPU.version, 40.0, "tokens read")


def test_figures_survive_and_replace_older_ones(tmp_path: Path) -> None:
    path = tmp_path / "data" / "devices.json"
    other = dataclasses.replace(FIGURE, role="screen")
    newer = dataclasses.replace(FIGURE, rate=50.0)
    _measured.write(path, _measured.merged([FIGURE, other], [newer]))
    assert _measured.read(path) == (other, newer)
    assert [one.name for one in path.parent.iterdir()] == ["devices.json"]


def test_a_figure_is_stale_when_the_driver_or_the_model_changed() -> None:
    assert FIGURE.stale(NPU, "ab") == ""
    assert FIGURE.stale(NPU, "cd") == "the model changed"
    assert FIGURE.stale(dataclasses.replace(NPU, driver="1718"), "ab") == "its runtime or driver changed"
    assert FIGURE.stale(dataclasses.replace(NPU, runtime="OpenVINO 2027"), "ab") == "its runtime or driver changed"


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": 2, "measured": []}', '{"format": 1, "measured": [{}]}', '{"format": 1, "measured": 7}',
     json.dumps({"format": 1, "measured": [dataclasses.asdict(FIGURE) | {"rate": "fast"}]}),
     json.dumps({"format": 1, "measured": [dataclasses.asdict(FIGURE) | {"rate": float("nan")}]})],
)  # fmt: skip
def test_damaged_figures_count_as_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "devices.json").write_text(content)
    assert _measured.read(tmp_path / "devices.json") == ()


def test_figures_that_cannot_be_stored_say_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be stored"):
        _measured.write(tmp_path / "file" / "devices.json", [FIGURE])


def test_a_device_that_vanishes_costs_one_retry_elsewhere_and_a_note() -> None:
    npu = Scripted({"name": "NPU", "fails": [2]})
    names: list[str] = []

    def use(name: str) -> int:
        names.append(name)
        return npu.use(lambda: 1) if name == "NPU" else 2

    assert with_fallback(["NPU", "CPU"], use) == Used(1, "NPU")
    assert with_fallback(["NPU", "CPU"], use) == Used(2, "CPU", "NPU vanished (NPU is gone); done on CPU")
    assert names == ["NPU", "NPU", "CPU"]


def test_the_retry_is_the_last_one() -> None:
    asked: list[str] = []

    def use(name: str) -> int:
        asked.append(name)
        raise OverdueError(f"{name} was late")

    with pytest.raises(GoneError, match=r"NPU vanished \(NPU was late\), then GPU \(GPU was late\)"):
        with_fallback(["NPU", "GPU", "CPU"], use)
    assert asked == ["NPU", "GPU"]
    with pytest.raises(OverdueError):
        with_fallback(["NPU"], use)


@pytest.mark.parametrize("error", [OutOfTimeError("late"), BackendError("the question is too long")])
def test_what_is_no_loss_is_no_reason_to_go_elsewhere(error: BackendError) -> None:
    asked: list[str] = []

    def use(name: str) -> int:
        asked.append(name)
        raise error

    with pytest.raises(type(error)):
        with_fallback(["NPU", "CPU"], use)
    assert asked == ["NPU"]
