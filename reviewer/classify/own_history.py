"""How a repository's own hunks rank: what `hunkgate calibrate` measures, kept in the git folder."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reviewer.classify import pinned
from reviewer.errors import StorageError

FILE = "hunkgate/calibration.json"
"""In the git folder."""

LEAST = 200
"""Hunks; the place among fewer says little: with 200 the standard error of a share is at most .035."""

_QUANTILES = 200
_VERSION = 1
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class OwnHistory:
    """Quantiles of the ranks of a repository's hunks."""

    hunks: int
    commits: int
    quantiles: tuple[float, ...]
    """Ascending, each between 0 and 1."""


def summarized(ranks: Sequence[float], commits: int) -> OwnHistory:
    """The history of these ranks, at least one."""
    ordered = sorted(ranks)
    steps = min(_QUANTILES, len(ordered) - 1) or 1
    quantiles = tuple(ordered[round(step * (len(ordered) - 1) / steps)] for step in range(steps + 1))
    return OwnHistory(len(ordered), commits, quantiles)


def save(path: Path, history: OwnHistory) -> None:
    """Keep it, whole or not at all.

    Raises:
        StorageError: there is no room.
    """
    content = {"version": _VERSION, "model": pinned.MODEL_SHA256, "hunks": history.hunks, "commits": history.commits}
    text = json.dumps({**content, "quantiles": [round(one, 5) for one in history.quantiles]})
    partial = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix="partial-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        Path(partial).replace(path)
    except OSError as error:
        if partial:
            with suppress(OSError):
                Path(partial).unlink()
        raise StorageError(f"cannot keep the calibration: {error.strerror}", where=str(path), todo="Free some space.") from error


def load(path: Path) -> OwnHistory | None:
    """What `save` kept for the same classifier; None if there is nothing of the kind."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(_LARGEST))
        known = content["version"] == _VERSION and content["model"] == pinned.MODEL_SHA256
        quantiles = tuple(float(one) for one in content["quantiles"])
        found = OwnHistory(int(content["hunks"]), int(content["commits"]), quantiles)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    sound = quantiles and all(math.isfinite(one) for one in quantiles) and list(quantiles) == sorted(quantiles)
    return found if known and sound and found.hunks >= LEAST else None
