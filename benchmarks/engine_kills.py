"""Kills a worker, the engine or a review at random moments, and counts what is lost, doubled, left behind or late.

    python benchmarks/engine_kills.py [--rounds 200] [--seed 1] [--json]

Each round starts two reviews at the same moment (processes with a budget of 3 s, that ask 25 different questions each through
the engine and go on after a crash as a review does: with a new connection), and sends SIGKILL to one or two of: the model's
process, the engine, a review. A question that was not answered must have been told as an error; an answer must be the one of
its own question (the scripted backend computes them from the question's text). After each round the next one must get an engine,
so a stale lock or socket would stop the benchmark. In the end no process may be left.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from reviewer.backends.interface import ChatFormat, ModelFiles, Piece, Settings
from reviewer.backends.scripted import Scripted
from reviewer.engine import access, control, lock
from reviewer.engine.client import CrashedError
from reviewer.engine.place import EngineError, Place
from reviewer.errors import BackendError, OverdueError
from reviewer.records import Machine

BUDGET = 3.0
"""Seconds of one review."""

QUESTIONS = 25

SPREAD = 0.5
"""Seconds after the start of a round in which the kills fall."""

CONTEXT = Settings().context


def main() -> int:
    """Run the rounds and print what happened; the exit code is 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="hunkgate-") as name:
        os.environ["HOME"] = name
        folder = Path(name)
        (folder / "model.json").write_text("{}")
        seen: Counter[str] = Counter()
        slowest = 0.0
        for number in range(args.rounds):
            slowest = max(slowest, _round(number, folder, chance, seen))
        control.stop(_place(folder))
        seen["processes left"] = len(_left(folder))
        seen["locks left"] = int(lock.holder(_place(folder).lock) is not None)
    wrong = ("lost", "doubled", "wrong answers", "late", "processes left", "locks left", "broken reviews")
    result = {"rounds": args.rounds, "seed": args.seed, **seen, **{key: seen[key] for key in wrong}, "slowest": round(slowest, 2)}
    print(json.dumps(result) if args.json else _table(result))
    return int(any(seen[key] for key in wrong))


def _round(number: int, folder: Path, chance: random.Random, seen: Counter[str]) -> float:
    """One round; the longest time a review took."""
    reviews = [_Review(folder, f"{number}.{one}") for one in range(2)]
    victims = chance.sample(("worker", "engine", "review", "nobody"), chance.choice((1, 1, 2)))
    began = time.monotonic()
    for moment, victim in sorted((chance.uniform(0, SPREAD), victim) for victim in victims):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        seen[f"killed: {victim}"] += _kill(victim, folder, reviews)
    for review in reviews:
        review.judge(seen)
    return max(review.seconds for review in reviews)


class _Review:
    """A process that asks, and what it wrote down."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.record = folder / f"review-{name}"
        self.began = time.monotonic()
        self.seconds = 0.0
        self.killed = False
        self.pid = os.fork()
        if not self.pid:
            code = 1
            try:
                _ask_all(folder, name, self.record)
                code = 0
            finally:
                os._exit(code)

    def judge(self, seen: Counter[str]) -> None:
        """Wait for its end and compare what it wrote down with what is right."""
        _, status = os.waitpid(self.pid, 0)
        self.seconds = time.monotonic() - self.began
        seen["late"] += self.seconds > BUDGET + 1.0
        seen["broken reviews"] += status != 0 and not self.killed
        outcomes: dict[int, list[str]] = {}
        for line in self.record.read_text().splitlines() if self.record.exists() else []:
            question, outcome = line.split(" ", 1)
            outcomes.setdefault(int(question), []).append(outcome)
        seen["doubled"] += sum(len(each) > 1 for each in outcomes.values())
        if not self.killed:
            seen["lost"] += QUESTIONS - len(outcomes)
        for question, each in outcomes.items():
            self._count(seen, question, each[0])
        self.record.unlink(missing_ok=True)

    def _count(self, seen: Counter[str], question: int, outcome: str) -> None:
        if outcome.startswith("error"):
            seen["told as an error"] += 1
        elif json.loads(outcome) == _right(self.name, question):
            seen["answered"] += 1
        else:
            seen["wrong answers"] += 1


def _ask_all(folder: Path, name: str, record: Path) -> None:
    """Ask every question, each at most twice: after a crash a review asks again over a new connection, once."""
    deadline = time.monotonic() + BUDGET
    data = (folder / "model.json").read_bytes()
    chat = ChatFormat("", "", "", "")
    files = ModelFiles("tiny", folder / "model.json", hashlib.sha256(data).hexdigest(), folder / "none", chat)
    private = folder / f"private-{name}"
    private.mkdir()
    asker = None
    with record.open("w") as stream:
        for question in range(QUESTIONS):
            outcome = "error: it crashed twice"
            for _ in range(2):
                try:
                    if asker is None or not asker.alive:
                        asker = access.start(Machine(), Path(sys.executable), "scripted", private, deadline, where=_place(folder))
                        asker.load(files, Settings(), deadline)
                    outcome = json.dumps(asker.score([Piece(_text(name, question))], ["one two", "three"], deadline))
                    break
                except CrashedError:
                    continue
                except (OverdueError, BackendError) as error:
                    outcome = f"error: {error.what}"
                    break
            stream.write(f"{question} {outcome}\n")
            stream.flush()
            if time.monotonic() < deadline:
                time.sleep(0.01)
    if asker is not None:
        asker.close()


def _text(name: str, question: int) -> str:
    return f"question {question} of review {name} "


def _right(name: str, question: int) -> list[list[float]]:
    return Scripted({}, CONTEXT).score([Piece(_text(name, question))], ["one two", "three"], 1.0)


def _kill(victim: str, folder: Path, reviews: list[_Review]) -> int:
    """Kill one; 0 if there was none."""
    if victim == "nobody":
        return 1
    if victim == "review":
        reviews[0].killed = True
        os.kill(reviews[0].pid, signal.SIGKILL)
        return 1
    pid = _engine(folder) if victim == "engine" else _worker(folder)
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGKILL)
    return int(bool(pid))


def _engine(folder: Path) -> int:
    return lock.holder(_place(folder).lock) or 0 if _place(folder).lock.exists() else 0


def _worker(folder: Path) -> int:
    try:
        answer = control.status(_place(folder))
    except EngineError:
        return 0
    return next((int(one["pid"]) for one in (answer or {}).get("workers", [])), 0)


def _left(folder: Path) -> list[int]:
    """Processes that were started with our home folder. A worker gets a moment to be taken away."""
    patience = time.monotonic() + 5
    while (found := _with_home(folder)) and time.monotonic() < patience:
        time.sleep(0.05)
    return found


def _with_home(folder: Path) -> list[int]:
    marker, found = f"HOME={folder}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if marker in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found


def _place(folder: Path) -> Place:
    return Place(folder / "engine")


def _table(result: dict[str, object]) -> str:
    width = max(map(len, result))
    return "\n".join(f"{key:<{width}}  {value}" for key, value in result.items())


if __name__ == "__main__":
    sys.exit(main())
