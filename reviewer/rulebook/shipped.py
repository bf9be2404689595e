"""Where the shipped rules lie, and what they are called."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from reviewer.rulebook.dialects import DIALECTS, FOLDERS

_SECRET_ID = re.compile(r"^\s*-? *id: *(secret-[\w-]+)", re.MULTILINE)


@cache
def folder() -> Path:
    """Where the shipped rules lie."""
    return Path(str(importlib.import_module("reviewer.rules").__file__)).parent


def rule_files(languages: Iterable[str]) -> list[Path]:
    """The rule files for these languages (names as in `Hunk.language`), sorted; none for a language without rules."""
    folders = {name for language in languages if language in DIALECTS for name in DIALECTS[language].folders}
    return sorted(path for name in folders for path in (folder() / name).glob("*/*.yml"))


def known_ids() -> frozenset[str]:
    """The ids of all shipped rules: from the file names, and of secrets from the text, where a file holds several."""
    ids = {path.stem for path in rule_files(FOLDERS)}
    for path in (folder() / "secrets").glob("*.yml"):
        ids.update(_SECRET_ID.findall(path.read_text(encoding="utf-8")))
    return frozenset(ids)
