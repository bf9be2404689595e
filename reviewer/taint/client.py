"""Asks the engine, which runs in a process of its own, about the files of a change."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer import proc
from reviewer.errors import ToolError
from reviewer.records import Confidence
from reviewer.taint.flows import Analysis, Flow, Stop

WORKER: tuple[str, ...] = (sys.executable, "-I", "-m", "reviewer.taint.worker")
"""The command that answers."""
_MOST_CRASHES = 3
"""Processes that one change may wear out; each of them costs a tenth of a second."""
_START, _EACH = 30.0, 6.0
"""Seconds of waiting for the process, and for each file, on a machine that is very busy."""
_ANY_CODE = range(-255, 256)
_OUT_OF_TIME = -24
"""Code of a program that Linux or macOS ended because it used up its processor time (SIGXCPU)."""


@dataclass(slots=True, eq=False)
class Request:
    """One file to be looked at."""

    language: str
    """A key of `languages.LANGUAGES`."""
    content: bytes
    before: bytes
    """The file before the change; empty if there was none."""
    lines: Sequence[int]
    """1-based numbers of the lines that the change added, sorted."""


def ask(requests: Sequence[Request]) -> list[Analysis | str]:
    """What is known of each file, or why nothing is."""
    answers: list[Analysis | str] = []
    for _ in range(_MOST_CRASHES):
        if len(answers) < len(requests):
            answers += _asked(requests[len(answers) :])
    reason = f"not looked at: the parser ended early {_MOST_CRASHES} times"
    return answers + [reason] * (len(requests) - len(answers))


def _asked(requests: Sequence[Request]) -> Iterator[Analysis | str]:
    """The answers of one process: all of them, or those up to the file that was too much for it."""
    described = [
        {"language": one.language, "size": len(one.content), "before": len(one.before), "lines": list(one.lines)}
        for one in requests
    ]
    told = json.dumps(described).encode() + b"\n" + b"".join(one.content + one.before for one in requests)
    try:
        done = proc.run(WORKER, timeout=_START + _EACH * len(requests), stdin=told, ok=_ANY_CODE)
    except ToolError as error:
        yield from (str(error) for _ in requests)
        return
    lines = done.out.splitlines()
    yield from (from_json(json.loads(line)) for line in lines)
    if len(lines) < len(requests):
        yield _ending(done)


def _ending(done: proc.Completed) -> str:
    if done.code == _OUT_OF_TIME:
        return "the parser took too much processor time"
    return proc.failure(("the parser",), done.code, done.err).what


def from_json(said: Mapping[str, Any]) -> Analysis | str:
    """What `worker.to_json` wrote, or the reason why there is no analysis."""
    if "error" in said:
        return str(said["error"])
    return Analysis(
        flows=[_flow(*flow) for flow in said["flows"]],
        failures=[(first, last, reason) for first, last, reason in said["failures"]],
        settled=frozenset((line, harm) for line, harm in said["settled"]),
        version=said["version"],
        old=frozenset((harm, code) for harm, code in said["old"]),
    )


def _flow(harm: str, confidence: str, title: str, sink: str, stops: Sequence[tuple[int, int, str]], built: bool) -> Flow:
    way = tuple(Stop((start, end), note) for start, end, note in stops)
    return Flow(harm, Confidence(confidence), title, sink, way, built)
