"""For tests of attestations: keys, hooks, and a review without reviewers."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from conftest import Repo

from reviewer.git import Git
from reviewer.records import Change, Policy, Result, Verdict

REMEMBER = """
import os, sys
sys.path.insert(0, {tests!r})
from attesting import verdict_of
from reviewer import config
from reviewer.attest import ledger
from reviewer.git import Git
from reviewer.occasion import commit_in_progress, staged_tree
from reviewer.records import Result
git = Git()
tree = os.environ.get("TEST_REVIEWED_TREE") or staged_tree(git)
result, policy = Result(os.environ.get("TEST_RESULT", "pass")), config.load_policy(git).policy
ledger.remember(git, verdict_of(commit_in_progress(git).base_tree, tree, result, policy))
"""
"""A pre-commit hook that finds what is staged to be good without looking."""


def verdict_of(base: str, tree: str, result: Result = Result.PASS, policy: Policy | None = None) -> Verdict:
    """A verdict without findings."""
    change = Change("the staged change", base, tree, ())
    return Verdict(result, change, policy or Policy(), (), (), {}, identities={"rules": "none 0"})


def python_hook(repo: Repo, name: str, code: str) -> None:
    """Install a hook that runs Python code."""
    _hook(repo, name, f'exec {shlex.quote(sys.executable)} -c {shlex.quote(code)} "$@"')


def gate_hook(repo: Repo, name: str) -> None:
    """Install one of the gate's own hooks."""
    _hook(repo, name, f'exec hunkgate hook {name} "$@"')


def _hook(repo: Repo, name: str, script: str) -> None:
    folder = Path(repo.git("rev-parse", "--path-format=absolute", "--git-common-dir")) / "hooks"
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)


def attesting(repo: Repo) -> Repo:
    """Install a reviewing pre-commit hook and the gate's prepare-commit-msg and commit-msg."""
    python_hook(repo, "pre-commit", REMEMBER.format(tests=str(Path(__file__).parent)))
    gate_hook(repo, "prepare-commit-msg")
    gate_hook(repo, "commit-msg")
    return repo


def commit(repo: Repo, *args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `git commit` with its hooks."""
    return run(repo, "git", "commit", "-q", *args, env=env)


def run(repo: Repo, *argv: str, env: dict[str, str] | None = None, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program in the repository."""
    environment = {**os.environ, **(env or {})}
    return subprocess.run(
        argv, cwd=repo.path, env=environment, input=stdin, capture_output=True, text=True, timeout=120, check=False
    )


def new_key(folder: Path, name: str = "key", passphrase: str = "", kind: str = "ed25519") -> Path:
    """Make an SSH key; returns the file of its public half."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    words = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "dev@example.org", "-f", str(file)]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    return folder / f"{name}.pub"


def use_key(key: Path) -> None:
    """Make it the user's signing key."""
    subprocess.run(["git", "config", "--global", "user.signingKey", str(key)], check=True, timeout=60)


def signed_commit(repo: Repo, path: str, content: str, *args: str, message: str = "change") -> str:
    """Stage a file, commit it through the hooks, and return the commit's oid."""
    repo.stage(path, content)
    done = commit(repo, "-m", message, *args)
    assert done.returncode == 0, done.stderr
    return repo.git("rev-parse", "HEAD")


def git_of(repo: Repo) -> Git:
    return Git(repo.path)
