"""Inference by a server that speaks HTTP: llama.cpp's, vLLM, Ollama, OpenVINO Model Server, or one like OpenAI's.

A server applies the model's chat format itself and reads special tokens wherever they stand, so whatever looks like one is
broken up before it is sent. Its answers are checked as if they came from anybody.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reviewer.backends._dialects import DIALECTS, Alternatives, Messages, OpenAi
from reviewer.backends._http import Server
from reviewer.backends._schema import admits, grammar, normalized, strict
from reviewer.backends._time import Ceiling
from reviewer.backends.interface import ModelFiles, Piece, Settings, Written
from reviewer.errors import BackendError

_FOUND_WITHIN = 10.0
"""Seconds in which a server must say what models it has."""

_UNLIKELY = 1e-6
"""The probability of what a server does not name among the likeliest tokens. It only has to be small."""

_LEAST_MASS = 0.05
"""How probable the offered options must be together, or an answer would be made of noise."""

_DEPTH = 8
"""How many tokens of options that begin alike are told apart by asking on."""

_SPECIAL = re.compile(
    r"<(?=[|\uff5c][^<>\s]{1,60}[|\uff5c]>)"
    r"|<(?=/?(?:s|unk|pad|bos|eos|mask|step|think|tool_call|tool_response|(?:start|end)_of_\w{1,20}|fim_\w{1,20}|PRE|SUF|MID|EOT)>)"
    r"|<(?=</?SYS>>)|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])"
)
"""The first character of what is a special token of a model of the families that the catalogue and the servers have."""


def prepare(files: ModelFiles, settings: Settings) -> None:
    """Nothing has to be converted."""


def open_backend(files: ModelFiles, settings: Settings) -> OpenAiHttp:
    """Look whether the server is there and has the model.

    Raises:
        BackendError: no endpoint is named, or that is not so.
    """
    endpoint = files.endpoint
    if endpoint is None:
        raise BackendError(f"model {files.name} has no endpoint", todo="Name one in the user's configuration: [[endpoints]].")
    dialect = DIALECTS[endpoint.dialect](Server(endpoint))
    with _understood():
        known = dialect.models(Ceiling(min(_FOUND_WITHIN, endpoint.timeout)))
    if endpoint.model not in known and f"{endpoint.model}:latest" not in known:
        todo = "It has: " + ", ".join(known[:20]) + "."
        raise BackendError(f"the server has no model {endpoint.model!r}", where=endpoint.url, todo=todo)
    return OpenAiHttp(dialect, settings.context)


class OpenAiHttp:
    """A model on a server."""

    def __init__(self, dialect: OpenAi, context: int) -> None:
        self._dialect = dialect
        self._context = context

    def digest(self) -> str:
        with _understood():
            return self._dialect.digest(Ceiling(_FOUND_WITHIN))

    def count(self, texts: Sequence[str]) -> list[int]:
        ceiling = Ceiling(_FOUND_WITHIN)
        with _understood():
            return [self._dialect.count(plain(text), ceiling) for text in texts]

    def choose(self, system: str, material: str, question: str, options: Sequence[str], ceiling: Ceiling) -> list[float]:
        if len(set(options)) != len(options) or len(options) < 2 or not all(options):
            raise BackendError("a choice needs at least two different options, none of them empty")
        messages = self._messages(system, material, question)
        self._fit(messages, ceiling)
        with _understood():
            masses = self._masses(messages, "", options, ceiling, 0)
        total = sum(masses)
        if total < _LEAST_MASS:
            raise BackendError(f"the model would answer none of the options: together they have a probability of {total:.4f}")
        likely = [max(mass / total, _UNLIKELY) for mass in masses]
        return [math.log(one / sum(likely)) for one in likely]

    def score(self, prefix: Sequence[Piece], continuations: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        before = "".join(piece.text if piece.special else plain(piece.text) for piece in prefix)
        if not before:
            raise BackendError("there is nothing before the continuations")
        with _understood():
            return [self._dialect.score(before, plain(text), ceiling) if text else [] for text in continuations]

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, ceiling: Ceiling
    ) -> Written:
        grammar(schema)
        messages = self._messages(system, material, question)
        self._fit(messages, ceiling)
        with _understood():
            text, tokens, finished = self._dialect.write(messages, strict(schema), max_tokens, ceiling)
        if not finished:
            return Written(text, tokens, False)
        text = normalized(text)
        if not admits(schema, text):
            raise BackendError("the server's answer is none that the schema admits", where=self._dialect.server.endpoint.url)
        return Written(text, tokens, True)

    def embed(self, texts: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        if not all(texts):
            raise BackendError("an empty text has no vector")
        with _understood():
            vectors = self._dialect.embed([plain(text) for text in texts], ceiling) if texts else []
        if len(vectors) != len(texts) or not all(math.hypot(*vector) > 0 for vector in vectors):
            raise BackendError("the server did not send a vector for each text")
        return [[value / math.hypot(*vector) for value in vector] for vector in vectors]

    def close(self) -> None:
        """Nothing is kept open."""

    def _messages(self, system: str, material: str, question: str) -> Messages:
        return (
            {"role": "system", "content": plain(system)},
            {"role": "user", "content": plain(material) + plain(question)},
        )

    def _fit(self, messages: Messages, ceiling: Ceiling) -> None:
        with _understood():
            length = sum(self._dialect.count(message["content"], ceiling) for message in messages)
        if length > self._context:
            raise BackendError(f"the question has {length} tokens, more than the {self._context} of the context")

    def _masses(self, messages: Messages, given: str, options: Sequence[str], ceiling: Ceiling, depth: int) -> list[float]:
        """The probability of each option after what is given of the answer; it begins all of them."""
        asked = (*messages, {"role": "assistant", "content": given}) if given else messages
        rests = [option[len(given) :] for option in options]
        masses = [0.0] * len(options)
        for token, mass in _merged(self._dialect.next_tokens(asked, ceiling), first=not given):
            meant = [number for number, rest in enumerate(rests) if _meets(rest, token)]
            if len(meant) == 1:
                masses[meant[0]] += mass
            elif meant:
                for number, share in zip(
                    meant, self._shares(messages, given + token, meant, options, ceiling, depth), strict=True
                ):
                    masses[number] += mass * share
        if "" in rests:
            # The option that ends here: what is left, since a server does not name the end of an answer as a token.
            masses[rests.index("")] = max(0.0, 1.0 - sum(masses))
        return masses

    def _shares(
        self, messages: Messages, given: str, meant: Sequence[int], options: Sequence[str], ceiling: Ceiling, depth: int
    ) -> list[float]:
        if self._dialect.prefill is None or depth >= _DEPTH:
            alike = " and ".join(repr(options[number]) for number in meant[:2])
            raise BackendError(f"answers that begin alike, such as {alike}, cannot be told apart on this server")
        found = self._masses(messages, given, [options[number] for number in meant], ceiling, depth + 1)
        total = sum(found)
        return [one / total for one in found] if total else [1 / len(found)] * len(found)


def plain(text: str) -> str:
    """The text with a space inside of everything that looks like a special token, and without lone surrogates."""
    return _SPECIAL.sub(lambda found: found[0] + " ", text.encode("utf-8", "replace").decode("utf-8"))


def _merged(alternatives: Alternatives, *, first: bool) -> list[tuple[str, float]]:
    """Probabilities by text; white space before the first word of an answer does not count."""
    masses: dict[str, float] = {}
    for token, value in alternatives:
        text = token.lstrip() if first else token
        if text:
            masses[text] = masses.get(text, 0.0) + math.exp(value)
    return list(masses.items())


def _meets(rest: str, token: str) -> bool:
    """Whether a token begins what is left of an option, or is all of it and more, such as a full stop."""
    return bool(rest) and (rest.startswith(token) or (token.startswith(rest) and not token[len(rest)].isalnum()))


@contextlib.contextmanager
def _understood() -> Iterator[None]:
    """Turns an answer of another form than the documented one into an error."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise BackendError(f"the server's answer is not of the form that its kind has: {error!r}") from error
