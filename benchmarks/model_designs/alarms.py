"""What the gate's rules report on a dev set, and whether the set's labels call it true.

Collected as ../shared/score does it: one repository, `before` committed, `after` staged, `hunkgate review --format sarif`.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from material import Row

KINDS = {"owasp_python": ("security",), "sonar_python": ("security", "bug")}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One finding of the rules and what the labels say of it."""

    row: Row
    true: bool
    line: int
    rule: str
    confidence: str
    message: str
    steps: tuple[tuple[int, str], ...]


def alarms_of(shared: Path, name: str, most: int) -> list[Alarm]:
    """All false alarms and at most `most` true ones, drawn with a fixed seed; alarms that no label speaks of are left out.

    owasp_python labels a whole file for one CWE: only alarms of (about) that CWE count. sonar_python labels lines.
    """
    sys.path.insert(0, str(shared / "score"))
    cases, tools, score = (importlib.import_module(module) for module in ("cases", "tools", "score"))
    rows = [row for row in cases.load(shared / "data" / "dev" / f"{name}.jsonl.xz") if row["kind"] != "style"]
    found: list[Alarm] = []
    for row, result in _reported(tools, rows):
        properties, region = result.get("properties", {}), result["locations"][0]["physicalLocation"]["region"]
        if properties.get("kind") not in KINDS[name]:
            continue
        lines = range(region["startLine"], region.get("endLine", region["startLine"]) + 1)
        own = score.same_cwe(row, properties)
        label = (row["kind"] == "security" if own else None) if name == "owasp_python" else _by_lines(row, lines)
        if label is not None:
            text = result["message"]["text"]
            found.append(Alarm(row, label, lines[0], result["ruleId"], properties["confidence"], text, tuple(_steps(result))))
    good, bad = [one for one in found if one.true], [one for one in found if not one.true]
    random = np.random.default_rng(0)
    kept = [good[at] for at in random.permutation(len(good))[:most]] + bad
    # Mixed, so that a run that is cut short has both kinds.
    return [kept[at] for at in random.permutation(len(kept))]


def _reported(tools: Any, rows: Sequence[Row]) -> Iterator[tuple[Row, dict[str, Any]]]:
    known = {row["id"]: row for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        paths = tools.stage_cases(rows, Path(folder))
        out = Path(folder, ".git", "out.sarif")
        command = [
            "hunkgate",
            "review",
            "--staged",
            "--format",
            "sarif",
            "--output",
            str(out),
            "--reviewers=rules,secrets,analyzers",
        ]
        subprocess.run(command, cwd=folder, env=tools.GIT_ENV, capture_output=True, check=False)
        for result in json.loads(out.read_text(encoding="utf-8"))["runs"][0]["results"]:
            if not result.get("suppressions"):
                yield known[paths[result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]]], result


def _by_lines(row: Row, lines: range) -> bool | None:
    if any(line in (row.get("neg_lines") or []) for line in lines):
        return False
    if any(line + shift in row["lines"] for line in lines for shift in (-1, 0, 1)):
        return True
    return None


def _steps(result: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for flow in result.get("codeFlows", []):
        for thread in flow["threadFlows"]:
            for one in thread["locations"]:
                place = one["location"]
                yield place["physicalLocation"]["region"]["startLine"], place.get("message", {}).get("text", "")
