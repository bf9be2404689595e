"""How soon after its start does a hook ask a warm engine its first question, and what does an unchanged hunk cost?

    python benchmarks/hook_warm.py [--rounds 20] [--command hunkgate] [--hunks 100]

The engine runs in this process and notes when a question is handed to its worker; the model is a script, so nothing but the
gate is measured. Every round stages new code, so that no answer is known. Then N known hunks are reviewed again, in turn with
a review that has no model: the difference per hunk is what a known answer costs. Use the command of an installed wheel: an
editable installation pays for finding its own modules.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from reviewer.engine import control, daemon, place
from reviewer.engine.client import Task
from reviewer.engine.hand import Hand

CATALOGUE = """\
[tiny]
file = "tiny.json"
sha256 = "{sha256}"
size = {size}
license = "Apache-2.0"
roles = ["review"]
context = 4096
memory = 0
converted = 0
backends = ["scripted"]
sources = []
[tiny.chat]
before = "<s>"
between = "<u>"
after = "<a>"
end = "<e>"
"""

FUNCTION = '''
def pick_{number}(items, limit):
    """Return the items that stay under the limit."""
    result = []
    for index, item in enumerate(items):
        if item is None or index > limit:
            continue
        result.append((index, item.strip().lower(), {number}))
    return result
'''


class Journal:
    """When the engine handed out questions (time.time(), operation)."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str]] = []
        self._give = Hand.give

    def watch(self) -> None:
        journal = self

        def give(hand: Hand, tasks: Sequence[Task]) -> None:
            journal.asked += [(time.time(), str(task.request.get("op"))) for task in tasks]
            journal._give(hand, tasks)

        Hand.give = give  # type: ignore[method-assign]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--command", default="hunkgate")
    parser.add_argument("--hunks", type=int, default=100)
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="hg-") as name:
        prepare(Path(name), args.command)
        journal = Journal()
        journal.watch()
        driver = threading.Thread(target=drive, args=(Path(name), args, journal), daemon=True)
        driver.start()
        daemon.serve(place.find())
        driver.join()


def prepare(home: Path, command: str) -> None:
    """A home folder with a model that is a script and may speak."""
    os.environ.update(HOME=str(home), XDG_CONFIG_HOME=str(home / "config"), HUNKGATE_STORE=str(home / "store"))
    os.environ.pop("XDG_RUNTIME_DIR", None)
    os.environ.pop("XDG_CACHE_HOME", None)
    os.environ["HUNKGATE_CATALOGUE"] = str(home / "catalogue.toml")
    script = {"rules": [{"contains": "accounts/lookup.py", "choose": "reject"}, {"contains": "", "choose": "approve"}]}
    data = json.dumps(script).encode()
    (home / "tiny.json").write_bytes(data)
    (home / "catalogue.toml").write_text(CATALOGUE.format(sha256=hashlib.sha256(data).hexdigest(), size=len(data)))
    (home / "config/hunkgate").mkdir(parents=True)
    settings(home, 'model = "tiny"\nforced_roles = ["screen", "review"]\n')
    run([command, "models", "pull", "tiny", "--from", str(home / "tiny.json")], home)


def settings(home: Path, text: str) -> None:
    """The user's file."""
    (home / "config/hunkgate/config.toml").write_text(text)


def drive(home: Path, args: argparse.Namespace, journal: Journal) -> None:
    """All rounds; then the engine is told to stop."""
    try:
        for files in (1, 12):
            first_question(home, args, journal, files)
        known_hunks(home, args)
    finally:
        control.stop(place.find())


def first_question(home: Path, args: argparse.Namespace, journal: Journal, files: int) -> None:
    """From the start of a hook to its first question."""
    repo = home / f"first-{files}"
    starts(repo)
    took, whole = [], []
    for number in range(args.rounds + 1):
        for index in range(files):
            (repo / f"module{index}.py").write_text(
                "".join(FUNCTION.format(number=number * 1000 + index * 30 + n) for n in range(4))
            )
        run(["git", "add", "-A"], repo)
        journal.asked.clear()
        began = time.time()
        run([args.command, "hook", "pre-commit"], repo)
        whole.append(time.time() - began)
        took.append(next(at for at, operation in journal.asked if operation == "choose") - began)
    row(f"first question, {files} new file(s)", took[1:])
    row("  the whole hook", whole[1:])


def known_hunks(home: Path, args: argparse.Namespace) -> None:
    """What an answer that is known costs."""
    repo = home / "known"
    starts(repo)
    for index in range(args.hunks):
        (repo / f"module{index}.py").write_text(FUNCTION.format(number=index))
    run(["git", "add", "-A"], repo)
    command = [args.command, "review", "--staged", "--reviewers", "secrets,models", "--budget", "120s"]
    run(command, repo)
    with_model, without = [], []
    for _ in range(max(5, args.rounds // 2)):
        with_model.append(timed(command, repo))
        without.append(timed([*command[:3], "--reviewers", "secrets"], repo))
    row(f"{args.hunks} known hunks, secrets and models", with_model)
    row(f"{args.hunks} known hunks, secrets alone", without)
    print(f"per known hunk: {(statistics.median(with_model) - statistics.median(without)) / args.hunks * 1000:.2f} ms")


def starts(repo: Path) -> None:
    """A repository with one commit."""
    shutil.rmtree(repo, ignore_errors=True)
    repo.mkdir()
    run(["git", "init", "-q"], repo)
    run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "first"], repo)


def timed(command: list[str], folder: Path) -> float:
    """Seconds of a command."""
    began = time.time()
    run(command, folder)
    return time.time() - began


def run(command: list[str], folder: Path) -> None:
    """Run a command that has to end well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")


def row(what: str, seconds: list[float]) -> None:
    """Median and ends, in ms."""
    low, middle, high = (f(seconds) * 1000 for f in (min, statistics.median, max))
    print(f"{what}: median {middle:.0f} ms, {low:.0f} to {high:.0f} over {len(seconds)} rounds")


if __name__ == "__main__":
    main()
