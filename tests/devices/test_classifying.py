"""Where a review classifies, told without a look at any device: by what the kernel shows and what was measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reviewer.devices import _measured
from reviewer.devices._classifying import FIGURES, MODEL, Chosen, chosen, named
from reviewer.devices._measured import Measurement

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what the kernel shows is told for Linux")

USUAL = "usual for this role, not measured"


class Machine:
    """A /dev, a /sys and a model store."""

    def __init__(self, folder: Path) -> None:
        self.root, self.store = folder / "root", folder / "store"
        self.store.mkdir()
        self.root.mkdir()

    def put(self, name: str, text: str = "") -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def stick(self, *, environment: bool = True) -> None:
        self.put("sys/bus/usb/devices/1-1/idVendor", "1d6b\n")
        self.put("sys/bus/usb/devices/1-2/idVendor", "03e7\n")
        if environment:
            (self.store / "runtime" / "ncs2").mkdir(parents=True)
            (self.store / "runtime" / "ncs2" / "ready").write_text("openvino==2021.4.2\n")

    def measured(self, **rates: float | str) -> None:
        """By device, its speed or why it failed."""
        rows = [
            Measurement(name, "classify", "openvino", MODEL, "d", "v", 0.0, "hunks", rate)
            if isinstance(rate, str)
            else Measurement(name, "classify", "openvino", MODEL, "d", "v", rate, "hunks")
            for name, rate in rates.items()
        ]
        _measured.write(self.store / FIGURES, rows)

    def chosen(self, wanted: str = "", digest: str = "d") -> Chosen:
        return chosen(lambda: self.store, digest, wanted, self.root)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_with_nothing_but_a_processor_not_even_the_store_is_looked_for(machine: Machine) -> None:
    found = chosen(lambda: pytest.fail("looked for"), "d", "", machine.root)
    assert found == Chosen("CPU", "no accelerator is shown")


def test_a_stick_with_its_environment_is_what_it_is_made_for(machine: Machine) -> None:
    machine.stick()
    assert machine.chosen() == Chosen("MYRIAD", USUAL)


def test_a_stick_without_its_environment_is_none(machine: Machine) -> None:
    machine.stick(environment=False)
    assert machine.chosen().device == "CPU"


def test_an_environment_without_a_stick_is_none(machine: Machine) -> None:
    machine.stick()
    machine.put("sys/bus/usb/devices/1-2/idVendor", "8087\n")
    assert machine.chosen() == Chosen("CPU", "no accelerator is shown")


def test_an_npu_is_taken_until_it_was_measured_slower(machine: Machine) -> None:
    machine.put("dev/accel/accel0")
    assert machine.chosen() == Chosen("NPU", USUAL)
    machine.measured(NPU=900.0, CPU=14000.0)
    assert machine.chosen() == Chosen("CPU", "measured 15.6 times faster than NPU with openvino")
    # Of another network; then it is as if nothing was measured.
    assert machine.chosen(digest="other") == Chosen("NPU", USUAL)


def test_what_failed_when_it_was_measured_is_not_used(machine: Machine) -> None:
    machine.stick()
    machine.measured(MYRIAD="its answers are up to 0.40 away from the processor's", CPU=14000.0)
    assert machine.chosen().device == "CPU"


def test_a_gpu_is_used_only_if_it_was_measured_faster(machine: Machine) -> None:
    machine.put("dev/dri/renderD128")
    assert machine.chosen() == Chosen("CPU", "no accelerator is made for it, and none was measured")
    machine.measured(**{"GPU.1": 50000.0, "CPU": 14000.0})
    assert machine.chosen().device == "GPU.1"


def test_a_measured_device_that_is_not_shown_any_more_is_not_used(machine: Machine) -> None:
    machine.put("dev/dri/renderD128")
    machine.measured(NPU=90000.0, MYRIAD=90000.0, big=90000.0, CPU=14000.0)
    assert machine.chosen().device == "CPU"


def test_damaged_figures_are_none(machine: Machine) -> None:
    machine.put("dev/accel/accel0")
    (machine.store / FIGURES).write_text("{")
    assert machine.chosen() == Chosen("NPU", USUAL)


@pytest.mark.parametrize(
    ("wanted", "device"), [("cpu", "CPU"), ("ncs2", "MYRIAD"), ("MYRIAD", "MYRIAD"), ("npu", "NPU"), ("GPU.1", "GPU.1")]
)
def test_the_configuration_decides(wanted: str, device: str, machine: Machine) -> None:
    machine.stick()
    assert named(wanted) == device
    assert machine.chosen(wanted) == Chosen(device, "your configuration names it")


def test_on_a_machine_with_nothing_but_a_processor_it_imports_next_to_nothing(machine: Machine) -> None:
    code = f"""
import sys, pathlib, reviewer.pipeline
before = set(sys.modules)
from reviewer.devices._classifying import chosen
chosen(lambda: pathlib.Path(), "d", "", pathlib.Path({str(machine.root)!r}))
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["reviewer.devices", "reviewer.devices._classifying", "reviewer.devices._usb"]
