"""Where a language model runs by the figures that are stored, without a look at any device."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.devices import _measured
from reviewer.devices._measured import Measurement
from reviewer.devices._stored import Spot, spot

OPENVINO, LLAMA = "openvino_genai", "llama_cpp"


def figure(device: str, role: str, rate: float, backend: str = OPENVINO, **fields: object) -> Measurement:
    unit = "tokens read" if role == "screen" else "tokens written"
    return Measurement(device, role, backend, "m", str(fields.get("digest", "d")), "v", rate, unit, str(fields.get("failed", "")))


def taken(folder: Path, *rows: Measurement, backends: tuple[str, ...] = (OPENVINO, LLAMA)) -> Spot:
    _measured.write(folder / "devices.json", rows)
    return spot(folder / "devices.json", "m", "d", backends)


CPU = (figure("CPU", "screen", 330.0), figure("CPU", "review", 6.0))
GPU = (figure("GPU.0", "screen", 2000.0), figure("GPU.0", "review", 40.0))


def test_nothing_stored_says_nothing(tmp_path: Path) -> None:
    assert spot(tmp_path / "devices.json", "m", "d", (OPENVINO,)) == Spot()
    (tmp_path / "devices.json").write_text("damaged")
    assert spot(tmp_path / "devices.json", "m", "d", (OPENVINO,)) == Spot()


def test_the_faster_device_is_taken(tmp_path: Path) -> None:
    assert taken(tmp_path, *CPU, *GPU) == Spot("GPU.0", OPENVINO, 2000.0)


def test_an_accelerator_that_is_slower_is_not(tmp_path: Path) -> None:
    slow = (figure("GPU.0", "screen", 100.0), figure("GPU.0", "review", 2.0))
    assert taken(tmp_path, *CPU, *slow) == Spot("CPU", OPENVINO, 330.0)


@pytest.mark.parametrize(
    "rows",
    [
        (figure("GPU.0", "screen", 2000.0, digest="another"), figure("GPU.0", "review", 40.0, digest="another")),
        (figure("GPU.0", "screen", 2000.0), figure("GPU.0", "review", 0.0, failed="it has no memory left")),
        (figure("MYRIAD", "screen", 2000.0), figure("MYRIAD", "review", 40.0)),
        (figure("GPU.0", "classify", 2000.0),),
    ],
)
def test_figures_that_do_not_count_place_nothing(tmp_path: Path, rows: tuple[Measurement, ...]) -> None:
    assert taken(tmp_path, *CPU, *rows) == Spot("CPU", OPENVINO, 330.0)
    assert taken(tmp_path, *rows) == Spot()


def test_reading_and_writing_count_as_a_usual_hunk_needs_them(tmp_path: Path) -> None:
    # As measured with 1.5B: llama.cpp writes 2.4 times faster, OpenVINO reads 3.3 times faster, and hunks are mostly read.
    llama = (figure("CPU", "screen", 100.0, LLAMA), figure("CPU", "review", 14.4, LLAMA))
    assert taken(tmp_path, *CPU, *llama) == Spot("CPU", OPENVINO, 330.0)
    writer = (figure("CPU", "screen", 300.0, LLAMA), figure("CPU", "review", 14.4, LLAMA))
    assert taken(tmp_path, *CPU, *writer) == Spot("CPU", LLAMA, 300.0)
    assert taken(tmp_path, *CPU, *writer, backends=(OPENVINO,)) == Spot("CPU", OPENVINO, 330.0)


def test_where_only_one_role_was_measured_everywhere_that_one_decides(tmp_path: Path) -> None:
    assert taken(tmp_path, CPU[1], *GPU) == Spot("GPU.0", OPENVINO, 2000.0)
