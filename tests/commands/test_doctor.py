from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Repo, hunkgate
from model_service import examine, in_service

Row = dict[str, str]
Write = Callable[[str], int]


def doctor(folder: Path, *, code: int, env: dict[str, str] | None = None) -> dict[str, Row]:
    """The rows by name."""
    done = hunkgate("doctor", "--format", "json", cwd=folder, env=env)
    assert done.returncode == code, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["ready"] == (code == 0)
    return {row["name"]: row for row in answer["checks"]} | {"": {"text": answer["summary"]}}


@pytest.fixture
def user_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the user's own file."""
    file = tmp_path / "config.toml"
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    return lambda text: file.write_text(text, encoding="utf-8")


def signing_key(tmp_path: Path, *options: str) -> Path:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", *options, "-f", str(key)], check=True)
    subprocess.run(["git", "config", "--global", "user.signingKey", f"{key}.pub"], check=True)
    return key


def test_a_repository_without_hooks_is_not_ready(repo: Repo) -> None:
    rows = doctor(repo.path, code=1)
    assert rows["hook pre-commit"]["state"] == "missing"
    assert rows["hook pre-commit"]["mend"] == "hunkgate init"
    assert rows["hook pre-push"]["state"] == "note"
    assert rows[""]["text"] == "A commit here is not reviewed."


def test_after_init_it_is_ready(repo: Repo) -> None:
    repo.hunkgate("init")
    rows = doctor(repo.path, code=0)
    assert {row.get("state") for name, row in rows.items() if name.startswith("hook")} == {"ok"}
    for name in ("git", "ast-grep", "ruff", "secrets", "settings"):
        assert rows[name]["state"] == "ok"
    assert "mode block" in rows["settings"]["text"]
    assert "stops for findings" in rows[""]["text"]
    assert "rules, secrets, analyzers" in rows[""]["text"]


def test_text_for_people(repo: Repo) -> None:
    repo.hunkgate("init")
    done = repo.hunkgate("doctor")
    assert done.returncode == 0
    assert "ok  hook pre-commit" in done.stdout
    assert "-> hunkgate models pull qwen2.5-coder-1.5b-instruct" in done.stdout


def test_outside_a_repository(tmp_path: Path) -> None:
    rows = doctor(tmp_path, code=1)
    assert rows["repository"]["state"] == "missing"
    assert rows["git"]["state"] == "ok"


def test_malformed_settings_are_told_among_the_rest(repo: Repo) -> None:
    repo.hunkgate("init")
    repo.write(".hunkgate.toml", "moode = 1\n")
    rows = doctor(repo.path, code=1)
    assert ".hunkgate.toml:1" in rows["settings"]["text"]
    assert "mode" in rows["settings"]["mend"]
    assert rows["ruff"]["state"] == "ok"


def test_a_malformed_user_file(repo: Repo, tmp_path: Path) -> None:
    repo.hunkgate("init")
    path = tmp_path / "mine.toml"
    path.write_text("threads = -1\n")
    rows = doctor(repo.path, code=1, env={"HUNKGATE_CONFIG": str(path)})
    assert "threads" in rows["this machine"]["text"]


def test_a_program_that_is_not_there(repo: Repo, tmp_path: Path) -> None:
    repo.hunkgate("init")
    path = tmp_path / "mine.toml"
    path.write_text('[tools]\nruff = "/nowhere/ruff"\n')
    rows = doctor(repo.path, code=1, env={"HUNKGATE_CONFIG": str(path)})
    assert rows["ruff"]["state"] == "missing"
    assert "pip install" in rows["ruff"]["mend"]
    assert "Missing: ruff" in rows[""]["text"]


def test_an_optional_analyzer_that_is_not_there_is_a_note(repo: Repo, tmp_path: Path) -> None:
    repo.hunkgate("init")
    path = tmp_path / "mine.toml"
    path.write_text('[tools]\noxlint = "/nowhere/oxlint"\n')
    rows = doctor(repo.path, code=0, env={"HUNKGATE_CONFIG": str(path)})
    assert rows["oxlint"]["state"] == "note"
    assert rows["oxlint"]["mend"] == "pip install 'hunkgate[analyzers]'"
    assert rows["shellcheck"]["text"].startswith("0.11.0 (")


def test_a_program_that_nobody_asks_for_is_not_missed(repo: Repo, tmp_path: Path) -> None:
    repo.write(".hunkgate.toml", 'reviewers = ["secrets"]\n')
    repo.hunkgate("init")
    rows = doctor(repo.path, code=0)
    assert "ruff" not in rows
    assert "only tells of findings" in rows[""]["text"]


def test_an_interpreter_that_is_gone(repo: Repo) -> None:
    repo.hunkgate("init")
    hook = repo.path / ".git" / "hooks" / "commit-msg"
    lines = ["python=/gone/python" if line.startswith("python=") else line for line in hook.read_text().split("\n")]
    hook.write_text("\n".join(lines))
    rows = doctor(repo.path, code=1)
    assert "/gone/python" in rows["hook commit-msg"]["text"]
    assert rows["hook commit-msg"]["mend"] == "hunkgate init"


def test_a_hook_that_git_would_not_run(repo: Repo) -> None:
    repo.hunkgate("init")
    (repo.path / ".git" / "hooks" / "pre-commit").chmod(0o644)
    assert doctor(repo.path, code=1)["hook pre-commit"]["state"] == "missing"
    repo.hunkgate("init")
    assert doctor(repo.path, code=0)["hook pre-commit"]["state"] == "ok"


def test_hooks_moved_away_are_seen(repo: Repo, tmp_path: Path) -> None:
    repo.hunkgate("init")
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "all"))
    assert doctor(repo.path, code=1)["hook pre-commit"]["state"] == "missing"


def test_shared_hooks_are_seen(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".husky")
    repo.hunkgate("init")
    assert doctor(repo.path, code=0)["hook pre-commit"]["text"] == "installed through husky"


def test_lefthook_is_seen(repo: Repo) -> None:
    repo.hunkgate("init", "--no-config")
    stanza = "pre-commit:\n  commands:\n    hunkgate:\n      run: hunkgate hook pre-commit\n"
    repo.hunkgate("init", "--uninstall")
    repo.write("lefthook.yml", stanza)
    assert doctor(repo.path, code=1)["hook pre-commit"]["state"] == "missing"
    hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\nlefthook run pre-commit\n")
    hook.chmod(0o755)
    assert doctor(repo.path, code=0)["hook pre-commit"]["text"] == "installed through lefthook"


def test_a_key_that_signs(repo: Repo, tmp_path: Path) -> None:
    signing_key(tmp_path)
    rows = doctor(repo.path, code=1)
    assert rows["signing"]["state"] == "ok"
    assert "key.pub" in rows["signing"]["text"]


def test_a_key_that_is_locked(repo: Repo, tmp_path: Path) -> None:
    signing_key(tmp_path, "-N", "secret")
    rows = doctor(repo.path, code=1)
    assert rows["signing"]["state"] == "note"
    assert "locked" in rows["signing"]["text"]


def test_no_key(repo: Repo) -> None:
    row = doctor(repo.path, code=1)["signing"]
    assert row["state"] == "note"
    assert "user.signingKey" in row["mend"]


@pytest.mark.skipif(os.name == "nt", reason="scripts")
def test_a_program_that_crashes_is_no_traceback(repo: Repo, tmp_path: Path) -> None:
    tool = tmp_path / "ruff"
    tool.write_text("#!/bin/sh\nexit 9\n")
    tool.chmod(0o755)
    path = tmp_path / "mine.toml"
    path.write_text(f'[tools]\nruff = "{tool}"\n')
    rows = doctor(repo.path, code=1, env={"HUNKGATE_CONFIG": str(path)})
    assert "code 9" in rows["ruff"]["text"]


def test_a_model_that_may_not_speak_is_told_from_one_that_may(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user_settings: Write
) -> None:
    model = in_service(tmp_path / "m", monkeypatch)
    user_settings('model = "tiny"\n')
    repo.hunkgate("init")
    rows = doctor(repo.path, code=0)
    assert (rows["model"]["state"], rows["model runtime"]["state"]) == ("ok", "ok")
    assert rows["model roles"]["state"] == "note"
    assert rows["model roles"]["text"].startswith("none, so it is not asked: tiny has not taken the exam")
    assert rows["model roles"]["mend"] == "hunkgate models qualify tiny"
    examine(model, "screen", "review")
    assert doctor(repo.path, code=0)["model roles"]["text"] == "screen, review"
    user_settings('model = "tiny"\nforced_roles = ["triage"]\n')
    assert doctor(repo.path, code=0)["model roles"]["text"] == "screen, triage (forced), review"


def test_a_model_on_a_server_is_no_missing_file(repo: Repo, user_settings: Write) -> None:
    user_settings('model = "big"\n[[endpoints]]\nname = "big"\nurl = "http://127.0.0.1:9"\nmodel = "m:7b"\ndialect = "ollama"\n')
    repo.hunkgate("init")
    rows = doctor(repo.path, code=0)
    assert (rows["model"]["state"], rows["model"]["text"]) == ("ok", "big, on the server http://127.0.0.1:9")
    assert rows["model roles"]["state"] == "note"


def test_the_larger_model_is_looked_at_too(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user_settings: Write
) -> None:
    in_service(tmp_path / "m", monkeypatch)
    user_settings('model = "tiny"\nlarger_model = "nothing"\n')
    rows = doctor(repo.path, code=1)
    assert (rows["model"]["state"], rows["larger model"]["state"]) == ("ok", "note")
    assert "there is no model 'nothing'" in rows["larger model"]["text"]
