"""Changes to an allowed signers file: every line that is not meant stays byte for byte as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from reviewer.attest.allowed_signers import Signer, Signers, decoded, parse
from reviewer.attest.key_times import shown, stamp
from reviewer.attest.named_key import PublicKey
from reviewer.attest.sshsig import NAMESPACE
from reviewer.errors import UsageError

_BEFORE = re.compile(r'valid-before="[^"]*"', re.IGNORECASE)
_TIMES = re.compile(r'valid-(?:before|after)="[^"]*"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """What to let in."""

    key: PublicKey
    principals: Sequence[str]
    cert_authority: bool = False
    valid_after: datetime | None = None
    valid_before: datetime | None = None


def added(content: bytes, entry: Entry, name: str) -> bytes:
    """The file with one more line at its end. It counts for attestations and for nothing else.

    Args:
        name: what messages call the file.

    Raises:
        UsageError: the key is there already, is a certificate, or a principal or a time is not possible.
    """
    _check_entry(entry)
    _check_new(parse(content), entry.key, ",".join(entry.principals), name)
    gap = b"" if not content or content.endswith(b"\n") else b"\n"
    return content + gap + _line(entry).encode("utf-8", "surrogateescape") + b"\n"


def rotated(content: bytes, old: bytes, new: PublicKey, at: datetime, name: str) -> tuple[bytes, list[Signer]]:
    """The file in which a new key takes the place of an old one; also the old one's former lines.

    Every line that lets the old key attest ends at that moment, and is followed by one for the new key that begins then. A line
    that ends earlier stays as it is. At the very second both keys count.

    Raises:
        UsageError: the old key is not there, or begins later; the new one is there already, or is a certificate.
    """
    signers = parse(content)
    former = [signer for signer in signers.with_key(old) if signer.for_attestations]
    if not former:
        raise UsageError(f"no line of {name} lets the old key attest", todo="See which there are: hunkgate keys list")
    if signers.with_key(new.blob):
        raise _there_already(signers.with_key(new.blob)[0], name)
    _check_no_certificate(new)
    lines = list(signers.lines)
    for signer in former:
        if signer.valid_after is not None and signer.valid_after >= at:
            what = f"the old key is valid only after {shown(signer.valid_after)}"
            raise UsageError(what, where=f"{name}:{signer.number}", todo="Choose a later --at.")
        lines[signer.number - 1] = _succession(lines[signer.number - 1], signer, new, at)
    return b"".join(lines), former


def _line(entry: Entry) -> str:
    options = ["cert-authority"] if entry.cert_authority else []
    options.append(f'namespaces="{NAMESPACE}"')
    options += [f'valid-after="{stamp(entry.valid_after)}"'] if entry.valid_after else []
    options += [f'valid-before="{stamp(entry.valid_before)}"'] if entry.valid_before else []
    return f"{','.join(entry.principals)} {','.join(options)} {entry.key.line}"


def _check_entry(entry: Entry) -> None:
    _check_no_certificate(entry.key)
    for principal in entry.principals:
        _check_principal(principal, patterns=entry.cert_authority)
    if entry.valid_after and entry.valid_before and entry.valid_before <= entry.valid_after:
        raise UsageError("--valid-before is not after --valid-after: the key would never count")


def _check_no_certificate(key: PublicKey) -> None:
    if key.is_certificate:
        todo = "Add the key of the authority that made it, with --cert-authority; or the key without its certificate."
        raise UsageError("this is a certificate, not a key", where=key.source, todo=todo)


def _check_principal(text: str, *, patterns: bool) -> None:
    if not text or not text.isprintable() or any(letter.isspace() or letter in '",#' for letter in text):
        todo = "For example: --principal you@example.org; for several, give the option again."
        raise UsageError(f"{text!r} cannot be a principal", todo=todo)
    if not patterns and any(letter in "*?!" for letter in text):
        todo = "Name the one person who has this key. Patterns are for --cert-authority."
        raise UsageError(f"{text!r} is a pattern: anybody whom it fits could be meant", todo=todo)


def _check_new(signers: Signers, key: PublicKey, principals: str, name: str) -> None:
    for signer in signers.with_key(key.blob):
        if signer.for_attestations:
            raise _there_already(signer, name)
        # ssh-keygen -Y find-principals names those of a key's first line only.
        if signer.principals != principals:
            todo = f"Use the same here: {' '.join('--principal ' + one for one in signer.whose.split(','))}"
            raise UsageError(f"the key is {signer.whose}'s for another purpose", where=f"{name}:{signer.number}", todo=todo)


def _there_already(signer: Signer, name: str) -> UsageError:
    todo = "To put another key in its place: hunkgate keys rotate. To change the line, edit the file."
    return UsageError(f"the key {signer.fingerprint} is there already", where=f"{name}:{signer.number}", todo=todo)


def _succession(line: bytes, signer: Signer, new: PublicKey, at: datetime) -> bytes:
    """The old key's line, and that of the new one."""
    text, end = decoded(line), line[len(line.rstrip(b"\r\n")) :]
    start, stop = signer.at
    options = text[start:stop]
    begin = ",".join([*_others(options), f'valid-after="{stamp(at)}"'])
    fresh = f"{text[:start]}{begin} {new.line}"
    if signer.valid_before is None or signer.valid_before > at:
        text = f"{text[:start]}{_ending(options, at)}{text[stop:] if options else ' ' + text[stop:]}"
    return text.encode("utf-8", "surrogateescape") + (end or b"\n") + fresh.encode("utf-8", "surrogateescape") + end


def _ending(options: str, at: datetime) -> str:
    ending = f'valid-before="{stamp(at)}"'
    if _BEFORE.search(options):
        return _BEFORE.sub(ending, options, count=1)
    return f"{options},{ending}" if options else ending


def _others(options: str) -> Iterable[str]:
    """Options without the times."""
    rest = _TIMES.sub("", options)
    return [word for word in re.findall(r'(?:"(?:\\"|[^"])*"|[^,"])+', rest) if word]
