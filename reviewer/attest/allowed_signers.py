"""The lines of an allowed signers file, taken apart as ssh-keygen does (ALLOWED SIGNERS in ssh-keygen(1)).

Like ssh-keygen, it passes over what is malformed; unlike it, it says so for every line.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reviewer.attest.key_times import parse_stamp
from reviewer.attest.keys import parse_public
from reviewer.attest.sshsig import NAMESPACE, fingerprint
from reviewer.attest.sshsig_check import UnreadableError, parse_key
from reviewer.records import printable

_PRINCIPALS = re.compile(r'[ \t]*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^\s"#][^\s"]*))[ \t]+')
_KEY = re.compile(r"(?P<kind>[A-Za-z0-9@.-]+)[ \t]+(?P<blob>[A-Za-z0-9+/]+=*)(?:[ \t]+(?P<comment>.*))?")
_OPTIONS = re.compile(r'(?P<options>(?:"(?:\\"|[^"])*"|[^\s"])+)[ \t]+(?=\S)')
_OPTION = re.compile(r'(?P<name>[A-Za-z-]+)(?:="(?P<value>(?:\\"|[^"])*)")?(?:,|$)')

_VALUED = ("namespaces", "valid-after", "valid-before")
_FLAG = "cert-authority"


@dataclass(frozen=True, slots=True)
class Signer:
    """A line that vouches for a key."""

    number: int
    """Of the line, from 1."""
    principals: str
    """Patterns with commas between them."""
    kind: str
    """Such as "ssh-ed25519"."""
    blob: bytes
    """The key in SSH wire format."""
    comment: str
    options: tuple[tuple[str, str], ...]
    """Names in lower case, with their values; "" for a flag."""
    at: tuple[int, int]
    """Where the options stand in the decoded line; where they would stand, if there are none."""

    @property
    def fingerprint(self) -> str:
        return fingerprint(hashlib.sha256(self.blob).hexdigest())

    @property
    def whose(self) -> str:
        """The principals for people: the file may be a stranger's, and a terminal obeys what is not printable."""
        return printable(self.principals.encode("utf-8", "surrogateescape"))

    @property
    def cert_authority(self) -> bool:
        return (_FLAG, "") in self.options

    @property
    def namespaces(self) -> str | None:
        """Patterns with commas between them; None if it counts for everything."""
        return self._value("namespaces")

    @property
    def valid_after(self) -> datetime | None:
        return self._time("valid-after")

    @property
    def valid_before(self) -> datetime | None:
        return self._time("valid-before")

    @property
    def for_attestations(self) -> bool:
        return self.namespaces is None or matches(NAMESPACE, self.namespaces)

    def valid(self, at: datetime) -> bool:
        """Whether its time has come and is not over; both bounds are part of it, as in OpenSSH (sshsig.c)."""
        after, before = self.valid_after, self.valid_before
        return (after is None or after <= at) and (before is None or at <= before)

    def _value(self, name: str) -> str | None:
        return dict(self.options).get(name)

    def _time(self, name: str) -> datetime | None:
        text = self._value(name)
        return parse_stamp(text) if text is not None else None


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that ssh-keygen passes over."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Signers:
    """A whole file."""

    lines: tuple[bytes, ...]
    """With their line ends; together they are the file."""
    signers: tuple[Signer, ...]
    problems: tuple[Problem, ...]

    def with_key(self, blob: bytes) -> tuple[Signer, ...]:
        """The lines that vouch for a key."""
        return tuple(signer for signer in self.signers if signer.blob == blob)


def parse(content: bytes) -> Signers:
    """Take a file apart; nothing of it is an error."""
    lines = tuple(io.BytesIO(content).readlines())
    signers, problems = [], []
    for number, line in enumerate(lines, 1):
        text = decoded(line)
        if text.lstrip(" \t")[:1] in ("", "#"):
            continue
        try:
            signers.append(_signer(number, text))
        except ValueError as error:
            problems.append(Problem(number, str(error)))
    return Signers(lines, tuple(signers), tuple(problems))


def decoded(line: bytes) -> str:
    """A line without its end; any bytes come back with "surrogateescape"."""
    return line.decode("utf-8", "surrogateescape").rstrip("\r\n")


def matches(text: str, patterns: str) -> bool:
    """Whether a pattern list lets it through (PATTERNS in ssh_config(5)): "*", "?", and "!" for what it must not be."""
    found = False
    for pattern in patterns.split(","):
        if re.fullmatch(_expression(pattern.removeprefix("!")), text, re.DOTALL):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def blob_of(kind: str, text: str) -> bytes:
    """The key of its two words.

    Raises:
        ValueError: says what is wrong with it.
    """
    blob = parse_public(f"{kind} {text}")
    try:
        key = parse_key(blob or b"")
    except UnreadableError as error:
        raise ValueError("the key is malformed, cut, or of a kind that is not known") from error
    assert blob is not None
    named = blob[4 : 4 + int.from_bytes(blob[:4], "big")].decode("ascii")
    if named != kind:
        raise ValueError(f"the key is {named}, and the line calls it {kind}")
    if key.kind == "ssh-ed25519" and len(key.fields[0]) != 32:
        raise ValueError("the key has not the length of an Ed25519 key")
    return blob


def _signer(number: int, text: str) -> Signer:
    head = _PRINCIPALS.match(text)
    if head is None:
        raise ValueError("there is nothing but one word" if text.split() else "the line is malformed")
    start = end = head.end()
    key, options = _KEY.fullmatch(text, start), ""
    if key is None or not _is_kind(key["kind"]):
        middle = _OPTIONS.match(text, start)
        key = _KEY.fullmatch(text, middle.end()) if middle else None
        if middle is None or key is None:
            raise ValueError("there is no key after the principals and options")
        options, end = middle["options"], middle.end("options")
    principals = head["quoted"] if head["quoted"] is not None else head["plain"]
    blob = blob_of(key["kind"], key["blob"])
    return Signer(number, principals, key["kind"], blob, key["comment"] or "", _options(options), (start, end))


def _is_kind(word: str) -> bool:
    return word.startswith(("ssh-", "ecdsa-", "sk-"))


def _options(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _OPTION.match(text, position)
        if match is None:
            raise ValueError(f"the options are malformed: {text[position : position + 40]!r}")
        name, value = match["name"].lower(), match["value"]
        _check_option(name, value, found)
        found[name] = (value or "").replace('\\"', '"')
        position = match.end()
    if text.endswith(","):
        raise ValueError("the options end with a comma")
    _check_times(found)
    return tuple(found.items())


def _check_option(name: str, value: str | None, before: Iterable[str]) -> None:
    if name not in (*_VALUED, _FLAG):
        raise ValueError(f"there is no option {name!r}")
    if name in before and name != _FLAG:
        raise ValueError(f"the option {name} is there twice")
    if (value is None) != (name == _FLAG):
        raise ValueError(
            f"the option {name} takes no value" if name == _FLAG else f'the option {name} needs a value: {name}="..."'
        )


def _check_times(options: dict[str, str]) -> None:
    times = {}
    for name in ("valid-after", "valid-before"):
        if name in options:
            try:
                times[name] = parse_stamp(options[name])
            except (ValueError, OverflowError) as error:
                raise ValueError(f"{name} is not a time: {options[name][:40]!r}") from error
    if len(times) == 2 and times["valid-before"] <= times["valid-after"]:
        raise ValueError("valid-before is not after valid-after")


def _expression(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
