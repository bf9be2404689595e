"""The classifier as something that the engine, or a worker of its own, holds: both sides of its questions.

    load     "files", "device", "environment", "modest"      null
    judge    "rows": see `rows.to_json`                      [[feature, fix, refactor, risk]]

On the processor, an NPU or a GPU the worker runs the network itself. A stick has a process of its own below the worker
(see docs/ncs2.md). When the device is gone the worker says so and ends: whoever asks next gets a new one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer.backends._time import Ceiling
from reviewer.classify import pinned
from reviewer.classify.model import NETWORK, WEIGHTS, GarbageError, Judgement, Model, judgement, load, shipped
from reviewer.classify.rows import BATCH, Row, from_json, to_json
from reviewer.devices._classifying import MODEL, STICK
from reviewer.engine import protocol
from reviewer.engine.questions import Questions
from reviewer.errors import BackendError, OutOfTimeError, OverdueError

if TYPE_CHECKING:
    from reviewer.devices.ncs2 import Stick

BACKEND = "classifier"
"""What the worker is told to be, beside the members of reviewer.backends."""

PER_MESSAGE = 16 * BATCH
"""Rows of one question: at most 8 KB each, and a message may have 16 MB."""


def loaded(asker: Questions, device: str, environment: Path, deadline: float) -> None:
    """Have the classifier loaded on a device.

    Args:
        environment: of the stick's worker; looked at if the device is a stick.
        deadline: `time.monotonic()`.

    Raises:
        OverdueError: it is not loaded in time.
        BackendError: it cannot be.
    """
    protocol.value(asker.exchange(_described(device, environment), deadline))


def judged(asker: Questions, members: Sequence[Row], deadline: float) -> list[Judgement]:
    """What the classifier that an asker has loaded says of the rows, in their order.

    Args:
        deadline: `time.monotonic()`.

    Raises:
        OverdueError, CrashedError: the process did not answer in time, or ended.
        GarbageError: it did not say one thing of each row.
        BackendError: it said why not.
    """
    found: list[Judgement] = []
    for start in range(0, len(members), PER_MESSAGE):
        part = members[start : start + PER_MESSAGE]
        said = protocol.value(asker.exchange({"op": "judge", "rows": to_json(part)}, deadline))
        if not isinstance(said, list) or len(said) != len(part) or not all(isinstance(one, list) for one in said):
            raise GarbageError(f"judgements of {len(part)} hunks were expected")
        found += [judgement(one) for one in said]
    return found


def _described(device: str, environment: Path) -> dict[str, Any]:
    files = {"name": f"{MODEL} on {device}", "weights": str(WEIGHTS / NETWORK), "sha256": pinned.MODEL_SHA256}
    return {"op": "load", "files": files, "device": device, "environment": str(environment), "modest": True}


class Classifying:
    """The worker's side: what `worker` asks instead of a backend."""

    def __init__(self) -> None:
        self.over = False
        """Whether the device is gone, and this process of no more use."""
        self._model: Model | None = None
        self._stick: Stick | None = None
        self._until = 0.0
        """When the running question has to be answered, `time.monotonic()`."""

    def answer(self, request: dict[str, Any], ceiling: Ceiling) -> Any:
        """The value of a reply.

        Raises:
            BackendError, ModelError: there is none.
        """
        operation = request["op"]
        if operation == "close":
            return self._close()
        if operation == "load":
            self._model = self._on_stick(request) if request["device"] == STICK else load(device=request["device"])
            return None
        if operation != "judge":
            raise BackendError(f"the classifier cannot {operation!r}")
        if self._model is None:
            raise BackendError("no model is loaded")
        return self._judge(self._model, request, ceiling)

    def _judge(self, model: Model, request: dict[str, Any], ceiling: Ceiling) -> list[list[float]]:
        ceiling.check()
        self._until = time.monotonic() + ceiling.left
        try:
            members = from_json(request["rows"])
        except ValueError as error:
            raise BackendError(str(error)) from error
        try:
            return [[*one.probabilities, one.risk] for one in model.judge_rows(members)]
        except OutOfTimeError:
            raise
        except OverdueError as error:
            # The stick's process was ended: this is no model that can be asked again.
            self.over = True
            raise BackendError(str(error)) from error
        except BackendError:
            self.over = True
            raise

    def _on_stick(self, request: dict[str, Any]) -> Model:
        from reviewer.devices.ncs2 import INFERRING, Stick, command

        _, reference = shipped()
        stick = Stick(command(Path(request["environment"])), WEIGHTS / NETWORK)
        self._stick = stick
        return Model(lambda inputs: stick.infer(inputs, min(INFERRING, self._left())), reference)

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise OutOfTimeError("the time for this question was over before the device had an answer")
        return left

    def _close(self) -> None:
        if self._stick is not None:
            with contextlib.suppress(BackendError):
                self._stick.close()
