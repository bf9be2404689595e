"""A backend that answers from a script instead of a model: for tests, demonstrations and dry runs.

The "weights" are a JSON file:
    {"rules": [{"contains": "execute(", "choose": "problem"}],  the first rule whose text occurs in the conversation and
                                                              whose choice is offered decides; else the first option
     "certainty": 0.9,                                        probability of the decided option
     "misbehave": {"load": "crash", "choose:2": "hang"}}      what to do at an operation, or at its nth call
Ways to misbehave: crash (dies of SIGSEGV), exit, hang, seize (hangs without letting other threads run), garbage (writes
nonsense to the standard output), chatter (prints text, then goes on), error (fails as a runtime would).
"""

from __future__ import annotations

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

from reviewer.backends.interface import ModelFiles, Settings
from reviewer.errors import BackendError


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
    opened = Scripted(_script(files), settings.context)
    opened.act("load")
    return opened


class Scripted:
    """Answers from a script. A token is a word."""

    def __init__(self, script: Mapping[str, Any], context: int) -> None:
        self._script = script
        self._context = context
        self._calls: dict[str, int] = {}

    def act(self, operation: str) -> None:
        """Misbehave if the script wants it at this call of the operation."""
        self._calls[operation] = self._calls.get(operation, 0) + 1
        wishes = self._script.get("misbehave", {})
        manner = wishes.get(operation) or wishes.get(f"{operation}:{self._calls[operation]}")
        if manner:
            _MANNERS[manner]()

    def count(self, texts: Sequence[str]) -> list[int]:
        self.act("count")
        return [len(text.split()) for text in texts]

    def choose(self, system: str, material: str, question: str, options: Sequence[str]) -> list[float]:
        self.act("choose")
        text = f"{system}\n{material}\n{question}"
        if len(text.split()) > self._context:
            raise BackendError(f"the question has {len(text.split())} tokens, more than the {self._context} of the context")
        if len(set(options)) != len(options) or len(options) < 2 or not all(options):
            raise BackendError("a choice needs at least two different options, none of them empty")
        certainty = float(self._script.get("certainty", 0.9))
        chosen = self._chosen(text, options)
        rest = math.log((1 - certainty) / (len(options) - 1))
        return [math.log(certainty) if option == chosen else rest for option in options]

    def close(self) -> None:
        self.act("close")

    def _chosen(self, text: str, options: Sequence[str]) -> str:
        for rule in self._script.get("rules", []):
            if rule["contains"] in text and rule["choose"] in options:
                return str(rule["choose"])
        return options[0]


def _script(files: ModelFiles) -> dict[str, Any]:
    try:
        script = json.loads(files.weights.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackendError(f"the script cannot be read: {error}", where=str(files.weights)) from error
    if not isinstance(script, dict):
        raise BackendError("the script is no JSON object", where=str(files.weights))
    return script


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
