"""Pushes to a guarded repository: real git on both ends, the hook installed by the command."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from attested_history import attest_files, attest_staged, change_files
from attesting import gate_hook, new_key, run, use_key
from conftest import Repo, hunkgate

from reviewer.config import load_policy_text
from reviewer.config.server import Demand, ServerRules, guarded, load_server, server_text, server_values
from reviewer.review._secret_examples import expand

PAGE = Path(__file__).resolve().parents[2] / "docs" / "server.md"
POLICY = 'mode = "block"\n[block]\nconfidence = "high"\n'
TOKEN = expand("<github:ghp_>")
SECRET = f'TOKEN = "{TOKEN}"\n'


@pytest.fixture
def clone(repo: Repo, key: Path, tmp_path: Path) -> Repo:
    """A clone whose server has a first commit, with the team's policy and signers, and guards its default branch."""
    change_files(
        repo, {"a.txt": "a 0\n", ".hunkgate.toml": POLICY, ".hunkgate/allowed_signers": f"dev@example.org {key.read_text()}"}
    )
    repo.commit("start")
    subprocess.run(["git", "clone", "-q", "--bare", str(repo.path), str(server_of(repo))], check=True, timeout=60)
    repo.git("remote", "add", "origin", str(server_of(repo)))
    install(repo)
    return repo


def attest(repo: Repo, key: Path, files: dict[str, str | None]) -> str:
    """Commit files that were reviewed under the team's policy, as the signer says."""
    return attest_files(repo, key, files, policy=load_policy_text(POLICY.encode(), "policy"))


def server_of(repo: Repo) -> Path:
    return repo.path.parent / "server.git"


def install(repo: Repo, *options: str) -> str:
    done = hunkgate("server", "install", str(server_of(repo)), *options, cwd=repo.path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def push(repo: Repo, what: str = "main") -> tuple[bool, str]:
    """Whether the server took it, and what it said."""
    before = refs(repo)
    done = subprocess.run(
        ["git", "push", "-q", "origin", what], cwd=repo.path, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        assert refs(repo) == before
        assert "Traceback" not in done.stderr
    return done.returncode == 0, done.stderr


def refs(repo: Repo) -> str:
    return Repo(server_of(repo)).git("for-each-ref", "--format=%(refname) %(objectname)")


def test_push_of_proven_commits_is_taken(clone: Repo, key: Path) -> None:
    attest(clone, key, {"a.txt": "a 1\n"})
    attest(clone, key, {"b.txt": "b 1\n"})
    assert push(clone) == (True, "")


def test_push_of_an_unproven_commit_is_refused_with_what_to_do(clone: Repo, key: Path) -> None:
    attest(clone, key, {"a.txt": "a 1\n"})
    clone.stage("b.txt", "b 1\n")
    oid = clone.commit("in a hurry")
    taken, said = push(clone)
    assert not taken
    assert "refs/heads/main: 1 of 2 commits are not proven to be reviewed" in said
    assert f"{oid[:12]} RESIDUAL" in said
    assert "not proven: b.txt" in said
    assert "hunkgate init" in said


def long_history(repo: Repo, commits: int) -> None:
    """Commits on top of main that nobody attested, made at once."""
    tip = repo.git("rev-parse", "main")
    stream = [f"reset refs/heads/main\nfrom {tip}\n\n"]
    for number in range(commits):
        text = f"line {number}\n"
        who = f"committer A Developer <dev@example.org> {1_700_000_000 + number} +0000"
        data = f"data 1\nx\nM 100644 inline d{number % 50}/f.txt\ndata {len(text)}\n{text}\n"
        stream.append(f"commit refs/heads/main\n{who}\n{data}")
    done = subprocess.run(
        ["git", "fast-import", "--quiet", "--force"],
        cwd=repo.path,
        input="".join(stream).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_push_of_5000_commits_ends_in_a_stated_result(clone: Repo, key: Path) -> None:
    long_history(clone, 5000)
    taken, said = push(clone)
    assert not taken
    assert "5000 of 5000 commits are not proven to be reviewed" in said
    assert "and 4980 more" in said
    assert said.count("\n") < 120
    install(clone, "--unproven", "warn")
    taken, said = push(clone)
    assert taken
    assert "5000 of 5000 commits are not proven to be reviewed" in said


def test_push_of_a_false_pass_is_refused_by_what_the_reviewers_find(clone: Repo, key: Path) -> None:
    attest(clone, key, {"settings.py": SECRET})
    taken, said = push(clone)
    assert not taken
    assert "the reviewers looked again at what this push changes" in said
    assert "settings.py" in said
    assert TOKEN not in said


def test_push_of_a_rebased_commit_is_taken(clone: Repo, key: Path) -> None:
    clone.git("checkout", "-q", "-b", "topic")
    attest(clone, key, {"b.txt": "b 1\n"})
    clone.git("checkout", "-q", "main")
    attest(clone, key, {"a.txt": "a 1\n"})
    clone.git("rebase", "-q", "main", "topic")
    assert push(clone, "topic:main") == (True, "")


def test_push_to_another_branch_is_not_looked_at(clone: Repo) -> None:
    clone.stage("b.txt", "b 1\n")
    clone.commit("a draft")
    assert push(clone, "main:draft") == (True, "")
    assert push(clone, ":draft") == (True, "")


def test_push_of_a_new_branch_that_is_guarded_is_measured_by_the_default_branch(clone: Repo, key: Path) -> None:
    install(clone, "--ref", "refs/heads/main", "--ref", "refs/heads/release/*")
    clone.stage("b.txt", "b 1\n")
    clone.commit("a draft")
    taken, said = push(clone, "main:release/1")
    assert (taken, "refs/heads/release/1: 1 of 1 commits" in said) == (False, True)
    clone.git("reset", "-q", "--soft", "HEAD~")
    attest_staged(clone, key, policy=load_policy_text(POLICY.encode(), "policy"))
    assert push(clone, "main:release/1") == (True, "")


def test_push_that_brings_its_own_signer_is_refused(clone: Repo, key: Path, tmp_path: Path) -> None:
    attacker = new_key(tmp_path / "attacker")
    use_key(attacker)
    signers = f"dev@example.org {key.read_text()}evil@example.org {attacker.read_text()}"
    attest(clone, attacker, {".hunkgate/allowed_signers": signers, "a.txt": "a 1\n"})
    taken, said = push(clone)
    assert (taken, "does not vouch for the key" in said) == (False, True)


def waiving_clone(clone: Repo, worth: str) -> Repo:
    """The same, where the target says what waivers are worth; and hooks in the clone."""
    settings = f'reviewers = ["rules"]\n{POLICY}[attest]\nwaived = "{worth}"\n'
    change_files(clone, {".hunkgate.toml": settings})
    clone.commit("settings")
    server = Repo(server_of(clone))
    server.git("fetch", "-q", str(clone.path), "+main:main", "--update-head-ok")
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg"):
        gate_hook(clone, name)
    return clone


def waive(repo: Repo) -> None:
    repo.stage("app.py", "def f():\n    return eval(input())\n")
    report = json.loads(repo.hunkgate("review", "--format", "json").stdout)
    repo.hunkgate("dismiss", report["findings"][0]["fingerprint"], "--why", "a calculator")
    done = run(repo, "git", "commit", "-q", "-m", "waived")
    assert "attested waived" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("worth", "taken", "said"),
    [
        ("allow", True, ""),
        ("warn", True, "rests on a waiver: python-eval-input in app.py:2: a calculator (A Developer"),
        ("block", False, "it waives what blocks, and no such waiver counts here"),
    ],
)
def test_push_with_a_waiver_is_worth_what_the_target_says(clone: Repo, key: Path, worth: str, taken: bool, said: str) -> None:
    waive(waiving_clone(clone, worth))
    found, told = push(clone)
    assert found is taken
    assert said in told
    assert bool(told) is bool(said)


def test_waived_commit_is_refused_by_its_attestation_alone(clone: Repo, key: Path) -> None:
    install(clone, "--findings", "off")
    waive(waiving_clone(clone, "block"))
    taken, told = push(clone)
    assert not taken
    assert "no such waiver" not in told
    assert "it rests on a waiver of its own, and here none counts" in told


@pytest.mark.parametrize(("grace", "taken"), [("14d", True), ("", False)])
def test_policy_that_was_replaced_stays_in_grace(clone: Repo, key: Path, grace: str, taken: bool) -> None:
    attest(clone, key, {"b.txt": "b 1\n"})
    topic = clone.git("rev-parse", "HEAD")
    clone.git("reset", "-q", "--hard", "HEAD~1")
    change_files(clone, {".hunkgate.toml": f'disabled_rules = ["x"]\n{POLICY}[attest]\ngrace = "{grace}"\n'})
    clone.commit("another policy")
    Repo(server_of(clone)).git("fetch", "-q", str(clone.path), "+main:main", "--update-head-ok")
    clone.git("cherry-pick", topic)
    found, told = push(clone)
    assert found is taken
    assert taken or "another policy than that of" in told


def test_own_key_of_whoever_runs_the_server_does_not_count(clone: Repo, tmp_path: Path) -> None:
    other = new_key(tmp_path / "other")
    use_key(other)
    attest(clone, other, {"a.txt": "a 1\n"})
    assert not push(clone)[0]


def test_push_that_loosens_the_policy_is_judged_by_the_old_one(clone: Repo, key: Path) -> None:
    attest(clone, key, {".hunkgate.toml": 'mode = "advise"\n', "settings.py": SECRET})
    taken, said = push(clone)
    assert (taken, "settings.py" in said) == (False, True)


def test_keys_of_the_server_count_instead_of_the_teams(clone: Repo, key: Path, tmp_path: Path) -> None:
    (tmp_path / "signers").write_text(f"dev@example.org {new_key(tmp_path / 'else').read_text()}")
    install(clone, "--allowed-signers", str(tmp_path / "signers"))
    attest(clone, key, {"a.txt": "a 1\n"})
    assert "does not vouch for the key" in push(clone)[1]


def test_revoked_key_counts_as_none(clone: Repo, key: Path, tmp_path: Path) -> None:
    (tmp_path / "revoked").write_text(key.read_text())
    install(clone, "--revoked-keys", str(tmp_path / "revoked"))
    attest(clone, key, {"a.txt": "a 1\n"})
    assert "the key is revoked" in push(clone)[1]
    (tmp_path / "revoked").unlink()
    assert "is missing" in push(clone)[1]


def test_old_engine_and_old_review_do_not_count(clone: Repo, key: Path) -> None:
    install(clone, "--min-engine", "99.0", "--max-age", "30d")
    attest(clone, key, {"a.txt": "a 1\n"})
    assert "at least hunkgate/99.0 is required" in push(clone)[1]


@pytest.mark.parametrize(("demand", "said"), [("warn", "1 of 1 commits are not proven"), ("off", "")])
def test_what_only_warns_or_is_off_is_taken(clone: Repo, demand: str, said: str) -> None:
    install(clone, "--unproven", demand)
    clone.stage("b.txt", "b 1\n")
    clone.commit("in a hurry")
    taken, output = push(clone)
    assert taken
    assert said in output
    assert bool(output) is bool(said)


@pytest.mark.parametrize("text", ["unproven = 1\n", "nonsense = true\n", "[", 'mode = "advise"\n'])
def test_malformed_settings_of_the_server_refuse_every_push_and_say_where(clone: Repo, key: Path, text: str) -> None:
    (server_of(clone) / "hunkgate" / "server.toml").write_text(text)
    attest(clone, key, {"a.txt": "a 1\n"})
    taken, said = push(clone)
    assert (taken, "server.toml:1" in said) == (False, True)


def test_first_push_to_an_empty_repository_is_taken(repo: Repo, key: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(server_of(repo))], check=True, timeout=60)
    repo.git("remote", "add", "origin", str(server_of(repo)))
    install(repo)
    repo.stage("a.txt", "a\n")
    repo.commit("start")
    taken, said = push(repo)
    assert (taken, "nothing was here before" in said) == (True, True)


def test_hook_that_was_there_runs_first_and_both_read_the_refs(clone: Repo, key: Path) -> None:
    hunkgate("server", "uninstall", str(server_of(clone)), cwd=clone.path)
    before = server_of(clone) / "hooks" / "pre-receive"
    before.write_text("#!/bin/sh\ncat > seen\n")
    before.chmod(0o755)
    install(clone)
    clone.stage("b.txt", "b 1\n")
    clone.commit("in a hurry")
    assert not push(clone)[0]
    assert "refs/heads/main" in (server_of(clone) / "seen").read_text()
    assert "restored" in hunkgate("server", "uninstall", str(server_of(clone)), cwd=clone.path).stdout
    assert before.read_text().endswith("cat > seen\n")
    assert push(clone)[0]


def test_install_twice_changes_nothing_and_show_tells_all(clone: Repo) -> None:
    assert install(clone) == "everything is in place already\n"
    install(clone, "--findings", "warn")
    shown = hunkgate("server", "show", str(server_of(clone)), cwd=clone.path).stdout
    assert "the pre-receive hook is installed" in shown
    assert 'findings = "warn"' in shown
    assert 'unproven = "block"' in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "there is no folder"),
        ([".", "--allowed-signers", "none"], "there is no file"),
        ([".", "--max-age", "x"], "'x'"),
    ],
)
def test_mistakes_of_the_administrator_are_named(clone: Repo, arguments: list[str], said: str) -> None:
    done = hunkgate("server", "install", *arguments, cwd=clone.path)
    assert (done.returncode, said in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["install", "change"])
def test_commands_of_the_page(tmp_path: Path, name: str) -> None:
    subprocess.run(["git", "init", "-q", "--bare", "product.git"], cwd=tmp_path, check=True, timeout=60)
    blocks = dict(re.findall(r"^<!-- runs: (\w+) -->\n```sh\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE))
    done = subprocess.run(
        ["sh", "-e", "-c", blocks[name]], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "pre-receive" in done.stdout


def test_page_names_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", PAGE.read_text(), re.MULTILINE))
    assert rows == server_values(ServerRules())


def test_what_install_writes_is_what_is_read(tmp_path: Path) -> None:
    rules = ServerRules(("refs/heads/*",), Demand.WARN, Demand.OFF, "/a", "/b", "0.2.0", "90d")
    (tmp_path / "hunkgate").mkdir()
    (tmp_path / "hunkgate" / "server.toml").write_text(server_text(rules))
    assert load_server(tmp_path) == rules


@pytest.mark.parametrize(
    ("patterns", "ref", "expected"),
    [
        ((), "refs/heads/main", True),
        ((), "refs/heads/other", False),
        (("refs/heads/release/*",), "refs/heads/release/1/2", True),
        (("refs/heads/release/*",), "refs/heads/main", False),
        (("refs/heads/a.c",), "refs/heads/abc", False),
    ],
)
def test_guarded(patterns: tuple[str, ...], ref: str, expected: bool) -> None:
    assert guarded(ServerRules(patterns), ref, "refs/heads/main") is expected
