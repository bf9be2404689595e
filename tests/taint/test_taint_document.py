"""docs/taint.md tells the truth: its example works, and no key is missing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from reviewer.taint import declarations, engine, packed, packing, run, worker
from reviewer.taint.text import Text

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "taint.md").read_text(encoding="utf-8")


def _block(language: str) -> str:
    return str(re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)[0])


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example's declarations, beside the shipped ones."""
    folder = tmp_path / "taint"
    shutil.copytree(packed.folder(), folder)
    path = folder / "python" / "sql.toml"
    path.write_text(path.read_text().replace("clean = [", 'clean = ["shop.quoted", ', 1) + "\n" + _block("toml"))
    monkeypatch.setattr(packed, "folder", lambda: folder)
    packing.write()
    return folder


def test_example_works(declared: Path) -> None:
    packed.document.cache_clear()
    declarations.load.cache_clear()
    code = _block("python").encode()
    analysis = engine.analyze("python", code, range(1, code.count(b"\n") + 2))
    packed.document.cache_clear()
    declarations.load.cache_clear()
    assert declared.is_dir()
    (flow,) = [flow for flow in analysis.flows if flow.harm == "sql"]
    assert flow.sink == "shop.run_report"
    assert Text(code).line_of(flow.stops[-1].at[0]) == code.split(b"\n").index(b"def harmful():") + 2


KEYS = {
    "sources": packing._SOURCE_KEYS,
    "sinks": packing._SINK_KEYS,
    "flow": packing._FLOW_KEYS,
    "guards": packing._GUARD_KEYS,
    "classes": packing._CLASS_KEYS,
    "shapes": frozenset(declarations.SHAPES[1:]),
}


@pytest.mark.parametrize("name", KEYS)
def test_every_key_is_told(name: str) -> None:
    told = set(re.findall(r"`\[*(\w+)\]*`", DOCUMENT))
    assert KEYS[name] - told == set()


def test_limits_are_the_real_ones() -> None:
    for number in (run.MOST_STEPS, run.MOST_STEPS_IN_FILE):
        assert f"{number:,}" in DOCUMENT
    assert (worker.MOST_SECONDS, worker.MOST_MEMORY, run.MOST_DEPTH) == (3, 2 << 30, 5)
    assert "three seconds of processor time and 2 GB" in DOCUMENT
    assert "five calls deep" in DOCUMENT
