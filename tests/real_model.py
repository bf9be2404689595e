"""Finds the real model for the tests that are marked `model` or `llama`.

The weights are looked for where the user has them (HUNKGATE_STORE, else the platform's folder), before the suite gives each
test another home folder. HUNKGATE_MODEL_PYTHON names the interpreter with OpenVINO, if it is not in the store, and
HUNKGATE_LLAMA_PYTHON the one with llama.cpp, which is tried with the smallest model.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reviewer.errors import HunkgateError
from reviewer.models import runtime
from reviewer.models.catalogue import Entry, entry
from reviewer.models.store import Store, open_store
from reviewer.records import Machine

NAME = "qwen2.5-coder-1.5b-instruct"
STORE = os.environ.get("HUNKGATE_STORE") or str(open_store(Machine()).root)
SMALL = "qwen2.5-coder-0.5b-instruct"
MACHINE = Machine(store=STORE, model=NAME, model_python=os.environ.get("HUNKGATE_MODEL_PYTHON", ""))


LLAMA = Machine(store=STORE, model=SMALL, model_python=os.environ.get("HUNKGATE_LLAMA_PYTHON", ""))


def real_model(backend: str) -> tuple[Store, Entry, Path]:
    """The store, the model and the interpreter; fails the test if one is missing."""
    machine = LLAMA if backend == "llama_cpp" else MACHINE
    store, model = Store(Path(STORE)), entry(machine.model)
    try:
        store.check(model)
        return store, model, runtime.find(backend, machine, store)
    except HunkgateError as error:
        pytest.fail(f"this test needs the model and its runtime: {error}. {error.todo}")
