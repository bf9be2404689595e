"""Which of the waiting questions are put to a model together, in one message.

The next ones with the same instructions and priority; among them, those about the same material stand together, since then that
is read once. An answer does not depend on this order.
"""

from __future__ import annotations

from collections.abc import Sequence

from reviewer.engine.ticket import Reply, Ticket

MOST = 8
"""Questions in one message."""

_LARGEST = 1024 * 1024
"""Characters of all texts in one message, which may have 16 MiB and 12 bytes for each of them."""


def gathered(first: Ticket, waiting: Sequence[Ticket]) -> list[Ticket]:
    """The first one, and those of the waiting ones that are asked together with it.

    Args:
        waiting: in the order in which they are to be asked. Nobody in it is passed over, but for those that nobody waits for.
    """
    room = _LARGEST - _length(first.request)
    chosen = [first]
    for ticket in waiting:
        if ticket.wanted and ticket.request:
            room -= _length(ticket.request)
            if len(chosen) == MOST or room < 0 or not _akin(first, ticket):
                break
            chosen.append(ticket)
    materials = list(dict.fromkeys(_text(one.request, "material") for one in chosen))
    return sorted(chosen, key=lambda one: materials.index(_text(one.request, "material")))


def _akin(one: Ticket, other: Ticket) -> bool:
    """Whether both are choices under the same instructions, and as urgent."""
    choices = one.request.get("op") == other.request.get("op") == "choose"
    return choices and one.priority == other.priority and one.request.get("system") == other.request.get("system")


def _text(request: Reply, name: str) -> str:
    return str(request.get(name, ""))


def _length(request: Reply) -> int:
    options = request.get("options")
    named = sum(len(_text(request, name)) for name in ("system", "material", "question"))
    return named + (len(str(options)) if options else 0)
