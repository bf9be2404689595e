"""Does a runtime answer several questions sooner when it computes them beside each other than one after another?

    RUNTIME_PYTHON benchmarks/engine_batch.py --weights FILE.gguf --converted FOLDER [--rounds 3]

To be run by the interpreter that has OpenVINO (`model_python`, or the one in the store's `runtime` folder); the model must have
been prepared. All rows have the same length, so nothing is padded: a batch of real questions can only do worse. Three ways of a
question are measured: read whole (400 tokens), only its end (32 tokens after 96 that are known), and a token written. Beside
the time: by how much the hidden state at the end differs from that of the same text computed alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from reviewer.backends.interface import ChatFormat, ModelFiles, Settings  # noqa: E402 (the runtime's interpreter has no reviewer)
from reviewer.backends.openvino_genai import OpenVino  # noqa: E402

SIZES = (2, 4, 8)
PIECE = OpenVino.piece
LENGTHS = {"read whole": (0, 400), "read the end": (96, 32), "write a token": (96, 1)}
"""(tokens that are known, tokens that are read)."""


class Batch:
    """Rows of one length in the runtime's cache."""

    def __init__(self, runtime: OpenVino) -> None:
        import numpy

        self._numpy: Any = numpy
        self._body: Any = runtime._parts.body

    def read(self, rows: list[list[int]], start: int) -> Any:
        """Read on in all rows, in pieces; the hidden state of the last token of each row."""
        numpy = self._numpy
        if start == 0:
            self._body.reset_state()
        for first in range(0, len(rows[0]), PIECE):
            part = numpy.array([row[first : first + PIECE] for row in rows], numpy.int64)
            begin, count = start + first, part.shape[1]
            hidden = self._body.infer(
                {
                    "input_ids": part,
                    "attention_mask": numpy.ones((len(rows), begin + count), numpy.int64),
                    "position_ids": numpy.tile(numpy.arange(begin, begin + count, dtype=numpy.int64), (len(rows), 1)),
                    "beam_idx": numpy.arange(len(rows), dtype=numpy.int32),
                }
            )[0]
        return numpy.array(hidden[:, -1])

    def timed(self, rows: list[list[int]], known: int) -> tuple[float, Any]:
        """Seconds for what follows the known tokens, and the hidden states."""
        if known:
            self.read([row[:known] for row in rows], 0)
        began = time.perf_counter()
        states = self.read([row[known:] for row in rows], known)
        return time.perf_counter() - began, states


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--converted", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    files = ModelFiles("measured", args.weights, "", args.converted, ChatFormat("", "", "", ""))
    runtime = OpenVino(files, Settings())
    texts = [runtime.encode(path.read_text("utf-8"))[:400] for path in sorted((ROOT / "reviewer" / "engine").glob("*.py"))]
    texts = [text for text in texts if len(text) == 400][: max(SIZES)]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, pieces of {PIECE} tokens, {args.rounds} rounds, medians")
    for name, (known, count) in LENGTHS.items():
        measure(Batch(runtime), name, [text[: known + count] for text in texts], known, args.rounds)


def measure(batch: Batch, name: str, rows: list[list[int]], known: int, rounds: int) -> None:
    """One way of asking, in all sizes, everything in turns."""
    alone: dict[int, list[float]] = {size: [] for size in SIZES}
    beside: dict[int, list[float]] = {size: [] for size in SIZES}
    differs: dict[int, float] = {}
    for _ in range(rounds):
        singles = [batch.timed([row], known) for row in rows]
        for size in SIZES:
            took, states = batch.timed(rows[:size], known)
            alone[size].append(sum(seconds for seconds, _ in singles[:size]))
            beside[size].append(took)
            differs[size] = max(float(abs(states[place] - one[0]).max()) for place, (_, one) in enumerate(singles[:size]))
    for size in SIZES:
        one, many = statistics.median(alone[size]), statistics.median(beside[size])
        figures = f"one after another {one:6.2f} s, beside {many:6.2f} s, ratio {one / many:4.2f}"
        print(f"{name:<14} {size} rows: {figures}, states differ by {differs[size]:g}", flush=True)


if __name__ == "__main__":
    main()
