"""`hunkgate devices` for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reviewer.commands._devices_places import Here
from reviewer.commands._models_table import table
from reviewer.devices._measured import Measurement
from reviewer.devices._placement import Place, Placed
from reviewer.devices.interface import Device


def document(here: Here) -> dict[str, Any]:
    """Everything, as `--format json` has it."""
    placed = here.placed
    return {
        "devices": [_device(one, here, placed) for one in here.devices],
        "roles": {role: _role(one, here) for role, one in placed.items()},
        "figures": str(here.figures),
    }


def text(said: Mapping[str, Any]) -> str:
    """A table of the devices, then the roles, then what stands idle and why."""
    cells: list[tuple[str, ...]] = [("NAME", "DEVICE", "RUNTIME", "MEMORY", "DOES")]
    present = [one for one in said["devices"] if one["present"]]
    cells += [
        (one["name"], one["title"] or "-", one["runtime"] or "-", _gb(one["memory"]), ", ".join(one["placed"]) or "-")
        for one in present
    ]
    lines = [table(cells)]
    lines += [_line(role, one) for role, one in said["roles"].items()] or ["no role is placed: no model is installed"]
    figures = [(one["name"], figure) for one in said["devices"] for figure in one["measured"]]
    lines += ["", "Measured:", *(_figure(name, figure) for name, figure in figures)] if figures else []
    idle = [one for one in said["devices"] if one["reason"]]
    lines += ["", "Idle:", *(_idle(one) for one in idle)] if idle else []
    return "\n".join(lines) + "\n"


def _device(one: Device, here: Here, placed: Mapping[str, Placed]) -> dict[str, Any]:
    roles = [role for role, where in placed.items() if where.place.device == one.name]
    return {
        "name": one.name,
        "kind": one.kind.value,
        "title": one.title,
        "present": one.present,
        "runtime": one.runtime,
        "memory": one.memory,
        "driver": one.driver,
        "placed": roles,
        "measured": [_measurement(figure, one, here) for figure in here.measured if figure.device == one.name],
        "reason": one.reason or ("" if roles else _why_idle(one, here, placed)),
        "todo": one.todo,
    }


def _measurement(figure: Measurement, device: Device, here: Here) -> dict[str, Any]:
    return {
        "role": figure.role,
        "backend": figure.backend,
        "model": figure.model,
        "rate": round(figure.rate, 2),
        "unit": figure.unit,
        "failed": figure.failed,
        "stale": figure.stale(device, here.digests.get(figure.model, "")),
    }


def _why_idle(one: Device, here: Here, placed: Mapping[str, Placed]) -> str:
    mine = [where for where in here.places if where.device == one.name]
    if not mine:
        return "nothing that is installed runs on it"
    failed = [f"{where.role}: {where.failed}" for where in mine if where.failed]
    if failed:
        return "; ".join(failed)
    taken = {placed[where.role].place.device for where in mine if where.role in placed}
    return f"its roles are done by {', '.join(sorted(taken))}" if taken else "it was not measured ('hunkgate devices --measure')"


def _role(one: Placed, here: Here) -> dict[str, Any]:
    told = {**_place(one.place), "why": one.why, "then": [_place(other) for other in one.others]}
    if one.place.role != "classify":
        return told
    return {**told, "in_reviews": {"device": here.classified.device, "why": here.classified.why}}


def _place(one: Place) -> dict[str, Any]:
    return {"device": one.device, "backend": one.backend, "model": one.model}


def _line(role: str, one: Mapping[str, Any]) -> str:
    then = [f"{other['device']} with {other['backend']}" for other in one["then"]]
    after = f"; if it vanishes, {then[0]}" if then else ""
    line = f"{role}: {one['model']} on {one['device']} with {one['backend']} ({one['why']}{after})"
    other = one.get("in_reviews", one)
    return line if other["device"] == one["device"] else f"{line}; reviews use {other['device']}: {other['why']}"


def _figure(name: str, figure: Mapping[str, Any]) -> str:
    what = f"  {figure['role']}: {figure['model']} on {name} with {figure['backend']}: "
    what += f"failed: {figure['failed']}" if figure["failed"] else f"{figure['rate']:,.0f} {figure['unit']} a second"
    return what + (f" (does not count: {figure['stale']})" if figure["stale"] else "")


def _idle(one: Mapping[str, Any]) -> str:
    return f"  {one['name']}: {one['reason']}" + (f". {one['todo']}" if one["todo"] else "")


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size else "-"
