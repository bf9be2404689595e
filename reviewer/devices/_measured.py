"""What was measured on the devices of this machine: one JSON file in the user's data folder.

A figure counts as long as the device's runtime and driver and the model are the same as when it was measured.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from reviewer.devices.interface import Device
from reviewer.errors import StorageError

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Measurement:
    """One role on one device with one runtime."""

    device: str
    role: str
    """"classify", "embed", "screen" or "review"."""
    backend: str
    """The runtime: a member of reviewer.backends, or "openvino" for the classifier."""
    model: str
    digest: str
    """Of the model's file."""
    version: str
    """`Device.version` when it was measured."""
    rate: float
    """`unit` a second; 0 if it failed."""
    unit: str
    """"hunks", "tokens read" or "tokens written"."""
    failed: str = ""
    """Why it could not be measured."""

    def stale(self, device: Device, digest: str) -> str:
        """Why it does not count any more; empty if it does."""
        if self.version != device.version:
            return "its runtime or driver changed"
        return "" if self.digest == digest else "the model changed"


def read(path: Path) -> tuple[Measurement, ...]:
    """What is stored; nothing if the file is missing or damaged: it can be measured again."""
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != _FORMAT:
            return ()
        return tuple(_checked(Measurement(**row)) for row in document["measured"])
    except (OSError, ValueError, TypeError, KeyError):
        return ()


def write(path: Path, measured: Iterable[Measurement]) -> None:
    """Store, whole or not at all.

    Raises:
        StorageError: the file cannot be written.
    """
    document = {"format": _FORMAT, "measured": [asdict(one) for one in measured]}
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise StorageError(f"the measurements cannot be stored: {error.strerror}", where=str(path)) from error


def merged(old: Sequence[Measurement], new: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """The new ones, and the old ones of what was not measured again."""
    fresh = {_key(one) for one in new}
    return (*(one for one in old if _key(one) not in fresh), *new)


def _key(one: Measurement) -> tuple[str, ...]:
    return one.device, one.role, one.backend, one.model


def _checked(one: Measurement) -> Measurement:
    texts = (one.device, one.role, one.backend, one.model, one.digest, one.version, one.unit, one.failed)
    if not all(isinstance(text, str) for text in texts) or not isinstance(one.rate, int | float) or not 0 <= one.rate < 1e12:
        raise ValueError("no measurement")
    return one
