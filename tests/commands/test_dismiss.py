"""`hunkgate dismiss`, end to end: one decision, one commit, no second round; nothing secret is kept; old code is left alone."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Repo

from reviewer import pipeline, sources
from reviewer.attest import summary
from reviewer.git import Git
from reviewer.knowledge import recent
from reviewer.records import Disposition, Machine

SQL = "import sqlite3\n\n\ndef find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")\n"
TOKENS = ["ghp_" + "Zk3vQ9tR7yLmN2pWx8sB4dF6hJ1cV5aE0uGi", "ghp_" + "Qm7xT2bN9kLpR4vWs6yC1dG8hJ3fZ5aE0oUi"]
"""Look like secrets and are none; in parts, so that scanners of this repository are not alarmed."""
PASSWORD = "hunter" + "2xQ9"


@pytest.fixture
def gated(repo: Repo) -> Repo:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.stage("keep.py", "x = 1\n")
    repo.commit("first")
    repo.git("tag", "start")
    assert repo.hunkgate("init").returncode == 0
    return repo


def report(repo: Repo, *args: str) -> dict[str, Any]:
    done = repo.hunkgate("review", "--format", "json", *args)
    assert done.returncode in (0, 1), done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def ids(repo: Repo, *args: str) -> dict[str, str]:
    """The fingerprints of all findings that nobody dismissed, by rule."""
    return {f["rule"]: f["fingerprint"] for f in report(repo, *args)["findings"] if f["disposition"] != "dismissed"}


def commit(repo: Repo, *args: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "commit", *args], cwd=repo.path, capture_output=True, check=False, timeout=120)


def stored(repo: Repo) -> str:
    """All that is kept anywhere: the team's dismissals and the record of recent findings."""
    files = [*repo.path.glob(".hunkgate/**/*.toml"), *repo.path.glob(".git/hunkgate/findings/*")]
    assert files
    return "".join(file.read_text() for file in files)


def test_dismissed_and_committed_in_one_go(gated: Repo) -> None:
    gated.stage("app.py", SQL)
    blocked = commit(gated, "-m", "x")
    assert blocked.returncode == 1
    command = re.search(r"hunkgate (dismiss [0-9a-f]{12}) --why '...'", blocked.stderr.decode())
    assert command is not None, blocked.stderr.decode()
    done = gated.hunkgate(*command[1].split(), "--why", "the name is ours", "--until", "2999-12-31")
    assert done.returncode == 0, done.stderr
    passed = commit(gated, "-m", "x")
    said = " ".join(passed.stderr.decode().split())
    assert passed.returncode == 0, said
    assert "1 dismissed (1 by this change)" in said
    assert "the name is ours (A Developer <dev@example.org>" in said
    assert "until 2999-12-31" in said
    message = gated.git("log", "-1", "--format=%B")
    assert re.search(r"^Review-Attestation: v1 waived", message, re.MULTILINE)
    assert "Review-Waiver:" in message
    assert "the name is ours" in " ".join(message.split())
    assert gated.git("status", "--porcelain") == "?? .hunkgate.toml" or not gated.git("status", "--porcelain")
    assert [line for line in gated.git("show", "--name-only", "--format=").split() if line.startswith(".hunkgate/dismissed/")]


@pytest.mark.parametrize("arguments", [("--commit", "HEAD"), ("--range", "start..HEAD")])
def test_who_reviews_the_commit_later_sees_the_decision_and_the_count(gated: Repo, arguments: tuple[str, str]) -> None:
    gated.stage("app.py", SQL)
    (fingerprint,) = ids(gated).values()
    gated.hunkgate("dismiss", fingerprint, "--why", "ours")
    gated.commit("x")
    seen = report(gated, *arguments)
    assert (seen["result"], seen["summary"]["findings"]["dismissed"], seen["summary"]["dismissed_by_change"]) == ("warn", 1, 1)
    (finding,) = seen["findings"]
    assert finding["disposition"] == "dismissed"
    assert finding["dismissed"]["why"] == "ours"
    assert finding["dismissed"]["by_change"] is True
    sarif = json.loads(gated.hunkgate("review", *arguments, "--format", "sarif").stdout)["runs"][0]
    (result,) = sarif["results"]
    assert result["suppressions"][0]["kind"] == "external"
    assert result["suppressions"][0]["justification"] == "ours"
    assert result["level"] != "error"
    assert result["partialFingerprints"]["hunkgate/v1"] == fingerprint
    assert sarif["properties"]["dismissedByChange"] == 1


def test_from_the_next_change_on_it_passes_without_a_warning(gated: Repo) -> None:
    gated.stage("app.py", SQL)
    (fingerprint,) = ids(gated).values()
    gated.hunkgate("dismiss", fingerprint, "--why", "ours")
    gated.commit("x")
    gated.git("mv", "app.py", "other.py")
    gated.stage("other.py", SQL.replace("    return", "    with db:\n        return"))
    seen = report(gated)
    assert [f["rule"] for f in seen["findings"]] == ["python-sql-string"]
    assert (seen["result"], seen["summary"]["findings"]["dismissed"], seen["summary"]["dismissed_by_change"]) == ("pass", 1, 0)
    gated.stage("other.py", SQL.replace("FROM t", "FROM u"))
    assert report(gated)["result"] == "block"


def test_the_policy_base_wants_the_decision_first(gated: Repo) -> None:
    gated.stage(".hunkgate.toml", 'mode = "block"\ndismissals = "base"\n')
    gated.commit("stricter")
    gated.stage("app.py", SQL)
    (fingerprint,) = ids(gated).values()
    done = gated.hunkgate("dismiss", fingerprint, "--why", "ours")
    assert "commit this file first" in done.stderr
    seen = report(gated)
    assert seen["result"] == "block"
    assert any("does not count here" in note for note in seen["notes"])
    assert commit(gated, "-m", "decision", "--", ".hunkgate/dismissed").returncode == 0
    assert report(gated)["result"] == "pass"


def test_nothing_of_a_secret_is_kept(gated: Repo) -> None:
    code = f'password = "{PASSWORD}"\ntoken = "{TOKENS[0]}"\neval(name, "{TOKENS[1]}")\n\n\ndef f(db, name):\n    '
    gated.stage("app.py", code + f'return db.execute(f"SELECT {{name}} {TOKENS[0]}")\n')
    known = ids(gated)
    assert {"secret-assigned", "secret-github-token"} <= known.keys()
    assert len(known) > 2
    for finding in report(gated)["findings"]:
        done = gated.hunkgate("dismiss", finding["fingerprint"], "--why", f'the "{PASSWORD}" is only for {TOKENS[0]}')
        assert done.returncode == 0, done.stderr
        assert PASSWORD not in done.stdout
    assert report(gated)["summary"]["findings"]["blocks"] == 0
    kept = stored(gated)
    for secret in (PASSWORD, *TOKENS):
        assert secret not in kept
        assert secret[4:14] not in kept
        assert secret[-6:] not in kept


def test_fingerprints_of_neighbours_do_not_depend_on_the_secret(repo: Repo) -> None:
    """Else they would be digests that a short secret could be guessed from."""
    seen = []
    for token in TOKENS:
        repo.stage("app.py", f'eval(name, "{token}")\n')
        seen.append(ids(repo))
    assert len(seen[0]) >= 2
    assert seen[0] == seen[1]


def test_another_secret_behind_the_same_mask_comes_back(gated: Repo) -> None:
    """A real token in the place of a dismissed example: the masks are equal, the secrets are not."""
    line = 'def token():\n    return "{}"\n'
    gated.stage("app.py", line.format(TOKENS[0]))
    (fingerprint,) = ids(gated).values()
    gated.hunkgate("dismiss", fingerprint, "--why", "an example")
    assert commit(gated, "-m", "example").returncode == 0
    gated.stage("app.py", line.format(TOKENS[0]).replace("    return", "        return"))
    assert report(gated)["result"] == "pass"
    gated.stage("app.py", line.format(TOKENS[1]))
    seen = report(gated)
    assert [f["fingerprint"] for f in seen["findings"]] == [fingerprint]
    assert seen["result"] == "block"


def test_the_file_of_a_dismissal_brings_no_findings(gated: Repo) -> None:
    gated.stage("app.py", SQL.rstrip("\n") + f'  # noqa: S608\n# hunkgate: ignore[x] y\nT = "{TOKENS[0]}"\n')
    before = ids(gated)
    for fingerprint in before.values():
        gated.hunkgate("dismiss", fingerprint, "--why", "seen")
    assert {f["path"] for f in report(gated)["findings"]} == {"app.py"}


def test_the_attestation_binds_the_decision(gated: Repo) -> None:
    gated.stage("app.py", SQL)
    verdicts = [pipeline.review(sources.staged(Git(gated.path)), Machine(model=""))]
    gated.hunkgate("dismiss", verdicts[0].findings[0].finding.fingerprint, "--why", "ours")
    verdicts.append(pipeline.review(sources.staged(Git(gated.path)), Machine(model="")))
    dispositions = [summary.findings_json(verdict)["findings"][0]["disposition"] for verdict in verdicts]  # type: ignore[index,call-overload]
    assert dispositions == [Disposition.BLOCKS.value, Disposition.DISMISSED.value]


def test_ids_that_are_unknown_short_or_unclear_are_answered_with_candidates(gated: Repo) -> None:
    done = gated.hunkgate("dismiss", "0" * 12, "--why", "x")
    assert done.returncode == 2
    assert "Review first" in done.stderr
    gated.stage("app.py", SQL)
    (fingerprint,) = ids(gated).values()
    for wanted in ("f" * 12, fingerprint[:7], "not-hex-at-all", ""):
        done = gated.hunkgate("dismiss", wanted, "--why", "x")
        assert done.returncode == 2
        assert f"{fingerprint[:12]}  python-sql-string  app.py:5" in done.stderr
    known = recent.recall(Git(gated.path))
    (file,) = (gated.path / ".git/hunkgate/findings").iterdir()
    content = json.loads(file.read_text())
    content["findings"].append({**content["findings"][0], "fingerprint": fingerprint[:10] + "0" * 22})
    file.write_text(json.dumps(content))
    done = gated.hunkgate("dismiss", fingerprint[:8], "--why", "x")
    assert "the beginning of 2 ids" in done.stderr
    assert done.stderr.count("python-sql-string") == 2
    assert gated.hunkgate("dismiss", fingerprint[:12].upper(), "--why", "x").returncode == 0
    assert len(known) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name one finding"),
        (("0" * 8,), "needs a reason"),
        (("0" * 8, "--why", "  "), "needs a reason"),
        (("0" * 8, "--list"), "name one finding"),
        (("--list", "--why", "x"), "go with the id"),
        (("--remove", "0" * 8, "--until", "2999-01-01"), "go with the id"),
        (("--remove", "0" * 8, "--format", "json"), "goes with --list"),
        (("--remove", "0" * 8), "there is no dismissal"),
        (("0" * 8, "--why", "x", "--until", "soon"), "is no day"),
        (("0" * 8, "--why", "x", "--until", "2020-01-01"), "is over"),
    ],
)
def test_requests_that_make_no_sense(gated: Repo, words: tuple[str, ...], said: str) -> None:
    done = gated.hunkgate("dismiss", *words)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("why", ["x" * 1001, "a\x1b[2Jb", "a\u202eb"])
def test_a_reason_is_short_and_printable(gated: Repo, why: str) -> None:
    gated.stage("app.py", SQL)
    (fingerprint,) = ids(gated).values()
    done = gated.hunkgate("dismiss", fingerprint, "--why", why)
    assert (done.returncode, "printable characters" in done.stderr) == (2, True)


def test_list_and_remove(gated: Repo) -> None:
    assert "nothing is dismissed" in gated.hunkgate("dismiss", "--list").stdout
    assert json.loads(gated.hunkgate("dismiss", "--list", "--format", "json").stdout) == []
    gated.stage("app.py", SQL)
    (fingerprint,) = ids(gated).values()
    gated.hunkgate("dismiss", fingerprint, "--why", "ours")
    gated.hunkgate("dismiss", fingerprint, "--why", "ours, really")
    gated.write(".hunkgate/dismissed/broken.toml", "x")
    done = gated.hunkgate("dismiss", "--list")
    assert "ours, really (A Developer <dev@example.org>, " in done.stdout
    assert "broken.toml" in done.stderr
    rows = json.loads(gated.hunkgate("dismiss", "--list", "--format", "json").stdout)
    assert sorted((row["state"], row.get("why")) for row in rows) == [("in force", "ours, really"), ("refused", None)]
    (row,) = [row for row in rows if row["state"] == "in force"]
    assert (row["fingerprint"], row["rule"], row["path"], row["until"]) == (fingerprint, "python-sql-string", "app.py", None)
    done = gated.hunkgate("dismiss", "--remove", fingerprint[:8])
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (gated.path / ".hunkgate/dismissed").iterdir()] == ["broken.toml"]
    assert gated.git("ls-files", ".hunkgate/dismissed") == ""
    assert report(gated)["result"] == "block"


def test_it_works_in_a_subfolder_a_work_tree_and_a_path_that_is_no_utf8(gated: Repo, tmp_path: Path) -> None:
    gated.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    name = b"sub/\xff app.py"
    linked.stage(name, SQL)
    (fingerprint,) = ids(linked).values()
    done = subprocess.run(
        ["hunkgate", "dismiss", fingerprint, "--why", "ours"], cwd=linked.path / "sub", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert report(linked)["summary"]["findings"]["dismissed"] == 1


def test_without_a_name_nobody_dismisses(gated: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    gated.stage("app.py", SQL)
    (fingerprint,) = ids(gated).values()
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL"):
        monkeypatch.delenv(name)
    gated.git("config", "user.useConfigOnly", "true")
    done = gated.hunkgate("dismiss", fingerprint, "--why", "x")
    assert (done.returncode, "git config --global user.name" in done.stderr) == (3, True)


def test_a_record_that_cannot_be_kept_fails_no_review(gated: Repo) -> None:
    (gated.path / ".git/hunkgate").mkdir(exist_ok=True)
    (gated.path / ".git/hunkgate/findings").write_text("in the way")
    gated.stage("app.py", SQL)
    seen = report(gated)
    assert seen["result"] == "block"
    assert any("cannot be dismissed by their ids" in note for note in seen["notes"])


@pytest.mark.parametrize("form", ["staged", "commit", "range"])
def test_only_what_a_change_introduces_is_found(repo: Repo, form: str) -> None:
    """Old findings stay quiet when their file is edited elsewhere or renamed."""
    repo.stage("app.py", SQL)
    repo.stage("secret.env", f"TOKEN={TOKENS[0]}\n")
    repo.commit("old")
    repo.git("mv", "app.py", "renamed.py")
    repo.git("mv", "secret.env", "moved.env")
    edited = SQL.replace("import sqlite3\n", "import sqlite3\n\nVERSION = 2\n")
    if form == "staged":
        assert report(repo)["findings"] == []
        repo.stage("renamed.py", edited)
        assert report(repo)["findings"] == []
        return
    repo.commit("renamed")
    assert report(repo, f"--{form}", "HEAD" if form == "commit" else "HEAD~1..HEAD")["findings"] == []
    repo.stage("renamed.py", edited)
    repo.commit("edited")
    assert report(repo, f"--{form}", "HEAD" if form == "commit" else "HEAD~2..HEAD")["findings"] == []
