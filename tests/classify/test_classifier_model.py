"""The shipped network. What needs OpenVINO is skipped where it is not installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from make_hunk import make_hunk

from reviewer.classify import hunk_numbers, hunk_words, model, pinned, rows, staged_context
from reviewer.classify.staged_context import FIELDS, parse
from reviewer.errors import BackendError, DigestError, ModelError

LARGEST = 5_000_000
"""Bytes of the file: as issue 5 of the project asks."""


@pytest.fixture(scope="module")
def loaded() -> model.Model:
    pytest.importorskip("openvino")
    return model.load()


def test_shipped_files_are_the_pinned_ones() -> None:
    for name, digest in (("model.onnx", pinned.MODEL_SHA256), ("reference.json", pinned.REFERENCE_SHA256)):
        assert model._checked(model.WEIGHTS / name, digest)
    assert (model.WEIGHTS / "model.onnx").stat().st_size <= LARGEST
    assert 1 / 3 < pinned.SURE < 1


def test_features_have_a_name_each() -> None:
    found = model.piece(make_hunk(b"a.py", "+x = 1"))
    assert len(found.numbers) == len(hunk_numbers.NAMES)
    assert len(rows.common([found])) == len(rows.FEATURES) - len(hunk_numbers.NAMES)
    assert len(set(rows.FEATURES)) == len(rows.FEATURES)
    assert set(staged_context.NAMES) <= set(rows.FEATURES)
    assert max(found.words) < hunk_words.BUCKETS


def test_load_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        model.load(tmp_path)


@pytest.mark.parametrize("name", ["model.onnx", "reference.json"])
def test_load_damaged_file(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(model.WEIGHTS, folder)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(DigestError, match="not the one that was shipped") as caught:
        model.load(folder)
    assert name in str(caught.value)


def test_load_without_openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(BackendError) as caught:
        model.load()
    assert "pip install" in caught.value.todo


def test_load_brings_no_telemetry() -> None:
    pytest.importorskip("openvino")
    code = "import sys; from reviewer.classify import model; model.load(); print(*[m for m in sys.modules if 'telemetry' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == ""


def test_load_on_a_device_that_is_not_there() -> None:
    pytest.importorskip("openvino")
    with pytest.raises(BackendError, match="MYRIAD"):
        model.load(device="MYRIAD")


def test_judge_more_hunks_than_a_batch(loaded: model.Model) -> None:
    pieces = [model.piece(make_hunk(b"src/%d.py" % number, f"+value = {number}")) for number in range(rows.BATCH + 3)]
    found = loaded.judge(pieces)
    assert len(found) == len(pieces)
    for one in found:
        assert sum(one.probabilities) == pytest.approx(1, abs=1e-4)
        assert 0 <= one.risk <= 1
        assert one.task in model.TASKS
    assert loaded.judge(pieces) == found
    assert loaded.judge([]) == []


def test_judge_does_not_depend_on_neighbors_without_context(loaded: model.Model) -> None:
    one, other = model.piece(make_hunk(b"a.py", "+x = 1")), model.piece(make_hunk(b"b.go", "-y := 2", "+y := 3"))
    alone, beside = loaded.judge([one])[0], loaded.judge([other, one])[1]
    assert alone.probabilities == pytest.approx(beside.probabilities, abs=1e-5)


def test_judge_uses_the_staged_set(loaded: model.Model) -> None:
    known, _ = parse({**dict.fromkeys(FIELDS, 0), "c_files": 9, "c_add": 400, "c_new": 5, "c_f_src": 5, "c_a_src": 300})
    one = model.piece(make_hunk(b"a.py", "+x = 1"))
    assert loaded.judge([one])[0] != loaded.judge([replace(one, context=known)])[0]


def test_judge_ranks_much_new_logic_as_riskier_than_a_constant(loaded: model.Model) -> None:
    logic = [
        f"+    if values[{n}] is not None and values[{n}].total > limit:\n+        push(values[{n}], {n})" for n in range(40)
    ]
    large = make_hunk(b"src/core/engine.py", *[line for text in logic for line in text.split("\n")])
    small = make_hunk(b"src/core/engine.py", "-LIMIT = 3", "+LIMIT = 4")
    found = loaded.judge([model.piece(large), model.piece(small)])
    assert found[0].risk > found[1].risk + 0.2
