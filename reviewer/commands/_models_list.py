"""`hunkgate models list`: what there is, what is installed, and what each model may be used for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reviewer import config
from reviewer.commands._models_qualify import EXAMINED
from reviewer.commands._models_table import table
from reviewer.engine.install import choose_runtime
from reviewer.errors import BackendError, ExitCode
from reviewer.models.catalogue import Entry, catalogue, entry
from reviewer.models.exam.results import Result, result_as_json
from reviewer.models.lock import resolved
from reviewer.models.roles import FREE, Grade, Standing, identity, standing
from reviewer.models.store import Presence, Store, open_store
from reviewer.records import Machine
from reviewer.report._streams import say

_KEPT = ("auc", "auc_least", "auc_bar", "precision", "recall", "clean_pass", "refactorings", "moved", "moved_of")
_AND = ("threshold", "calibration", "asked", "answered", "taken", "reasons")


def run(form: str) -> int:
    """Show the catalogue; the exit code.

    Raises:
        ConfigError: the catalogue, the lock file or the configuration is malformed.
    """
    machine = config.load_machine()
    store = open_store(machine)
    rows = [_row(store, model, machine) for model in every_model(machine)]
    document = {"store": str(store.root), "forced_roles": list(machine.forced_roles), "models": rows}
    say(json.dumps(document, indent=2, allow_nan=False) + "\n" if form == "json" else _text(rows))
    return ExitCode.OK


def every_model(machine: Machine) -> list[Entry]:
    """The catalogue, then what is on the user's servers.

    Raises:
        ConfigError: the catalogue or the lock file is malformed.
    """
    served = [entry(endpoint.name, machine.endpoints) for endpoint in machine.endpoints]
    names = {one.name for one in served}
    return [resolved(one) for one in catalogue().values() if one.name not in names] + served


def standings(store: Store, model: Entry, backend: str) -> Mapping[str, Standing]:
    """What the exam says of a model: for each role that the catalogue has it sit for, and each that it sat for all the same."""
    from reviewer.review._model_roles import prompt_digest

    found = {role: standing(store, model, backend, role, prompt_digest(role)) for role in EXAMINED}
    shown = {role: one for role, one in found.items() if role in model.roles or one.result}
    return shown | {role: standing(store, model, backend, role, "") for role in FREE if role in model.roles}


def runtime_of(store: Store, model: Entry, machine: Machine) -> tuple[str, bool]:
    """The backend that runs a model here, or would, and whether it is installed."""
    try:
        return choose_runtime(store, model, machine)[0], True
    except BackendError:
        return model.backends[0], False


def _row(store: Store, model: Entry, machine: Machine) -> dict[str, Any]:
    backend, installed = runtime_of(store, model, machine)
    found = standings(store, model, backend)
    speed = next((one.speed for one in found.values() if one.speed), None)
    return {
        "name": model.name,
        "state": store.presence(model).value,
        "digest": identity(model),
        "size": model.size,
        "license": model.license,
        "context": model.context,
        "memory": model.memory,
        "backend": backend,
        "backend_installed": installed,
        "backends": list(model.backends),
        "roles": {role: one.state.value for role, one in found.items()},
        "why": {role: one.line for role, one in found.items()},
        "scores": {role: _scores(one.result) for role, one in found.items() if one.result},
        "speed": {"prefill": speed.prefill, "decode": speed.decode} if speed else None,
        "sources": [str(source) for source in model.sources],
    }


def _scores(result: Result) -> dict[str, Any]:
    fields = result_as_json(result)
    return {name: fields[name] for name in (*_KEPT, *_AND)}


def _text(rows: Sequence[dict[str, Any]]) -> str:
    cells: list[Sequence[str]] = [("NAME", "SIZE", "STATE", "RUNTIME", "MAY", "READS", "LICENSE")]
    cells += [_cells(row) for row in rows]
    installed = [row for row in rows if row["state"] != Presence.ABSENT.value]
    return table(cells) + "".join(f"{line}\n" for line in _reasons(installed))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    may = ", ".join(role for role, state in row["roles"].items() if state == Grade.PASSED.value) or "-"
    reads = f"{row['speed']['prefill']:.0f} tokens/s" if row["speed"] else "-"
    size = f"{row['size'] / 1e9:.1f} GB" if row["size"] else "-"
    return (row["name"], size, row["state"], row["backend"], may, reads, row["license"])


def _reasons(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Why the installed models may not do the rest."""
    return [row["why"][role] for row in rows for role, state in row["roles"].items() if state != Grade.PASSED.value]
