"""The models of this machine, each with the roles it has: who is asked what, and why somebody is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.errors import HunkgateError
from reviewer.models.store import NotInstalledError
from reviewer.records import Complexity, Machine, State
from reviewer.review._model_session import Opened, Session

if TYPE_CHECKING:
    from reviewer.models.exam.results import Speed
    from reviewer.review._model_permit import Permit


@dataclass(slots=True)
class Seat:
    """One model, not started."""

    name: str
    label: str
    permits: Mapping[str, Permit]
    """The roles it has."""
    refusals: Mapping[str, str]
    """Why it has not the others, in a sentence each."""
    speed: Speed | None
    """As its exam measured it."""
    opened: Opened
    served: str | None = None
    """The digest that its server tells, "" if it tells none; None if it was not asked, or is on no server."""
    session: Session | None = None
    broken: str = ""
    """Why it cannot be asked any more; empty if it can."""

    @property
    def remote(self) -> bool:
        """Whether what it is told leaves this machine."""
        endpoint = self.opened.entry.endpoint
        return endpoint is not None and endpoint.remote

    @property
    def kept(self) -> bool:
        """Whether its answers may be kept: a server that tells no digest may run another model under the same name tomorrow."""
        return self.opened.entry.endpoint is None or bool(self.served)

    @property
    def identity(self) -> str:
        """Model, runtime, prompts and roles, for the record; forced roles are named as such."""
        from reviewer.review import _model_roles as roles

        told = " ".join(f"{role}={roles.prompt_digest(role)}" for role in roles.ASKED if role in self.permits)
        forced = ",".join(role for role in roles.ASKED if role in self.forced)
        return f"{self.label} {told}" + (f" forced={forced}" if forced else "")

    @property
    def unmet(self) -> bool:
        """Whether it is on a server that has not been asked what it runs."""
        return self.opened.entry.endpoint is not None and self.served is None

    def meet(self, machine: Machine, served: str) -> None:
        """Take note of what its server runs: only an exam of just that counts."""
        self.served, self.label = served, self.opened.label(served)
        self.permits, self.refusals, _ = _standings(machine, self.opened, served)

    @property
    def forced(self) -> frozenset[str]:
        """The roles that it has not passed and speaks in all the same."""
        return frozenset(role for role, permit in self.permits.items() if permit.forced)

    def open(self, folder: Path, deadline: float, note: Callable[[str], None]) -> Session:
        """The session with it; what answers is started at the first question."""
        if self.session is None:
            self.session = self.opened.session(folder, deadline, note)
        return self.session


@dataclass(frozen=True, slots=True)
class Missing:
    """A model that is configured and cannot be asked."""

    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Seats:
    """The model of this machine and the larger one, as far as they can be asked."""

    usual: Seat | Missing
    larger: Seat | Missing | None
    """None if none is configured."""

    @property
    def all(self) -> tuple[Seat, ...]:
        return tuple(seat for seat in (self.usual, self.larger) if isinstance(seat, Seat))

    def holder(self, role: str, complexity: Complexity = Complexity.SIMPLE, *, risky: bool = False) -> Seat | None:
        """Who is asked in a role. The larger model takes what is complex, or risky and not simple; nobody else's work, unless the
        usual one has broken down. Only the larger one confirms."""
        larger, usual = _able(self.larger, role), _able(self.usual, role)
        if role == "confirm":
            return larger
        hard = complexity is Complexity.COMPLEX or (risky and complexity is not Complexity.SIMPLE)
        if hard and larger is not None:
            return larger
        fallen = isinstance(self.usual, Missing) or bool(self.usual.broken)
        return usual or (larger if fallen else None)

    def refusal(self, role: str) -> Missing:
        """Why nobody is asked in a role about an ordinary hunk."""
        if isinstance(self.usual, Missing):
            return self.usual
        if self.usual.broken:
            return Missing(State.FAILED, self.usual.broken)
        return Missing(State.SKIPPED, self.usual.refusals[role])


def _able(seat: Seat | Missing | None, role: str) -> Seat | None:
    return seat if isinstance(seat, Seat) and role in seat.permits and not seat.broken else None


def open_seats(machine: Machine) -> Seats:
    """Look what there is; starts nothing."""
    larger = _seat(machine, machine.larger_model) if machine.larger_model else None
    return Seats(_seat(machine, machine.model), larger)


def _seat(machine: Machine, name: str) -> Seat | Missing:
    try:
        return _opened(machine, Opened(machine, name))
    except NotInstalledError:
        return Missing(State.SKIPPED, f"model {name} is not installed: hunkgate models pull {name}")
    except HunkgateError as error:
        return Missing(State.FAILED, error.told)


def _opened(machine: Machine, opened: Opened) -> Seat:
    permits, refusals, speed = _standings(machine, opened)
    return Seat(opened.entry.name, opened.label(), permits, refusals, speed, opened)


def _standings(machine: Machine, opened: Opened, served: str = "") -> tuple[dict[str, Permit], dict[str, str], Speed | None]:
    """The roles that a model has, why it has not the others, and how fast it is."""
    from reviewer.models.roles import standing
    from reviewer.review import _model_roles as roles
    from reviewer.review._model_permit import permit

    permits, refusals, speeds = {}, {}, []
    for role in roles.ASKED:
        found = standing(opened.store, opened.entry, opened.backend, role, roles.prompt_digest(role), model_digest=served)
        granted = permit(found, forced=role in machine.forced_roles)
        speeds += [found.speed] if found.speed else []
        if granted is None:
            refusals[role] = found.line
        else:
            permits[role] = granted
    return permits, refusals, speeds[0] if speeds else None
