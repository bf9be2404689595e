"""`hunkgate devices --measure`: some seconds on every device, in every role that it could have."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from reviewer.commands._devices_agreement import disagreement
from reviewer.commands._devices_places import NETWORK, Here
from reviewer.devices import _measured, _openvino, ncs2
from reviewer.devices._classifying import CPU, ENVIRONMENT, STICK
from reviewer.devices._classifying import MODEL as CLASSIFIER
from reviewer.devices._measured import Measurement
from reviewer.devices._placement import Place
from reviewer.engine.client import Worker
from reviewer.engine.install import model_files, settings_for
from reviewer.errors import BackendError, HunkgateError
from reviewer.models import runtime
from reviewer.models.catalogue import entry
from reviewer.models.progress import Progress
from reviewer.private_folder import private_folder

CLASSIFYING = 2.0
"""Seconds that the classifier is measured for."""

LOADING, ANSWERING = 300.0, 120.0
"""Seconds that a language model may take to load, and for one answer."""

_CODE = """\
def report(connection, name, limit):
    rows = connection.execute("select title, total from sales where owner = '" + name + "' limit " + str(limit))
    result = []
    for title, total in rows:
        if total is None:
            continue
        result.append((title.strip(), round(total, 2)))
    return result or "nothing was sold"
"""

_SYSTEM = "You review changes of code."

_WRITTEN = 48
"""Tokens that are written at most."""

_SCHEMA = {"type": "object", "properties": {"statement": {"type": "string", "maxLength": 200}}, "required": ["statement"]}

UNITS = {"classify": "hunks", "embed": "tokens read", "screen": "tokens read", "review": "tokens written"}


def measure(here: Here, progress: Progress) -> Here:
    """Measure, store, and say how things look then. What does not work is stored with its reason.

    Raises:
        StorageError: the figures cannot be stored.
    """
    found: list[Measurement] = []
    for group in _groups(here.places):
        progress.begin(f"measuring {group[0].model} on {group[0].device} with {group[0].backend}")
        found += [_classify(here, one) for one in group] if group[0].role == "classify" else _speak(here, group)
    every = _measured.merged(here.measured, [*found, *_unusable(here)])
    _measured.write(here.figures, every)
    return here.with_figures(every)


def _groups(places: Sequence[Place]) -> list[list[Place]]:
    """What can be measured with one loaded model."""
    groups: dict[tuple[str, str, str], list[Place]] = {}
    for one in places:
        groups.setdefault((one.device, one.backend, one.model), []).append(one)
    return list(groups.values())


def _classify(here: Here, one: Place) -> Measurement:
    """A device that is fast and wrong failed."""
    try:
        rate = _stick_speed(here) if one.device == STICK else _network_speed(here, one)
        wrong = _disagreement(here, one)
        return _figure(here, one, 0.0 if wrong else rate, wrong)
    except HunkgateError as error:
        return _figure(here, one, 0.0, str(error))


def _unusable(here: Here) -> Iterator[Measurement]:
    """The device that reviews take for the classifier because the kernel shows it, if its runtime cannot use it."""
    for one in here.devices:
        if one.name == here.classified.device and not one.present:
            backend = "myriad" if one.name == STICK else "openvino"
            yield _figure(here, Place("classify", one.name, one.kind, backend, CLASSIFIER), 0.0, one.reason)


def _disagreement(here: Here, one: Place) -> str:
    """Without OpenVINO for the processor nobody can tell."""
    if one.device == CPU or here.python is None:
        return ""
    python = Path(sys.executable) if one.device == STICK else here.python
    return disagreement(python, one.device, here.store.root / ENVIRONMENT, here.python)


def _network_speed(here: Here, one: Place) -> float:
    if here.python is None:
        raise BackendError("OpenVINO is not installed")
    return _openvino.speed(here.python, NETWORK, one.device, CLASSIFYING)


def _stick_speed(here: Here) -> float:
    with ncs2.Stick(ncs2.command(here.store.root / ENVIRONMENT), NETWORK) as stick:
        return stick.speed(CLASSIFYING)


def _speak(here: Here, group: Sequence[Place]) -> list[Measurement]:
    """The roles of one language model on one device; if it cannot be loaded, none of them works."""
    first = group[0]
    try:
        model = entry(first.model, here.settings.endpoints)
        python = runtime.find(first.backend, here.settings, here.store)
        settings = settings_for(model, here.settings)
        if first.backend == "openvino_genai":
            settings = replace(settings, device=first.device)
        with private_folder() as folder, Worker(python, first.backend, folder) as worker:
            here.store.check(model)
            worker.load(model_files(here.store, model, first.backend), settings, time.monotonic() + LOADING)
            return [_asked(here, one, worker) for one in group]
    except HunkgateError as error:
        return [_figure(here, one, 0.0, str(error)) for one in group]


def _asked(here: Here, one: Place, worker: Worker) -> Measurement:
    try:
        # The first question sets things up; it is not counted.
        _ASK[one.role](worker, 0)
        began = time.perf_counter()
        tokens = _ASK[one.role](worker, 1)
        return _figure(here, one, tokens / max(time.perf_counter() - began, 1e-9))
    except HunkgateError as error:
        return _figure(here, one, 0.0, str(error))


def _read(worker: Worker, number: int) -> int:
    material = _CODE * 4 + f"# {number}"
    worker.choose(_SYSTEM, material, "Is there a problem?", ["yes", "no"], time.monotonic() + ANSWERING)
    return worker.count([material], time.monotonic() + ANSWERING)[0]


def _write(worker: Worker, number: int) -> int:
    question = "What does it do?"
    return worker.write(_SYSTEM, f"{_CODE}# {number}", question, _SCHEMA, _WRITTEN, time.monotonic() + ANSWERING).tokens


def _embed(worker: Worker, number: int) -> int:
    texts = [f"{_CODE}# {number} {count}" for count in range(4)]
    worker.embed(texts, time.monotonic() + ANSWERING)
    return sum(worker.count(texts, time.monotonic() + ANSWERING))


_ASK: dict[str, Callable[[Worker, int], int]] = {"screen": _read, "review": _write, "embed": _embed}


def _figure(here: Here, one: Place, rate: float, failed: str = "") -> Measurement:
    version, digest = here.device(one.device).version, here.digests.get(one.model, "")
    return Measurement(one.device, one.role, one.backend, one.model, digest, version, rate, UNITS[one.role], failed)
