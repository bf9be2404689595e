"""`hunkgate models recommend`: a set of models for this machine, and why each was or was not picked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from reviewer import config
from reviewer.commands._devices_places import survey
from reviewer.commands._models_list import every_model, runtime_of, standings
from reviewer.devices.interface import Device, Kind
from reviewer.engine.install import best_place
from reviewer.engine.memory import ceiling
from reviewer.errors import ExitCode
from reviewer.models.catalogue import Entry
from reviewer.models.recommend import CPU, Advice, Candidate, Machine, Place, need, reading, recommend
from reviewer.models.store import Presence, Store, open_store
from reviewer.records import Machine as Settings
from reviewer.report._streams import say

_UNKNOWN = 8 * 10**9
"""Bytes to assume where the system does not say how much memory it has."""

_UNMEASURED = "no model runs on it before 'hunkgate devices --measure' has found it to be faster."

_PLACES = {Place.FAST: "reads every hunk", Place.LARGER: "hard hunks", Place.EMBED: "embeddings", Place.NONE: "-"}


def run(form: str) -> int:
    """Advise; the exit code.

    Raises:
        ConfigError: the catalogue, the lock file or the configuration is malformed.
    """
    settings = config.load_machine()
    store = open_store(settings)
    machine = Machine(ceiling(settings.engine_memory) or _UNKNOWN, settings.threads or os.cpu_count() or 1)
    advice = recommend([_candidate(store, model, settings) for model in every_model(settings)], machine)
    found = accelerators(survey().devices)
    say(_json(advice, machine, found) if form == "json" else _text(advice, machine, found))
    return ExitCode.OK


def accelerators(devices: Iterable[Device]) -> tuple[Device, ...]:
    """Those that language models could run on: present, or there is something to be done about it."""
    return tuple(one for one in devices if one.kind in (Kind.GPU, Kind.NPU) and (one.present or one.todo))


def _candidate(store: Store, model: Entry, settings: Settings) -> Candidate:
    backend, _ = runtime_of(store, model, settings)
    here = store.presence(model) is not Presence.ABSENT
    place = best_place(store, model, (backend,))
    placed = (place.device, place.reads) if place else (CPU, 0.0)
    return Candidate(model, backend, here, standings(store, model, backend), *placed)


def _json(advice: Sequence[Advice], machine: Machine, found: Sequence[Device]) -> str:
    names = [one.name for one in found if one.present]
    document = {
        "machine": {"memory": machine.memory, "cores": machine.cores, "devices": names},
        "settings": _settings(advice),
        "models": [_row(one, machine) for one in advice],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _row(one: Advice, machine: Machine) -> dict[str, Any]:
    pace, measured = reading(one.candidate, machine)
    return {
        "name": one.candidate.entry.name,
        "picked_as": one.place.value or None,
        "embeds": one.embeds,
        "why": one.why,
        "installed": one.candidate.installed,
        "backend": one.candidate.backend,
        "device": one.candidate.device,
        "memory": need(one.candidate),
        "prefill": round(pace, 1),
        "measured": measured,
        "commands": list(one.commands),
    }


def _text(advice: Sequence[Advice], machine: Machine, found: Sequence[Device]) -> str:
    present = "".join(f", {one.name}" for one in found if one.present)
    lines = [f"{machine.memory / 1e9:.1f} GB for models, {machine.cores} cores{present}", *_beyond(advice, found), ""]
    picked = [f"{one.candidate.entry.name}: {_does(one)} - {one.why}" for one in advice if one.place is not Place.NONE]
    lines += picked or ["No model fits."]
    lines += ["", "Not picked:", *(f"  {one.candidate.entry.name}: {one.why}" for one in advice if one.place is Place.NONE)]
    lines += _todo(advice)
    return "\n".join(lines) + "\n"


def _does(one: Advice) -> str:
    return _PLACES[one.place] + (", embeddings" if one.embeds and one.place is not Place.EMBED else "")


def _beyond(advice: Iterable[Advice], found: Iterable[Device]) -> list[str]:
    """What keeps an accelerator from being used."""
    used = {one.candidate.device for one in advice}
    idle = [one for one in found if one.name not in used]
    return [f"{one.name}: {_UNMEASURED if one.present else f'{one.reason}. {one.todo}'}" for one in idle]


def _todo(advice: Iterable[Advice]) -> list[str]:
    picked = [one for one in advice if one.place is not Place.NONE]
    commands = [command for one in picked for command in one.commands]
    settings = [f'{key} = "{name}"' for key, name in _settings(picked).items()]
    lines = ["", "To do:", *(f"  {command}" for command in commands)] if commands else []
    return lines + (["", "In your own configuration file:", *(f"  {line}" for line in settings)] if settings else [])


def _settings(advice: Iterable[Advice]) -> dict[str, str]:
    """What to write into the user's file."""
    return {one.place.value: one.candidate.entry.name for one in advice if one.place in (Place.FAST, Place.LARGER)}
