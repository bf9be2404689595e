"""Dependencies that stood at one version and may now be another: any that comes out later, or that somebody puts there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.change._sides import Sides
from reviewer.change.interface import Context, Spot

_NAME = r"(?P<name>@?[A-Za-z0-9][\w./-]{0,100})"
_REQUIREMENT = re.compile(rf"[\s\"']*{_NAME}(?:\[[\w, -]{{0,80}}\])?\s*(?P<version>(?:[=<>!~]=|[<>])[^;#\"']{{0,80}}|)")
_ENTRY = re.compile(rf"\s*\"?{_NAME}\"?\s*[:=]\s*\"(?P<version>[^\"]{{0,80}})\"")
_USES = re.compile(r"[\s-]*(?:uses:|FROM|image:)\s*[\"']?(?P<name>[\w./-]{1,150})(?P<version>[@:][\w.:-]{1,120}|)")
_EXACT = re.compile(r"={2,3}\s*[\w.+!-]{1,60}\s*|=?\d[\w.+-]{0,60}|@(?:sha256:[0-9a-f]{64}|[0-9a-f]{40})|:[\w.-]{1,80}")
_LOOSE_WORDS = frozenset({"", "*", "latest", ":latest", "x"})


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Pairs of a removed and an added line about the same dependency."""
    pattern = _pattern(sides)
    if pattern is None:
        return
    then = {}
    for _, text in sides.removed_lines():
        found = pattern.match(text)
        if found and _EXACT.fullmatch(found["version"]) and found["version"] not in _LOOSE_WORDS:
            then[found["name"]] = found["version"].strip()
    for number, text in sides.added_lines():
        found = pattern.match(text)
        if found and found["name"] in then and _is_looser(found["version"].strip(), then[found["name"]]):
            was = then.pop(found["name"])
            yield Spot("change-pin-loosened", number, f"{found['name']}: {was} → {found['version'].strip() or 'any version'}")


def _pattern(sides: Sides) -> re.Pattern[str] | None:
    name = sides.path.rpartition(b"/")[2].lower()
    if name.endswith(b".txt") and (b"require" in name or b"constraint" in name):
        return _REQUIREMENT
    if name in (b"package.json", b"pyproject.toml", b"cargo.toml", b"pipfile"):
        return _ENTRY
    return _USES if sides.language in ("yaml", "dockerfile") else None


def _is_looser(now: str, then: str) -> bool:
    if now in _LOOSE_WORDS or now[:1] in ("^", "~", ">", "<", "!"):
        return True
    return then.startswith("@") and len(then) > 40 and not _EXACT.fullmatch(now)
