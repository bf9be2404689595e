"""What every device says of itself. One file per device, found by its name; nothing of a runtime is imported in this process.

A native crash is normal life for an inference runtime, so whatever touches one runs in a child process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from reviewer.errors import BackendError


class GoneError(BackendError):
    """The device, or the process that speaks to it, is gone."""


class Kind(str, Enum):
    """What sort of device it is."""

    CPU = "cpu"
    GPU = "gpu"
    NPU = "npu"
    NCS2 = "ncs2"
    SERVER = "endpoint"


@dataclass(frozen=True, slots=True)
class Device:
    """One device, present or not."""

    name: str
    """What the runtime calls it, such as "GPU.0"; for a server the user's name for it."""
    kind: Kind
    title: str = ""
    """What its maker calls it."""
    present: bool = False
    """Whether it can be used now."""
    runtime: str = ""
    """Name and version of what runs it."""
    memory: int = 0
    """Bytes; 0 if that is not known."""
    driver: str = ""
    """Version of its driver or firmware; empty if that is not known."""
    reason: str = ""
    """Why it cannot be used; empty if it can."""
    todo: str = ""
    """What to do about that, an imperative sentence; empty if nothing can be done."""

    @property
    def version(self) -> str:
        """What a measurement depends on besides the model."""
        return f"{self.title}; {self.runtime}; {self.driver}"


@dataclass(frozen=True, slots=True)
class Runtime:
    """What OpenVINO says, asked in a child process."""

    version: str = ""
    """Empty if it could not be asked."""
    properties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By device, what it answered; numbers in decimal."""
    reason: str = ""
    """Why it could not be asked."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a device may look at."""

    openvino: Runtime
    ncs2: Path
    """Folder of the worker's environment for the stick; it may not exist."""
    root: Path = Path("/")
    """Where /dev, /sys and /proc are; another folder in tests."""
    script: Path | None = None
    """What the scripted device is told to be."""


class DeviceModule(Protocol):
    """The module's contract."""

    def look(self, around: Around) -> tuple[Device, ...]:
        """Every device of this kind, or one that is not present and says why. Takes at most some seconds; raises nothing."""
