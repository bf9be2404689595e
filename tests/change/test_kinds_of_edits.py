"""Realistic edits of every kind, in each language where they make sense: `kinds_of_edits.toml`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from compared import rules

from reviewer.records import Task

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EDITS = tomllib.loads((Path(__file__).parent / "kinds_of_edits.toml").read_text(encoding="utf-8"))["edits"]


def _name(edit: dict[str, Any]) -> str:
    return f"{edit.get('rule', 'nothing')} {edit['path']}"


@pytest.mark.parametrize("edit", EDITS, ids=_name)
def test_edit_is_reported_or_not_as_it_should_be(edit: dict[str, Any]) -> None:
    said = rules(edit["path"], edit.get("old"), edit["new"], Task.TEST if edit.get("in_test") else Task.CODE)
    assert edit["rule"] in said if "rule" in edit else said == set()
