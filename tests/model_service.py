"""Puts the scripted model into service: with an exam that it passed, and awake enough to find a planted defect."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from scripted_model import NAME, ScriptedModel, scripted_model

from reviewer.models.catalogue import Entry, entry
from reviewer.models.exam import edition, results
from reviewer.models.exam.calibration import Calibration
from reviewer.models.exam.results import Key, Result, Speed
from reviewer.records import EngineUse, Machine
from reviewer.review import _model_roles as roles

LARGE = "large"

MACHINE = Machine(model=NAME, engine=EngineUse.OFF)
"""No engine: each review has a worker of its own, which is gone afterwards."""

FORCED = replace(MACHINE, forced_roles=("screen", "review"))

DEFECT = '{"verdict": "defect"'

AWAKE: list[dict[str, Any]] = [
    {"contains": "accounts/lookup.py", "choose": "reject"},
    {"contains": "accounts/lookup.py", "choose": DEFECT},
]
"""Finds what is planted, and approves of everything else."""

ALL_IS_WELL: list[dict[str, Any]] = [{"contains": "", "choose": word} for word in ("approve", '{"verdict": "fine"', "yes")]
"""What the model says where no other rule fits; a finding of the rules is right."""


def suspicious(text: str, *defects: dict[str, Any]) -> list[dict[str, Any]]:
    """Rules of a script: what holds the text is rejected, and these defects are stated."""
    return [
        {"contains": text, "choose": "reject"},
        {"contains": text, "choose": DEFECT},
        {"contains": text, "write": {"verdict": "defect", "defects": list(defects)}},
    ]


def defect(line: int, kind: str, code: str, why: str = "it goes wrong") -> dict[str, Any]:
    """One stated defect."""
    return {"line": line, "kind": kind, "code": code, "why": why}


def in_service(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *rules: dict[str, Any], awake: bool = True, **script: Any
) -> ScriptedModel:
    """Install the model with these rules; see `reviewer.backends.scripted`."""
    every = [*(AWAKE if awake else []), *rules, *ALL_IS_WELL]
    model = scripted_model(folder, monkeypatch, {"rules": every, **script})
    model.install()
    return model


def larger_in_service(model: ScriptedModel, *rules: dict[str, Any], **script: Any) -> ScriptedModel:
    """Install a second model, `large`, beside the first; it is in the same catalogue and store."""
    data = json.dumps({"rules": [*AWAKE, *rules, *ALL_IS_WELL], **script}).encode()
    file = model.file.with_name("large.json")
    file.write_bytes(data)
    text = model.catalogue.read_text(encoding="utf-8")
    old = (f"[{NAME}", "tiny.json", model.entry.sha256, f"size = {model.entry.size}")
    for before, after in zip(old, (f"[{LARGE}", "large.json", sha256(data).hexdigest(), f"size = {len(data)}"), strict=True):
        text = text.replace(before, after) if before in text else text
    model.catalogue.write_text(model.catalogue.read_text(encoding="utf-8") + text, encoding="utf-8")
    made = Larger(model.store, file, model.catalogue)
    made.install()
    return made


@dataclass(frozen=True)
class Larger(ScriptedModel):
    """The second model."""

    @property
    def entry(self) -> Entry:
        return entry(LARGE)


def examine(
    model: ScriptedModel, *passed: str, refused: str = "", threshold: float | None = 0.0, speed: Speed | None = None
) -> None:
    """Write the results that an exam would have left."""
    folder = model.store.exam(model.entry)
    made = [_result(model, role, role != refused, threshold, speed) for role in (*passed, *([refused] if refused else []))]
    results.save(folder / results.FILE, made)


def _result(model: ScriptedModel, role: str, passed: bool, threshold: float | None, speed: Speed | None) -> Result:
    key = Key(role, model.entry.backends[0], model.entry.sha256, roles.prompt_digest(role), edition.QUESTIONS)
    shares = dict.fromkeys(("precision", "recall", "clean_pass", "refactorings", "auc_least"), 0.9)
    return Result(
        key=key, bars=edition.BARS, passed=passed, reasons=() if passed else ("AUC 0.50 is below 0.62",),
        auc=0.9 if passed else 0.5, auc_bar=0.62, moved=0.0, moved_of=9, asked=9, answered=9, threshold=threshold,
        calibration=Calibration(1.0, 0.0), seconds=0.1, speed=speed, taken="2026-11-22", hunkgate="0", **shares,
    )  # fmt: skip
