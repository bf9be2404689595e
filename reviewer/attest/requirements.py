"""What a verifier asks of a statement beside its signature: the policy, the engine, its age."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from reviewer.attest import waivers
from reviewer.attest.waivers import Waiver
from reviewer.errors import UsageError
from reviewer.records import Policy
from reviewer.records.policy import Waived
from reviewer.records.statement import Statement

_NUMBERS = re.compile(r"\d+")
_AGE = re.compile(r"(\d+)([dhw])")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}

SKEW = timedelta(days=1)
"""How far in the future a review may claim to have been, where its age counts: clocks and time zones go wrong."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What counts here. The default asks for nothing."""

    policies: frozenset[str] | None = None
    """Sha256 (hex) of every policy under which a review counts. None: any."""
    policies_of: str = ""
    """Where they come from, in words."""
    engine_minimum: str = ""
    """Such as "hunkgate/0.2.0"; empty accepts every engine."""
    max_age: timedelta | None = None
    """None accepts any age."""
    at: datetime | None = None
    """When what is verified was received; now if None."""
    waived: Waived = Waived.WARN
    """What a statement is worth that rests on waivers."""
    grace: frozenset[str] = frozenset()
    """Policies that were replaced a short time ago (`reviewer.attest.former_policies`), and count, too."""

    def objections(self, statement: Statement, waived: Sequence[Waiver] = (), *, pushed: bool = False) -> Iterator[str]:
        """Why a statement does not count, in words; nothing if it does.

        Args:
            waived: the waivers that stand beside it.
            pushed: dismissals are among what is verified.
        """
        if self.policies is not None and statement.policy not in self.policies | self.grace:
            yield f"it was reviewed under another policy than that of {self.policies_of or 'the target'}"
        if self.engine_minimum and not _at_least(statement.engine, self.engine_minimum):
            yield f"it was reviewed by {statement.engine}; at least {self.engine_minimum} is required"
        if self.max_age is not None and self.at is not None:
            if statement.at < self.at - self.max_age:
                yield f"it was reviewed on {statement.at:%Y-%m-%d}, longer ago than {_days(self.max_age)}"
            elif statement.at > self.at + SKEW:
                yield f"it claims to have been reviewed on {statement.at:%Y-%m-%d}, after it was received"
        if statement.waiver or waived:
            today = (self.at or datetime.now(timezone.utc)).astimezone(timezone.utc).date()
            yield from waivers.objections(waived, statement.waiver, self.waived, today, pushed=pushed)


def worth(policies: Sequence[Policy]) -> Waived:
    """What a statement is worth that rests on waivers: of several policies the strictest counts; of none the default."""
    return max((policy.waived for policy in policies), key=tuple(Waived).index, default=Policy().waived)


def parse_engine(text: str) -> str:
    """An engine with its version, of "0.2.0" or "hunkgate/0.2.0".

    Raises:
        UsageError
    """
    engine = text if "/" in text else f"hunkgate/{text}"
    if not _NUMBERS.search(engine.partition("/")[2]):
        raise UsageError(f"{text!r} is not a version", todo="For example: --min-engine 0.2.0")
    return engine


def parse_age(text: str) -> timedelta:
    """Of "30d", "12h" or "2w".

    Raises:
        UsageError
    """
    match = _AGE.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not a length of time", todo="For example: --max-age 30d")
    try:
        return timedelta(hours=int(match[1]) * _HOURS[match[2]])
    except OverflowError as error:
        raise UsageError(f"{text!r} is too long", todo="For example: --max-age 30d") from error


def _at_least(engine: str, minimum: str) -> bool:
    """Whether it is the same engine in the same or a later version. A pre-release counts as older than its release."""
    name, _, version = engine.partition("/")
    wanted_name, _, wanted = minimum.partition("/")
    return name == wanted_name and _order(version) >= _order(wanted)


def _order(version: str) -> tuple[tuple[int, ...], bool]:
    """Sorts versions (the release segment of PEP 440, then whether something such as "rc1" follows; "+local" does not count)."""
    public = version.partition("+")[0]
    release = re.match(r"\d+(?:\.\d+)*", public)
    numbers = [int(number[:9]) for number in release[0].split(".")] if release else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = public[release.end() :] if release else public
    return tuple(numbers), not rest or rest.startswith(".post")


def _days(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} days" if hours % 24 == 0 else f"{hours} hours"
