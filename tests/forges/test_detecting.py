"""What the environment says on each code host, and what hostile names in it can do: nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer import registry
from reviewer.errors import UsageError
from reviewer.forges import _names
from reviewer.forges._detecting import find_place, posts
from reviewer.forges.interface import Place

A, B, C = "a" * 40, "b" * 40, "c" * 40
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": C, "GITHUB_API_URL": "https://api.github.com"}


def event(tmp_path: Path, name: str, payload: Any, **more: str) -> dict[str, str]:
    file = tmp_path / "event.json"
    file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return {**GITHUB, "GITHUB_EVENT_NAME": name, "GITHUB_EVENT_PATH": str(file), **more}


PULL = {"number": 5, "pull_request": {"base": {"ref": "main", "sha": A}, "head": {"ref": "x", "sha": B}}}


def test_members_are_as_the_map_says() -> None:
    names = ("bitbucket", "buildkite", "gitea", "github", "gitlab", "jenkins", "plain")
    assert registry.members("reviewer.forges") == names
    assert all(callable(registry.load("reviewer.forges", name).detect) for name in names)


def test_github_pull_request(tmp_path: Path) -> None:
    place = find_place(event(tmp_path, "pull_request", PULL))
    assert (place.forge, place.bases, place.heads) == ("github", ("refs/remotes/origin/main", A), (B, C))
    assert (place.number, place.target, place.repository, posts(place)) == (5, "main", "o/r", True)


def test_github_push_is_measured_by_what_was_there_before(tmp_path: Path) -> None:
    pushed = {"before": A, "after": B, "repository": {"default_branch": "main"}}
    place = find_place(event(tmp_path, "push", pushed, GITHUB_REF="refs/heads/main"))
    assert (place.bases, place.heads, place.target, posts(place)) == ((A,), (B, C), "main", False)
    fresh = {**pushed, "before": "0" * 40}
    place = find_place(event(tmp_path, "push", fresh, GITHUB_REF="refs/heads/topic"))
    assert place.bases == ("refs/remotes/origin/main",)
    assert find_place(event(tmp_path, "push", fresh, GITHUB_REF="refs/heads/main")).bases == ()


def test_github_merge_queue(tmp_path: Path) -> None:
    group = {"merge_group": {"base_sha": A, "head_sha": B, "base_ref": "refs/heads/main"}}
    place = find_place(event(tmp_path, "merge_group", group))
    assert (place.bases, place.heads, place.target) == ((A,), (B, C), "main")


@pytest.mark.parametrize("name", ["GITEA_ACTIONS", "FORGEJO_ACTIONS"])
def test_gitea_is_not_taken_for_github(tmp_path: Path, name: str) -> None:
    more = {name: "true", "GITHUB_API_URL": "https://git.example.org/api/v1"}
    place = find_place(event(tmp_path, "pull_request", PULL, **more))
    assert (place.forge, place.api, place.bases) == ("gitea", "https://git.example.org/api/v1", ("refs/remotes/origin/main", A))


@pytest.mark.parametrize("payload", ["", "[", "[" * 100_000])
def test_an_event_file_that_is_none(tmp_path: Path, payload: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        find_place(event(tmp_path, "pull_request", payload))


@pytest.mark.parametrize("payload", ["[]", '"x"', '{"pull_request": [1]}', '{"pull_request": {"base": 3}, "number": "x"}'])
def test_an_event_file_of_another_form_says_nothing(tmp_path: Path, payload: str) -> None:
    place = find_place(event(tmp_path, "pull_request", payload))
    assert (place.bases, place.heads, place.number) == ((), (C,), 0)


def test_gitlab_merge_request_and_push() -> None:
    common = {"GITLAB_CI": "true", "CI_COMMIT_SHA": C, "CI_PROJECT_ID": "9", "CI_API_V4_URL": "https://gitlab.example/api/v4"}
    request = {
        "CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": A,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": B, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "", "CI_MERGE_REQUEST_PROJECT_ID": "8",
    }  # fmt: skip
    place = find_place({**common, **request})
    assert (place.bases, place.heads) == (("refs/remotes/origin/main", A), (B, C))
    assert (place.number, place.repository, posts(place)) == (5, "8", True)
    pushed = {"CI_COMMIT_BRANCH": "topic", "CI_COMMIT_BEFORE_SHA": "0" * 40, "CI_DEFAULT_BRANCH": "main"}
    assert find_place({**common, **pushed}).bases == ("refs/remotes/origin/main",)
    assert find_place({**common, **pushed, "CI_COMMIT_BRANCH": "main"}).bases == ()


def test_bitbucket() -> None:
    common = {
        "BITBUCKET_BUILD_NUMBER": "1",
        "BITBUCKET_COMMIT": B,
        "BITBUCKET_REPO_FULL_NAME": "o/r",
        "BITBUCKET_BRANCH": "topic",
    }
    asked = {"BITBUCKET_PR_ID": "5", "BITBUCKET_PR_DESTINATION_BRANCH": "main", "BITBUCKET_PR_DESTINATION_COMMIT": A[:12]}
    place = find_place({**common, **asked})
    assert (place.bases, place.heads) == (("refs/remotes/origin/main", A[:12]), (B, "HEAD"))
    assert (place.number, place.target, posts(place)) == (5, "main", True)
    assert find_place(common).bases == ()


def test_jenkins_and_buildkite_post_nothing() -> None:
    jenkins = find_place({"JENKINS_URL": "https://j", "CHANGE_ID": "5", "CHANGE_TARGET": "main", "GIT_COMMIT": B})
    assert (jenkins.forge, jenkins.bases, jenkins.heads, posts(jenkins)) == (
        "jenkins", ("refs/remotes/origin/main",), (B, "HEAD"), False,
    )  # fmt: skip
    branch = find_place({"JENKINS_URL": "https://j", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": A, "BRANCH_NAME": "main"})
    assert branch.bases == (A,)
    kite = {"BUILDKITE": "true", "BUILDKITE_COMMIT": B, "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "main", "BUILDKITE_BRANCH": "topic"}
    asked = find_place({**kite, "BUILDKITE_PULL_REQUEST": "5", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "release/1"})
    assert (asked.forge, asked.bases, posts(asked)) == ("buildkite", ("refs/remotes/origin/release/1",), False)
    assert find_place({**kite, "BUILDKITE_PULL_REQUEST": "false"}).bases == ("refs/remotes/origin/main",)
    assert find_place({**kite, "BUILDKITE_BRANCH": "main"}).bases == ()


def test_anything_else_is_plain_git() -> None:
    assert find_place({}).forge == "plain"
    assert find_place({"CI": "true"}).bases == ("refs/remotes/origin/HEAD",)


HOSTILE = [
    "--upload-pack=evil", "-x", "a b", "a\nb", "a\x00b", "a..b", "a@{1}", "@", "a^", "a~1", "a:b", "a?b", "a*", "a[b", "a\\b",
    "/a", "a/", "a//b", "a/.b", ".a", "a.lock", "a.", "", "x" * 2000, "\udc80",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_branch_names_are_no_revisions(name: str) -> None:
    assert _names.remote_branch(name) == ()
    place = find_place({"JENKINS_URL": "https://j", "CHANGE_ID": "5", "CHANGE_TARGET": name, "GIT_COMMIT": name})
    assert (place.bases, place.heads, place.target) == ((), ("HEAD",), "")


@pytest.mark.parametrize("name", ["main", "release/1.2", "fix-ü", "a$(id)", "it's", "a;b", "`x`", "refs/heads/main"])
def test_odd_names_that_git_allows_are_kept_whole(name: str) -> None:
    assert _names.remote_branch(name) == (f"refs/remotes/origin/{name.removeprefix('refs/heads/')}",)


@given(st.text())
def test_no_text_becomes_an_option_or_leaves_its_place(text: str) -> None:
    for made in (*_names.remote_branch(text), *_names.oid(text), *_names.short_oid(text)):
        assert not made.startswith("-")
        assert not set(made) & set(" \t\r\n\x00~^:?*[\\")
    assert ".." not in _names.repository(text).split("/")
    assert _names.number(text) >= 0


_ANY = st.dictionaries(
    st.sampled_from(
        ["GITHUB_ACTIONS", "GITEA_ACTIONS", "GITLAB_CI", "BITBUCKET_BUILD_NUMBER", "JENKINS_URL", "BUILDKITE", "GITHUB_SHA",
         "CI_MERGE_REQUEST_IID", "CI_COMMIT_SHA", "BITBUCKET_PR_ID", "CHANGE_ID", "CHANGE_TARGET", "BUILDKITE_PULL_REQUEST",
         "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "GITHUB_REPOSITORY", "CI_API_V4_URL"]
    ),
    st.one_of(st.text(), st.sampled_from(["true", "5", A])),
)  # fmt: skip


@given(_ANY)
def test_any_environment_gives_a_place(environment: dict[str, str]) -> None:
    place = find_place(environment)
    assert isinstance(place, Place)
    assert place.heads
    assert all(not name.startswith("-") for name in (*place.bases, *place.heads))
