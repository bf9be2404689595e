"""The detectors of secrets: data in `rules/secrets/*.yml`, of which every start of a hook reads ids and keywords.

The files are YAML in one strict layout, a field on a line (see docs/secrets.md). They are read here without a YAML
library, and a detector is read in full when one of its keywords is first met. A test compares this reading with YAML's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reviewer import rulebook
from reviewer.errors import RuleError
from reviewer.records import Confidence, Severity

_REQUIRED = ("severity", "confidence", "message", "remedy")

_BLOCK = re.compile(r"^  - id: (\S+)\n    keywords: \[(.*)\]\n((?:    .*\n|\n)*)", re.MULTILINE)
"""One detector: its id and its keywords on the first two lines, then its fields."""

_KEYS = ("api", "app", "auth", "access", "private", "consumer", "encrypt", "encryption", "signing", "account", "master")
"""Whose keys are secrets."""

NAMED = "<named>"
"""In a detector's keywords and pattern: any name that tells of a secret."""

_WORDS = (
    "pass", "pwd", "secret", "token", "cred", "bearer", "_auth", "-auth", ".auth", "_pat", "_pw", "apikey", "appkey", "authkey",
    "accesskey", "privatekey", "consumerkey", "encryptkey", "encryptionkey", "signingkey", "accountkey", "masterkey",
    *(f"{kind}{sign}key" for kind in _KEYS for sign in "_-."),
)  # fmt: skip
"""One of these stands in every such name, in lower case."""

_NAMING = tuple(word.encode() for word in _WORDS)

_NAME = (
    r"[A-Za-z0-9_.:$-]*(?:(?:creds?(?:[_.-]|\b)|credentials?|pass(?:w(?:or)?d|phrase|code)?|pwd|secrets?|tokens?|bearer|"
    rf"(?:{'|'.join(_KEYS)})[_.-]?key)[A-Za-z0-9_.-]*|[_.-](?:auth|pat|pw)\b)"
)
"""Such a name, without regard to letter case. Without counted repetitions: with them RE2 loses its fast automaton."""

_KEYED = (
    r"""(?i:(?P<key>[\w.-]*(?:{near})[\w.-]*)(?:[ ][\w.-]+){{0,2}})["'`\])\\]{{0,4}}"""
    r"""(?:[ \t]*:[ \t]*[A-Za-z][\w\[\]|.<>]*\??)?[ \t]*(?:=>|:{{1,3}}=|\?=|\|\|:?=?|={{1,3}}|!==?|:|,|\()[ \t]*"""
    r"""(?:\\?["'`]|[brfu@]["']){{0,2}}({value})(?:[^\w-]|$)"""
)
"""A value of a known form after a name that tells the provider: `NEAR_api_key = "VALUE"`, in code, YAML, JSON, shell."""


@dataclass(frozen=True, slots=True)
class Detector:
    """How one kind of secret looks, and what to say about it."""

    id: str
    keywords: tuple[bytes, ...]
    """Lower case; a line without any of them is not looked at. Without keywords, every line is."""
    pattern: str
    """RE2 over bytes. The secret is the first group that took part and is not called "key"; that one is its name, if known."""
    severity: Severity
    confidence: Confidence
    message: str
    remedy: str
    """How to revoke and replace it, and where it should live."""
    min_entropy: float = 0.0
    """Bits per character (Shannon) that the secret must have."""
    check: str = ""
    """Name of a function in `_secret_checks`; empty for none."""
    span: int = 0
    """Bytes behind its first line that a secret of several lines may have."""
    rank: int = 1
    """Where detectors overlap, the greater rank wins: 2 names the provider, 1 the kind, 0 is a guess from a name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A detector of which only id and keywords have been read."""

    id: str
    keywords: tuple[bytes, ...]
    family: str
    """The same for detectors with the same keywords, if either all of them span lines or none."""
    body: str
    """The lines below them."""
    where: str
    """File and line of the id."""

    def read(self) -> Detector:
        """The rest of it.

        Raises:
            RuleError: a field is missing or makes no sense, or a line is no field.
        """
        return _detector(self, _fields(self))


@dataclass(frozen=True, slots=True)
class Pack:
    """All detectors, in the order of their files."""

    entries: tuple[Entry, ...]
    digest: str
    """Sha256 (hex) over the names and bytes of the files."""


@cache
def shipped() -> Pack:
    """The pack that is installed with the program.

    Raises:
        RuleError: the layout of a file is wrong, or two detectors have one id.
    """
    return load(rulebook.folder() / "secrets")


def load(folder: Path) -> Pack:
    """Read ids and keywords of every `*.yml` of a folder.

    Raises:
        RuleError: the layout of a file is wrong, or two detectors have one id.
    """
    digest = hashlib.sha256()
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.yml")):
        content = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + content + b"\0")
        for entry in parse(content.decode("utf-8"), path.name):
            if entry.id in entries:
                raise RuleError(f"the detector {entry.id} exists twice", where=entry.where)
            entries[entry.id] = entry
    return Pack(tuple(entries.values()), digest.hexdigest())


def parse(text: str, name: str) -> list[Entry]:
    """The detectors of one file.

    Raises:
        RuleError: a line that the layout does not know.
    """
    entries = []
    done, line = 0, 1
    for block in _BLOCK.finditer(text):
        start = block.start()
        _refuse_between(text, done, start, name)
        line += text.count("\n", done, start)
        found, words, body = block.groups()
        family = f"{words} over lines" if "\n    span: " in body else words
        entries.append(Entry(found, _keywords(words), family, body, f"{name}:{line}"))
        done = block.end()
        line += text.count("\n", start, done)
    _refuse_between(text, done, len(text), name)
    return entries


def _refuse_between(text: str, start: int, end: int, name: str) -> None:
    if start == end:
        return
    for line in re.finditer(r".+", text[start:end]):
        if line[0] != "detectors:" and not line[0].startswith("#"):
            what = "a detector must begin with its id and, on the next line, a list of keywords; nothing else may stand here"
            raise RuleError(what, where=f"{name}:{text.count(chr(10), 0, start + line.start()) + 1}")


def scalar(raw: str) -> str:
    """A YAML scalar on one line: plain, or in single quotes."""
    if len(raw) >= 2 and raw[0] == raw[-1] == "'":
        return raw[1:-1].replace("''", "'")
    return raw


def _keywords(raw: str) -> tuple[bytes, ...]:
    """The items of a YAML list on one line, a blank behind every comma."""
    words = [scalar(word) for word in raw.split(", ")]
    return _NAMING if words == [NAMED] else tuple([word.encode() for word in words if word])


def _fields(entry: Entry) -> Mapping[str, str]:
    """Field -> raw value; examples are left out."""
    fields: dict[str, str] = {}
    for line in entry.body.split("\n"):
        if line.startswith("      ") or not line:
            continue
        key, colon, value = line.strip().partition(":")
        if not colon:
            raise RuleError(f"a field of {entry.id} must read 'name: value'", where=entry.where)
        fields[key] = value.strip()
    return fields


def _detector(entry: Entry, fields: Mapping[str, str]) -> Detector:
    missing = [key for key in _REQUIRED if key not in fields]
    if missing:
        raise RuleError(f"the detector {entry.id} lacks {', '.join(missing)}", where=entry.where)
    try:
        return Detector(
            id=entry.id,
            keywords=entry.keywords,
            pattern=_pattern(fields),
            severity=Severity(fields["severity"]),
            confidence=Confidence(fields["confidence"]),
            message=scalar(fields["message"]),
            remedy=scalar(fields["remedy"]),
            min_entropy=float(fields.get("min_entropy", "0")),
            check=fields.get("check", "" if "pattern" in fields else "keyed"),
            span=int(fields.get("span", "0")),
            rank=int(fields.get("rank", "1")),
        )
    except (KeyError, ValueError) as error:
        raise RuleError(f"the detector {entry.id} has a field that makes no sense: {error}", where=entry.where) from error


def _pattern(fields: Mapping[str, str]) -> str:
    if "pattern" in fields:
        return scalar(fields["pattern"]).replace(NAMED, _NAME)
    return _KEYED.format(near=scalar(fields["near"]), value=scalar(fields["value"]))
