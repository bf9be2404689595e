"""How soon is the first question of a review answered when the engine is warm, and how much memory do its models take?

    python benchmarks/engine_warm.py [--rounds 50]                            the scripted backend: the cost of the engine itself
    python benchmarks/engine_warm.py --model NAME [--backend B] [--python P]  a real model of the user's store

Per round: a new connection, the model attached, one question answered; the question asks to choose between two words about a hunk
of 15 lines and has never been asked before. Beside it a whole new process that does the same, from its start to the answer.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from reviewer import config
from reviewer.backends.interface import ChatFormat, ModelFiles, Settings
from reviewer.engine import access, control
from reviewer.engine.asker import Asker
from reviewer.engine.install import choose_runtime, model_files, settings_for
from reviewer.engine.place import Place
from reviewer.errors import AbandonedError
from reviewer.models.catalogue import entry
from reviewer.models.store import open_store
from reviewer.records import Machine

LOADING = 300.0

HUNK = """\
def report(connection, name, limit={number}):
    rows = connection.execute("select title, total from sales where owner = '" + name + "' limit " + str(limit))
    result = []
    for title, total in rows:
        if total is None:
            continue
        result.append((title.strip(), round(total, 2)))
    if not result:
        return "nothing was sold"
    width = max(len(title) for title, _ in result)
    lines = [f"{{title:<{{width}}}} {{total:>10}}" for title, total in result]
    lines.append("-" * (width + 11))
    lines.append(f"{{'sum':<{{width}}}} {{sum(total for _, total in result):>10}}")
    return "\\n".join(lines)
"""

Loaded = tuple[Path, str, ModelFiles, Settings]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--model")
    parser.add_argument("--backend")
    parser.add_argument("--python", type=Path)
    parser.add_argument("--leavers", type=int, default=10, help="reviews that leave in the middle of a long question")
    parser.add_argument("--once", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.once:
        ask(Place(Path(args.once[0])), loaded(args, Path(args.once[0])), int(args.once[1]))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        place = Place(Path(name))
        try:
            measure(args, place, loaded(args, Path(name)))
        finally:
            control.stop(place)


def loaded(args: argparse.Namespace, folder: Path) -> Loaded:
    """What is loaded: interpreter, backend, files and settings."""
    if not args.model:
        (folder / "model.json").write_text("{}")
        digest = hashlib.sha256(b"{}").hexdigest()
        files = ModelFiles("scripted", folder / "model.json", digest, folder / "none", ChatFormat("", "", "", ""))
        return Path(sys.executable), "scripted", files, Settings()
    machine = config.load_machine()
    store, model = open_store(machine), entry(args.model)
    backend, python = (args.backend, args.python) if args.backend else choose_runtime(store, model, machine)
    return Path(python or sys.executable), backend, model_files(store, model, backend), settings_for(model, machine)


def measure(args: argparse.Namespace, place: Place, what: Loaded) -> None:
    """Cold once, warm many times, and the memory."""
    print(f"model {what[2].name}, backend {what[1]}")
    print(f"cold: engine started, model loaded, first answer   {ask(place, what, 0) * 1000:8.0f} ms")
    row("warm: connected, attached, first answer", [ask(place, what, number) for number in range(1, args.rounds + 1)])
    row("the same without the question", [ask(place, what, None) for _ in range(args.rounds)])
    passed_on = [part for key in ("model", "backend", "python") if (value := getattr(args, key)) for part in (f"--{key}", value)]
    row(
        "a whole process that does it, from its start",
        [fresh(place, [*passed_on, "--once", place.folder, str(1000 + number)]) for number in range(min(args.rounds, 10))],
    )
    if args.model:
        row("a review left: until the worker is free", [left(place, what, 0.5 + number / 4) for number in range(args.leavers)])
    answer = control.status(place) or {}
    print(f"the engine itself {(answer['rss'] or 0) / 1e6:.0f} MB")
    for worker in answer["workers"]:
        high = peak(worker["pid"])
        print(f"worker of {worker['model']} on {worker['backend']}: {worker['rss'] / 1e9:.2f} GB, at most {high / 1e9:.2f} GB")


def ask(place: Place, what: Loaded, number: int | None) -> float:
    """Seconds from nothing to the answer of a question that no number was asked before; without a question if there is none."""
    python, backend, files, settings = what
    began = time.monotonic()
    deadline = began + LOADING
    asker = access.start(Machine(), python, backend, place.folder, deadline, where=place, note=sys.exit)
    asker.load(files, settings, deadline)
    if number is not None:
        hunk = HUNK.format(number=number)
        asker.choose("You review changes.", hunk, "Is there an injection? Answer yes or no.", ("yes", "no"), deadline)
    took = time.monotonic() - began
    asker.close()
    return took


def left(place: Place, what: Loaded, after: float) -> float:
    """Seconds until another review has an answer that costs nothing, from the moment in which one hangs up that has asked a
    question of some 3,000 tokens.

    Args:
        after: seconds that it is computed for.
    """
    python, backend, files, settings = what
    deadline = time.monotonic() + LOADING
    leaver, stayer = (access.start(Machine(), python, backend, place.folder, deadline, where=place) for _ in range(2))
    for asker in (leaver, stayer):
        asker.load(files, settings, deadline)
    material = "".join(HUNK.format(number=10_000 * after + part) for part in range(16))
    asking = threading.Thread(target=given_up, args=(leaver, material, deadline))
    asking.start()
    time.sleep(after)
    began = time.monotonic()
    leaver.abandon()
    stayer.count(["a"], deadline)
    took = time.monotonic() - began
    asking.join()
    leaver.close()
    stayer.close()
    return took


def given_up(asker: Asker, material: str, deadline: float) -> None:
    """Ask what nobody will wait for."""
    try:
        asker.choose("You review changes.", material, "Is there an injection? Answer yes or no.", ("yes", "no"), deadline)
    except AbandonedError:
        return
    sys.exit("it was answered before it was given up")


def fresh(place: Place, argv: list[str | Path]) -> float:
    """Seconds of a whole new process."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-I", __file__, *argv], check=True)
    return time.monotonic() - began


def row(what: str, seconds: list[float]) -> None:
    """One line of the table."""
    each = [f"{value * 1000:8.1f}" for value in (min(seconds), statistics.median(seconds), max(seconds))]
    print(f"{what:<50} {' '.join(each)} ms (least, median, most of {len(seconds)})")


def peak(process: int) -> int:
    """The most bytes that a process ever had in memory; see proc_pid_status(5)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
