"""An environment of the stick whose interpreter answers from a script (see reviewer/devices/_ncs2_worker.py)."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reviewer.devices._classifying import ENVIRONMENT, STICK
from reviewer.engine import classifying, launch
from reviewer.engine.place import Place
from reviewer.engine.remote import Remote
from reviewer.records import Machine

FEATURE = (0.75, 0.125, 0.125)
"""What it says of every hunk; these survive 32 bits."""


def answers(tasks: Sequence[float] = FEATURE, risk: float = 0.0, *, rows: int = 32) -> dict[str, Any]:
    """What its network gives for every batch."""
    return {"task": {"shape": [rows, 3], "value": list(tasks)}, "risk": {"shape": [rows, 1], "value": [risk]}}


def scripted_stick(store: Path, **script: Any) -> Path:
    """Make the environment in a model store; returns its interpreter."""
    argument = json.dumps({"devices": ["MYRIAD"], "answers": answers(), **script})
    python = store / "runtime" / "ncs2" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@" {shlex.quote(argument)}\n')
    python.chmod(0o700)
    (store / "runtime" / "ncs2" / "ready").write_text("openvino==2021.4.2\n")
    return python


def load_in_engine(where: Place, store: Path, seconds: float = 60.0) -> None:
    """Have the engine load the network on the stick, as a review would, however long that takes; nothing is judged."""
    deadline = time.monotonic() + seconds
    asker = Remote(launch.reach(where, deadline), Path(sys.executable), classifying.BACKEND, Machine(store=str(store)))
    classifying.loaded(asker, STICK, store / ENVIRONMENT, deadline)
    asker.close()
