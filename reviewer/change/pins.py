"""Dependencies that stood at one version and may now be another: any that comes out later, or that somebody puts there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewer.change._sides import Sides
from reviewer.change.interface import Context, Spot

_NAME = r"(?P<name>@?[A-Za-z0-9][\w./-]{0,100})"
_SPEC = r"(?P<version>(?:[=<>!~]=|[<>])[^;#\"'&|]{0,80}|)"
_REQUIREMENT = rf"^[\s\"']*{_NAME}(?:\[[\w, -]{{0,80}}\])?\s*{_SPEC}"
_QUOTED = rf"[\"']{_NAME}(?:\[[\w, -]{{0,80}}\])?\s*{_SPEC}[\"']"
_ENTRY = rf"^\s*\"?{_NAME}\"?\s*[:=]\s*\"(?P<version>[^\"]{{0,80}})\""
_USES = r"^[\s-]*(?:uses:|FROM|image:)\s*[\"']?(?P<name>[\w./-]{1,150})(?P<version>[@:][\w.:-]{1,120}|)"
_INSTALL = r"(?<=\s)(?P<name>@?[A-Za-z][\w./-]{0,100})(?P<version>==[\w.+!-]{1,60}|@\d[\w.+-]{0,60}|)(?=\s|$)"
_GEM = rf"^\s*gem\s+[\"']{_NAME}[\"'](?:\s*,\s*[\"'](?P<version>[^\"']{{0,60}})[\"']|(?P<none>))"
_COORDINATES = r"[\"'](?P<name>[\w.-]{1,80}:[\w.-]{1,80}):(?P<version>[^\"':]{1,40})[\"']"
_POM = r"<(?P<name>version)>\s*(?P<version>[^<]{1,60}?)\s*</version>"

_FILES = (
    (re.compile(rb"[^/]*(?:require|constraint)[^/]*\.txt\Z"), (_REQUIREMENT,)),
    (re.compile(rb"pyproject\.toml\Z"), (_ENTRY, _QUOTED)),
    (re.compile(rb"(?:package\.json|pipfile|composer\.json)\Z"), (_ENTRY,)),
    (re.compile(rb"cargo\.toml\Z"), (_ENTRY,)),
    (re.compile(rb"gemfile\Z|[^/]*\.gemspec\Z"), (_GEM,)),
    (re.compile(rb"[^/]*\.gradle(?:\.kts)?\Z"), (_COORDINATES,)),
    (re.compile(rb"pom\.xml\Z"), (_POM,)),
    (re.compile(rb"(?:dockerfile|containerfile)[^/]*\Z|[^/]*\.dockerfile\Z"), (_USES, _INSTALL)),
    (re.compile(rb"[^/]*\.sh\Z"), (_INSTALL,)),
    (re.compile(rb"[^/]*\.ya?ml\Z"), (_USES, _INSTALL)),
)
"""What names dependencies, by the name of the file in lower case."""

_INSTALLS = re.compile(r"\b(?:pip[0-9.]*|uv|pipx|npm|yarn|pnpm|gem|conda)\b.{0,200}\b(?:install|add)\b")
_EXACT = re.compile(
    r"={2,3}\s*[\w.+!-]{1,60}\s*|=?\d[\w.+-]{0,60}|@(?:sha256:[0-9a-f]{64}|[0-9a-f]{40}|\d[\w.+-]{0,60})|:[\w.-]{1,80}"
)
_LOOSE_WORDS = frozenset({"", "*", "latest", ":latest", "x", "LATEST", "RELEASE", "+", "latest.release"})


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Pairs of a removed and an added line about the same dependency."""
    name = sides.path.rpartition(b"/")[2].lower()
    patterns = next((patterns for file, patterns in _FILES if file.match(name)), ())
    is_cargo = name == b"cargo.toml"
    for pattern in patterns:
        then: dict[str, str] = {}
        for _, text in sides.removed_lines():
            then |= {one: at for one, at in _named(pattern, text) if _is_exact(at) and (at.startswith("=") or not is_cargo)}
        for number, text in sides.added_lines() if then else ():
            for one, now in _named(pattern, text):
                if one in then and (_is_looser(now, then[one]) or (is_cargo and now[:1] != "=")):
                    yield Spot("change-pin-loosened", number, f"{one}: {then.pop(one)} → {now or 'any version'}")


def _named(pattern: str, text: str) -> Iterator[tuple[str, str]]:
    """Every dependency in a line with what is said of its version."""
    if pattern is _INSTALL and _INSTALLS.search(text) is None:
        return
    for found in re.finditer(pattern, text[:_LONGEST]):
        yield found["name"], (found["version"] or "").strip()


_LONGEST = 2_000
"""Characters of a line."""


def _is_exact(version: str) -> bool:
    return _EXACT.fullmatch(version) is not None and version not in _LOOSE_WORDS and not version.endswith("+")


def _is_looser(now: str, then: str) -> bool:
    if now in _LOOSE_WORDS or now[:1] in ("^", "~", ">", "<", "!", "[", "(") or now.endswith((".+", ".x", ".*")):
        return True
    return then.startswith("@") and len(then) > 40 and _EXACT.fullmatch(now) is None
