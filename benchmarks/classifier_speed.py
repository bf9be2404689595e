"""What does the classifier cost? Import, load, and 100 hunks on one core, from text to answers.

    python benchmarks/classifier_speed.py [--rounds 20] [--hunks 100]

Prints the least and the median time on the clock and of the processor. Hunks are generated, the same at every call: half of them
have 14 changed and context lines, half 35, as the mean of real ones lies between.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.records import Hunk


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--hunks", type=int, default=100)
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    import reviewer.classify.answers
    import reviewer.classify.staged_context  # noqa: F401, what the hook has imported anyway

    first = time.perf_counter(), time.process_time()
    from reviewer.classify import model

    loaded = model.load()
    told(
        "cold: import of the model's modules, openvino and numpy, and load", [first], [(time.perf_counter(), time.process_time())]
    )
    hunks = made(args.hunks)
    timed("numbers and words of the hunks", args.rounds, lambda: [model.piece(hunk) for hunk in hunks])
    pieces = [model.piece(hunk) for hunk in hunks]
    timed("sets and network", args.rounds, lambda: loaded.judge(pieces))
    timed("all", args.rounds, lambda: loaded.judge([model.piece(hunk) for hunk in hunks]))


def made(count: int) -> list[Hunk]:
    """Hunks of a program that nobody wrote."""
    from reviewer.commands._hunk_text import read_hunk

    found = []
    for number in range(count):
        rows = [
            f'{"+ -"[line % 3]}    value_{line * number % 17} = compute(entry.total_{line}, "unit") if entry is not None else []'
            for line in range(14 if number % 2 else 35)
        ]
        hunk = read_hunk(f"src/part_{number}.py", "@@ -10,20 +10,22 @@ def total(entry):\n" + "\n".join(rows))
        assert hunk is not None
        found.append(hunk)
    return found


def timed(what: str, rounds: int, work: Callable[[], object]) -> None:
    """Run some work often and tell how long it took."""
    work()
    before, after = [], []
    for _ in range(rounds):
        before.append((time.perf_counter(), time.process_time()))
        work()
        after.append((time.perf_counter(), time.process_time()))
    told(what, before, after)


def told(what: str, before: list[tuple[float, float]], after: list[tuple[float, float]]) -> None:
    """Print the least and the median of some spans, in milliseconds."""
    for number, name in enumerate(("clock", "processor")):
        spans = [(two[number] - one[number]) * 1000 for one, two in zip(before, after, strict=True)]
        print(f"{what}, {name}: {min(spans):.0f} ms least, {statistics.median(spans):.0f} ms median")


if __name__ == "__main__":
    main()
