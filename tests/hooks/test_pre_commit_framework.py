"""The entries of .pre-commit-hooks.yaml, run by the real pre-commit in real commits and pushes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from conftest import Repo

from reviewer.installation import HOOKS

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


@pytest.fixture
def framed(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository whose hooks are pre-commit's, with our entries and the hunkgate that is installed here."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    hooks = [{**hook, "language": "system"} for hook in yaml.safe_load(MANIFEST.read_text())]
    repo.stage(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}))
    types = [word for name in HOOKS for word in ("-t", name)]
    subprocess.run(["pre-commit", "install", *types], cwd=repo.path, check=True, capture_output=True)
    repo.commit("pre-commit")
    return repo


def run(repo: Repo, *args: str, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        args, cwd=repo.path, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **(env or {})}
    )
    return f"{done.stdout}\n{done.stderr}\nexit {done.returncode}"


def test_the_manifest_is_valid() -> None:
    done = subprocess.run(["pre-commit", "validate-manifest", str(MANIFEST)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_manifest_keeps_its_promises() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}
    assert {name: hook["stages"] for name, hook in hooks.items()} == {
        "hunkgate": ["pre-commit"],
        "hunkgate-attest": ["prepare-commit-msg", "commit-msg"],
        "hunkgate-confirm": ["post-commit"],
        "hunkgate-verify": ["pre-push"],
    }
    for hook in hooks.values():
        assert hook["require_serial"]
        assert hook["pass_filenames"] is False
        assert hook["language"] == "python"


def test_a_clean_change_is_reviewed_and_attested(framed: Repo) -> None:
    framed.stage("a.py", "A = 1\n")
    said = run(framed, "git", "commit", "-m", "one")
    assert "exit 0" in said
    assert "Review-Attestation: v1" in framed.git("log", "-1", "--format=%B")


def test_what_was_attested_is_noted(framed: Repo, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    framed.git("config", "user.signingKey", str(tmp_path / "key.pub"))
    framed.stage(".hunkgate.toml", 'reviewers = ["secrets"]\n[attest]\nstore = "notes"\n')
    framed.commit("settings")
    framed.stage("a.py", "A = 1\n")
    assert "hunkgate: attested pass, signed" in run(framed, "git", "commit", "-m", "one")
    assert "pass, reviewed" in framed.hunkgate("notes", "show").stdout
    framed.stage("a.py", "A = 2\n")
    assert "it was made without commit-msg" in run(framed, "git", "commit", "-n", "-m", "two")


def test_a_message_of_the_command_line_reaches_commit_msg(framed: Repo) -> None:
    framed.stage("a.py", "A = 1\n")
    said = run(framed, "git", "commit", "-m", "one", env={"SKIP": "hunkgate"})
    assert said.count("not attested: exactly this change was not reviewed") == 1
    assert framed.git("log", "-1", "--format=%B").strip() == "one"


def test_a_message_of_the_editor_reaches_both_stages(framed: Repo, tmp_path: Path) -> None:
    """The editor stages another file: only who noted the tree before it can tell."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho B = 1 > b.py\ngit add b.py\necho typed > "$1"\n')
    editor.chmod(0o755)
    framed.stage("a.py", "A = 1\n")
    said = run(framed, "git", "commit", env={"SKIP": "hunkgate", "GIT_EDITOR": str(editor)})
    assert "what is staged changed while the message was written" in said
    assert framed.git("log", "-1", "--format=%B").strip() == "typed"


def test_an_abandoned_message_stays_abandoned(framed: Repo) -> None:
    head = framed.git("rev-parse", "HEAD")
    framed.stage("a.py", "A = 1\n")
    said = run(framed, "git", "commit", env={"SKIP": "hunkgate", "GIT_EDITOR": "true"})
    assert "exit 1" in said
    assert framed.git("rev-parse", "HEAD") == head


def test_a_first_push_and_the_next_one_are_verified(framed: Repo, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    framed.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    said = run(framed, "git", "push", "-q", "origin", "main")
    assert "1 of 1 commits to be pushed are not proven" in said
    assert "exit 0" in said
    framed.commit("two")
    framed.commit("three")
    assert "2 of 2 commits to be pushed are not proven" in run(framed, "git", "push", "-q", "origin", "main")


def test_doctor_sees_hooks_of_the_framework(framed: Repo) -> None:
    said = framed.hunkgate("doctor").stdout
    for name in HOOKS:
        assert f"ok  hook {name}" in said
    assert "installed through pre-commit" in said


@pytest.mark.network
@pytest.mark.timeout(900)
def test_in_the_environment_that_pre_commit_builds(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`language: python`, as a team would use it: installed by pre-commit from a clone of this repository."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    source = tmp_path / "hunkgate"
    subprocess.run(["git", "clone", "-q", str(MANIFEST.parent), str(source)], check=True)
    revision = Repo(source).git("rev-parse", "HEAD")
    hooks = [{"id": hook["id"]} for hook in yaml.safe_load(MANIFEST.read_text())]
    repo.stage(".pre-commit-config.yaml", yaml.safe_dump({"repos": [{"repo": str(source), "rev": revision, "hooks": hooks}]}))
    types = [word for name in HOOKS for word in ("-t", name)]
    subprocess.run(["pre-commit", "install", "--install-hooks", *types], cwd=repo.path, check=True, capture_output=True)
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit("pre-commit")
    repo.stage("a.py", "def find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")\n")
    assert "exit 1" in run(repo, "git", "commit", "-m", "bad")
    repo.stage("a.py", 'def find(db, name):\n    return db.execute("SELECT * FROM t WHERE name = ?", (name,))\n')
    assert "exit 0" in run(repo, "git", "commit", "-m", "good")
    assert "Review-Attestation: v1 pass" in repo.git("log", "-1", "--format=%B")
