"""`hunkgate models recommend`: a set of models for this machine, and why each was or was not picked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from reviewer import config
from reviewer.commands._models_list import every_model, runtime_of, standings
from reviewer.engine.memory import ceiling
from reviewer.errors import ExitCode
from reviewer.models.catalogue import Entry
from reviewer.models.recommend import Advice, Candidate, Machine, Place, need, reading, recommend
from reviewer.models.store import Presence, Store, open_store
from reviewer.records import Machine as Settings
from reviewer.report._streams import say

_UNKNOWN = 8 * 10**9
"""Bytes to assume where the system does not say how much memory it has."""

DEVICES = {"gpu": ("/dev/dri", "renderD*"), "nvidia": ("/dev", "nvidia[0-9]*"), "npu": ("/dev/accel", "accel*")}
"""Where Linux shows an accelerator (drivers/accel, drm; nvidia's own driver): folder and pattern."""

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
    say(_json(advice, machine) if form == "json" else _text(advice, machine))
    return ExitCode.OK


def devices() -> tuple[str, ...]:
    """Accelerators that this system shows, besides the processor."""
    return tuple(name for name, (folder, pattern) in DEVICES.items() if any(Path(folder).glob(pattern)))


def _candidate(store: Store, model: Entry, settings: Settings) -> Candidate:
    backend, _ = runtime_of(store, model, settings)
    here = store.presence(model) is not Presence.ABSENT
    return Candidate(model, backend, here, standings(store, model, backend))


def _json(advice: Sequence[Advice], machine: Machine) -> str:
    document = {
        "machine": {"memory": machine.memory, "cores": machine.cores, "devices": list(devices())},
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
        "memory": need(one.candidate),
        "prefill": round(pace, 1),
        "measured": measured,
        "commands": list(one.commands),
    }


def _text(advice: Sequence[Advice], machine: Machine) -> str:
    found = devices()
    lines = [f"{machine.memory / 1e9:.1f} GB for models, {machine.cores} cores" + (f", {', '.join(found)}" if found else ""), ""]
    if found:
        lines += [_BEYOND, ""]
    lines += [f"{one.candidate.entry.name}: {_does(one)} - {one.why}" for one in advice if one.place is not Place.NONE]
    lines += ["No model fits."] if len(lines) == 2 + 2 * bool(found) else []
    lines += ["", "Not picked:", *(f"  {one.candidate.entry.name}: {one.why}" for one in advice if one.place is Place.NONE)]
    lines += _todo(advice)
    return "\n".join(lines) + "\n"


def _does(one: Advice) -> str:
    return _PLACES[one.place] + (", embeddings" if one.embeds and one.place is not Place.EMBED else "")


_BEYOND = "Hunkgate's own runtimes use the processor. A server of yours that uses the accelerator can serve a model instead."


def _todo(advice: Iterable[Advice]) -> list[str]:
    picked = [one for one in advice if one.place is not Place.NONE]
    commands = [command for one in picked for command in one.commands]
    settings = [f'{key} = "{name}"' for key, name in _settings(picked).items()]
    lines = ["", "To do:", *(f"  {command}" for command in commands)] if commands else []
    return lines + (["", "In your own configuration file:", *(f"  {line}" for line in settings)] if settings else [])


def _settings(advice: Iterable[Advice]) -> dict[str, str]:
    """What to write into the user's file."""
    return {one.place.value: one.candidate.entry.name for one in advice if one.place in (Place.FAST, Place.LARGER)}
