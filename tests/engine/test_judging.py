"""The classifier in this process, and by another interpreter; both say the same."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from make_hunk import make_hunk

from reviewer.classify import elsewhere
from reviewer.classify.answers import Asked
from reviewer.classify.model import load, piece
from reviewer.classify.staged_context import StagedContext, parse
from reviewer.engine import judging
from reviewer.errors import BackendError
from reviewer.records import FileChange, Hunk, Machine, Status

COUNTS = {"c_files": 3, "c_add": 40, "c_del": 2}


def asked() -> list[Asked]:
    context, remark = parse(COUNTS)
    assert remark == ""
    return [
        _asked(make_hunk(b"app/db.py", " def find(c, name):", "+    if not name:", "+        return None", start=10), context),
        _asked(
            make_hunk("app/\udcff.py".encode("utf-8", "surrogateescape"), "-    return 3 * r", "+    return math.pi * r"), context
        ),
        _asked(make_hunk(b"app/other.go", "+func New() *Server { return &Server{} }"), StagedContext()),
    ]


def _asked(hunk: Hunk, context: StagedContext) -> Asked:
    file = FileChange(hunk.path, Status.MODIFIED, hunk.path, 0o100644, 0o100644, "", "", hunk.language, (hunk,))
    return Asked(hunk, file, context)


def test_another_interpreter_says_the_same() -> None:
    pieces = [piece(one.hunk, one.context) for one in asked()]
    assert elsewhere.judge(pieces, Path(sys.executable)) == load().judge(pieces)


def test_without_openvino_the_interpreter_of_the_models_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    here = judging.judge_for(Machine())(asked())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    there = judging.judge_for(Machine(model_python=sys.executable))(asked())
    assert list(there) == list(here)


def test_without_any_openvino_the_reason_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BackendError, match="OpenVINO is not installed") as caught:
        judging.judge_for(Machine(store=str(tmp_path)))(asked())
    assert "hunkgate[classifier]" in caught.value.todo


REFUSAL = '{"error": ["no such thing", "do this"]}'


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("exit 3", "could not be run by"),
        ("cat > /dev/null; echo nonsense", "sent garbage"),
        (f"cat > /dev/null; echo '{REFUSAL}'", "no such thing"),
    ],
)
def test_an_interpreter_that_fails_is_an_error_with_a_reason(tmp_path: Path, script: str, what: str) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    with pytest.raises(BackendError, match=what):
        elsewhere.judge([piece(asked()[0].hunk)], fake)


def test_an_interpreter_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BackendError):
        judging._elsewhere(asked(), replace(Machine(), model_python=str(tmp_path / "none")))
