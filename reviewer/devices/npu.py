"""The NPU of Intel's Core Ultra processors, through OpenVINO."""

from __future__ import annotations

from reviewer.devices._openvino import seen, unseen
from reviewer.devices.interface import Around, Device, Kind

_DRIVER = "Install Intel's NPU driver (intel-level-zero-npu), and let this user into the group render."


def look(around: Around) -> tuple[Device, ...]:
    """Every NPU that OpenVINO has."""
    return seen(around, Kind.NPU) or (unseen(around, Kind.NPU, "dev/accel/accel*", _DRIVER),)
