"""Graphics of Intel, through OpenVINO. An NVIDIA card is only named: Hunkgate uses it through a server of the user's."""

from __future__ import annotations

from reviewer.devices._openvino import seen, unseen
from reviewer.devices.interface import Around, Device, Kind

_DRIVER = "Install Intel's compute runtime (intel-opencl-icd), and let this user into the group render."


def look(around: Around) -> tuple[Device, ...]:
    """Every GPU that OpenVINO has."""
    found = seen(around, Kind.GPU)
    if found:
        return found
    if any(around.root.glob("dev/nvidia[0-9]*")):
        todo = "Serve a model with it, and name the server under [[endpoints]] in your own configuration."
        return (Device("GPU", Kind.GPU, "NVIDIA", reason="OpenVINO has no plugin for it", todo=todo),)
    return (unseen(around, Kind.GPU, "dev/dri/renderD*", _DRIVER),)
