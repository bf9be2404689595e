"""The engine with the real model."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from real_model import MACHINE, NAME, real_model
from scripted_model import alive
from warm_engine import warm_engine, within

from reviewer.engine import access
from reviewer.engine.asker import Asker
from reviewer.engine.client import Worker
from reviewer.engine.install import choose_runtime, model_files, settings_for

CEILING = {"openvino_genai": 3.3e9, "llama_cpp": 2.2e9}
"""Bytes that the engine may hold with this model."""

LATER = 250.0


def _asked(asker: Asker) -> list[float]:
    hunk = "def total(rows):\n    return sum(rows) / len(rows)\n"
    return asker.choose("You review changes.", hunk, "Can this divide by zero? Answer yes or no.", ("yes", "no"), within(LATER))


@pytest.mark.model
def test_a_warm_model_answers_as_a_private_one_within_its_memory(tmp_path: Path) -> None:
    store, model, _ = real_model("openvino_genai")
    backend, python = choose_runtime(store, model, MACHINE)
    files, settings = model_files(store, model, backend), settings_for(model, MACHINE)
    with warm_engine(MACHINE) as warm:

        def started() -> Asker:
            asker = access.start(MACHINE, python, backend, warm.folder, within(LATER), where=warm.place)
            asker.load(files, settings, within(LATER))
            return asker

        first = started()
        answer = _asked(first)
        first.close()
        began = time.monotonic()
        second = started()
        assert time.monotonic() - began < 0.15, "a second review starts its first question within 150 ms"
        assert _asked(second) == answer
        worker = warm.worker(NAME)
        assert 1e9 < worker["rss"] <= CEILING[backend]
        os.kill(worker["pid"], signal.SIGKILL)
        while alive(worker["pid"]):
            time.sleep(0.05)
        assert _asked(second) == answer
        second.close()
        last = warm.worker(NAME)["pid"]
    assert not alive(last)
    with Worker(python, backend, tmp_path) as private:
        private.load(files, settings, within(LATER))
        assert _asked(private) == answer
