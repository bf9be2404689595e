"""Posting to a fake code host: one comment, no repeated remark, what was mended is closed, the token stays inside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fake_forge import TOKEN, Fake, fake_forge

from reviewer import registry
from reviewer.errors import UsageError
from reviewer.forges._http import LONGEST_WAIT, TRIES, Client, ForgeError
from reviewer.forges._posting import MOST_REMARKS, REPORT, Posted, post
from reviewer.forges.interface import Desk, Place, Remark

KINDS = ("github", "gitea", "gitlab", "bitbucket")
HEAD = "a" * 40
ONE = Remark("1" * 32, "src/a b.py", 3, "`rule` says no", old_path="src/old.py")
TWO = Remark("2" * 32, "src/b.py", 9, "another")


@pytest.fixture(params=KINDS)
def fake(request: pytest.FixtureRequest) -> Iterator[Fake]:
    with fake_forge(request.param) as made:
        yield made


def place(fake: Fake) -> Place:
    name = "9" if fake.kind == "gitlab" else "o/r"
    return Place(fake.kind, (), (HEAD,), "main", 5, name, fake.url, f"{fake.url}/graphql")


def desk(fake: Fake) -> Desk:
    made: Desk = registry.load("reviewer.forges", fake.kind).desk(place(fake), TOKEN)
    return made


def posted(fake: Fake, *remarks: Remark, body: str = "## Hunkgate: PASSED\n", complete: bool = True, user: str = "") -> Posted:
    present = frozenset(remark.key for remark in remarks) if complete else None
    return post(desk(fake), body, remarks, present=present, user=user)


def test_the_first_run_writes_one_comment_and_the_remarks(fake: Fake) -> None:
    assert posted(fake, ONE, TWO) == Posted("written", 2, 0, 0, 0, 0)
    (comment,) = fake.comments
    assert comment["body"].startswith("## Hunkgate: PASSED")
    assert REPORT in comment["body"]
    assert [ONE.key in item["body"] for item in fake.inline] == [True, False]


def test_a_second_run_changes_the_comment_and_repeats_no_remark(fake: Fake) -> None:
    posted(fake, ONE)
    assert posted(fake, ONE, TWO, body="## Hunkgate: WARNED\n") == Posted("updated", 1, 1, 0, 0, 0)
    assert len(fake.comments) == 1
    assert fake.comments[0]["body"].startswith("## Hunkgate: WARNED")
    assert [ONE.key in item["body"] for item in fake.inline] == [True, False]


def test_a_run_that_says_the_same_writes_nothing(fake: Fake) -> None:
    posted(fake, ONE)
    fake.calls.clear()
    assert posted(fake, ONE).comment == "unchanged"
    assert [call.method for call in fake.calls if call.method != "GET"] == []


def test_what_was_mended_is_closed_once(fake: Fake) -> None:
    posted(fake, ONE, TWO)
    fake.calls.clear()
    assert posted(fake, TWO).closed == 1
    written = [call for call in fake.calls if call.method != "GET"]
    assert len(written) == 1
    if fake.kind == "github":
        assert written[0].path == "/graphql"
        assert written[0].body["variables"] == {"id": fake.inline[0]["node_id"]}
        fake.inline[0]["line"] = None
    assert posted(fake, TWO).closed == 0


def test_nothing_is_closed_after_a_review_with_gaps(fake: Fake) -> None:
    posted(fake, ONE)
    assert posted(fake, complete=False).closed == 0


def test_what_is_found_still_but_has_no_line_any_more_is_not_closed(fake: Fake) -> None:
    posted(fake, ONE)
    assert post(desk(fake), "x", [], present=frozenset({ONE.key})).closed == 0


def test_comments_of_others_with_our_marker_are_left_alone(fake: Fake) -> None:
    fake.add(fake.comments, f"<!-- {REPORT} --> PASSED, honestly", author="mallory")
    fake.add(fake.inline, f"<!-- hunkgate:finding {ONE.key} --> seen", author="mallory", inline={"path": "x"})
    assert posted(fake, ONE) == Posted("written", 1, 0, 0, 0, 0)
    assert fake.comments[0]["body"].endswith("honestly")


def test_the_comment_is_found_behind_many_others(fake: Fake) -> None:
    for number in range(130 if fake.kind != "bitbucket" else 3):
        fake.add(fake.comments, f"chatter {number}", author="ana")
    posted(fake)
    assert posted(fake, body="other").comment == "updated"


def test_a_line_that_the_host_refuses_is_counted(fake: Fake) -> None:
    fake.refuse_lines = True
    assert posted(fake, ONE, TWO) == Posted("written", 0, 0, 2, 0, 0)


def test_a_flood_of_remarks_is_cut_and_counted(fake: Fake) -> None:
    many = [replace(ONE, key=f"{number:032x}") for number in range(MOST_REMARKS + 7)]
    assert posted(fake, *many).left == 7
    assert len(fake.inline) == MOST_REMARKS


def test_a_suggestion_is_a_block_that_its_lines_cannot_leave(fake: Fake) -> None:
    posted(fake, replace(ONE, suggestion="x = '```'\ny = 2"))
    info = {"github": "suggestion", "gitea": "suggestion", "gitlab": "suggestion:-0+0", "bitbucket": ""}[fake.kind]
    assert f"\n````{info}\nx = '```'\ny = 2\n````\n" in fake.inline[0]["body"]


def test_where_the_remark_stands_is_said_as_the_host_wants_it(fake: Fake) -> None:
    posted(fake, ONE)
    (call,) = [call for call in fake.calls if call.method == "POST" and ONE.key in str(call.body)]
    body = call.body
    if fake.kind == "github":
        assert (body["path"], body["line"], body["side"], body["commit_id"]) == (ONE.path, 3, "RIGHT", HEAD)
    if fake.kind == "gitea":
        assert body["commit_id"] == HEAD
        assert (body["comments"][0]["path"], body["comments"][0]["new_position"]) == (ONE.path, 3)
    if fake.kind == "gitlab":
        assert body["position"] == {
            "position_type": "text", "new_path": ONE.path, "old_path": "src/old.py", "new_line": 3,
            "base_sha": "b", "start_sha": "s", "head_sha": "h",
        }  # fmt: skip
    if fake.kind == "bitbucket":
        assert body["inline"] == {"path": ONE.path, "to": 3}


def test_the_token_is_sent_and_shown_nowhere(fake: Fake) -> None:
    made = desk(fake)
    assert TOKEN not in repr(made)
    fake.answers["*"] = [(401, {})]
    with pytest.raises(ForgeError) as caught:
        made.comments()
    assert TOKEN not in f"{caught.value}{caught.value.todo}{caught.value.__cause__}"
    headers = {key.lower(): value for key, value in fake.calls[0].headers.items()}
    name, value = {
        "github": ("authorization", f"Bearer {TOKEN}"), "gitea": ("authorization", f"token {TOKEN}"),
        "gitlab": ("private-token", TOKEN), "bitbucket": ("authorization", f"Bearer {TOKEN}"),
    }[fake.kind]  # fmt: skip
    assert headers[name] == value
    assert TOKEN not in fake.calls[0].path


def test_a_token_that_may_not_ask_who_it_is_needs_a_name(fake: Fake) -> None:
    fake.who = None
    if fake.kind == "github":
        assert posted(fake).comment == "written"
        fake.comments[0]["author_name"] = "github-actions[bot]"
        assert posted(fake).comment == "unchanged"
        return
    with pytest.raises(ForgeError, match="whose the token is") as caught:
        posted(fake)
    assert "HUNKGATE_FORGE_USER" in caught.value.todo
    assert fake.comments == []
    own = {"gitea": "robot", "gitlab": "7", "bitbucket": "{7}"}[fake.kind]
    assert [posted(fake, user=own).comment, posted(fake, user=own).comment] == ["written", "unchanged"]


@pytest.fixture
def github() -> Iterator[Fake]:
    with fake_forge("github") as made:
        yield made


def client(fake: Fake) -> tuple[Client, list[float]]:
    waits: list[float] = []
    return Client(fake.url, {"Authorization": TOKEN}, pause=waits.append), waits


def test_too_many_requests_are_tried_again_as_the_host_asks(github: Fake) -> None:
    asking, waits = client(github)
    github.answers["GET /user"] = [(429, {"Retry-After": "3"}), (502, {}), (403, {"Retry-After": "1"})]
    assert asking.ask("GET", "/user")["login"] == "robot"
    assert waits == [3.0, 2.0, 1.0]


def test_a_host_that_stays_busy_ends_in_an_error(github: Fake) -> None:
    asking, waits = client(github)
    github.answers["GET /user"] = [(503, {})] * TRIES
    with pytest.raises(ForgeError, match="status 503"):
        asking.ask("GET", "/user")
    assert len(waits) == TRIES - 1


def test_a_long_wait_is_not_waited(github: Fake) -> None:
    asking, waits = client(github)
    github.answers["GET /user"] = [(429, {"Retry-After": str(int(LONGEST_WAIT) + 1)})]
    with pytest.raises(ForgeError, match="status 429"):
        asking.ask("GET", "/user")
    assert waits == []


def test_a_comment_is_not_written_twice_after_a_server_error(github: Fake) -> None:
    asking, waits = client(github)
    github.answers["POST /repos/o/r/issues/5/comments"] = [(502, {})]
    with pytest.raises(ForgeError, match="status 502"):
        asking.ask("POST", "/repos/o/r/issues/5/comments", {"body": "x"})
    assert waits == []


@pytest.mark.parametrize("address", ["http://example.org/api", "ftp://example.org", "file:///etc/passwd", ""])
def test_a_token_is_not_sent_in_the_open(address: str) -> None:
    with pytest.raises(UsageError, match="open connection"):
        Client(address, {})


def test_redirections_and_other_hosts_are_not_followed(github: Fake) -> None:
    asking, _ = client(github)
    with fake_forge("github") as other:
        github.answers["GET /user"] = [(302, {"Location": f"{other.url}/user"})]
        with pytest.raises(ForgeError, match="status 302"):
            asking.ask("GET", "/user")
        with pytest.raises(ForgeError, match="another host"):
            asking.ask("GET", f"{other.url}/user")
        assert other.calls == []


def test_a_host_that_is_not_there(github: Fake) -> None:
    asking = Client("http://127.0.0.1:9", {"Authorization": TOKEN}, pause=lambda _: None)
    with pytest.raises(ForgeError, match="cannot be reached"):
        asking.ask("POST", "/x", {})
