"""Where a language model runs by what was measured here, without a look at any device: hooks have no time for that.

So nobody checks here that a device is still there, or its driver still the same. `hunkgate devices` does; a review that finds
the device gone goes on elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewer.devices._measured import Measurement, read
from reviewer.devices._placement import Place, place
from reviewer.devices.interface import Kind

PER_HUNK: Mapping[str, float] = {"screen": 700.0, "review": 27.0}
"""Tokens of a usual hunk in each role: all hunks are read, and 90 tokens are written about three in ten of them."""

_ROLE = "review"
"""The role whose preferred devices are asked for; "screen" has the same ones."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A device with a runtime; both empty if nothing that counts was measured."""

    device: str = ""
    backend: str = ""
    reads: float = 0.0
    """Tokens a second; 0 if that was not measured."""


def spot(file: Path, model: str, digest: str, backends: Collection[str]) -> Spot:
    """Where a usual hunk takes least time.

    Args:
        file: what `_measured.write` left.
        digest: of the model's file; figures of another one do not count.
        backends: those that can be used.
    """
    rows = [one for one in read(file) if (one.model, one.digest) == (model, digest) and one.backend in backends]
    figures = _figures(one for one in rows if one.role in PER_HUNK and _kind(one.device))
    roles = [role for role in PER_HUNK if figures and all(role in rates for rates in figures.values())]
    if not roles:
        return Spot()
    places = []
    for (device, backend), rates in figures.items():
        kind = _kind(device)
        assert kind is not None
        rate = 1 / sum(PER_HUNK[role] / rates[role] for role in roles)
        places.append(Place(_ROLE, device, kind, backend, model, rate))
    taken = place(places)[_ROLE].place
    return Spot(taken.device, taken.backend, figures[taken.device, taken.backend].get("screen", 0.0))


def _figures(rows: Iterable[Measurement]) -> dict[tuple[str, str], dict[str, float]]:
    """What each device and runtime does a second, by role; those where a role failed are left out."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    failed = set()
    for one in rows:
        key = (one.device, one.backend)
        if one.failed or one.rate <= 0:
            failed.add(key)
        found.setdefault(key, {})[one.role] = one.rate
    return {key: rates for key, rates in found.items() if key not in failed}


def _kind(device: str) -> Kind | None:
    """By the runtime's name for the device, such as "GPU.1"; None for a server, and what else runs no language model here."""
    return {"CPU": Kind.CPU, "GPU": Kind.GPU, "NPU": Kind.NPU}.get(device.partition(".")[0])
