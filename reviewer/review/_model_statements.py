"""From what a model wrote to statements that hold on to a line: whatever is not in the change is dropped and counted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from reviewer.backends.interface import Written
from reviewer.errors import BackendError
from reviewer.review._model_context import Context, Row
from reviewer.review._model_question import Reply
from reviewer.review._model_taxonomy import TAXONOMY, Defect

LEAST_QUOTE = 3
"""Characters, without white space, below which a quote proves nothing, unless it is all of the line. Own choice."""

MOST = 3
_KINDS = {defect.name: defect for defect in TAXONOMY}


@dataclass(frozen=True, slots=True)
class Statement:
    """One defect that a model says a new line has."""

    row: Row
    defect: Defect
    why: str
    """The model's words, in one line; to be distrusted."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is left of an answer."""

    kept: tuple[Statement, ...]
    dropped: int
    """Statements whose quote stands in no new line, or in several and not the named one; or said twice."""


def stated(context: Context, reply: Reply) -> Said:
    """Read an answer to `_model_roles.review`.

    An answer that its ceiling of tokens cut short keeps none of its statements.

    Raises:
        BackendError: the answer is outside of the grammar: the runtime did not keep to it.
    """
    assert isinstance(reply, Written)
    if not reply.finished:
        return Said((), 1)
    entries = _entries(reply.text)
    kept: dict[tuple[int, str], Statement] = {}
    for entry in entries:
        one = _statement(context, entry)
        if one is not None:
            kept.setdefault((one.row.label, one.defect.name), one)
    return Said(tuple(kept.values()), len(entries) - len(kept))


def _entries(text: str) -> list[Any]:
    try:
        answer = json.loads(text)
        entries = answer["defects"]
    except (ValueError, RecursionError, TypeError, KeyError) as error:
        raise BackendError("the model's answer is outside of its grammar") from error
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST:
        raise BackendError("the model's answer is outside of its grammar")
    return entries


def _statement(context: Context, entry: Any) -> Statement | None:
    """None if its quote has no place.

    Raises:
        BackendError: it names a line or a kind that was not offered.
    """
    fields = entry if isinstance(entry, dict) else {}
    label, kind, code, why = (fields.get(key) for key in ("line", "kind", "code", "why"))
    if type(label) is not int or not all(isinstance(text, str) for text in (kind, code, why)):
        raise BackendError("the model's answer is outside of its grammar")
    named, defect = context.labels.get(label), _KINDS.get(str(kind))
    if named is None or defect is None:
        raise BackendError("the model's answer is outside of its grammar")
    row = _anchor(context, named, str(code))
    return Statement(row, defect, " ".join(str(why).split())) if row else None


def _anchor(context: Context, named: Row, code: str) -> Row | None:
    """The new line that holds the quote: the named one, else the only one."""
    if _quotes(code, named):
        return named
    others = [row for row in context.labels.values() if _quotes(code, row)]
    return others[0] if len(others) == 1 else None


def _quotes(code: str, row: Row) -> bool:
    quoted, whole = "".join(code.split()), "".join(row.text.split())
    return quoted == whole or (len(quoted) >= LEAST_QUOTE and quoted in whole)
