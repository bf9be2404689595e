"""What a push says about the commits it brings."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from attesting import attesting, commit, gate_hook, new_key, run, signed_commit, use_key
from conftest import Repo


@pytest.fixture
def pushing(repo: Repo, make_repo: Callable[..., Repo], tmp_path: Path) -> Repo:
    """A repository with a proven commit, a remote that has it, and the hook."""
    use_key(new_key(tmp_path / "keys"))
    remote = make_repo("remote", "--bare")
    repo.git("remote", "add", "origin", str(remote.path))
    signed_commit(attesting(repo), "a.txt", "0\n")
    repo.git("push", "-q", "origin", "main")
    gate_hook(repo, "pre-push")
    return repo


def push(repo: Repo, *words: str) -> subprocess.CompletedProcess[str]:
    return run(repo, "git", "push", "-q", *words)


def policy(repo: Repo, value: str) -> None:
    """Set the policy with a proven commit and push it."""
    signed_commit(repo, ".hunkgate.toml", f'[attest]\npre_push = "{value}"\n')
    assert push(repo, "origin", "main").returncode == 0


def test_proven_commits_pass_in_silence(pushing: Repo) -> None:
    policy(pushing, "block")
    signed_commit(pushing, "a.txt", "1\n")
    done = push(pushing, "origin", "main")
    assert (done.returncode, "hunkgate" in done.stderr) == (0, False)


def test_unproven_commits_are_named_and_pass_by_default(pushing: Repo) -> None:
    pushing.stage("a.txt", "1\n")
    oid = pushing.commit("unproven")
    done = push(pushing, "origin", "main")
    assert done.returncode == 0
    assert "1 of 1 commits to be pushed are not proven" in done.stderr
    assert f"{oid[:12]} RESIDUAL - it has no attestation" in done.stderr


def test_notes_have_nothing_to_be_reviewed(pushing: Repo) -> None:
    policy(pushing, "block")
    pushing.git("notes", "--ref=review-attestations", "add", "-m", "x", "HEAD^{tree}")
    done = push(pushing, "origin", "refs/notes/review-attestations")
    assert (done.returncode, "hunkgate" in done.stderr) == (0, False)


def test_policy_can_stop_the_push(pushing: Repo) -> None:
    policy(pushing, "block")
    before = pushing.git("ls-remote", "origin", "main")
    signed_commit(pushing, "a.txt", "1\n")
    pushing.stage("a.txt", "2\n")
    pushing.commit("unproven")
    done = push(pushing, "origin", "main")
    assert done.returncode != 0
    assert "1 of 2 commits" in done.stderr
    assert pushing.git("ls-remote", "origin", "main") == before


def test_policy_can_switch_it_off(pushing: Repo) -> None:
    policy(pushing, "off")
    pushing.stage("a.txt", "1\n")
    pushing.commit("unproven")
    done = push(pushing, "origin", "main")
    assert (done.returncode, "hunkgate" in done.stderr) == (0, False)


@pytest.mark.parametrize(("value", "stopped"), [("warn", False), ("block", True)])
def test_what_cannot_be_told_is_said(pushing: Repo, tmp_path: Path, value: str, stopped: bool) -> None:
    """Without ssh-keygen no signature can be checked."""
    policy(pushing, value)
    signed_commit(pushing, "a.txt", "1\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("git", "hunkgate", "sh"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = run(pushing, "git", "push", "-q", "origin", "main", env={"PATH": str(tools)})
    assert "cannot tell which commits are proven to be reviewed: ssh-keygen is not installed" in done.stderr
    assert (done.returncode != 0) is stopped


def test_a_new_branch_brings_only_what_the_remote_lacks(pushing: Repo) -> None:
    pushing.git("checkout", "-qb", "side")
    pushing.stage("a.txt", "1\n")
    pushing.commit("unproven")
    assert "1 of 1 commits" in push(pushing, "origin", "side").stderr
    pushing.git("branch", "again")
    assert "hunkgate" not in push(pushing, "origin", "again").stderr


def test_a_remote_without_a_name(pushing: Repo) -> None:
    pushing.stage("a.txt", "1\n")
    pushing.commit("unproven")
    done = push(pushing, pushing.git("remote", "get-url", "origin"), "main:other")
    assert "1 of 1 commits" in done.stderr


def test_deletions_and_tags(pushing: Repo) -> None:
    policy(pushing, "block")
    pushing.git("branch", "gone")
    assert push(pushing, "origin", "gone").returncode == 0
    assert push(pushing, "origin", ":gone").returncode == 0
    pushing.git("tag", "light")
    pushing.git("tag", "-a", "-m", "x", "heavy")
    pushing.git("tag", "blob", pushing.git("rev-parse", "HEAD:a.txt"))
    done = push(pushing, "origin", "light", "heavy", "blob")
    assert done.returncode == 0, done.stderr
    pushing.stage("a.txt", "1\n")
    pushing.commit("unproven")
    pushing.git("tag", "-a", "-m", "x", "bad")
    assert push(pushing, "origin", "bad").returncode != 0


def test_a_forced_push_over_commits_never_fetched(pushing: Repo, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", pushing.git("remote", "get-url", "origin"), str(other)], check=True, env=os.environ)
    Repo(other).commit("elsewhere")
    Repo(other).git("push", "-q", "origin", "main")
    pushing.stage("a.txt", "1\n")
    pushing.commit("unproven")
    done = push(pushing, "--force", "origin", "main")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 commits" in done.stderr


def test_several_refs_count_each_commit_once(pushing: Repo) -> None:
    pushing.stage("a.txt", "1\n")
    pushing.commit("unproven")
    pushing.git("branch", "side")
    assert "1 of 1 commits" in push(pushing, "origin", "main", "side").stderr


def test_many_commits_are_counted(pushing: Repo) -> None:
    for number in range(25):
        pushing.commit(f"unproven {number}")
    done = push(pushing, "origin", "main")
    assert "25 of 25 commits" in done.stderr
    assert "and 5 more" in done.stderr


def test_through_pre_commit(pushing: Repo) -> None:
    hook = "{id: v, name: v, language: system, stages: [pre-push], always_run: true, pass_filenames: false, verbose: true, "
    pushing.stage(".pre-commit-config.yaml", f"repos:\n- repo: local\n  hooks:\n  - {hook}entry: hunkgate hook pre-push}}\n")
    assert commit(pushing, "-m", "configuration").returncode == 0
    (pushing.path / ".git/hooks/pre-push").unlink()
    assert run(pushing, "pre-commit", "install", "--hook-type=pre-push").returncode == 0
    pushing.stage("a.txt", "1\n")
    oid = pushing.commit("unproven")
    done = push(pushing, "origin", "main")
    assert done.returncode == 0, done.stderr
    assert "1 of 2 commits" in done.stdout + done.stderr
    assert oid[:12] in done.stdout + done.stderr
