"""Everything that is known of the devices here: what they say, what could run on them, and what was measured."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from reviewer import config, registry
from reviewer.devices import _measured, _openvino
from reviewer.devices._classifying import CPU, ENVIRONMENT, FIGURES, Chosen, chosen, named
from reviewer.devices._classifying import MODEL as CLASSIFIER
from reviewer.devices._endpoints import served
from reviewer.devices._measured import Measurement
from reviewer.devices._placement import PREFERRED, Place, Placed, place
from reviewer.devices.interface import Around, Device, Kind
from reviewer.errors import BackendError, HunkgateError
from reviewer.models import runtime
from reviewer.models.catalogue import Entry, entry
from reviewer.models.lock import resolved
from reviewer.models.store import Presence, Store, open_store
from reviewer.records import EngineUse, Machine

NETWORK = Path(registry.__file__).with_name("classify") / "weights" / "model.onnx"
"""The classifier's network."""

_LANGUAGE = "openvino_genai"
"""The backend that knows other devices than the processor."""

_OPENVINO = (Kind.CPU, Kind.GPU, Kind.NPU)


@dataclass(frozen=True, slots=True)
class Here:
    """One look at this machine."""

    settings: Machine
    store: Store
    devices: tuple[Device, ...]
    places: tuple[Place, ...]
    """Every role on every device that is present and has a runtime and a model for it."""
    digests: dict[str, str]
    """Of each model, by name."""
    measured: tuple[Measurement, ...]
    python: Path | None
    """The interpreter that has OpenVINO."""

    @property
    def figures(self) -> Path:
        """Where the measurements are kept."""
        return self.store.root / FIGURES

    @property
    def placed(self) -> dict[str, Placed]:
        """Where each role runs."""
        return place(self.places)

    @property
    def classified(self) -> Chosen:
        """Where reviews classify, which do not look at devices (see `_classifying`)."""
        found = chosen(lambda: self.store.root, self.digests[CLASSIFIER], self.settings.classifier_device)
        if found.device != CPU and self.settings.engine is EngineUse.OFF:
            return Chosen(CPU, "the engine is off, and nothing else keeps an accelerator loaded")
        return found

    def device(self, name: str) -> Device:
        """The device of that name."""
        return next(one for one in self.devices if one.name == name)

    def with_figures(self, measured: tuple[Measurement, ...]) -> Here:
        """The same with other measurements."""
        return replace(self, measured=measured, places=tuple(self._weighed(one, measured) for one in self.places))

    def _weighed(self, one: Place, measured: Iterable[Measurement]) -> Place:
        for figure in measured:
            same = (figure.device, figure.role, figure.backend, figure.model) == (one.device, one.role, one.backend, one.model)
            if same and not figure.stale(self.device(one.device), self.digests.get(one.model, "")):
                return replace(one, rate=figure.rate, failed=figure.failed)
        return replace(one, rate=0.0, failed="")


def ncs2_folder() -> Path:
    """Where the stick's environment is, or would be."""
    return open_store(config.load_machine()).root / ENVIRONMENT


def survey(script: Path | None = None) -> Here:
    """Look at everything.

    Raises:
        ConfigError: the configuration or the catalogue is malformed.
    """
    settings = config.load_machine()
    store = open_store(settings)
    python, why_not = _with_openvino(settings, store)
    around = Around(_openvino.ask(python, why_not), store.root / ENVIRONMENT, script=script)
    found = [one for name in registry.members("reviewer.devices") for one in registry.load("reviewer.devices", name).look(around)]
    devices = (*found, *served(settings.endpoints))
    digests = {CLASSIFIER: _digest(NETWORK)}
    places = [*_classifying(devices, python, named(settings.classifier_device)), *_speaking(devices, settings, store, digests)]
    here = Here(settings, store, devices, tuple(places), digests, (), python)
    return here.with_figures(_measured.read(here.figures))


def _classifying(devices: Iterable[Device], python: Path | None, wanted: str) -> Iterator[Place]:
    if not NETWORK.is_file():
        return
    for one in devices:
        if one.present and (one.kind is Kind.NCS2 or (one.kind in _OPENVINO and python)):
            backend = "myriad" if one.kind is Kind.NCS2 else "openvino"
            yield Place("classify", one.name, one.kind, backend, CLASSIFIER, chosen=one.name == wanted)


def _speaking(devices: Iterable[Device], settings: Machine, store: Store, digests: dict[str, str]) -> Iterator[Place]:
    """Language models: those that the configuration names, where they are installed."""
    for model, roles in _models(settings):
        if store.presence(model) is Presence.ABSENT:
            continue
        digests[model.name] = resolved(model).sha256
        for one in devices:
            for backend in _backends(model, one, settings, store):
                yield from (
                    Place(role, one.name, one.kind, backend, model.name, chosen=one.kind is Kind.SERVER) for role in roles
                )


def _models(settings: Machine) -> list[tuple[Entry, list[str]]]:
    """Which model does what: the first one screens and embeds, the larger one reviews."""
    names = {"screen": settings.model, "embed": settings.model, "review": settings.larger_model or settings.model}
    wanted: dict[str, list[str]] = {}
    for role in PREFERRED:
        if names.get(role):
            wanted.setdefault(names[role], []).append(role)
    found = []
    for name, roles in wanted.items():
        try:
            model = entry(name, settings.endpoints)
        except HunkgateError:
            continue
        found.append((model, [role for role in roles if role in model.roles]))
    return found


def _backends(model: Entry, device: Device, settings: Machine, store: Store) -> list[str]:
    if not device.present:
        return []
    if model.endpoint is not None or device.kind is Kind.SERVER:
        return ["openai_http"] if model.endpoint is not None and model.endpoint.name == device.name else []
    able = [one for one in model.backends if device.kind is Kind.CPU or (device.kind in _OPENVINO and one == _LANGUAGE)]
    return [one for one in able if _interpreter(one, settings, store)[0]]


def _with_openvino(settings: Machine, store: Store) -> tuple[Path | None, str]:
    """This interpreter, if it has OpenVINO: the classifier needs no more. Else the one that runs the models."""
    if importlib.util.find_spec("openvino") is not None:
        return Path(sys.executable), ""
    return _interpreter(_LANGUAGE, settings, store)


def _interpreter(backend: str, settings: Machine, store: Store) -> tuple[Path | None, str]:
    try:
        return runtime.find(backend, settings, store), ""
    except BackendError as error:
        return None, str(error)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
