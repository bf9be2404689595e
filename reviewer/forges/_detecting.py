"""Which code host this job runs on."""

from __future__ import annotations

from reviewer import registry
from reviewer.forges.interface import Environment, Place

ROOM = "reviewer.forges"

_LAST = "plain"


def find_place(environment: Environment) -> Place:
    """What the first member says that knows the environment.

    Raises:
        UsageError: it cannot be read.
    """
    names = [name for name in registry.members(ROOM) if name != _LAST]
    for name in [*names, _LAST]:
        place: Place | None = registry.load(ROOM, name).detect(environment)
        if place is not None:
            return place
    raise AssertionError("the last one always knows")


def posts(place: Place) -> bool:
    """Whether there is a merge request to write to, on a host that we can write to."""
    return bool(place.number and place.api and place.repository and hasattr(registry.load(ROOM, place.forge), "desk"))
