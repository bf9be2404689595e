"""How long does a commit wait? A cold `hunkgate hook pre-commit` against `pre-commit run` with ruff, bandit and detect-secrets.

    python benchmarks/cold_hook.py [--rounds 15] [--lines 100000]

Both run in turn on the same staged commit (12 files, 100 KB), so that a slow moment of the machine hits both; the ratio of the
medians is what counts. `--lines N` instead stages N lines in files of 2,000 and prints only time and memory of the gate.
Memory is the highest sum over the gate and all its children, sampled every 3 ms: of resident sets (RSS, which counts shared pages
once per process) and of proportional sets (PSS, which counts each page once).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - {id: ruff, name: ruff, language: system, entry: ruff check --no-cache, types: [python]}
      - {id: bandit, name: bandit, language: system, entry: bandit -q, types: [python]}
      - {id: detect-secrets, name: detect-secrets, language: system, entry: detect-secrets-hook, types: [text]}
"""

FUNCTION = '''

def {name}(items, limit={number}):
    """Return the items of {name} that stay under the limit."""
    result = []
    for index, item in enumerate(items):
        if item is None or index > limit:
            continue
        result.append((index, item.strip().lower(), "{name}-{number}"))
    return result
'''


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--lines", type=int, default=0)
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        repo = Path(folder)
        gate = ["hunkgate", "hook", "pre-commit"]
        if args.lines:
            count = max(1, args.lines // 2000)
            stage(repo, [(f"pkg/module{n:03d}.py", lines(args.lines // count, n)) for n in range(count)])
            report("gate", [timed(gate, repo) for _ in range(3)])
        else:
            stage(repo, [(f"pkg/module{n:02d}.py", body(100_000 // 12)) for n in range(12)])
            compare(gate, repo, args.rounds)
        rss, pss = peak_memory(gate, repo)
        print(f"peak memory of the gate and all its children: RSS {rss:.0f} MB, PSS {pss:.0f} MB")


def compare(gate: list[str], repo: Path, rounds: int) -> None:
    """Run both in turn and print the ratio of the medians."""
    (repo / ".pre-commit-config.yaml").write_text(PRE_COMMIT)
    git(repo, "add", ".pre-commit-config.yaml")
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(timed(gate, repo))
        theirs.append(timed(["pre-commit", "run"], repo))
    report("gate", ours)
    report("pre-commit with ruff, bandit, detect-secrets", theirs)
    print(f"ratio of medians: {statistics.median(ours) / statistics.median(theirs):.3f}")


def body(size: int) -> str:
    """About `size` bytes of plain Python, the same at every call."""
    chance = random.Random(size)
    parts: list[str] = ['"""Generated for a measurement."""\n']
    while sum(map(len, parts)) < size:
        parts.append(FUNCTION.format(name=f"pick_{chance.randrange(10**6):06d}", number=chance.randrange(1000)))
    return "".join(parts)


def lines(count: int, seed: int) -> str:
    """`count` lines of plain Python."""
    return "\n".join(body(count * 60 + seed).split("\n")[:count]) + "\n"


def stage(repo: Path, files: list[tuple[str, str]]) -> None:
    """A repository with one commit and these files staged."""
    git(repo, "init", "-q")
    git(repo, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "first")
    for name, text in files:
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_text(text)
    git(repo, "add", "-A")


def git(repo: Path, *args: str) -> None:
    """Run git."""
    subprocess.run(["git", *args], cwd=repo, check=True, capture_output=True)


def timed(command: list[str], repo: Path) -> float:
    """Wall seconds of a command that must not fail for a reason of its own."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=repo, capture_output=True)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        sys.exit(f"{command} ended with {done.returncode}: {done.stdout.decode()}{done.stderr.decode()}")
    return seconds


def report(name: str, seconds: list[float]) -> None:
    """Minimum, median and spread."""
    middle = statistics.median(seconds)
    print(f"{name}: min {min(seconds):.3f} s, median {middle:.3f} s, max {max(seconds):.3f} s over {len(seconds)} runs")


def peak_memory(command: list[str], repo: Path) -> tuple[float, float]:
    """Highest sums over the process and its descendants, in MB: (RSS, PSS)."""
    process = subprocess.Popen(command, cwd=repo, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rss = pss = 0.0
    while process.poll() is None:
        sums = [memory(pid) for pid in family(process.pid)]
        rss, pss = max(rss, sum(s[0] for s in sums)), max(pss, sum(s[1] for s in sums))
        time.sleep(0.003)
    return rss, pss


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        # A process that ended meanwhile has no children any more.
        with contextlib.suppress(OSError):
            found += [member for child in task.read_text().split() for member in family(int(child))]
    return found


def memory(pid: int) -> tuple[float, float]:
    """RSS and PSS of one process in MB; zeros once it has ended."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    sizes = {row.split(":")[0]: int(row.split()[1]) / 1000 for row in rows if row.endswith("kB")}
    return sizes.get("Rss", 0.0), sizes.get("Pss", 0.0)


if __name__ == "__main__":
    main()
