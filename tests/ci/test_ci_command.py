"""`hunkgate ci` as a job runs it: reports, log, summary, comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attesting import attesting, signed_commit
from ci_job import Target, attest, make_target, plain, table
from conftest import Repo
from fake_forge import TOKEN, Fake, fake_forge
from make_verdict import TOKEN as SECRET

from reviewer import schemas
from reviewer.ci.reports import COMMITS, FILES

BAD = "import sqlite3\n\n\ndef find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")\n"


@pytest.fixture
def target(repo: Repo, tmp_path: Path) -> Target:
    return make_target(repo, tmp_path, 'mode = "block"\n')


@pytest.fixture
def fake() -> Iterator[Fake]:
    with fake_forge("github") as made:
        yield made


def pull_request(target: Target, folder: Path, fake: Fake | None = None, title: str = "x") -> dict[str, str]:
    """What GitHub tells a job about pull request 5."""
    head = target.repo.git("rev-parse", "HEAD")
    file = folder / "event.json"
    base = {"ref": "main", "sha": target.base}
    file.write_text(
        json.dumps({"number": 5, "pull_request": {"base": base, "head": {"ref": title, "sha": head}, "title": title}})
    )
    told = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(file), "GITHUB_SHA": head,
        "GITHUB_REPOSITORY": "o/r", "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "GITHUB_HEAD_REF": title,
    }  # fmt: skip
    if fake is None:
        return told
    return {**told, "GITHUB_API_URL": fake.url, "GITHUB_GRAPHQL_URL": f"{fake.url}/graphql", "HUNKGATE_FORGE_TOKEN": TOKEN}


def test_every_report_is_written(target: Target, tmp_path: Path) -> None:
    plain(target, "app.py", BAD)
    code, rows, said = table(target, tmp_path / "out")
    assert code == 1
    assert {file.name for file in (tmp_path / "out").iterdir()} == {*FILES, COMMITS}
    assert "STOPS: the reviewers found what the settings block" in said
    assert json.loads((tmp_path / "out/hunkgate.json").read_text())["result"] == "block"
    assert "<failure" in (tmp_path / "out/hunkgate-junit.xml").read_text()
    assert "### Commits" in (tmp_path / "out/hunkgate.md").read_text()
    assert set(rows[0]) == {
        "commit", "class", "result", "attested", "signer", "principal", "why_again", "paths", "reviewed_again",
        "left_to_rules", "not_looked_at", "reasons", "generated", "waivers",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["json", "sarif", "junit", "codequality", "annotations", "markdown", "stepsummary"])
def test_a_format_changes_no_exit_code(target: Target, name: str) -> None:
    plain(target, "app.py", BAD)
    done = target.repo.hunkgate("ci", "--base", "main", "--format", name)
    assert done.returncode == 1
    assert done.stdout
    assert "what the settings block" in done.stderr


def test_the_json_report_follows_its_schema(target: Target, tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    plain(target, "app.py", BAD)
    plain(target, "app.py", f'token = "{SECRET}"\n')
    table(target, tmp_path / "out")
    Draft202012Validator(json.loads(schemas.read("report.schema.json"))).validate(
        json.loads((tmp_path / "out/hunkgate.json").read_text())
    )


def test_commits_of_the_real_hooks_are_proven(target: Target, tmp_path: Path) -> None:
    signed_commit(attesting(target.repo), "a.txt", "1\n")
    code, rows, _ = table(target, tmp_path / "out", "--require-proof", "--full-share", "0")
    assert (code, rows[0]["class"], rows[0]["result"]) == (0, "EXACT", "proven")
    assert rows[0]["principal"] == "dev@example.org"


def test_on_github_base_and_head_come_from_the_event(target: Target, tmp_path: Path) -> None:
    attest(target, "app.py", "x = 2\n")
    done = target.repo.hunkgate("ci", env=pull_request(target, tmp_path))
    assert done.returncode == 0, done.stderr
    assert "1 commit: 1 proven" in done.stdout
    assert "### Commits" in (tmp_path / "summary.md").read_text()


def test_the_log_of_github_runs_no_command_of_the_repository(target: Target, tmp_path: Path) -> None:
    hostile = '::set-output name=a::b\n##[set-output name=a]b\nimport os\nos.system(f"{x}")  # ::error::no\n'
    plain(target, "app.py", hostile + BAD)
    done = target.repo.hunkgate("ci", env=pull_request(target, tmp_path))
    first, rest = done.stdout.split("\n", 1)
    word = re.fullmatch(r"::stop-commands::(hunkgate-[0-9a-f]{32})", first)
    assert word is not None
    log, commands = rest.split(f"::{word[1]}::\n")
    assert "app.py" in log
    lines = commands.split("\n")[:-1]
    assert lines
    assert all(re.match(r"::(error|warning|notice)( |::)", line) for line in lines)
    assert "##[" not in commands
    assert "what the settings block" in commands


def test_a_hostile_branch_name_does_nothing(target: Target, tmp_path: Path) -> None:
    attest(target, "app.py", "x = 2\n")
    title = "$(touch evil)`touch evil`;touch evil\n::set-output name=a::b"
    done = target.repo.hunkgate("ci", env=pull_request(target, tmp_path, title=title))
    assert done.returncode == 0
    assert "set-output" not in done.stdout
    assert not (target.repo.path / "evil").exists()


def test_the_first_job_comments_and_the_next_ones_update(target: Target, tmp_path: Path, fake: Fake) -> None:
    plain(target, "app.py", BAD)
    done = target.repo.hunkgate("ci", env=pull_request(target, tmp_path, fake))
    assert done.returncode == 1
    assert "merge request 5: the comment was written, 1 new remarks" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    (comment,) = fake.comments
    assert comment["body"].startswith("## Hunkgate: BLOCKED")
    assert "**Stops the merge**" in comment["body"]
    (call,) = fake.made("POST", "/pulls/5/comments")
    assert (call.body["path"], call.body["line"], call.body["commit_id"]) == ("app.py", 5, target.repo.git("rev-parse", "HEAD"))
    plain(target, "app.py", "x = 2\n")
    done = target.repo.hunkgate("ci", env=pull_request(target, tmp_path, fake))
    assert "the comment was updated" in done.stderr
    assert "1 closed as mended" in done.stderr
    assert (len(fake.comments), len(fake.inline)) == (1, 1)


def test_a_comment_holds_no_secret(target: Target, tmp_path: Path, fake: Fake) -> None:
    plain(target, "app.py", f'token = "{SECRET}"\n')
    target.repo.hunkgate("ci", env=pull_request(target, tmp_path, fake))
    assert SECRET not in json.dumps([fake.comments, fake.inline])
    assert len(fake.inline) == 1


def test_a_host_that_refuses_changes_no_verdict(target: Target, tmp_path: Path, fake: Fake) -> None:
    attest(target, "app.py", "x = 2\n")
    fake.answers["*"] = [(404, {})] * 9
    done = target.repo.hunkgate("ci", env=pull_request(target, tmp_path, fake))
    assert done.returncode == 0
    assert "nothing more is written to the merge request: the code host refused with status 404" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


def test_without_a_token_or_with_no_post_nothing_is_sent(target: Target, tmp_path: Path, fake: Fake) -> None:
    attest(target, "app.py", "x = 2\n")
    told = pull_request(target, tmp_path, fake)
    assert target.repo.hunkgate("ci", "--no-post", env=told).returncode == 0
    del told["HUNKGATE_FORGE_TOKEN"]
    assert target.repo.hunkgate("ci", env=told).returncode == 0
    done = target.repo.hunkgate("ci", "--post", env=told)
    assert done.returncode == 2
    assert "HUNKGATE_FORGE_TOKEN is not set" in done.stderr
    assert fake.calls == []


def test_posting_where_there_is_no_merge_request_is_refused(target: Target) -> None:
    done = target.repo.hunkgate("ci", "--base", "main", "--post", env={"HUNKGATE_FORGE_TOKEN": TOKEN})
    assert done.returncode == 2
    assert "plain names no merge request" in done.stderr


def test_programs_that_a_review_starts_get_neither_token_nor_secret(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An analyzer of the user's own writes down its environment."""
    seen = tmp_path / "seen"
    script = tmp_path / "tool.sh"
    script.write_text(f'#!/bin/sh\nenv > {seen}\necho \'{{"version": "2.1.0", "runs": []}}\'\n')
    script.chmod(0o755)
    config = tmp_path / "config.toml"
    config.write_text(f'analyzers = [{{name = "spy", command = ["{script}"]}}]\n')
    plain(target, "app.py", "x = 3\n")
    env = {"HUNKGATE_CONFIG": str(config), "HUNKGATE_FORGE_TOKEN": TOKEN, "HUNKGATE_CI_SECRET": "s3cret-of-ci"}
    done = target.repo.hunkgate("ci", "--base", "main", env=env)
    assert done.returncode in (0, 1), done.stderr
    assert seen.exists(), done.stdout
    assert TOKEN not in seen.read_text()
    assert "s3cret-of-ci" not in seen.read_text()


def test_commits_cannot_choose_where_reports_are_written(target: Target, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (target.repo.path / "reports").symlink_to(victim)
    target.repo.git("add", "reports")
    target.repo.commit("link")
    for name in ("reports", "reports/deeper"):
        done = target.repo.hunkgate("ci", "--base", "main", "--output-dir", name)
        assert done.returncode == 3
        assert "leads elsewhere by a symbolic link" in done.stderr
    target.repo.git("rm", "-qf", "reports")
    (target.repo.path / "reports").mkdir()
    (target.repo.path / "reports" / "hunkgate.json").symlink_to(victim / "file")
    target.repo.git("add", "reports")
    target.repo.commit("link in a folder")
    done = target.repo.hunkgate("ci", "--base", "main", "--output-dir", "reports")
    assert done.returncode == 3
    assert list(victim.iterdir()) == []


def test_commits_cannot_say_what_a_former_run_has_looked_at(target: Target, tmp_path: Path) -> None:
    attest(target, "app.py", "x = 2\n")
    done = target.repo.hunkgate("ci", "--base", "main", "--state", "state")
    assert done.returncode == 2
    assert "commits could put files there" in done.stderr
    for words, env in (
        (["--state", "state"], {"HUNKGATE_CI_SECRET": "s"}),
        (["--state", ".git/x"], {}),
        (["--state", "../x"], {}),
    ):
        assert target.repo.hunkgate("ci", "--base", "main", *words, env=env).returncode == 0


def test_a_link_in_the_work_tree_is_no_file_of_the_server(target: Target, tmp_path: Path) -> None:
    """The job names a file of the repository; the commits make it a link to a file that the author controls."""
    (tmp_path / "signers").write_text((target.repo.path / ".hunkgate/allowed_signers").read_text())
    target.repo.git("rm", "-q", ".hunkgate/allowed_signers")
    (target.repo.path / ".hunkgate").mkdir(exist_ok=True)
    (target.repo.path / ".hunkgate/others").symlink_to(tmp_path / "signers")
    target.repo.git("add", "-A")
    target.repo.commit("link")
    attest(target, "app.py", "x = 2\n")
    _, rows, _ = table(target, tmp_path / "out", "--allowed-signers", ".hunkgate/others")
    assert rows[1]["class"] == "RESIDUAL"


def test_a_checkout_as_github_makes_it(target: Target, tmp_path: Path) -> None:
    """A clone with all branches, detached at the merge commit that GitHub made for the pull request."""
    head = attest(target, "app.py", "x = 2\n")
    target.repo.git("checkout", "-q", "--detach", "main")
    target.repo.git("merge", "-q", "--no-ff", "-m", "merge", head)
    merge = target.repo.git("rev-parse", "HEAD")
    target.repo.git("update-ref", "refs/pull/5/merge", merge)
    clone = tmp_path / "clone"
    target.repo.git("clone", "-q", "--no-checkout", str(target.repo.path), str(clone))
    checkout = Repo(clone)
    checkout.git("fetch", "-q", "origin", "+refs/pull/5/merge:refs/remotes/pull/5/merge")
    checkout.git("checkout", "-q", "--detach", "refs/remotes/pull/5/merge")
    told = pull_request(target, tmp_path) | {"GITHUB_SHA": merge}
    event = json.loads((tmp_path / "event.json").read_text())
    event["pull_request"]["head"]["sha"] = head
    (tmp_path / "event.json").write_text(json.dumps(event))
    done = checkout.hunkgate("ci", "--full-share", "0", env=told)
    assert done.returncode == 0, done.stderr
    assert "1 commit: 1 proven" in done.stdout


@pytest.mark.parametrize("kind", ["gitlab", "gitea"])
def test_the_other_hosts_get_their_comment_too(target: Target, tmp_path: Path, kind: str) -> None:
    head = plain(target, "app.py", BAD)
    with fake_forge(kind) as host:
        told = pull_request(target, tmp_path, host) | {"GITEA_ACTIONS": "true"}
        if kind == "gitlab":
            told = {
                "GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_MERGE_REQUEST_DIFF_BASE_SHA": target.base, "CI_COMMIT_SHA": head, "CI_MERGE_REQUEST_PROJECT_ID": "9",
                "CI_API_V4_URL": host.url, "HUNKGATE_FORGE_TOKEN": TOKEN,
            }  # fmt: skip
        done = target.repo.hunkgate("ci", env=told)
        assert done.returncode == 1
        assert "merge request 5: the comment was written, 1 new remarks" in done.stderr
        assert "BLOCKED" in host.comments[0]["body"]
