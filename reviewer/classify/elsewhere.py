"""Has the network run by another interpreter, one that has OpenVINO: the hook's own environment need not have it.

Hunks are taken apart here and only their numbers are handed over, as one JSON document on standard input; what comes back is one
on standard output: {"judged": [[[feature, fix, refactor], risk], ...]}, or {"error": [what, todo]}.
"""

from __future__ import annotations

import json
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import reviewer
from reviewer import proc
from reviewer.classify.model import Judgement, load
from reviewer.classify.staged_context import StagedContext
from reviewer.classify.staged_sets import Piece
from reviewer.errors import BackendError, HunkgateError, ToolError

_BOOTSTRAP = """\
import importlib.util, os, sys
spec = importlib.util.spec_from_file_location("reviewer", sys.argv[1], submodule_search_locations=[os.path.dirname(sys.argv[1])])
sys.modules["reviewer"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from reviewer.classify.elsewhere import main
sys.exit(main())
"""
"""Gives another interpreter exactly our package and nothing else of our environment."""

_TIMEOUT = 120.0
"""Seconds; the start takes half of one, and 10,000 hunks some seconds."""


def judge(pieces: Sequence[Piece], python: Path) -> list[Judgement]:
    """What the network says, in the order of the pieces.

    Args:
        python: an interpreter that has OpenVINO.

    Raises:
        BackendError: it has not, or could not run the network.
    """
    argv: list[str | bytes | Path] = [python, "-I", "-B", "-c", _BOOTSTRAP, Path(reviewer.__file__).resolve()]
    try:
        done = proc.run(argv, timeout=_TIMEOUT, stdin=json.dumps([_row(piece) for piece in pieces]).encode("ascii"))
        answer = json.loads(done.out)
    except ToolError as error:
        raise BackendError(f"the classifier could not be run by {python}: {error.what}", todo=error.todo) from error
    except ValueError as error:
        raise BackendError(f"the classifier that {python} ran sent garbage") from error
    if "error" in answer:
        what, todo = answer["error"]
        raise BackendError(str(what), todo=str(todo))
    return [Judgement((task[0], task[1], task[2]), risk) for task, risk in answer["judged"]]


def main() -> int:
    """The other side."""
    pieces = [_piece(row) for row in json.load(sys.stdin)]
    try:
        answer: dict[str, Any] = {"judged": [[one.probabilities, one.risk] for one in load().judge(pieces)]}
    except HunkgateError as error:
        answer = {"error": [str(error), error.todo]}
    sys.stdout.write(json.dumps(answer))
    return 0


def _row(piece: Piece) -> list[Any]:
    context = piece.context
    about = [list(context.counts), context.has_totals, context.has_kinds]
    numbers = [b64encode(values.tobytes()).decode("ascii") for values in (piece.numbers, piece.words)]
    return [b64encode(piece.path).decode("ascii"), list(piece.old), piece.added, piece.removed, about, *numbers]


def _piece(row: Sequence[Any]) -> Piece:
    path, old, added, removed, (counts, has_totals, has_kinds), numbers, words = row
    context = StagedContext(tuple(counts), has_totals, has_kinds)
    taken = array("f", b64decode(numbers)), array("i", b64decode(words))
    return Piece(b64decode(path), (old[0], old[1]), added, removed, context, *taken)
