"""How long does a push wait for a guarded repository? The same push without the hook and with it, in turn.

    python benchmarks/pre_receive.py [--commits 200] [--rounds 5]

Makes a history in which every commit changes two files of one kilobyte and is attested (see verify_range.py), gives its first
commit to a bare repository, and pushes the others. All reviewers of the policy but models look at the whole push again.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verify_range import make


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        repo, keys, server = Path(folder) / "repo", Path(folder) / "keys", Path(folder) / "server.git"
        make(repo, keys, args.commits + 1, 3, 2)
        run(["git", "init", "-q", "--bare", "-b", "main", str(server)], repo)
        seconds: dict[str, list[float]] = {"without": [], "with": []}
        for _ in range(args.rounds):
            for name, taken in seconds.items():
                taken.append(pushed(repo, server, keys, args.commits, guarded=name == "with"))
    for name, taken in seconds.items():
        print(f"push of {args.commits} commits {name} the hook: min {min(taken):.2f} s, median {statistics.median(taken):.2f} s")
    print(f"the hook's part: {statistics.median(seconds['with']) - statistics.median(seconds['without']):.2f} s")


def pushed(repo: Path, server: Path, keys: Path, commits: int, *, guarded: bool) -> float:
    """Seconds that a push takes; the repository has the first commit only before it."""
    run(["hunkgate", "server", "uninstall", str(server)], repo)
    run(["git", "push", "-q", "--force", str(server), f"main~{commits}:refs/heads/main"], repo)
    run(["git", "--git-dir", str(server), "gc", "-q", "--prune=now"], repo)
    if guarded:
        run(["hunkgate", "server", "install", str(server), "--allowed-signers", str(keys / "allowed")], repo)
    start = time.perf_counter()
    run(["git", "push", "-q", str(server), "main"], repo)
    return time.perf_counter() - start


def run(argv: list[str], folder: Path) -> None:
    """Run a program, which must succeed."""
    done = subprocess.run(argv, cwd=folder, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{argv} failed: {done.stderr.decode()}")


if __name__ == "__main__":
    main()
