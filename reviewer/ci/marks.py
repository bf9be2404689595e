"""Marks of keys as JSON and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reviewer.attest.canonical import Json, path_bytes, path_text, well_formed
from reviewer.ci.former import Mark

_KEY = re.compile(r"[0-9a-f]{64}")


def mark_json(mark: Mark) -> dict[str, Json]:
    """As `mark_of` reads it."""
    texts = {"key": mark.key, "commit": mark.commit, "rule": well_formed(mark.rule), "path": path_text(mark.path), "at": mark.at}
    return {"form": 1, **texts}


def mark_of(content: Mapping[str, Any]) -> Mark | None:
    """What `mark_json` wrote; None if it is something else."""
    texts = {name: content.get(name) for name in ("key", "commit", "rule", "path", "at")}
    if content.get("form") != 1 or not all(isinstance(value, str) for value in texts.values()):
        return None
    if not _KEY.fullmatch(str(texts["key"])):
        return None
    key, commit, rule, path, at = (str(value) for value in texts.values())
    return Mark(key, commit, rule, path_bytes(path), at)
