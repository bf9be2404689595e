"""A room's members are its files: the registry lists them by name and imports only the one that is asked for."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from reviewer.errors import UsageError


def members(room: str) -> tuple[str, ...]:
    """Names of the members of a package, sorted; `interface` and names with a leading underscore are no members.

    Args:
        room: import name of the package, such as "reviewer.report".
    """
    package = importlib.import_module(room)
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(sorted(name for name in names if name != "interface" and not name.startswith("_")))


def load(room: str, name: str) -> ModuleType:
    """The member `name` of `room`. A dash in the name stands for an underscore, as git writes its hooks.

    Raises:
        UsageError: there is no such member; names the ones there are.
    """
    wanted = name.replace("-", "_")
    known = members(room)
    if wanted not in known:
        kind = room.rpartition(".")[2]
        raise UsageError(f"there is no {name!r} among the {kind}", todo="Choose one of: " + ", ".join(known) + ".")
    return importlib.import_module(f"{room}.{wanted}")
