"""Kill -9 of workers, engines and reviews at random moments. The same program with 200 rounds is a benchmark."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "benchmarks" / "engine_kills.py"
POOR = Path(__file__).resolve().parents[1] / "poor_system.py"
"""Runs a program where there is nothing that Windows has not."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a worker whose engine was killed at once")
@pytest.mark.parametrize("program", [[PROGRAM], [POOR, PROGRAM]], ids=["rich", "poor"])
def test_nothing_is_lost_doubled_late_or_left(program: list[Path]) -> None:
    argv = [sys.executable, *program, "--rounds", "30", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=280)
    assert done.stderr == ""
    result = json.loads(done.stdout)
    wrong = ("lost", "doubled", "wrong answers", "late", "processes left", "locks left", "broken reviews")
    assert {name: result[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert done.returncode == 0
    assert result["rounds"] == 30
    assert result["answered"] > 500
    assert all(result[f"killed: {victim}"] for victim in ("worker", "engine", "review"))
