"""Whether a stick is plugged in, as the kernel tells it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_VENDOR = b"03e7"
"""USB id of Movidius. The product is 2485 before the firmware runs and f63b afterwards."""


def plugged(root: Path) -> bool:
    """Whether USB shows a stick, waiting for its firmware or running it; see sysfs-bus-usb."""
    for vendor in root.glob("sys/bus/usb/devices/*/idVendor"):
        with suppress(OSError):
            if vendor.read_bytes().strip() == _VENDOR:
                return True
    return False
