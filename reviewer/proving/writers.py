"""The models that may write mends. The role needs no exam, because nothing of what they write is believed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from reviewer.backends.interface import Written
from reviewer.engine.client import CrashedError
from reviewer.errors import BackendError, HunkgateError
from reviewer.models.store import NotInstalledError
from reviewer.private_folder import private_folder
from reviewer.records import Machine
from reviewer.review import _model_cache as cache
from reviewer.review._model_question import Question
from reviewer.review._model_session import Opened, Session


@dataclass(slots=True)
class Writer:
    """One model, started when it is asked for the first time."""

    opened: Opened
    session: Session
    broken: str = ""
    """Why it cannot be asked any more; empty if it can."""

    @property
    def name(self) -> str:
        return self.opened.entry.name

    @property
    def remote(self) -> bool:
        """Whether what it is told leaves this machine."""
        endpoint = self.opened.entry.endpoint
        return endpoint is not None and endpoint.remote

    @property
    def ready(self) -> bool:
        """Whether it is loaded."""
        return self.session.loading > 0.0

    def cleaned(self, text: str) -> str:
        """A text without secrets."""
        from reviewer.review._model_redaction import words

        return words(text)


@dataclass(slots=True)
class Writers:
    """Those of this machine: the usual one, and the larger one if there is one."""

    all: tuple[Writer, ...]
    why_not: str
    """Why the usual one is not there, in words."""
    kept: cache.Cache
    notes: list[str] = field(default_factory=list)

    def of(self, *, hard: bool) -> Writer:
        """Who is asked; there is at least one."""
        return self.all[-1 if hard else 0]

    def ask(self, writer: Writer, question: Question) -> Written:
        """The answer, out of the cache if the question was answered before: so what was shown is what is applied later.

        Raises:
            BackendError: see `engine.client.Questions`.
        """
        key = cache.key(question.digest, writer.opened.label())
        # Behind a name on a server there may be another model tomorrow.
        keeping = writer.opened.entry.endpoint is None
        known = self.kept.get(key) if keeping else None
        if isinstance(known, Written):
            return known
        written = self._asked(writer, question)
        if keeping:
            self.kept.put(key, written)
        return written

    def note(self, sentence: str) -> None:
        """Keep what the reader should know."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _asked(self, writer: Writer, question: Question) -> Written:
        if writer.broken:
            raise BackendError(writer.broken)
        session = writer.session
        try:
            reply = session.ask(lambda asker: question.ask(asker, session.deadline))
        except CrashedError as error:
            writer.broken = error.what
            raise
        assert isinstance(reply, Written)
        return reply


@contextmanager
def open_writers(machine: Machine, seconds: float) -> Iterator[Writers]:
    """Look what there is; starts nothing. Afterwards no session is left.

    Args:
        seconds: for everything, from now on, with loading the models.

    Raises:
        StorageError: there is no room for a private folder.
    """
    deadline = time.monotonic() + seconds
    writers = Writers((), "no model is chosen: set model in the user's configuration", cache.open_cache(machine))
    with private_folder() as folder, ExitStack() as stack:
        for name in dict.fromkeys(filter(None, (machine.larger_model, machine.model))):
            opened = _opened(machine, name)
            if isinstance(opened, str):
                writers.why_not = opened
            else:
                session = stack.enter_context(opened.session(folder, deadline, writers.note))
                writers.all = (Writer(opened, session), *writers.all)
        yield writers


def _opened(machine: Machine, name: str) -> Opened | str:
    """A model whose files are there; else why they are not."""
    try:
        return Opened(machine, name)
    except NotInstalledError:
        return f"model {name} is not installed: hunkgate models pull {name}"
    except HunkgateError as error:
        return error.told
