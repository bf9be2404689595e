"""Finds the real model for the tests that are marked `model` or `llama`.

The weights are looked for where the user has them (HUNKGATE_STORE, else the platform's folder), before the suite gives each
test another home folder. HUNKGATE_MODEL_PYTHON names the interpreter with the runtime, if it is not in the store.
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
MACHINE = Machine(store=STORE, model=NAME, model_python=os.environ.get("HUNKGATE_MODEL_PYTHON", ""))


def real_model(backend: str) -> tuple[Store, Entry, Path]:
    """The store, the model and the interpreter; fails the test if one is missing."""
    store, model = Store(Path(STORE)), entry(NAME)
    try:
        store.check(model)
        return store, model, runtime.find(backend, MACHINE, store)
    except HunkgateError as error:
        pytest.fail(f"this test needs the model and its runtime: {error}. {error.todo}")
