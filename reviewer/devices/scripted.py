"""A device of a script, for tests and dry runs: JSON with the fields of `Device`, and "fails", the uses at which it is gone.

{"name": "NPU", "kind": "npu", "memory": 4000000000, "fails": [2]}
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from reviewer.devices.interface import Around, Device, GoneError, Kind

T = TypeVar("T")


def look(around: Around) -> tuple[Device, ...]:
    """The device of the script; none without a script, or if it is none."""
    return (_described(script),) if (script := read(around)) else ()


def read(around: Around) -> Mapping[str, Any]:
    """The script; empty if there is none."""
    if around.script is None:
        return {}
    try:
        script = json.loads(around.script.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return script if isinstance(script, dict) else {}


class Scripted:
    """Lets work be done, until the script says that the device is gone."""

    def __init__(self, script: Mapping[str, Any]) -> None:
        self._name = str(script.get("name", "scripted"))
        self._fails = {int(use) for use in script.get("fails", ())}
        self.uses = 0

    def use(self, work: Callable[[], T]) -> T:
        """Do the work.

        Raises:
            GoneError: as the script says.
        """
        self.uses += 1
        if self.uses in self._fails:
            raise GoneError(f"{self._name} is gone")
        return work()


def _described(script: Mapping[str, Any]) -> Device:
    known = {key: value for key, value in script.items() if key in Device.__slots__ and key not in ("name", "kind")}
    kind = str(script.get("kind", "cpu"))
    return Device(str(script.get("name", "scripted")), Kind(kind), **{"present": True, **known})
