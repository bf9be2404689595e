"""Where the declarations are, and the form of them that is read on the way of a hook: one JSON file for each language.

It is made of the TOML files that people edit, by `packing.write()`. Reading twenty TOML files costs 15 ms, this costs one.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from reviewer.errors import RuleError


def folder() -> Path:
    """Where the declarations are."""
    return Path(str(importlib.import_module("reviewer.rules").__path__[0])) / "taint"


def languages() -> tuple[str, ...]:
    """Languages with declarations, sorted."""
    return tuple(sorted(path.name for path in folder().iterdir() if path.is_dir()))


@cache
def document(language: str) -> Mapping[str, Any]:
    """All that is declared for a language, as `packing.packed` makes it.

    Raises:
        RuleError: the file is missing or broken.
    """
    path = folder() / f"{language}.json"
    try:
        said: Mapping[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        todo = "Install Hunkgate again: pip install --force-reinstall hunkgate."
        raise RuleError(f"cannot read the declarations: {error}", where=str(path), todo=todo) from error
    return said
