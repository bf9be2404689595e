"""Where the trained classifier runs: in this process if it has OpenVINO, else by the interpreter that runs the models."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

from reviewer.classify.answers import Asked, Judge, Judgement, by_model
from reviewer.errors import BackendError
from reviewer.records import Machine

_MISSING = "Install it with: pip install 'hunkgate[classifier]', or pull a model: its runtime has it."


def judge_for(machine: Machine) -> Judge:
    """Something that judges hunks on this machine. Nothing is looked up, imported or started before it is called."""

    def judge(asked: Sequence[Asked]) -> Sequence[Judgement]:
        if importlib.util.find_spec("openvino") is not None:
            return by_model(asked)
        return _elsewhere(asked, machine)

    return judge


def _elsewhere(asked: Sequence[Asked], machine: Machine) -> Sequence[Judgement]:
    from reviewer.classify import elsewhere
    from reviewer.classify.model import piece
    from reviewer.models import runtime
    from reviewer.models.store import open_store

    try:
        python = runtime.find("openvino_genai", machine, open_store(machine))
    except BackendError as error:
        raise BackendError("OpenVINO is not installed", todo=_MISSING) from error
    return elsewhere.judge([piece(one.hunk, one.context) for one in asked], python)
