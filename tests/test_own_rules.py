"""A repository's own rules from end to end: written, committed, and judging the next change, whichever way that comes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Repo, hunkgate

LOCAL = ".hunkgate/rules/local-danger.yml"
BAD = "def act(x):\n    dangerous(x)\n    return x\n"
ONLY = ("--reviewers", "rules", "--format", "json")


def _with_rule(repo: Repo, edit: tuple[str, str] = ("", "")) -> Repo:
    """A repository with a committed rule that was written by the command."""
    repo.hunkgate("rules", "new", "danger")
    path = repo.path / LOCAL
    path.write_text(path.read_text().replace(*edit))
    repo.git("add", "-A")
    repo.commit("a rule")
    return repo


def _rules(repo: Repo, *args: str, stdin: bytes | None = None) -> list[str]:
    done = repo.hunkgate("review", *args, *ONLY, stdin=stdin)
    assert done.returncode in (0, 1), done.stderr
    return [finding["rule"] for finding in json.loads(done.stdout)["findings"]]


def test_rule_judges_the_commits_after_its_own(repo: Repo) -> None:
    repo.hunkgate("rules", "new", "danger")
    repo.git("add", "-A")
    repo.stage("a.py", BAD)
    assert _rules(repo) == []
    repo.commit()
    repo.stage("b.py", BAD)
    assert _rules(repo) == ["local-danger"]
    repo.commit("b")
    assert _rules(repo, "--commit", "HEAD") == ["local-danger"]
    assert _rules(repo, "--commit", "HEAD~1") == []
    assert _rules(repo, "--range", "HEAD~1..HEAD") == ["local-danger"]
    patch = repo.git("show", "HEAD").encode()
    assert _rules(repo, "--patch", "-", stdin=patch) == ["local-danger"]


def test_patch_outside_of_a_repository_has_no_rules_of_its_own(repo: Repo, tmp_path: Path) -> None:
    _with_rule(repo)
    repo.stage("b.py", BAD)
    patch = repo.git("diff", "--cached").encode() + b"\n"
    (tmp_path / "away").mkdir()
    done = hunkgate("review", "--patch", "-", *ONLY, cwd=tmp_path / "away", stdin=patch)
    assert json.loads(done.stdout)["findings"] == []


@pytest.mark.parametrize("how", ["remove", "weaken", "move"])
def test_change_is_judged_by_the_rules_from_before_it(repo: Repo, how: str) -> None:
    _with_rule(repo)
    if how == "remove":
        repo.git("rm", "-q", LOCAL)
    elif how == "move":
        repo.git("mv", LOCAL, ".hunkgate/rules/local-else.yml")
    else:
        repo.stage(LOCAL, (repo.path / LOCAL).read_text().replace("dangerous", "harmful"))
    repo.stage("b.py", BAD)
    done = repo.hunkgate("review", *ONLY)
    report = json.loads(done.stdout)
    assert "local-danger" in [finding["rule"] for finding in report["findings"]]
    assert any("it is judged by the rules from before it" in note and LOCAL in note for note in report["notes"])


def test_malformed_rule_is_refused_until_it_is_mended(repo: Repo) -> None:
    _with_rule(repo, ("severity: warning", "severity: loud"))
    repo.stage("b.py", BAD)
    done = repo.hunkgate("review")
    assert done.returncode == 2
    assert f"{LOCAL}:3" in done.stderr
    assert "'severity' cannot be 'loud'" in done.stderr
    assert "Traceback" not in done.stderr
    repo.stage(LOCAL, (repo.path / LOCAL).read_text().replace("severity: loud", "severity: warning"))
    done = repo.hunkgate("review", "--reviewers", "rules")
    assert done.returncode == 0
    assert "left out" in done.stdout
    repo.commit()
    repo.stage("c.py", BAD)
    assert _rules(repo) == ["local-danger"]


def test_malformed_rule_can_be_removed(repo: Repo) -> None:
    _with_rule(repo, ("rule:", "rules:"))
    repo.git("rm", "-q", LOCAL)
    repo.stage("b.py", BAD)
    assert repo.hunkgate("review", "--reviewers", "rules").returncode == 0


def test_rule_that_finds_nothing_is_refused(repo: Repo) -> None:
    _with_rule(repo, ("pattern: dangerous($X)", "pattern: 'def $F($X'"))
    repo.stage("b.py", BAD)
    done = repo.hunkgate("review")
    assert done.returncode == 2
    assert "does not do what its examples say" in done.stderr


def test_change_that_would_break_a_rule_is_stopped(repo: Repo) -> None:
    _with_rule(repo)
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    repo.stage(LOCAL, (repo.path / LOCAL).read_text().replace("pattern: dangerous", "pattern: harmful"))
    done = repo.hunkgate("review", *ONLY)
    assert done.returncode == 1
    assert [finding["rule"] for finding in json.loads(done.stdout)["findings"]] == ["rules-malformed"]


def test_rule_can_be_suppressed_and_disabled(repo: Repo) -> None:
    _with_rule(repo)
    repo.stage("b.py", BAD.replace("dangerous(x)", "dangerous(x)  # hunkgate: ignore[local-danger] it is not, here"))
    assert "suppression-unknown-rule" not in _rules(repo)
    repo.stage(".hunkgate.toml", 'disabled_rules = ["local-danger"]\n')
    repo.commit()
    repo.stage("c.py", BAD)
    assert _rules(repo) == []


def test_comment_may_come_along_with_the_rule_that_it_names(repo: Repo) -> None:
    repo.hunkgate("rules", "new", "danger")
    repo.git("add", "-A")
    repo.stage("b.py", "x = 1  # hunkgate: ignore[local-danger, rules-malformed, local-other] no reason to worry\n")
    done = repo.hunkgate("review", *ONLY)
    messages = [finding["message"] for finding in json.loads(done.stdout)["findings"]]
    assert [message for message in messages if "There is no rule" in message] == ["There is no rule 'local-other'."]


def test_commands_work_below_the_root_of_the_repository(repo: Repo) -> None:
    below = repo.path / "deep" / "er"
    below.mkdir(parents=True)
    done = hunkgate("rules", "new", "danger", cwd=below)
    assert "../../.hunkgate/rules/local-danger.yml is written" in done.stdout
    assert (repo.path / LOCAL).is_file()
    assert "local-danger" in hunkgate("rules", "list", "--language", "python", cwd=below).stdout
    assert "dangerous(1)" in hunkgate("rules", "explain", "local-danger", cwd=below).stdout
    done = hunkgate("rules", "test", f"../../{LOCAL}", cwd=below)
    assert (done.returncode, done.stdout) == (0, "1 rule, 4 examples, 0 failed\n")
