"""Which model writes, and the way to it: through the warm engine if there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from reviewer.errors import BackendError, OverdueError, UsageError
from reviewer.generate.question import Told
from reviewer.models.store import NotInstalledError
from reviewer.records import Complexity, Machine
from reviewer.review._model_session import Opened, Session

ROLES = ("fix", "review")
"""A model that may be used for one of them can write code. No exam: what it writes is parsed and reviewed before it is shown."""

SAMPLING = "greedy: the likeliest token each time, temperature 0"

_FENCE = re.compile(r"\A\s*```[\w+#-]*\n(.*?)\n?```\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model that is there. Nothing is started yet."""

    opened: Opened
    why: str
    """In words, why this one."""

    @property
    def name(self) -> str:
        return self.opened.entry.name

    @property
    def remote(self) -> bool:
        """Whether what it is told leaves this machine."""
        endpoint = self.opened.entry.endpoint
        return endpoint is not None and endpoint.remote


@dataclass(slots=True)
class Writer:
    """One model for one request; use it as a context manager.

    Args:
        folder: the gate's private folder.
        deadline: `time.monotonic()`.
        note: is told why there is no engine, if one is wanted.
    """

    chosen: Chosen
    folder: Path
    deadline: float
    note: Callable[[str], None]
    tokens: int = 0
    """Written so far."""
    _session: Session = field(init=False)

    def __post_init__(self) -> None:
        self._session = self.chosen.opened.session(self.folder, self.deadline, self.note)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._session.__exit__(kind, error, trace)

    @property
    def ready(self) -> bool:
        """Whether the model is loaded."""
        return self._session.loading > 0.0

    def digest(self) -> str:
        """Sha256 (hex) of the weights; of a model on a server what that says, which may be nothing.

        Raises:
            BackendError: the server cannot be asked.
        """
        if self.chosen.opened.entry.endpoint is None:
            return self.chosen.opened.entry.sha256
        return self._session.ask(lambda asker: asker.digest(self.deadline))

    def write(self, told: Told) -> str:
        """The answer: the one text that the schema asks for.

        Raises:
            OverdueError: the time is over.
            BackendError: the runtime failed, or the answer is not of the form or not finished.
        """
        try:
            written = self._session.ask(
                lambda asker: asker.write(told.system, told.material, told.question, told.schema, told.max_tokens, self.deadline)
            )
        except OverdueError as error:
            todo = "Give more time (--budget 180s), ask for less, or start the engine first: hunkgate engine start"
            raise OverdueError(error.what, where=error.where, todo=todo) from error
        self.tokens += written.tokens
        if not written.finished:
            what = f"the model did not come to an end within {told.max_tokens} tokens"
            raise BackendError(what, where=self.chosen.name, todo="Ask for less at a time.")
        return _text(written.text, next(iter(told.schema["properties"])), self.chosen.name)


def usual(machine: Machine, roles: Sequence[str]) -> Chosen:
    """The usual model.

    Raises:
        UsageError: no model is chosen, or the chosen one may be used for none of these roles.
        NotInstalledError, DigestError, BackendError: it is not there, is another file, or has no runtime.
    """
    _need_model(machine)
    return Chosen(_opened(machine, machine.model or machine.larger_model, roles), "it is the usual one")


def choose(machine: Machine, complexity: Complexity) -> Chosen:
    """The larger model for what is complex, if there is one; else the usual one.

    Raises:
        UsageError: no model is chosen, or the chosen one cannot write code.
        NotInstalledError, DigestError, BackendError: it is not there, is another file, or has no runtime.
    """
    _need_model(machine)
    said = f"the request is {complexity.value}"
    if complexity is Complexity.COMPLEX and machine.larger_model:
        try:
            return Chosen(_opened(machine, machine.larger_model), said)
        except NotInstalledError as error:
            if not machine.model:
                raise
            said += f", but larger_model cannot be asked: {error.what}"
    elif complexity is Complexity.COMPLEX:
        said += ", and no larger_model is set"
    return Chosen(_opened(machine, machine.model or machine.larger_model), said)


def _need_model(machine: Machine) -> None:
    if not machine.model and not machine.larger_model:
        raise UsageError("no model is chosen", todo="Set model in your own configuration file; see: hunkgate models recommend")


def _opened(machine: Machine, name: str, roles: Sequence[str] = ROLES) -> Opened:
    try:
        opened = Opened(machine, name)
    except NotInstalledError as error:
        raise NotInstalledError(error.what, where=error.where, todo=f"Run: hunkgate models pull {name}") from error
    if not set(opened.entry.roles) & set(roles):
        raise UsageError(
            f"{name} cannot be used for {' or '.join(roles)}", todo="Choose another model; see: hunkgate models list"
        )
    return opened


def code_of(answer: str) -> str:
    """The code of an answer, without the Markdown that models like to put around it."""
    fenced = _FENCE.match(answer)
    return (fenced[1] if fenced else answer).strip("\n") + "\n"


def _text(answer: str, key: str, name: str) -> str:
    try:
        text = json.loads(answer)[key]
    except (ValueError, TypeError, KeyError) as error:
        raise BackendError("the model's answer is not of the form that was asked for", where=name) from error
    if not isinstance(text, str) or not text.strip():
        raise BackendError("the model wrote nothing", where=name, todo="Say more exactly what is wanted.")
    return text
