"""The main job, end to end: real git, the installed hooks, real reviewers, a signed trailer in a real commit."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import Repo

from reviewer import sample
from reviewer.commands.demo import _token

BEFORE, CHANGE, MEND = (sample.text(stage) for stage in ("before", "change", "mend"))
PATH = sample.PATH
TOKEN_LINE = CHANGE.split("\n").index(f'CRM_TOKEN = "{sample.TOKEN_MARK}"') + 1
SQL_LINE = next(number for number, line in enumerate(CHANGE.split("\n"), start=1) if "WHERE name = '{name}'" in line)


def with_token(text: str) -> str:
    return text.replace(sample.TOKEN_MARK, _token())


@pytest.fixture
def signer(tmp_path: Path) -> None:
    """A user with an SSH signing key."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    subprocess.run(["git", "config", "--global", "user.signingkey", f"{key}.pub"], check=True)
    subprocess.run(["git", "config", "--global", "gpg.format", "ssh"], check=True)


@pytest.fixture
def gated(repo: Repo, signer: None) -> Repo:
    """A repository with one commit and the gate installed and committed."""
    repo.stage(PATH, BEFORE)
    repo.commit("first")
    done = repo.hunkgate("init")
    assert done.returncode == 0, done.stderr
    repo.git("add", "-A")
    repo.commit("gate")
    return repo


def blocking(repo: Repo, *args: str) -> list[tuple[str, int]]:
    """(path, line) of the findings that block, from the JSON report."""
    done = repo.hunkgate("review", "--format", "json", *args)
    report = json.loads(done.stdout)
    return sorted((f["path"], f["start_line"]) for f in report["findings"] if f["disposition"] == "blocks")


def commit(repo: Repo, *args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "commit", *args], cwd=repo.path, capture_output=True, check=False, timeout=120)


def proven(repo: Repo) -> bool:
    done = repo.hunkgate("verify", "HEAD")
    return done.returncode == 0 and "EXACT" in done.stdout


def test_bad_commit_is_blocked_on_exactly_its_lines_and_the_mend_is_proven(gated: Repo) -> None:
    head = gated.git("rev-parse", "HEAD")
    gated.stage(PATH, with_token(CHANGE))
    done = commit(gated, "-m", "Find customers")
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert gated.git("rev-parse", "HEAD") == head
    assert blocking(gated) == [(PATH, TOKEN_LINE), (PATH, SQL_LINE)]
    assert f"{SQL_LINE}:" in said
    assert "3 hunks" in said

    gated.stage(PATH, MEND)
    assert commit(gated, "-m", "Find customers").returncode == 0
    message = gated.git("log", "-1", "--format=%B")
    assert re.search(r"^Review-Attestation: v1 (pass|partial|warn)\s+tree=", message, re.MULTILINE)
    assert re.search(r"^Review-Signature: ssh-ed25519\s", message, re.MULTILINE)
    assert proven(gated)


def test_every_hunk_is_accounted_for(gated: Repo) -> None:
    gated.stage(PATH, with_token(CHANGE))
    report = json.loads(gated.hunkgate("review", "--format", "json").stdout)
    states = {(entry["hunk"], entry["reviewer"]): entry["state"] for entry in report["coverage"]}
    hunks = {hunk for hunk, _ in states}
    assert len(hunks) == 3
    for reviewer in ("rules", "secrets", "analyzers/ruff"):
        assert [states[hunk, reviewer] for hunk in sorted(hunks)] == ["reviewed"] * 3
    assert {states[hunk, "models"] for hunk in hunks} == {"skipped"}


def test_the_token_is_never_shown(gated: Repo) -> None:
    text = with_token(CHANGE)
    token = re.search(r"ghp_\w+", text)
    assert token is not None
    gated.stage(PATH, text)
    shown = [commit(gated, "-m", "x").stderr.decode()]
    shown += [gated.hunkgate("review", "--format", form).stdout for form in ("terminal", "json", "sarif")]
    assert all("CRM_TOKEN" in text for text in shown)
    assert not any(token[0] in text or token[0][4:20] in text for text in shown)


@pytest.mark.parametrize("arguments", [("-a", "-m", "x"), ("-m", "x", "--", PATH), ("-i", "-m", "x", PATH)])
def test_commit_forms_review_what_they_commit(gated: Repo, arguments: tuple[str, ...]) -> None:
    """-a, -- path and -i commit another index than .git/index."""
    gated.write(PATH, with_token(CHANGE))
    assert commit(gated, *arguments).returncode == 1
    gated.write(PATH, MEND)
    assert commit(gated, *arguments).returncode == 0
    assert proven(gated)


def test_a_partial_commit_leaves_the_rest_of_the_index_unreviewed_and_uncommitted(gated: Repo) -> None:
    gated.stage("other.py", with_token(CHANGE))
    gated.write(PATH, MEND)
    assert commit(gated, "-m", "x", "--", PATH).returncode == 0
    assert proven(gated)
    assert gated.git("diff", "--cached", "--name-only") == "other.py"


def test_amend_is_judged_and_proven_as_the_whole_new_commit(gated: Repo) -> None:
    gated.stage(PATH, MEND)
    assert commit(gated, "-m", "x").returncode == 0
    gated.stage("more.py", "x = 1\n")
    assert commit(gated, "--amend", "-m", "y").returncode == 0
    assert proven(gated)
    assert gated.git("log", "-1", "--format=%B").count("Review-Attestation:") == 1
    gated.stage("bad.py", with_token(CHANGE))
    assert commit(gated, "--amend", "--no-edit").returncode == 1


def test_first_commit_of_a_repository(repo: Repo, signer: None) -> None:
    repo.hunkgate("init")
    repo.stage(PATH, with_token(CHANGE))
    assert commit(repo, "-m", "first").returncode == 1
    repo.stage(PATH, MEND)
    assert commit(repo, "-m", "first").returncode == 0
    assert proven(repo)


def test_worktree(gated: Repo, tmp_path: Path) -> None:
    tree = Repo(tmp_path / "tree")
    gated.git("worktree", "add", "-q", str(tree.path))
    tree.stage(PATH, with_token(CHANGE))
    assert commit(tree, "-m", "x").returncode == 1
    tree.stage(PATH, MEND)
    assert commit(tree, "-m", "x").returncode == 0
    assert proven(tree)


def test_sha256_repository(make_repo, signer: None) -> None:
    repo = make_repo("long", "--object-format=sha256")
    repo.hunkgate("init")
    repo.stage(PATH, with_token(CHANGE))
    assert commit(repo, "-m", "x").returncode == 1
    repo.stage(PATH, MEND)
    assert commit(repo, "-m", "x").returncode == 0
    assert proven(repo)


def test_submodule(gated: Repo, make_repo, signer: None) -> None:
    inner = make_repo("inner")
    inner.stage("a.py", "x = 1\n")
    inner.commit()
    gated.git("submodule", "add", "-q", str(inner.path), "lib")
    assert commit(gated, "-m", "add lib").returncode == 0
    module = Repo(gated.path / "lib")
    assert module.hunkgate("init").returncode == 0
    module.stage("b.py", with_token(CHANGE))
    assert commit(module, "-m", "x").returncode == 1


def test_pre_commit_framework(gated: Repo) -> None:
    """The same through pre-commit, with the entries of our own manifest."""
    gated.hunkgate("init", "--uninstall")
    gated.write(
        ".pre-commit-config.yaml",
        "repos:\n- repo: local\n  hooks:\n"
        "  - {id: hunkgate, name: hunkgate, language: system, entry: hunkgate hook pre-commit, pass_filenames: false, "
        "always_run: true, stages: [pre-commit]}\n"
        "  - {id: hunkgate-attest, name: attest, language: system, entry: hunkgate hook attest, "
        "always_run: true, stages: [prepare-commit-msg, commit-msg]}\n",
    )
    gated.git("add", "-A")
    gated.commit("config")
    for stage in ("pre-commit", "prepare-commit-msg", "commit-msg"):
        subprocess.run(["pre-commit", "install", "-t", stage], cwd=gated.path, check=True, capture_output=True)
    gated.stage(PATH, with_token(CHANGE))
    run = subprocess.run(["pre-commit", "run"], cwd=gated.path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"{SQL_LINE}:" in run.stdout
    assert commit(gated, "-m", "x").returncode == 1
    gated.stage(PATH, MEND)
    assert subprocess.run(["pre-commit", "run"], cwd=gated.path, capture_output=True, check=False).returncode == 0
    done = commit(gated, "-m", "x")
    assert done.returncode == 0, done.stderr
    assert proven(gated)


def test_unsigned_without_a_key(repo: Repo) -> None:
    repo.hunkgate("init")
    repo.stage(PATH, MEND)
    assert commit(repo, "-m", "x").returncode == 0
    assert "Review-Signature: none" in repo.git("log", "-1", "--format=%B")
    done = repo.hunkgate("verify", "HEAD")
    assert "EXACT" in done.stdout
    assert "unsigned" in done.stdout
    assert done.returncode == 1


def test_advice_only_without_any_configuration(repo: Repo) -> None:
    repo.hunkgate("init", "--no-config")
    repo.stage(PATH, with_token(CHANGE))
    done = commit(repo, "-m", "x")
    assert done.returncode == 0
    assert b"python-sql-string" in done.stderr


def test_a_change_cannot_loosen_the_policy_that_judges_it(gated: Repo) -> None:
    gated.stage(".hunkgate.toml", 'mode = "advise"\n')
    gated.stage(PATH, with_token(CHANGE))
    assert commit(gated, "-m", "x").returncode == 1


def test_suppression_lets_it_through_and_is_reported(gated: Repo) -> None:
    text = MEND.replace("return count(db) == 0", "return eval(db)")
    gated.stage(PATH, text)
    rules = [f["rule"] for f in json.loads(gated.hunkgate("review", "--format", "json").stdout)["findings"]]
    assert rules
    noted = text.replace("return eval(db)", f"return eval(db)  # hunkgate: ignore[{rules[0]}] only numbers come here")
    gated.stage(PATH, noted)
    report = json.loads(gated.hunkgate("review", "--format", "json").stdout)
    found = {f["rule"]: f["disposition"] for f in report["findings"]}
    assert found[rules[0]] == "suppressed"
    assert found["suppression-added"] == "warns"


def test_review_of_a_commit_a_range_and_a_patch_agree(gated: Repo) -> None:
    gated.stage(PATH, with_token(CHANGE))
    staged = blocking(gated)
    patch = gated.path.parent / "change.patch"
    patch.write_text(gated.git("diff", "--cached") + "\n")
    gated.commit("bad")
    assert blocking(gated, "--commit", "HEAD") == staged
    assert blocking(gated, "--range", "HEAD~1..HEAD") == staged
    assert blocking(gated, "--patch", str(patch)) == staged


def test_hook_runs_nothing_of_the_repository(gated: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = gated.path.parent / "trap"
    evil = f"open({str(trap)!r}, 'w').close()\n"
    for name in ("reviewer/__init__.py", "json.py", "rich.py", "yaml.py", "argparse.py", "sitecustomize.py", "subprocess.py"):
        gated.stage(name, evil)
    gated.stage("sgconfig.yml", "ruleDirs: [.]\n")
    gated.stage("ruff.toml", "select = []\n")
    monkeypatch.setenv("PYTHONPATH", ".")
    done = commit(gated, "-m", "x")
    assert done.returncode in (0, 1)
    assert not trap.exists()
