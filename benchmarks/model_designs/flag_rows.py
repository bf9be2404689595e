"""Which rows of the pair sets the gate flags without a model, as ../shared/score counts it.

    flag_rows.py --shared ../shared --out FOLDER

Writes FOLDER/flags.json: {row id: flagged}. Needs hunkgate on the path. About two minutes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from material import SETS, pairs_of

_ANY = ("security", "bug", "secret")

KINDS = {"bugsinpy": _ANY, "condefects": _ANY, "debugbench": _ANY, "pyvul_cve": ("security",)}
"""Kinds of finding that count on a set."""


def flagged(cases: Any, row: dict[str, Any], findings: list[dict[str, Any]], kinds: tuple[str, ...]) -> bool:
    """Whether a finding of these kinds lies within a line of what counts: labelled lines, or any changed line of a clean row."""
    scope = cases.changed_lines(row)
    labelled = set(row["lines"]) or scope
    wanted = scope if row["kind"] == "clean" or row.get("granularity") in ("file", "count") else labelled
    for one in findings:
        lines = [line + shift for line in range(one["line"], one["end_line"] + 1) for shift in (-1, 0, 1)]
        if one["kind"] in kinds and any(line in scope for line in lines) and any(line in wanted for line in lines):
            return True
    return False


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    sys.path.insert(0, str(args.shared / "score"))
    cases, tools = importlib.import_module("cases"), importlib.import_module("tools")
    flags: dict[str, bool] = {}
    for name in SETS:
        rows = [row for pair in pairs_of(args.shared, name, 1000) for row in pair]
        findings, _ = tools.hunkgate(rows, ["--reviewers=rules,secrets,analyzers"])
        for row in rows:
            flags[row["id"]] = flagged(cases, row, findings[row["id"]], KINDS[name])
        print(name, len(rows), sum(flags[row["id"]] for row in rows), flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "flags.json").write_text(json.dumps(flags), encoding="utf-8")


if __name__ == "__main__":
    main()
