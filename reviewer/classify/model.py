"""The trained classifier: what source hunks are for (feature, fix, refactor) and how risky they rank, all hunks at once.

The network is a file of this package, made by `training/`. It is run by OpenVINO; neither that nor numpy is imported before
a model is loaded. `docs/classifier.md` tells what it was trained on and how often it is right.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reviewer.classify import hunk_numbers, hunk_words, pinned, staged_context, staged_sets
from reviewer.classify.ranks import rank
from reviewer.classify.staged_context import UNKNOWN, StagedContext
from reviewer.classify.staged_sets import Piece
from reviewer.errors import BackendError, DigestError, ModelError
from reviewer.records import Hunk

WEIGHTS = Path(__file__).parent / "weights"

TASKS = ("feature", "fix", "refactor")

BATCH = 32
"""Hunks that the network takes at once; its shapes are static, since the NCS2 knows no others."""

_CPU = {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
"""Single precision also where a processor would rather take bfloat16: the same hunk is judged alike everywhere."""

_CONVERTER = "openvino.tools.ovc"

FEATURES = (
    *hunk_numbers.NAMES, *staged_context.NAMES, *(f"mean_{name}" for name in hunk_numbers.NAMES),
    *(f"most_{name}" for name in hunk_numbers.NAMES), "set_hunks", "set_files",
)  # fmt: skip
"""What each number is that the network takes, in its order."""


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


class Model:
    """The network, loaded."""

    def __init__(self, compiled: Any, reference: Sequence[float]) -> None:
        self._request = compiled.create_infer_request()
        self._reference = reference

    def judge(self, pieces: Sequence[Piece]) -> list[Judgement]:
        """What each hunk is, in their order. Hunks of equal context are judged as one staged set (see `staged_sets`).

        Raises:
            BackendError: the runtime failed.
        """
        import numpy as np

        numbers = np.zeros((len(pieces), len(FEATURES)), np.float32)
        for members in staged_sets.grouped(pieces):
            common = _common([pieces[number] for number in members])
            own = len(hunk_numbers.NAMES)
            numbers[members, own:] = common
            numbers[members, :own] = [pieces[number].numbers for number in members]
        found: list[Judgement] = []
        for start in range(0, len(pieces), BATCH):
            found += self._batch(numbers[start : start + BATCH], pieces[start : start + BATCH])
        return found

    def _batch(self, numbers: Any, pieces: Sequence[Piece]) -> list[Judgement]:
        import numpy as np

        rows = np.zeros((BATCH, len(FEATURES)), np.float32)
        rows[: len(pieces)] = numbers
        words = np.zeros((BATCH, hunk_words.BUCKETS), np.float32)
        for number, one in enumerate(pieces):
            words[number, one.words] = (len(one.words) + 1) ** -0.5
        try:
            answer = self._request.infer({"numbers": rows, "words": words})
        except RuntimeError as error:
            raise BackendError(f"OpenVINO could not run the classifier: {error}") from error
        tasks, risks = answer["task"].tolist(), answer["risk"].tolist()
        return [
            Judgement((task[0], task[1], task[2]), rank(risk[0], self._reference))
            for task, risk in zip(tasks[: len(pieces)], risks[: len(pieces)], strict=True)
        ]


def _common(members: Sequence[Piece]) -> list[float]:
    return [*staged_context.numbers(members[0].context), *staged_sets.pooled(members)]


def load(folder: Path = WEIGHTS, device: str = "CPU") -> Model:
    """The shipped network, ready.

    Args:
        device: a name of OpenVINO's.

    Raises:
        ModelError: a file is missing.
        DigestError: a file is not the one that was shipped.
        BackendError: OpenVINO is not installed, or cannot load the network.
    """
    network = _checked(folder / "model.onnx", pinned.MODEL_SHA256)
    reference = json.loads(_checked(folder / "reference.json", pinned.REFERENCE_SHA256))
    openvino = _runtime()
    try:
        core = openvino.Core()
        options = _CPU if device == "CPU" else {}
        return Model(core.compile_model(core.read_model(model=network), device, options), reference["risk"])
    except RuntimeError as error:
        raise BackendError(f"OpenVINO cannot load the classifier on {device}: {error}") from error


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
