"""Reviews under a policy that was replaced: how long they count, and that only the target says so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from attested_history import attest_files, proof_of, proofs_of
from attesting import git_of
from conftest import Repo

from reviewer import config
from reviewer.attest.former_policies import in_grace
from reviewer.attest.target import Options
from reviewer.ci.span import Commits
from reviewer.ci.standards import Asked, standards_at
from reviewer.config import load_policy_text
from reviewer.errors import ConfigError
from reviewer.records import Policy

NOW = datetime.now(timezone.utc)
OLD = 'mode = "block"\n'


def policy(text: str) -> Policy:
    return load_policy_text(text.encode(), "policy")


def settled(repo: Repo, text: str, when: datetime = NOW, *, stranger: str = "") -> str:
    """Commit settings at a time."""
    repo.stage(stranger or ".hunkgate.toml", text)
    date = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    repo.git("commit", "-q", "-m", "settings", env={"GIT_COMMITTER_DATE": date})
    return repo.git("rev-parse", "HEAD")


def graceful(age: str) -> str:
    return f'{OLD}disabled_rules = ["x"]\n[attest]\ngrace = "{age}"\n'


@pytest.mark.parametrize(("days", "age", "counts"), [(13, "14d", True), (15, "14d", False), (0, "", False), (1, "36h", True)])
def test_a_former_policy_counts_for_as_long_as_the_present_one_says(
    repo: Repo, key: Path, days: int, age: str, counts: bool
) -> None:
    settled(repo, OLD, NOW - timedelta(days=100))
    settled(repo, graceful(age), NOW - timedelta(days=days))
    attest_files(repo, key, {"a.txt": "1"}, policy=policy(OLD))
    assert proof_of(repo).proven is counts
    late = Options(at=NOW + timedelta(days=20))
    assert not proof_of(repo, options=late).proven


def test_the_job_and_the_command_agree(repo: Repo, key: Path) -> None:
    settled(repo, OLD)
    base = settled(repo, graceful("7d"))
    oid = attest_files(repo, key, {"a.txt": "1"}, policy=policy(OLD))
    standards = standards_at(git_of(repo), Commits(base, oid, base, (oid,), "main"), Asked())
    requirements = standards.verifier.requirements
    assert requirements.grace == {policy(OLD).digest}
    assert not list(requirements.objections(proof_of(repo).used[0].item.statement))


def test_every_policy_replaced_in_that_time_counts_and_no_older_one(repo: Repo) -> None:
    texts = [f'disabled_rules = ["{number}"]\n' for number in range(4)]
    for number, text in enumerate(texts):
        settled(repo, text, NOW - timedelta(days=40 - 10 * number))
    start = settled(repo, graceful("15d"), NOW)
    found = in_grace(git_of(repo), start, policy(graceful("15d")), NOW)
    assert found == {policy(text).digest for text in texts[2:]}


def test_a_range_cannot_give_itself_grace(repo: Repo, key: Path) -> None:
    settled(repo, OLD)
    strict = settled(repo, OLD + 'disabled_rules = ["x"]\n')
    settled(repo, graceful("1000d"))
    attest_files(repo, key, {"a.txt": "1"}, policy=policy(OLD))
    assert not proofs_of(repo, f"{strict}..HEAD")[-1].proven


def test_before_there_were_settings_the_defaults_count(repo: Repo) -> None:
    repo.commit("first")
    start = settled(repo, graceful("7d"))
    assert in_grace(git_of(repo), start, policy(graceful("7d")), NOW) == {Policy().digest}


def test_settings_that_nobody_can_read_are_passed_over(repo: Repo) -> None:
    settled(repo, OLD)
    settled(repo, "mode = [")
    start = settled(repo, graceful("7d"))
    assert in_grace(git_of(repo), start, policy(graceful("7d")), NOW) == {policy(OLD).digest}


def test_a_merge_that_brings_the_policy_is_when_it_was_replaced(repo: Repo) -> None:
    settled(repo, OLD, NOW - timedelta(days=50))
    repo.git("checkout", "-q", "-b", "topic")
    settled(repo, graceful("7d"), NOW - timedelta(days=40))
    repo.git("checkout", "-q", "main")
    repo.stage("b.txt", "b")
    repo.commit("other")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    start = repo.git("rev-parse", "HEAD")
    assert in_grace(git_of(repo), start, policy(graceful("7d")), NOW) == {policy(OLD).digest}


def test_explicit_policies_have_no_grace(repo: Repo, key: Path) -> None:
    settled(repo, OLD)
    start = settled(repo, graceful("7d"))
    attest_files(repo, key, {"a.txt": "1"}, policy=policy(OLD))
    assert not proof_of(repo, options=Options(policy_from=[start])).proven


@pytest.mark.parametrize("text", ["14", "14 d", "-1d", "99999d", "1y", "14d "])
def test_a_length_of_time_has_one_form(text: str) -> None:
    with pytest.raises(ConfigError, match="14d"):
        config.load_policy_text(f'[attest]\ngrace = "{text}"\n'.encode(), "policy")
