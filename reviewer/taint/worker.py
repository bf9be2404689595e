"""The process that parses and follows: hostile code can make a parser crash, or take all memory, and this is not the gate's.

Reads from its standard input one line of JSON that describes the files, then their contents; writes one line of JSON for each, in
their order. A file that takes too much processor time or memory ends the process: see `client`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import IO, Any

from reviewer.errors import RuleError, ToolError
from reviewer.taint import engine
from reviewer.taint.flows import Analysis
from reviewer.taint.text import Text, sink_code

MOST_SECONDS = 3
"""Processor time for one file. The engine's own limits, which count steps, end before that; the parser has none."""
MOST_MEMORY = 2 << 30
"""Bytes of address space."""


def main() -> int:
    """Answer what is asked on the standard input."""
    asked = sys.stdin.buffer
    files: list[dict[str, Any]] = json.loads(asked.readline())
    for file in files:
        _limit()
        content, before = asked.read(file["size"]), asked.read(file["before"])
        _tell(sys.stdout.buffer, _answer(file["language"], content, before, file["lines"]))
    return 0


def _answer(language: str, content: bytes, before: bytes, lines: Sequence[int]) -> Mapping[str, Any]:
    try:
        return to_json(analyze_change(language, content, before, lines))
    except (ToolError, RuleError) as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"needs more than {MOST_MEMORY >> 20} MB of memory"}


def analyze_change(language: str, content: bytes, before: bytes, lines: Sequence[int]) -> Analysis:
    """What is known of a file, and what was so before the change.

    Raises:
        ToolError: the parser or the grammar is missing or broken.
        RuleError: the declarations cannot be read.
    """
    analysis = engine.analyze(language, content, lines)
    touched = Text(content).touching(lines)
    if not before or all(touched(flow.stops[-1].at) for flow in analysis.flows):
        return analysis
    text = Text(before)
    old = engine.analyze(language, before, range(1, before.count(b"\n") + 2))
    return replace(analysis, old=frozenset((flow.harm, sink_code(text, flow)) for flow in old.flows))


def to_json(analysis: Analysis) -> dict[str, Any]:
    """The form in which an analysis is told; `client.from_json` reads it."""
    flows = [
        [flow.harm, flow.confidence.value, flow.title, flow.sink, [[*stop.at, stop.note] for stop in flow.stops], flow.built]
        for flow in analysis.flows
    ]
    settled, old = sorted(analysis.settled), sorted(analysis.old)
    return {"flows": flows, "failures": analysis.failures, "settled": settled, "version": analysis.version, "old": old}


def _tell(stream: IO[bytes], answer: Mapping[str, Any]) -> None:
    stream.write(json.dumps(answer).encode() + b"\n")
    stream.flush()


def _limit() -> None:
    """Let the system end this process when the next file takes too much; where it cannot, the gate's own time limit is left."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        spent = int(time.process_time())
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + MOST_SECONDS, hard))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


if __name__ == "__main__":
    sys.exit(main())
