"""For tests of the server's job: a repository with a target, signers in it, and attested commits on a branch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from attested_history import attested, head_tree, statement_about
from attesting import git_of, new_key, use_key
from conftest import Repo

from reviewer import config
from reviewer.attest.sshsig import NAMESPACE
from reviewer.attest.trailer import trailers
from reviewer.ci.job import Outcome, Request, run
from reviewer.forges.interface import Place
from reviewer.records import CoverageEntry, Finding, Machine, State
from reviewer.review import by_models
from reviewer.review.interface import Job
from reviewer.review.interface import Outcome as Said

PLAIN = Place("plain", (), ("HEAD",))


@dataclass(frozen=True)
class Target:
    """A repository whose branch `main` allows one key; HEAD is on `topic`."""

    repo: Repo
    key: Path

    @property
    def base(self) -> str:
        return self.repo.git("rev-parse", "main")


def make_target(repo: Repo, folder: Path, settings: str = "", files: dict[str, str] | None = None) -> Target:
    """Make it; `settings` is the target's .hunkgate.toml."""
    key = new_key(folder / "keys")
    use_key(key)
    words = key.read_text().split()
    repo.stage(".hunkgate/allowed_signers", f'dev@example.org namespaces="{NAMESPACE}" {words[0]} {words[1]}\n')
    if settings:
        repo.stage(".hunkgate.toml", settings)
    for path, content in (files or {"app.py": "x = 1\n"}).items():
        repo.stage(path, content)
    repo.commit("target")
    repo.git("checkout", "-q", "-b", "topic")
    return Target(repo, key)


def attest(target: Target, path: str, content: str) -> str:
    """Commit a file with an attestation."""
    target.repo.stage(path, content)
    base, tree = head_tree(target.repo), target.repo.git("write-tree")
    policy = config.load_policy(git_of(target.repo), target.base).policy
    lines = trailers(attested(target.repo, statement_about(base, tree, policy=policy), target.key))
    return target.repo.commit("change\n\n" + "\n".join(lines) + "\n")


def plain(target: Target, path: str, content: str) -> str:
    """Commit a file without one."""
    target.repo.stage(path, content)
    return target.repo.commit("plain")


def ci(target: Target, **fields: Any) -> Outcome:
    """Do the job in this process."""
    values: dict[str, Any] = {"place": PLAIN, "base": "main", "share": 0.0, **fields}
    return run(git_of(target.repo), Request(**values), Machine())


def table(target: Target, folder: Path, *args: str, env: dict[str, str] | None = None) -> tuple[int, list[dict[str, Any]], str]:
    """Do the job as a user does: exit code, the rows of commits.json, and all that was printed."""
    words = ("ci", "--base", "main", "--output-dir", str(folder), *args)
    done = target.repo.hunkgate(*words, env=env)
    rows: list[dict[str, Any]] = json.loads((folder / "commits.json").read_text())["commits"] if folder.exists() else []
    return done.returncode, rows, done.stdout + done.stderr


class Model:
    """A model that is there, notes what it is asked about, and may find something."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, findings: Sequence[Finding] = ()) -> None:
        self.findings = list(findings)
        self.asked: list[list[bytes]] = []
        monkeypatch.setattr(by_models, "review", self.review)

    def review(self, job: Job) -> Said:
        self.asked.append(sorted({hunk.path for hunk in job.hunks}))
        paths = {hunk.path for hunk in job.hunks}
        coverage = [CoverageEntry(hunk.path, hunk.new_start, "models", State.REVIEWED) for hunk in job.hunks]
        return Said([one for one in self.findings if one.path in paths], coverage, {"models": "fake 1"})
