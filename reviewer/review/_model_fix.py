"""The question for a mend: the function around a finding with numbered lines, and an answer that can only replace some of these.

A line has a number only if the model is shown exactly what stands in the file: one that was cut, spelled out or redacted cannot
be replaced, because the model would write what it was shown.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from reviewer.backends.interface import Written
from reviewer.records import Finding, Kind, printable
from reviewer.review._model_context import CEILING, Source, one_line, shown
from reviewer.review._model_question import Question
from reviewer.review._model_roles import template
from reviewer.review._model_scope import enclosing
from reviewer.review._model_tokens import estimate

ROLE = "fix"

NEAR = 12
"""Lines above and below the finding that may be replaced. Own choice: a longer way to the cause is beyond a small model."""

AROUND = 8
"""Lines above and below that are shown of code in no function."""

MOST_LINES = 12
"""Lines of an answer."""

WRITTEN_TOKENS = 320
"""Ceiling of a written answer."""

_WIDEST = 160
"""Characters of a line of an answer."""

_MOST_IMPORTS = 12
"""Lines with imports that are shown."""

_IMPORT = re.compile(r"(?:import|from)\s+\w")


class UnfitError(ValueError):
    """The finding cannot be asked about, or an answer cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class View:
    """What a model is shown of a finding's surroundings."""

    finding: Finding
    language: str
    path: str
    imports: tuple[str, ...]
    first: int
    """Number in the file of the first line that is shown."""
    texts: tuple[str, ...]
    """The lines, as they are shown."""
    labels: Mapping[int, int]
    """Number in the file by the number that the model sees, of every line that may be replaced."""
    problem: str
    """What is wrong, and how it should be."""

    @property
    def material(self) -> str:
        """The text. The fence is named after the content, so no line in it can close it."""
        numbers = {line: label for label, line in self.labels.items()}
        rows = (f"{numbers.get(self.first + index, '')}: {text}" for index, text in enumerate(self.texts))
        body = "\n".join(rows)
        head = "\n".join([f"File: {self.path}", *self.imports])
        fence = "code-" + hashlib.sha256(f"{head}\n{body}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        return f"{head}\n<{fence}>\n{body}\n</{fence}>\n"

    @property
    def line(self) -> int:
        """The number that the model sees of the finding's line."""
        return next(label for label, line in self.labels.items() if line == self.finding.start_line)

    @property
    def way(self) -> str:
        """Where the value comes from that the finding is about, as far as that is shown."""
        numbers = {line: label for label, line in self.labels.items()}
        steps = dict.fromkeys(numbers[step.line] for step in self.finding.flow if step.line in numbers)
        return f" The value gets there by the lines {', '.join(map(str, steps))}." if len(steps) > 1 else ""

    @property
    def code(self) -> str:
        """The finding's line."""
        return self.texts[self.finding.start_line - self.first].strip()


@dataclass(frozen=True, slots=True)
class Rewrite:
    """An answer: lines of the file that give way to others."""

    first: int
    """1-based, in the file."""
    last: int
    lines: tuple[str, ...]
    """Without line ends."""


def view(finding: Finding, language: str, content: bytes, *, redacting: bool) -> View:
    """What to show of a finding.

    Args:
        content: the whole file.
        redacting: whether it leaves this machine, so that no secret may be in it.

    Raises:
        UnfitError: the finding cannot be asked about.
    """
    if finding.kind is Kind.SECRET:
        raise UnfitError("no model is asked about a secret")
    true = _source(content)
    told, path, problem = _told(finding, true, language) if redacting else (true, printable(finding.path), _problem(finding))
    part, free = _part(finding, told.lines)
    exact = _exact(content, told)
    lines = [line for line in part if line in free and line in exact and told.lines[line - 1].strip()]
    if finding.start_line not in lines:
        raise UnfitError("its line cannot be shown to a model as it is")
    imports = tuple(shown(line) for line in told.lines if language == "python" and _IMPORT.match(line))[:_MOST_IMPORTS]
    texts = tuple(shown(told.lines[line - 1]) for line in part)
    return View(finding, language, one_line(path), imports, part.start, texts, dict(enumerate(lines, 1)), problem)


def question(seen: View, refused: Sequence[tuple[str, str]] = (), without: Set[int] = frozenset()) -> Question:
    """Asks for a mend.

    Args:
        refused: earlier answers, and why each of them was refused.
        without: lines of the file that no answer may begin with.
    """
    asked = template("fix").format(line=seen.line, code=seen.code, problem=seen.problem + seen.way)
    for answer, why in refused:
        asked += f"\nThis answer was refused, because {one_line(' '.join(why.split()))}: {answer}\nGive another one."
    return Question(ROLE, template("fix_system"), seen.material, asked, schema=schema(seen, without), max_tokens=WRITTEN_TOKENS)


def schema(seen: View, without: Set[int] = frozenset()) -> dict[str, Any]:
    """The only answers there are: numbers of lines of this function near the finding, and a few lines."""
    labels = [label for label, line in seen.labels.items() if line not in without] or list(seen.labels)
    line = {"type": "string", "minLength": 0, "maxLength": _WIDEST}
    properties: dict[str, Any] = {
        "first": {"enum": labels},
        "last": {"enum": list(seen.labels)},
        "lines": {"type": "array", "minItems": 1, "maxItems": MOST_LINES, "items": line},
    }
    return {"type": "object", "properties": properties}


def rewrite(seen: View, written: Written) -> Rewrite:
    """What an answer wants to be done.

    Raises:
        UnfitError: it is outside of the schema, or was not finished.
    """
    if not written.finished:
        raise UnfitError("the answer is too long")
    try:
        said = json.loads(written.text)
        first, last = seen.labels[said["first"]], seen.labels[said["last"]]
        lines = tuple(part for line in said["lines"] for part in _text(line).split("\n"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnfitError("the answer is not what was asked for") from None
    if last < first:
        raise UnfitError("its last line stands before its first")
    last = _whole(seen, first, last, lines)
    _check_range(seen, first, last)
    return Rewrite(first, last, lines)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _whole(seen: View, first: int, last: int, lines: Sequence[str]) -> int:
    """The last line to be replaced: models name the first line of a statement over several and write all of it anew."""
    wanted = _open(lines)
    for end in range(last, min(last + MOST_LINES, seen.first + len(seen.texts) - 1) + 1):
        if _open(seen.texts[first - seen.first : end - seen.first + 1]) == wanted:
            return end
    return last


def _open(lines: Iterable[str]) -> tuple[int, ...]:
    """How many more brackets of each kind open than close."""
    text = "".join(lines)
    return tuple(text.count(pair[0]) - text.count(pair[1]) for pair in ("()", "[]", "{}"))


def _check_range(seen: View, first: int, last: int) -> None:
    """A line in the middle that was not shown as it is would be lost."""
    named = set(seen.labels.values())
    for line in range(first, last + 1):
        if line not in named and seen.texts[line - seen.first].strip():
            raise UnfitError(f"it replaces line {line}, which the model was not shown as it is")


def _source(content: bytes) -> Source:
    text = content.decode("utf-8", "replace")
    return Source(text, tuple(text.split("\n")))


def _problem(finding: Finding) -> str:
    return " ".join(f"{finding.message} {finding.remedy}".split())[:600]


def _told(finding: Finding, source: Source, language: str) -> tuple[Source, str, str]:
    """File, path and problem without secrets."""
    from reviewer.review._model_redaction import source_without_secrets, words

    return source_without_secrets(source, language), words(printable(finding.path)), words(_problem(finding))


def _part(finding: Finding, lines: Sequence[str]) -> tuple[range, range]:
    """The lines that are shown, and those that may be replaced."""
    first, last = finding.start_line, min(finding.end_line, len(lines))
    if not 0 < first <= last:
        raise UnfitError("its line is not in the file")
    scope = enclosing(lines, first, last)
    if scope is None:
        return range(max(1, first - AROUND), min(len(lines), last + AROUND) + 1), range(first, last + 1)
    part = _fitting(lines, scope, first, last)
    return part, range(max(part.start, first - NEAR), min(part.stop, last + NEAR + 1))


def _fitting(lines: Sequence[str], scope: range, first: int, last: int) -> range:
    """As many lines of the function as there is room for, nearest first."""
    start, stop = first, last + 1
    left = CEILING - sum(_cost(lines[line - 1]) for line in range(first, last + 1))
    if left < 0:
        raise UnfitError("it is too long")
    while start > scope.start or stop < scope.stop:
        above = start > scope.start and (first - start <= stop - last or stop >= scope.stop)
        left -= _cost(lines[(start - 1 if above else stop) - 1])
        if left < 0:
            break
        start, stop = (start - 1, stop) if above else (start, stop + 1)
    return range(start, stop)


def _cost(line: str) -> int:
    return estimate(shown(line)) + 4


def _exact(content: bytes, told: Source) -> frozenset[int]:
    """Numbers of the lines that the model is shown just as they are."""
    raw = content.split(b"\n")
    pairs = zip(raw, told.lines, strict=False)
    return frozenset(number for number, (line, text) in enumerate(pairs, 1) if line.removesuffix(b"\r") == shown(text).encode())
