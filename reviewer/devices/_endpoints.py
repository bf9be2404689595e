"""Inference servers that the user's own file names, as devices. Nothing is sent to them here."""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.devices.interface import Device, Kind
from reviewer.records import Endpoint


def served(endpoints: Iterable[Endpoint]) -> tuple[Device, ...]:
    """One device for each; whether it answers shows when it is measured."""
    return tuple(Device(one.name, Kind.SERVER, f"{one.model} at {one.url}", True, one.dialect.value) for one in endpoints)
