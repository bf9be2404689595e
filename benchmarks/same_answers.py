"""Does the same question get the same answer, to the last bit, whatever was asked before, in whatever order and by how many?

    python benchmarks/same_answers.py --model NAME --backend NAME=INTERPRETER [--backend ...] [--runs 20]

Six hunks written for this purpose are judged in each run, through an engine of the benchmark's own. The runs take turns: in
order; shuffled; all at once from six connections; between questions with other instructions; by a new process with nothing in
its cache. Compared are the log-odds bit by bit and the verdicts (which answer is likelier), with the first run and then
between the backends.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer import config
from reviewer.engine import access, control
from reviewer.engine.asker import Asker
from reviewer.engine.install import model_files, settings_for
from reviewer.engine.place import Place
from reviewer.models.catalogue import entry
from reviewer.models.store import open_store
from reviewer.records import Machine

LATER = 900.0
SYSTEM = "You review a change to a program. Lines that begin with + were added, lines that begin with - were removed."
OTHER = "You name the programming language of a text in one word."
QUESTION = "\nIs there a defect in the added lines? Answer yes or no."
OPTIONS = ("yes", "no")
HUNKS = (
    " def owner(db, n):\n-    return db.execute(FIND, (n,))\n+    return db.execute(f\"select id from t where name = '{n}'\")\n",
    " def mean(rows):\n-    return sum(rows) / len(rows) if rows else 0.0\n+    return sum(rows) / len(rows)\n",
    " for (int i = 0; i < count; i++) {\n-    total += weights[i] * values[i];\n+    total += values[i] * weights[i];\n }\n",
    ' func last(items []string) string {\n+\tif len(items) == 0 {\n+\t\treturn ""\n+\t}\n \treturn items[len(items)-1]\n }\n',
    " const shown = rows.filter(row => row.on);\n-list.textContent = shown.join(', ');\n+list.innerHTML = shown.join(', ');\n",
    " pub fn halve(value: u32) -> u32 {\n-    value / 2\n+    value >> 1\n }\n",
)

Answers = list[float]


@dataclass
class Setting:
    """One backend in an engine of its own."""

    place: Place
    python: Path
    backend: str
    model: str
    machine: Machine

    def asker(self) -> Asker:
        """A new connection with the model."""
        store, model = open_store(self.machine), entry(self.model)
        deadline = time.monotonic() + LATER
        asker = access.start(Machine(), self.python, self.backend, self.place.folder, deadline, where=self.place)
        asker.load(model_files(store, model, self.backend), settings_for(model, self.machine), deadline)
        return asker


def judged(asker: Asker, number: int) -> float:
    """Log-odds of a defect in a hunk."""
    yes, no = asker.choose(SYSTEM, HUNKS[number], QUESTION, OPTIONS, time.monotonic() + LATER)
    return yes - no


def in_order(setting: Setting, order: Sequence[int] = range(len(HUNKS))) -> Answers:
    """One connection, one after another."""
    asker = setting.asker()
    found = {number: judged(asker, number) for number in order}
    asker.close()
    return [found[number] for number in range(len(HUNKS))]


def shuffled(setting: Setting) -> Answers:
    """Another order each time."""
    return in_order(setting, random.sample(range(len(HUNKS)), len(HUNKS)))


def at_once(setting: Setting) -> Answers:
    """As many reviews as hunks."""
    found: dict[int, float] = {}

    def ask(number: int) -> None:
        asker = setting.asker()
        found[number] = judged(asker, number)
        asker.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(HUNKS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(len(HUNKS))]


def between_others(setting: Setting) -> Answers:
    """Other instructions before each hunk."""
    asker = setting.asker()
    found = []
    for number in range(len(HUNKS)):
        asker.choose(OTHER, HUNKS[-number], "\nWhich?", ("Python", "Rust"), time.monotonic() + LATER)
        found.append(judged(asker, number))
    asker.close()
    return found


def anew(setting: Setting) -> Answers:
    """A process that has read nothing yet, and the hunks from the last to the first."""
    control.stop(setting.place)
    return in_order(setting, range(len(HUNKS) - 1, -1, -1))


MANNERS: dict[str, Callable[[Setting], Answers]] = {
    "in order": in_order,
    "shuffled": shuffled,
    "all at once": at_once,
    "between others": between_others,
    "a new process": anew,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--backend", action="append", required=True, metavar="NAME=INTERPRETER")
    parser.add_argument("--runs", type=int, default=20)
    args = parser.parse_args()
    random.seed(4)
    print(f"{args.model}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}", flush=True)
    firsts = {}
    for one in args.backend:
        backend, _, python = one.partition("=")
        with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
            setting = Setting(Place(Path(name) / "engine"), Path(python), backend, args.model, config.load_machine())
            try:
                firsts[backend] = compared(setting, args.runs)
            finally:
                control.stop(setting.place)
    between(firsts)


def compared(setting: Setting, runs: int) -> Answers:
    """Runs of one backend against the first of them, which is returned."""
    first = in_order(setting)
    asked, same, agreed = Counter[str](), Counter[str](), Counter[str]()
    furthest = 0.0
    for run in range(1, runs):
        manner = list(MANNERS)[run % len(MANNERS)]
        for one, other in zip(first, MANNERS[manner](setting), strict=True):
            asked[manner] += 1
            same[manner] += one == other
            agreed[manner] += (one > 0) == (other > 0)
            furthest = max(furthest, abs(one - other))
    print(f"{setting.backend}: log-odds {', '.join(f'{one:.3f}' for one in first)}")
    for manner in asked:
        equal = f"{same[manner]} of {asked[manner]} equal to the last bit, {agreed[manner]} verdicts equal"
        print(f"  {manner:<16} {equal}", flush=True)
    total = f"{same.total()} of {asked.total()} equal to the last bit, {agreed.total()} verdicts equal"
    print(f"  {runs} runs: {total}, furthest apart {furthest:g}; load {os.getloadavg()[0]:.1f}", flush=True)
    return first


def between(firsts: dict[str, Answers]) -> None:
    """The first runs of the backends beside each other."""
    names = list(firsts)
    for one, other in ((a, b) for place, a in enumerate(names) for b in names[place + 1 :]):
        pairs = list(zip(firsts[one], firsts[other], strict=True))
        agreed = sum((first > 0) == (second > 0) for first, second in pairs)
        apart = [abs(first - second) for first, second in pairs]
        print(
            f"{one} and {other}: {agreed} of {len(pairs)} verdicts equal, log-odds apart {sum(apart) / len(apart):.3f} on average"
        )
        print(f"  and {max(apart):.3f} at most")


if __name__ == "__main__":
    main()
