"""What a dismissal is about: one finding, told in a way that finds it again, with nothing secret in it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewer.knowledge.lines import MASK, MOST_CODE, Anchor, Hide, Lines, anchor_at, shortened
from reviewer.records import Finding, Kind, printable

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")

_BETWEEN = "\n\0\n"
"""No secret goes across it."""

_LONGEST_TEXT = 2000
"""Characters of any one text."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A finding as it is remembered."""

    fingerprint: str
    """Of the finding when it was seen; later ones of the same problem can have another (`Finding.fingerprint` has the path)."""
    rule: str
    also: tuple[str, ...]
    reviewer: str
    path: bytes
    line: int
    """Where it stood; only to choose between equals."""
    occurrence: int
    anchor: Anchor
    masked: bool
    """Whether secrets were taken out of the code."""
    message: str

    @property
    def identity(self) -> tuple[str, ...]:
        """What two decisions about one finding have in common. The fingerprint alone will not do: it counts equal lines from
        above, so a second copy above a dismissed line takes over its fingerprint."""
        return (self.fingerprint, self.anchor.inside, self.anchor.before, self.anchor.after)

    @property
    def rules(self) -> frozenset[str]:
        """The rules that said it."""
        return frozenset((self.rule, *self.also))


def subject_of(finding: Finding, lines: Lines, hide: Hide) -> Subject:
    """What there is to remember of a finding.

    Args:
        lines: the new content of its file.
        hide: takes the secrets out of any text.
    """
    first = finding.start_line
    raw = anchor_at(lines, first, finding.end_line)
    snippet, message, inside, before, after, *rest = _hidden(
        [finding.snippet.strip(), finding.message, raw.inside, raw.before, raw.after, *raw.code[1:]], hide
    )
    code = (snippet, *rest)
    is_masked = finding.kind is Kind.SECRET or MASK in snippet or code != (finding.snippet.strip(), *raw.code[1:])
    return Subject(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        also=finding.also,
        reviewer=finding.reviewer,
        path=finding.path,
        line=finding.start_line,
        occurrence=finding.occurrence,
        anchor=Anchor(tuple(map(shortened, code)), shortened(inside), shortened(before), shortened(after)),
        masked=is_masked,
        message=message[:_LONGEST_TEXT],
    )


def _hidden(texts: Sequence[str], hide: Hide) -> list[str]:
    """The texts without secrets. All at once, as looking for secrets takes longer to begin than to do."""
    hidden = hide(_BETWEEN.join(texts)).split(_BETWEEN)
    return hidden if len(hidden) == len(texts) else [hide(text) for text in texts]


def as_table(subject: Subject) -> dict[str, object]:
    """The subject as plain data, in the order in which a person wants to read it."""
    path = printable(subject.path)
    exact = {} if path.encode() == subject.path else {"path_bytes": b64encode(subject.path).decode("ascii")}
    return {
        "rule": well_formed(subject.rule),
        "also": [well_formed(rule) for rule in subject.also],
        "reviewer": well_formed(subject.reviewer),
        "message": well_formed(subject.message),
        "path": path,
        **exact,
        "line": subject.line,
        "code": [well_formed(text) for text in subject.anchor.code],
        "inside": well_formed(subject.anchor.inside),
        "before": well_formed(subject.anchor.before),
        "after": well_formed(subject.anchor.after),
        "masked": subject.masked,
        "occurrence": subject.occurrence,
        "fingerprint": subject.fingerprint,
    }


def well_formed(text: str) -> str:
    """The text without lone surrogates, which no file format here can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


KEYS = frozenset(
    {
        "rule", "also", "reviewer", "message", "path", "path_bytes", "line", "code", "inside", "before", "after", "masked",
        "occurrence", "fingerprint",
    }
)  # fmt: skip
"""All that `as_table` writes."""


def from_table(table: Mapping[str, object]) -> Subject:
    """What `as_table` wrote.

    Raises:
        ValueError: it is something else; the message says what.
    """
    fingerprint = text_at(table, "fingerprint")
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise ValueError("'fingerprint' must be 32 hex digits")
    code = _texts_at(table, "code")
    if not 1 <= len(code) <= MOST_CODE:
        raise ValueError(f"'code' must be 1 to {MOST_CODE} lines")
    masked = table.get("masked", False)
    if not isinstance(masked, bool):
        raise ValueError("'masked' must be true or false")
    around = (text_at(table, key, may_be_empty=True) for key in ("inside", "before", "after"))
    return Subject(
        fingerprint=fingerprint,
        rule=text_at(table, "rule"),
        also=_texts_at(table, "also"),
        reviewer=text_at(table, "reviewer"),
        path=_path(table),
        line=_count_at(table, "line"),
        occurrence=_count_at(table, "occurrence"),
        anchor=Anchor(code, *around),
        masked=masked,
        message=text_at(table, "message", may_be_empty=True),
    )


def text_at(table: Mapping[str, object], key: str, *, may_be_empty: bool = False) -> str:
    """A text of bounded length; a missing one counts as empty.

    Raises:
        ValueError
    """
    value = table.get(key, "")
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ValueError(f"'{key}' must be a text of at most {_LONGEST_TEXT} characters")
    if not value.strip() and not may_be_empty:
        raise ValueError(f"'{key}' is missing or empty")
    return value


def _texts_at(table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or len(value) > 100:
        raise ValueError(f"'{key}' must be a list of texts")
    if not all(isinstance(item, str) and len(item) <= _LONGEST_TEXT for item in value):
        raise ValueError(f"'{key}' must be a list of texts of at most {_LONGEST_TEXT} characters")
    return tuple(value)


def _count_at(table: Mapping[str, object], key: str) -> int:
    value = table.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"'{key}' must be a whole number, 0 or more")
    return value


def _path(table: Mapping[str, object]) -> bytes:
    shown = text_at(table, "path").encode()
    exact = text_at(table, "path_bytes", may_be_empty=True)
    path = b64decode(exact, validate=True) if exact else shown
    if b"\0" in path:
        raise ValueError("'path' holds a NUL, which no path does")
    return path
