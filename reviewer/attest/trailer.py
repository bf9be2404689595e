"""The trailers of an attestation, written folded and read strictly: what was attested, the signature, what was waived, and what
was generated.

attestation = "v1 " result 1*(FWS key "=" value)      keys in the order of KEYS; the last two are optional
signature   = type FWS digest 1*(FWS base64url) / "none (" reason ")"
waiver      = JSON of a waiver, folded at its spaces; one trailer for each, right below the signature
generated   = what a model wrote (`reviewer.attest.generated`); one trailer for each, right below those
FWS         = SP / (LF SP)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from reviewer.attest.canonical import base64url, from_base64url
from reviewer.attest.generated import Assisted, parse_value, words_of
from reviewer.attest.sshsig import Signature, parse
from reviewer.attest.statement import parse_time, time_text
from reviewer.attest.waivers import Waiver, as_line, parse_line
from reviewer.errors import AttestError
from reviewer.records import ROLES
from reviewer.records.statement import Statement, Word

ATTESTATION = "Review-Attestation"
SIGNATURE = "Review-Signature"
WAIVER = "Review-Waiver"
GENERATED = "Review-Generated"
KEYS = ("tree", "base", "engine", "policy", "models", "findings", "at", "waiver", "generated", "forced")
OPTIONAL = frozenset({"waiver", "generated", "forced"})

WIDTH = 72
"""Columns; git's own habit for messages."""

_VERSION = "v1"
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ENGINE = re.compile(r"[a-z][a-z0-9-]*/[0-9A-Za-z.+!_-]+")
_KEY_TYPE = re.compile(r"[a-z0-9][A-Za-z0-9@.-]*")
_UNSIGNED = re.compile(r"none \(([A-Za-z0-9 ,.'-]{1,60})\)")
_FOLD = re.compile(r"\n | ")

_INDENT = "    "
"""`git merge --squash` puts this before every line of the messages it collects."""

_LINE = re.compile(rf"(?P<indent>{_INDENT})?(?P<key>{ATTESTATION}|{SIGNATURE}|{WAIVER}|{GENERATED}):(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Attested:
    """One attestation, as found in a message or to be written into one."""

    statement: Statement
    signature: Signature | None
    unsigned: str = ""
    """Why there is no signature, in a few words; empty if there is one."""
    waivers: tuple[Waiver, ...] = ()
    """What stands beside it. Only if the statement has their digest are they those that it rests on."""
    generated: tuple[Assisted, ...] | None = ()
    """What stands beside it of generated code, signed if the statement has its digest; None if it cannot be read. Unlike a
    waiver it carries nothing: an attestation without it, or with another one, is as good a review."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that looks like an attestation and is none."""

    line: int
    """1-based, in the message."""
    reason: str


@dataclass(frozen=True, slots=True)
class _Trailer:
    key: str
    value: str
    indented: bool
    start: int
    """Index of its first line."""
    end: int
    """Index after its last line."""


def trailers(attested: Attested) -> tuple[str, ...]:
    """The trailers as text: "Key: value", folded, without the last line feed."""
    statement = attested.statement
    words = [_VERSION, statement.result.value, *(f"{key}={value}" for key, value in _values(statement))]
    waived = (_folded(WAIVER, as_line(waiver).split(" ")) for waiver in attested.waivers)
    shares = (_folded(GENERATED, words_of(mark)) for mark in attested.generated or ())
    return _folded(ATTESTATION, words), _folded(SIGNATURE, _signature_words(attested)), *waived, *shares


def found(message: bytes) -> tuple[Attested | Refused, ...]:
    """Every attestation of a message, wherever it stands; one in quoted lines ("> ") is not one."""
    return tuple(_read_all(tuple(_trailers(_lines(message)))))


def shares_of(item: Attested | Refused) -> tuple[Assisted, ...]:
    """What stands beside an attestation of generated code, signed or not."""
    return (item.generated or ()) if isinstance(item, Attested) else ()


def stripped(message: bytes) -> bytes:
    """The message without attestations of its own; those that `git merge --squash` collected, and so indented, stay."""
    lines = _lines(message)
    own = [trailer for trailer in _trailers(lines) if not trailer.indented]
    if not own:
        return message
    gone = {number for trailer in own for number in range(trailer.start, trailer.end)}
    kept = "\n".join(line for number, line in enumerate(lines) if number not in gone)
    return (kept.rstrip("\n") + "\n").encode("utf-8", "surrogateescape")


def parse_attestation(value: str) -> Statement:
    """The statement of an attestation's value (all after "Review-Attestation: ", folds included).

    Raises:
        AttestError: it is not exactly of the form.
    """
    words = _FOLD.split(value)
    if words[0] != _VERSION:
        raise AttestError(f"version {words[0][:20]!r} is not known")
    results = {word.value: word for word in Word}
    if len(words) < 2 or words[1] not in results:
        raise AttestError(f"the result word {words[1][:20]!r} is not known" if len(words) > 1 else "the result word is missing")
    return _statement(results[words[1]], _pairs_of(words[2:]))


def parse_signature(value: str) -> tuple[Signature | None, str]:
    """The signature of a signature's value, or None and the reason why there is none.

    Raises:
        AttestError: it is not exactly of the form, or names another key than it was made with.
    """
    unfolded = _FOLD.sub(" ", value)
    unsigned = _UNSIGNED.fullmatch(unfolded)
    if unsigned:
        return None, unsigned[1]
    words = unfolded.split(" ")
    if len(words) < 3 or not _KEY_TYPE.fullmatch(words[0]):
        raise AttestError(f"{SIGNATURE} is truncated or malformed")
    try:
        digest, blob = from_base64url(words[1]).hex(), from_base64url("".join(words[2:]))
    except ValueError as error:
        raise AttestError(f"{SIGNATURE} is truncated or malformed") from error
    signature = parse(blob)
    if (signature.key_type, signature.key_digest) != (words[0], digest):
        raise AttestError(f"{SIGNATURE} names another key than the one that signed")
    return signature, ""


def _values(statement: Statement) -> Iterator[tuple[str, str]]:
    for key in KEYS:
        value = getattr(statement, key)
        if key in ("tree", "base", "engine"):
            yield key, value
        elif key == "at":
            yield key, time_text(value)
        elif key == "forced":
            yield from [(key, "+".join(value))] if value else []
        elif value:
            yield key, base64url(bytes.fromhex(value))


def _signature_words(attested: Attested) -> list[str]:
    signature = attested.signature
    if signature is None:
        return [f"none ({attested.unsigned})"]
    text = base64url(signature.blob)
    chunks = [text[start : start + WIDTH - 1] for start in range(0, len(text), WIDTH - 1)]
    return [signature.key_type, base64url(bytes.fromhex(signature.key_digest)), *chunks]


def _folded(key: str, words: Sequence[str]) -> str:
    lines = [f"{key}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append("")
        lines[-1] += " " + word
    return "\n".join(lines)


def _lines(message: bytes) -> list[str]:
    return message.decode("utf-8", "surrogateescape").split("\n")


def _trailers(lines: Sequence[str]) -> Iterator[_Trailer]:
    for start, line in enumerate(lines):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        fold = (match["indent"] or "") + " "
        end = start + 1
        while end < len(lines) and lines[end].startswith(fold):
            end += 1
        more = [" " + continued[len(fold) :] for continued in lines[start + 1 : end]]
        yield _Trailer(match["key"], "\n".join([match["value"], *more]), bool(match["indent"]), start, end)


def _read_all(trailers: Sequence[_Trailer]) -> Iterator[Attested | Refused]:
    """An attestation counts with the signature that stands right below it, the waivers right below that, then the shares."""
    at = 0
    while at < len(trailers):
        block = _block(trailers, at)
        yield _read(block)
        at += len(block)


def _block(trailers: Sequence[_Trailer], at: int) -> Sequence[_Trailer]:
    """The trailers from one on that belong together: at least that one."""
    end = at + 1
    while end < len(trailers) and _follows(trailers[end - 1], trailers[end]):
        end += 1
    return trailers[at:end]


def _follows(former: _Trailer, latter: _Trailer) -> bool:
    adjacent = former.end == latter.start and former.indented == latter.indented
    return adjacent and (former.key, latter.key) in _ORDER


_ORDER = {
    (ATTESTATION, SIGNATURE), (SIGNATURE, WAIVER), (WAIVER, WAIVER),
    (SIGNATURE, GENERATED), (WAIVER, GENERATED), (GENERATED, GENERATED),
}  # fmt: skip


def _read(block: Sequence[_Trailer]) -> Attested | Refused:
    first, line = block[0], block[0].start + 1
    if first.key != ATTESTATION:
        above = "an attestation" if first.key == SIGNATURE else "a signature"
        return Refused(line, f"a {first.key} without {above} right above it")
    if len(block) == 1:
        return Refused(line, f"no {SIGNATURE} stands right below it")
    try:
        statement = parse_attestation(_after_space(first.value))
        signature, unsigned = parse_signature(_after_space(block[1].value))
        waived = (trailer for trailer in block[2:] if trailer.key == WAIVER)
        waivers = tuple(parse_line(_FOLD.sub(" ", _after_space(trailer.value))) for trailer in waived)
    except AttestError as error:
        return Refused(line, error.what)
    return Attested(statement, signature, unsigned, waivers, _shares(block))


def _shares(block: Sequence[_Trailer]) -> tuple[Assisted, ...] | None:
    try:
        return tuple(parse_value(_after_space(trailer.value)) for trailer in block if trailer.key == GENERATED)
    except AttestError:
        return None


def _after_space(value: str) -> str:
    """The value without the one space (or fold) that separates it from the key."""
    return value.removeprefix("\n").removeprefix(" ")


def _pairs_of(words: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if key not in KEYS or not equals or not value:
            raise AttestError(f"{word[:20]!r} is not known")
        if key in given:
            raise AttestError(f"{key} stands there twice")
        given[key] = value
    missing = [key for key in KEYS if key not in given and key not in OPTIONAL]
    if missing:
        raise AttestError(f"{missing[0]} is missing: it is truncated")
    if list(given) != [key for key in KEYS if key in given]:
        raise AttestError("its keys are in the wrong order")
    return given


def _statement(result: Word, given: dict[str, str]) -> Statement:
    if result is Word.WAIVED and "waiver" not in given:
        raise AttestError("waived without naming a waiver")
    return Statement(
        result=result,
        tree=_matching(_OID, "tree", given),
        base=_matching(_OID, "base", given),
        engine=_matching(_ENGINE, "engine", given),
        policy=_digest("policy", given),
        models=_digest("models", given),
        findings=_digest("findings", given),
        at=_moment(given["at"]),
        waiver=_digest("waiver", given),
        generated=_digest("generated", given),
        forced=_roles(given),
    )


def _matching(pattern: re.Pattern[str], key: str, given: dict[str, str]) -> str:
    if not pattern.fullmatch(given[key]):
        raise AttestError(f"the value of {key} is malformed")
    return given[key]


def _digest(key: str, given: dict[str, str]) -> str:
    """Hex of a sha256 given as base64url; empty if the key is not given."""
    if key not in given:
        return ""
    try:
        digest = from_base64url(given[key])
    except ValueError:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise AttestError(f"the value of {key} is malformed")
    return digest.hex()


def _roles(given: dict[str, str]) -> tuple[str, ...]:
    if "forced" not in given:
        return ()
    roles = tuple(given["forced"].split("+"))
    if any(role not in ROLES for role in roles) or list(roles) != sorted(set(roles)):
        raise AttestError("the value of forced is malformed")
    return roles


def _moment(text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError as error:
        raise AttestError("the value of at is malformed") from error
