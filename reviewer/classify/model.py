"""The trained classifier: what source hunks are for (feature, fix, refactor) and how risky they rank, all hunks at once.

The network is a file of this package, made by `training/`. It is run by OpenVINO; neither that nor numpy is imported before
a model is loaded. `docs/classifier.md` tells what it was trained on and how often it is right.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import sys
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reviewer.classify import hunk_numbers, hunk_words, pinned
from reviewer.classify.ranks import rank
from reviewer.classify.rows import BATCH, Row, batch, rows
from reviewer.classify.staged_context import UNKNOWN, StagedContext
from reviewer.classify.staged_sets import Piece
from reviewer.errors import BackendError, DigestError, ModelError
from reviewer.records import Hunk

WEIGHTS = Path(__file__).parent / "weights"

NETWORK = "model.onnx"

TASKS = ("feature", "fix", "refactor")

_CPU = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
"""Single precision also where a processor would rather take bfloat16: the same hunk is judged alike everywhere."""

_INEXACT = 0.02
"""What probabilities may miss: a stick computes in 16 bits, whose steps below 1 are 0.0005, and adds three of them."""

_CONVERTER = "openvino.tools.ovc"


class GarbageError(BackendError):
    """A device computed what cannot be."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the network says of one source hunk."""

    probabilities: tuple[float, float, float]
    """In the order of `TASKS`; they sum to 1."""
    risk: float
    """Rank between 0 and 1 among the hunks that it was trained on. No probability."""

    @property
    def task(self) -> str:
        return TASKS[max(range(len(TASKS)), key=self.probabilities.__getitem__)]

    @property
    def sure(self) -> bool:
        """Whether it is sure enough to be believed (see `pinned.SURE`)."""
        sure: float = pinned.SURE
        return max(self.probabilities) >= sure


def piece(hunk: Hunk, context: StagedContext = UNKNOWN) -> Piece:
    """Take a hunk apart for the network; the dear part of the work, and all of it plain Python."""
    taken = hunk_numbers.read(hunk)
    return Piece(
        hunk.path, (hunk.old_start, hunk.old_count), taken.added.lines, taken.removed.lines, context,
        array("f", hunk_numbers.numbers(taken)), array("i", hunk_words.words(taken)),
    )  # fmt: skip


Network = Callable[[Mapping[str, bytes]], Mapping[str, Any]]
"""Computes a batch: from its inputs as `rows.batch` gives them to its outputs, which have `tolist`.

Raises:
    BackendError: it cannot.
"""


class Model:
    """The network, loaded.

    Args:
        network: on some device.
        reference: ranks of the hunks that it was trained on, ascending.
    """

    def __init__(self, network: Network, reference: Sequence[float]) -> None:
        self._network = network
        self._reference = reference

    def judge(self, pieces: Sequence[Piece]) -> list[Judgement]:
        """What each hunk is, in their order. Hunks of equal context are judged as one staged set (see `staged_sets`).

        Raises:
            BackendError: the runtime failed.
        """
        return self.judge_rows(rows(pieces))

    def judge_rows(self, members: Sequence[Row]) -> list[Judgement]:
        """The same for rows.

        Raises:
            GarbageError: what the device computed is no judgement.
            BackendError: the runtime failed.
        """
        found: list[Judgement] = []
        for start in range(0, len(members), BATCH):
            found += self._batch(members[start : start + BATCH])
        return found

    def _batch(self, members: Sequence[Row]) -> list[Judgement]:
        answer = self._network(batch(members))
        try:
            tasks, risks = answer["task"].tolist(), answer["risk"].tolist()
            said = [(*task, rank(risk, self._reference)) for task, (risk,) in zip(tasks, risks, strict=True)]
        except (KeyError, TypeError, ValueError) as error:
            raise GarbageError("what the device computed has not the shape of a judgement") from error
        if len(said) != BATCH or not all(math.isfinite(risk[0]) for risk in risks):
            raise GarbageError("what the device computed is no risk of each hunk")
        return [judgement(one) for one in said[: len(members)]]


def judgement(said: Sequence[Any]) -> Judgement:
    """From three probabilities and a rank.

    Raises:
        GarbageError: they are none.
    """
    sound = len(said) == 4 and all(isinstance(one, float) and -_INEXACT <= one <= 1 + _INEXACT for one in said)
    if not sound or abs(sum(said[:3]) - 1) > _INEXACT:
        raise GarbageError("what the device computed are no probabilities")
    return Judgement((said[0], said[1], said[2]), said[3])


def load(folder: Path = WEIGHTS, device: str = "CPU") -> Model:
    """The shipped network, ready.

    Args:
        device: a name of OpenVINO's.

    Raises:
        ModelError: a file is missing.
        DigestError: a file is not the one that was shipped.
        BackendError: OpenVINO is not installed, or cannot load the network.
    """
    network, reference = shipped(folder)
    openvino = _runtime()
    try:
        core = openvino.Core()
        options = _CPU if device == "CPU" else {}
        return Model(_computing(core.compile_model(core.read_model(model=network), device, options)), reference)
    except RuntimeError as error:
        raise BackendError(f"OpenVINO cannot load the classifier on {device}: {_last_line(error)}") from error


def shipped(folder: Path = WEIGHTS) -> tuple[bytes, list[float]]:
    """The network's file, and the ranks that `Model` takes.

    Raises:
        ModelError: a file is missing.
        DigestError: a file is not the one that was shipped.
    """
    network = _checked(folder / NETWORK, pinned.MODEL_SHA256)
    reference: list[float] = json.loads(_checked(folder / "reference.json", pinned.REFERENCE_SHA256))["risk"]
    return network, reference


def _computing(compiled: Any) -> Network:
    """A compiled network of OpenVINO's."""
    import numpy as np

    request = compiled.create_infer_request()

    def network(inputs: Mapping[str, bytes]) -> Mapping[str, Any]:
        try:
            shaped = {name: np.frombuffer(content, np.float32).reshape(BATCH, -1) for name, content in inputs.items()}
            answer: Mapping[str, Any] = request.infer(shaped)
        except RuntimeError as error:
            raise BackendError(f"OpenVINO could not run the classifier: {_last_line(error)}") from error
        return answer

    return network


def _last_line(error: RuntimeError) -> str:
    """The reason; the lines before it tell where in OpenVINO's own files it was passed on."""
    return str(error).strip().rpartition("\n")[2][:300]


def _runtime() -> Any:
    """OpenVINO without its model converter, which nobody asks for here: it takes a third of the time and imports telemetry."""
    modules: dict[str, Any] = cast("dict[str, Any]", sys.modules)
    bare = _CONVERTER not in modules
    if bare:
        # None makes the import of it fail, which OpenVINO expects.
        modules[_CONVERTER] = None
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        todo = "Install it with: pip install 'hunkgate[classifier]'"
        raise BackendError("OpenVINO is not installed", todo=todo) from error
    finally:
        if bare:
            del modules[_CONVERTER]


def _checked(path: Path, digest: str) -> bytes:
    again = "Install hunkgate again."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"a file of the classifier cannot be read: {error.strerror}", where=path.name, todo=again) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise DigestError("a file of the classifier is not the one that was shipped", where=path.name, todo=again)
    return content
