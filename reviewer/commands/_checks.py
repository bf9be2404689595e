"""What `hunkgate doctor` looks at: one function a check, each in the list at the end."""

from __future__ import annotations

import importlib.util
import platform
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TypeVar

from reviewer import __version__, config, proc
from reviewer.analyzers._members import MEMBERS
from reviewer.attest.keys import public_blob, signing_key
from reviewer.attest.sign import sign
from reviewer.config import Loaded
from reviewer.engine.install import choose_runtime
from reviewer.errors import HunkgateError, ToolError
from reviewer.git import Git
from reviewer.installation import HOOKS
from reviewer.installation.place import Manager, Place, find_place
from reviewer.installation.state import lost_interpreter, reached_by
from reviewer.models.catalogue import entry
from reviewer.models.store import Presence, open_store
from reviewer.records import Machine
from reviewer.review._model_seats import Missing, Seat, open_seats

_VERSION_TIMEOUT = 20.0
"""Seconds for a program to say its version."""

_VERSION = re.compile(rb"\d+(?:\.\d+)+")

_TEST_TEXT = b"hunkgate doctor"
"""Signed to see whether the key can; no statement starts like this, so the signature is good for nothing."""


class State(str, Enum):
    """What a check found."""

    OK = "ok"
    NOTE = "note"
    """A commit is reviewed without it."""
    MISSING = "missing"
    """A commit is not reviewed as the settings want it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the answer."""

    name: str
    state: State
    text: str
    mend: str = ""
    """The command that mends it, or what else to do."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the checks look at."""

    git: Git
    place: Place | None
    """None outside a repository."""
    team: Loaded | None
    """None if there are none or they are malformed."""
    machine: Machine

    def wants(self, reviewer: str) -> bool:
        """Whether a commit here asks this reviewer."""
        return self.team is None or reviewer in self.team.policy.reviewers


_T = TypeVar("_T")

Check = Callable[[Situation], Iterator[Row]]


def situation() -> Situation:
    """That of the current folder; what cannot be told is left out, and the checks say why."""
    git = Git()
    place = _known(lambda: find_place(git, installing=False))
    team = _known(lambda: config.load_policy(git))
    return Situation(Git(place.top) if place else git, place, team, _known(config.load_machine) or Machine())


def programs(at: Situation) -> Iterator[Row]:
    """Git, Python, Hunkgate itself."""
    yield Row("hunkgate", State.OK, f"{__version__}, Python {platform.python_version()} ({sys.executable})")
    try:
        yield Row("git", State.OK, at.git.line("--version").removeprefix("git version "))
    except HunkgateError as error:
        yield Row("git", State.MISSING, str(error), "Install git: https://git-scm.com/downloads")


def settings(at: Situation) -> Iterator[Row]:
    """The team's and this machine's."""
    try:
        team = config.load_policy(at.git)
        yield Row("settings", State.OK, f"{team.source}; mode {team.policy.mode.value}", "; ".join(team.notes))
    except HunkgateError as error:
        yield Row("settings", State.MISSING, str(error), error.todo)
    try:
        yield Row("this machine", State.OK, f"{config.read_machine().source}")
    except HunkgateError as error:
        yield Row("this machine", State.MISSING, str(error), error.todo)


def hooks(at: Situation) -> Iterator[Row]:
    """Whether git runs us, and how."""
    if at.place is None:
        try:
            find_place(at.git, installing=False)
        except HunkgateError as error:
            yield Row("repository", State.MISSING, str(error), error.todo)
        return
    for name in HOOKS:
        how = reached_by(at.place, name)
        lost = lost_interpreter(at.place, name)
        if lost:
            yield Row(f"hook {name}", State.MISSING, f"it starts {lost}, which is gone", "hunkgate init")
        elif how:
            yield Row(f"hook {name}", State.OK, "installed" if how == "hook" else f"installed through {how}")
        else:
            state = State.MISSING if name == "pre-commit" else State.NOTE
            yield Row(f"hook {name}", state, "not installed", "hunkgate init")


def framework(at: Situation) -> Iterator[Row]:
    """The pre-commit framework: needed only where it runs the hooks."""
    needed = at.place is not None and at.place.manager is Manager.PRE_COMMIT
    yield _program(at, "pre-commit", needed, "pip install pre-commit", show_missing=needed)


def reviewers(at: Situation) -> Iterator[Row]:
    """The programs and packages of the deterministic reviewers."""
    again = f"{sys.executable} -m pip install --force-reinstall hunkgate"
    if at.wants("rules"):
        yield _program(at, "ast-grep", True, again)
    if at.wants("analyzers"):
        for name, member in MEMBERS.items():
            yield _program(at, name, not member.install, member.install or again)
    if at.wants("secrets"):
        absent = [name for name in ("ahocorasick_rs", "re2") if importlib.util.find_spec(name) is None]
        text = f"{' and '.join(absent)} cannot be imported" if absent else "the packages are there"
        yield Row("secrets", State.MISSING if absent else State.OK, text, again if absent else "")


def model(at: Situation) -> Iterator[Row]:
    """The models that review, their runtime and their roles. Without them the models are reported as not run."""
    if not at.wants("models") or not at.machine.model:
        yield Row("model", State.NOTE, "switched off in the settings")
        return
    yield from _one_model(at, "model", at.machine.model)
    if at.machine.larger_model:
        yield from _one_model(at, "larger model", at.machine.larger_model)


def _one_model(at: Situation, label: str, name: str) -> Iterator[Row]:
    pull = f"hunkgate models pull {name}"
    try:
        chosen, store = entry(name, at.machine.endpoints), open_store(at.machine)
        presence = store.presence(chosen)
    except HunkgateError as error:
        yield Row(label, State.NOTE, str(error), error.todo)
        return
    if presence is Presence.ABSENT:
        yield Row(label, State.NOTE, f"{chosen.name} is not installed: no model reviews", pull)
        return
    where = f"on the server {chosen.endpoint.url}" if chosen.endpoint else f"{presence.value}, in {store.folder(chosen)}"
    yield Row(label, State.OK, f"{chosen.name}, {where}")
    try:
        backend, python = choose_runtime(store, chosen, at.machine)
    except HunkgateError as error:
        yield Row(f"{label} runtime", State.NOTE, str(error), error.todo or pull)
        return
    yield Row(f"{label} runtime", State.OK, f"{backend} ({python})")
    yield _roles(f"{label} roles", open_seats(replace(at.machine, model=name, larger_model="")).usual)


def _roles(label: str, seat: Seat | Missing) -> Row:
    """What it may say: what a review would find."""
    if isinstance(seat, Missing):
        return Row(label, State.NOTE, seat.reason)
    held = [f"{role} (forced)" if permit.forced else role for role, permit in seat.permits.items()]
    if held:
        return Row(label, State.OK, ", ".join(held))
    return Row(
        label,
        State.NOTE,
        f"none, so it is not asked: {next(iter(seat.refusals.values()))}",
        f"hunkgate models qualify {seat.name}",
    )


def signing(at: Situation) -> Iterator[Row]:
    """The key that signs attestations, and whether it does."""
    if at.team is not None and not at.team.policy.attest:
        yield Row("signing", State.NOTE, "attestation is switched off in the settings")
        return
    try:
        key = signing_key(at.git)
        where = str(key.file) if key.file else f"{key.literal[:40]}..., in ssh-agent"
        if (public_blob(key) or b"")[4:].startswith(b"sk-"):
            yield Row("signing", State.OK, f"{where}; a hardware key, not tried: it wants a touch")
            return
        sign(at.git, _TEST_TEXT)
        yield Row("signing", State.OK, where)
    except HunkgateError as error:
        yield Row("signing", State.NOTE, f"commits are attested unsigned: {error}", error.todo or _KEY_ADVICE)


CHECKS: tuple[Check, ...] = (programs, settings, hooks, framework, reviewers, model, signing)
"""In the order in which they are told."""

_KEY_ADVICE = "git config --global user.signingKey ~/.ssh/id_ed25519.pub"


def _program(at: Situation, name: str, needed: bool, mend: str, *, show_missing: bool = True) -> Row:
    try:
        path = proc.find_tool(name, at.machine.tools)
        said = proc.run((path, "--version"), timeout=_VERSION_TIMEOUT, cwd=Path(path.anchor)).out
        version = _VERSION.search(said)
        return Row(name, State.OK, f"{version[0].decode() if version else 'says no version'} ({path})")
    except ToolError as error:
        state = State.MISSING if needed else State.NOTE
        return Row(name, state, str(error), mend if show_missing else "")


def _known(ask: Callable[[], _T]) -> _T | None:
    try:
        return ask()
    except HunkgateError:
        return None
