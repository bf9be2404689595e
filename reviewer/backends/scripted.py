"""A backend that answers from a script instead of a model: for tests, demonstrations and dry runs.

The "weights" are a JSON file:
    {"rules": [{"contains": "execute(", "choose": "problem"},  the first rule whose text occurs in the conversation and
               {"contains": "eval(", "write": {"a": 1}},       whose choice is offered, or whose value the schema admits,
               {"contains": "exec(", "score": -0.1}],          or that gives every token of a continuation a log-probability
     "certainty": 0.9,                                        probability of the decided option
     "misbehave": {"load": "crash", "choose:2": "hang"}}      what to do at an operation, or at its nth call
Without a rule it chooses the first option, writes the smallest value that the schema admits, and scores by a hash. Its vectors
are counts of hashed words.
Ways to misbehave: crash (dies of SIGSEGV), exit, hang, seize (hangs without letting other threads run), garbage (writes
nonsense to the standard output), chatter (prints text, then goes on), error (fails as a runtime would), late (takes all the
time that there is and says so, or ends when nobody wants the answer any more).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from reviewer.backends._schema import admits, simplest
from reviewer.backends._time import Ceiling
from reviewer.backends.interface import ModelFiles, Piece, Settings, Written
from reviewer.errors import BackendError

_DIMENSIONS = 64


def prepare(files: ModelFiles, settings: Settings) -> None:
    """Nothing has to be converted; a script may still misbehave here.

    Raises:
        BackendError: the script cannot be read, or says so.
    """
    Scripted(_script(files), settings.context).act("prepare")


def open_backend(files: ModelFiles, settings: Settings) -> Scripted:
    """Read the script.

    Raises:
        BackendError: it cannot be read, or says so.
    """
    opened = Scripted(_script(files), settings.context, files.sha256)
    opened.act("load")
    return opened


class Scripted:
    """Answers from a script. A token is a word."""

    def __init__(self, script: Mapping[str, Any], context: int, digest: str = "") -> None:
        self._script = script
        self._context = context
        self._digest = digest
        self._calls: dict[str, int] = {}

    def act(self, operation: str, ceiling: Ceiling | None = None) -> None:
        """Misbehave if the script wants it at this call of the operation."""
        self._calls[operation] = self._calls.get(operation, 0) + 1
        wishes = self._script.get("misbehave", {})
        manner = wishes.get(operation) or wishes.get(f"{operation}:{self._calls[operation]}")
        if manner == "late":
            _late(ceiling or Ceiling(0.0))
        elif manner:
            _MANNERS[manner]()

    def digest(self) -> str:
        return self._digest

    def count(self, texts: Sequence[str]) -> list[int]:
        self.act("count")
        return [len(text.split()) for text in texts]

    def choose(self, system: str, material: str, question: str, options: Sequence[str], ceiling: Ceiling) -> list[float]:
        self.act("choose", ceiling)
        text = f"{system}\n{material}\n{question}"
        self._fit(text)
        if len(set(options)) != len(options) or len(options) < 2 or not all(options):
            raise BackendError("a choice needs at least two different options, none of them empty")
        certainty = float(self._script.get("certainty", 0.9))
        chosen = self._chosen(text, options)
        rest = math.log((1 - certainty) / (len(options) - 1))
        return [math.log(certainty) if option == chosen else rest for option in options]

    def score(self, prefix: Sequence[Piece], continuations: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        self.act("score", ceiling)
        before = "".join(piece.text for piece in prefix)
        if not before:
            raise BackendError("there is nothing before the continuations")
        for continuation in continuations:
            self._fit(before + continuation)
        return [self._scores(before, continuation) for continuation in continuations]

    def write(
        self, system: str, material: str, question: str, schema: Mapping[str, Any], max_tokens: int, ceiling: Ceiling
    ) -> Written:
        self.act("write", ceiling)
        text = f"{system}\n{material}\n{question}"
        self._fit(text)
        words = re.findall(r"\s*\S+", self._answer(text, schema))
        return Written("".join(words[:max_tokens]), len(words[:max_tokens]), len(words) <= max_tokens)

    def embed(self, texts: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        self.act("embed", ceiling)
        return [self._vector(text) for text in texts]

    def close(self) -> None:
        self.act("close")

    def _chosen(self, text: str, options: Sequence[str]) -> str:
        for rule in self._script.get("rules", []):
            if rule["contains"] in text and rule.get("choose") in options:
                return str(rule["choose"])
        return options[0]

    def _answer(self, text: str, schema: Mapping[str, Any]) -> str:
        smallest = json.dumps(simplest(schema), ensure_ascii=False)
        for rule in self._script.get("rules", []):
            if rule["contains"] in text and "write" in rule:
                answer = json.dumps(rule["write"], ensure_ascii=False)
                if admits(schema, answer):
                    return answer
        return smallest

    def _scores(self, before: str, continuation: str) -> list[float]:
        """A log-probability between -8 and 0 for each word; it depends on everything before the word."""
        for rule in self._script.get("rules", []):
            if rule["contains"] in before + continuation and "score" in rule:
                return [float(rule["score"])] * len(continuation.split())
        ends = [found.end() for found in re.finditer(r"\S+", continuation)]
        return [-8 * _hashed(before + continuation[:end]) / 2**32 for end in ends]

    def _vector(self, text: str) -> list[float]:
        if not text:
            raise BackendError("an empty text has no vector")
        self._fit(text)
        counts = [0.0] * _DIMENSIONS
        for word in re.findall(r"\w+|\W", text):
            counts[_hashed(word) % _DIMENSIONS] += 1
        length = math.hypot(*counts)
        return [count / length for count in counts]

    def _fit(self, text: str) -> None:
        words = len(text.split())
        if words > self._context:
            raise BackendError(f"the question has {words} tokens, more than the {self._context} of the context")


def _script(files: ModelFiles) -> dict[str, Any]:
    try:
        script = json.loads(files.weights.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackendError(f"the script cannot be read: {error}", where=str(files.weights)) from error
    if not isinstance(script, dict):
        raise BackendError("the script is no JSON object", where=str(files.weights))
    return script


def _hashed(text: str) -> int:
    """A number below 2 ** 32 that depends on nothing but the text."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:4], "big")


def _late(ceiling: Ceiling) -> None:
    while True:
        ceiling.check()
        time.sleep(min(0.01, ceiling.left))


def _crash() -> None:
    sys.stderr.write("about to touch memory that is not ours\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGSEGV)


def _exit() -> None:
    os._exit(3)


def _hang() -> None:
    while True:
        time.sleep(3600)


def _seize() -> None:
    # The regular expression engine keeps the interpreter's lock, and this match takes longer than anybody lives.
    re.match("(a+)+$", "a" * 60 + "b")


def _garbage() -> None:
    # Past the redirection of standard output, straight to where the replies go.
    for descriptor in range(3, 64):
        with suppress(OSError):
            os.write(descriptor, b"\xff" * 64)
    _hang()


def _chatter() -> None:
    os.write(1, b"loading tensors ... done\n")


def _error() -> None:
    raise BackendError("the runtime refused", todo="Try another one.")


_MANNERS = {
    "crash": _crash,
    "exit": _exit,
    "hang": _hang,
    "seize": _seize,
    "garbage": _garbage,
    "chatter": _chatter,
    "error": _error,
}
