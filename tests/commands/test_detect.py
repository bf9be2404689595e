"""`hunkgate detect --jsonl`: every line gets an answer, whatever stands in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import hunkgate

from reviewer.commands._detect_lines import answered
from reviewer.commands._hunk_text import file_of, read_hunk
from reviewer.records import LineKind, Status

HUNK = "@@ -3,2 +3,3 @@ def area(w, h):\n     check(w)\n+    check(h)\n     return w * h\n"
DOCS = {"id": 7, "path": "README.md", "hunk": "@@ -1 +1 @@\n-a\n+b\n"}


def lines(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def detect(tmp_path: Path, stdin: bytes) -> tuple[int, list[dict[str, Any]], str]:
    done = hunkgate("detect", "--jsonl", cwd=tmp_path, stdin=stdin)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_detect_answers_every_line_in_order(tmp_path: Path) -> None:
    code, found, complaint = detect(tmp_path, lines(DOCS, {"id": "x", "path": "tests/test_a.py", "hunk": HUNK}))
    assert (code, complaint) == (0, "")
    assert [one["id"] for one in found] == [7, "x"]
    assert [one["task"] for one in found] == ["docs", "test"]
    assert list(found[0]) == ["id", "task", "abstained", "task_probabilities", "complexity", "risk", "reasons", "device"]
    assert found[0]["task_probabilities"] is found[0]["risk"] is found[0]["device"] is None


def test_detect_source_is_judged_or_says_what_is_missing(tmp_path: Path) -> None:
    code, (found,), complaint = detect(tmp_path, lines({"id": 1, "path": "src/a.py", "hunk": HUNK}))
    assert (code, complaint) == (0, "")
    if found["risk"] is None:
        assert found["task"] == "code"
        assert any("OpenVINO" in reason for reason in found["reasons"])
        assert found["device"] is None
    else:
        assert found["device"] == "CPU"
        assert found["task"] in ("feature", "fix", "refactor")
        assert sum(found["task_probabilities"].values()) == pytest.approx(1, abs=0.001)
        assert 0 <= found["risk"] <= 1


@pytest.mark.parametrize(
    "bad",
    [b"{", b"[]", b'"text"', b"\xff\xfe", b'{"id": 1}', b'{"id": 1, "path": 2, "hunk": "+x"}', b"[" * 100_000],
    ids=["cut off", "list", "text", "bytes", "no path", "path is a number", "deep"],
)
def test_detect_malformed_line_is_answered_and_ends_with_2(tmp_path: Path, bad: bytes) -> None:
    code, found, complaint = detect(tmp_path, bad + b"\n" + lines(DOCS))
    assert (code, complaint) == (2, "")
    assert found[0]["task"] is None
    assert "line 1" in found[0]["reasons"][0]
    assert found[1]["task"] == "docs"


@pytest.mark.parametrize("text", ["", "\n", "@@ -1 +1 @@\n", "@@ -1,2 +1,2 @@\n a\n b\n", "\\ No newline at end of file\n"])
def test_detect_empty_hunk_is_no_error(text: str) -> None:
    (found,), malformed = answered(lines({"id": 1, "path": "a.py", "hunk": text}))
    assert malformed == 0
    assert json.loads(found)["reasons"] == ["the hunk is empty: no line in it is added or removed"]


@pytest.mark.parametrize("context", [{"c_files": float("nan"), "c_add": 1, "c_del": 1}, "no object", {"c_add": 10**400}, [1]])
def test_detect_bad_context_is_left_out_and_said(context: object) -> None:
    (found,), malformed = answered(lines({**DOCS, "context": context}))
    assert malformed == 0
    assert "the context is left out" in json.loads(found)["reasons"][-1]
    assert json.loads(found)["task"] == "docs"


def test_detect_huge_hunk() -> None:
    text = "@@ -0,0 +1,100000 @@\n" + "".join(f"+value_{number} = {number}\n" for number in range(100_000))
    (found,), _ = answered(lines({"id": 1, "path": "a.py", "hunk": text}))
    assert json.loads(found)["complexity"] == "complex"


def test_detect_unknown_language_and_odd_paths() -> None:
    odd = [{"id": path, "path": path, "hunk": HUNK} for path in ("a.zzz", "", "..", "a\x00b", "\ud800", "\U0001f600/x.py")]
    found, malformed = answered(lines(*odd))
    assert malformed == 0
    assert all(json.loads(line)["complexity"] for line in found)


def test_detect_without_input(tmp_path: Path) -> None:
    assert detect(tmp_path, b"") == (0, [], "")


def test_detect_needs_a_text_or_lines(tmp_path: Path) -> None:
    done = hunkgate("detect", cwd=tmp_path)
    assert done.returncode == 2
    assert "--jsonl" in done.stderr


def test_detect_tells_what_a_request_asks_for(tmp_path: Path) -> None:
    done = hunkgate("detect", "write a unit test for the parser class", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("task: test\ncomplexity: ")


def test_detect_imports_no_runtime_when_rules_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("openvino", "numpy", "reviewer.classify.model"):
        monkeypatch.setitem(sys.modules, name, None)
    (found,), _ = answered(lines(DOCS))
    assert json.loads(found)["task"] == "docs"


def test_read_hunk_keeps_the_header() -> None:
    hunk = read_hunk("src/a.py", "diff --git a/x b/x\n--- a/x\n+++ b/x\n" + HUNK)
    assert hunk is not None
    assert (hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) == (3, 2, 3, 3)
    assert hunk.section == "def area(w, h):"
    assert [line.text for line in hunk.added] == [b"    check(h)"]
    assert (hunk.added[0].new_number, hunk.added[0].old_number) == (4, 0)
    assert hunk.language == "python"


def test_read_hunk_without_header_is_read_all_the_same() -> None:
    hunk = read_hunk("a.go", "-x\n+y\n+z")
    assert hunk is not None
    assert (hunk.old_count, hunk.new_count) == (1, 2)
    assert [line.kind for line in hunk.lines] == [LineKind.REMOVED, LineKind.ADDED, LineKind.ADDED]


@pytest.mark.parametrize(
    ("header", "status"),
    [("@@ -0,0 +1,1 @@", Status.ADDED), ("@@ -1,2 +1,2 @@", Status.MODIFIED), ("@@ -1 +0,0 @@", Status.DELETED)],
)
def test_file_of_new_and_gone_files(header: str, status: Status) -> None:
    sign = "-" if status is Status.DELETED else "+"
    hunk = read_hunk("a.py", f"{header}\n{sign}x\n")
    assert hunk is not None
    assert file_of(hunk).status is status
