"""Questions to models for a person and for a program, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reviewer.report._text import safe
from reviewer.review._model_question import Question
from reviewer.review._model_session import Opened


class Addressee(Protocol):
    """Who would be asked."""

    @property
    def name(self) -> str:
        """As the settings call the model."""

    @property
    def remote(self) -> bool:
        """Whether what it is told leaves this machine."""

    @property
    def opened(self) -> Opened:
        """The model, not started."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, and what it is about."""

    about: str
    """In words, such as a place."""
    to: Addressee
    question: Question
    when: str = ""
    """Such as "if the screen's score is high enough"; empty for always."""
    path: str = ""
    """Of the file that it is about; empty if it is about none."""
    hunk: int = -1
    """Where that hunk begins; -1 if it is about none."""
    finding: str = ""
    """Fingerprint."""


def entries(asked: Sequence[Asked]) -> Iterator[str]:
    """Each question with the answers that are allowed."""
    for one in asked:
        system, user = _sent(one)
        yield f"\n== {safe(one.about, 400)}: {one.question.role}, to {one.to.name} ({_where(one.to)})"
        yield f", {one.when}\n" if one.when else "\n"
        yield f"-- system\n{system}\n-- user\n{user}\n-- answer: {_answer(one.question)}\n"


def rows(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """The same as JSON."""
    return [_row(one) for one in asked]


def _row(one: Asked) -> dict[str, Any]:
    system, user = _sent(one)
    return {
        "path": one.path,
        "hunk": one.hunk,
        "finding": one.finding,
        "role": one.question.role,
        "when": one.when,
        "model": one.to.name,
        "where": _where(one.to),
        "remote": one.to.remote,
        "system": system,
        "user": user,
        "options": list(one.question.options),
        "schema": one.question.schema,
        "max_tokens": one.question.max_tokens,
    }


def _sent(one: Asked) -> tuple[str, str]:
    """The texts of the system and of the user as they leave us: a server gets what looks like a special token broken up."""
    question = one.question
    if one.to.opened.entry.endpoint is None:
        return question.system, question.material + question.question
    from reviewer.backends.openai_http import plain

    return plain(question.system), plain(question.material) + plain(question.question)


def _where(to: Addressee) -> str:
    endpoint = to.opened.entry.endpoint
    if endpoint is None:
        return f"{to.opened.backend}, on this machine"
    return f"{endpoint.dialect.value} at {endpoint.url}, " + (
        "another machine: secrets are masked" if to.remote else "this machine"
    )


def _answer(question: Question) -> str:
    if question.schema is None:
        return "one of " + ", ".join(json.dumps(option) for option in question.options)
    return f"at most {question.max_tokens} tokens of JSON by this schema: {json.dumps(question.schema)}"
