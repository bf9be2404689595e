"""How often does the gate stop honest work? Reviews the newest commits of real repositories, as if each were being committed.

    python benchmarks/clean_commits.py FOLDER... [--commits 40] [--reviewers rules,secrets,analyzers]

Each FOLDER is a git repository (bare is fine) of which only the objects are read. Merge commits are left out. Printed are the
share of commits that a blocking policy would stop, every finding that would stop one, and the share with any finding at all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path


def main() -> None:
    """Review and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--commits", type=int, default=40)
    parser.add_argument("--reviewers", default="rules,secrets,analyzers")
    args = parser.parse_args()
    total, stopped, said, unread = 0, 0, 0, 0
    rules: Counter[str] = Counter()
    for folder in args.folder:
        for commit in newest(folder, args.commits):
            findings = review(folder, commit, args.reviewers)
            if findings is None:
                unread += 1
                continue
            blocking = [finding for finding in findings if blocks(finding)]
            total, stopped, said = total + 1, stopped + bool(blocking), said + bool(findings)
            rules.update(finding["rule"] for finding in findings)
            for finding in blocking:
                print(f"{folder.parent.name} {commit[:10]} {finding['path']}:{finding['start_line']} {finding['rule']}")
    print(f"{total} commits: {stopped} stopped ({stopped / total:.1%}), {said} with any finding ({said / total:.1%})")
    print(f"{unread} commits could not be read: the copy of the repository lacks objects of them")
    print(", ".join(f"{rule} {count}" for rule, count in rules.most_common(25)))


def newest(folder: Path, count: int) -> list[str]:
    """The newest commits without merges, newest first."""
    command = ["git", "-C", str(folder), "rev-list", "--no-merges", f"--max-count={count}", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def review(folder: Path, commit: str, reviewers: str) -> list[dict[str, str]] | None:
    """The findings of one commit that nobody silenced; None if the repository lacks objects of it."""
    command = ["hunkgate", "review", "--commit", commit, "--format", "json", "--reviewers", reviewers]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if "not in this repository" in done.stderr:
        return None
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")
    return [finding for finding in json.loads(done.stdout)["findings"] if finding["disposition"] != "suppressed"]


def blocks(finding: dict[str, str]) -> bool:
    """Whether the policy that `hunkgate init` writes would stop the commit for it."""
    defensible = finding["severity"] == "error" and finding["confidence"] == "high"
    return defensible and finding["kind"] in ("security", "bug", "secret") and not finding["reviewer"].startswith("models")


if __name__ == "__main__":
    main()
