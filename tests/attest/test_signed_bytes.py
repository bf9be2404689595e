from __future__ import annotations

import json
from datetime import datetime, timezone

from attesting import git_of
from conftest import Repo

from reviewer.attest import delta
from reviewer.attest.statement import PAYLOAD_TYPE, in_toto, pae, parse_time, signed_bytes, time_text
from reviewer.git import EMPTY_TREE
from reviewer.objects import open_reader
from reviewer.records.statement import Statement, Word


def made(repo: Repo) -> tuple[Statement, delta.Delta]:
    repo.stage("a b.txt", "1")
    repo.commit()
    tree = repo.git("rev-parse", "HEAD^{tree}")
    at = datetime(2026, 11, 22, 8, 30, tzinfo=timezone.utc)
    statement = Statement(
        Word.PASS, tree, EMPTY_TREE[40], "hunkgate/0.1.0", "aa" * 32, "bb" * 32, "cc" * 32, at, generated="d" * 64
    )
    return statement, delta.between(open_reader(git_of(repo)), EMPTY_TREE[40], tree)


def test_pae_is_that_of_dsse() -> None:
    # The example of the DSSE protocol description.
    assert pae("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_statement_is_an_in_toto_statement(repo: Repo) -> None:
    statement, change = made(repo)
    data = in_toto(statement, change, "example.org/project")
    assert data["_type"] == "https://in-toto.io/Statement/v1"
    assert data["subject"] == [{"name": "delta", "digest": {"sha256": change.digest}}]
    predicate = data["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["repository"] == "example.org/project"
    assert (predicate["result"], predicate["time"]) == ("pass", "2026-11-22T08:30:00Z")
    assert predicate["generated"] == {"sha256": "d" * 64}
    assert "waivers" not in predicate
    (entry,) = predicate["changes"]
    assert entry["path"] == "a%20b.txt"
    assert entry["sha256"] == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"


def test_signed_bytes_hold_the_statement_in_one_line(repo: Repo) -> None:
    statement, change = made(repo)
    head, _, body = signed_bytes(statement, change, "").partition(b" {")
    assert head.startswith(b"DSSEv1 28 " + PAYLOAD_TYPE.encode() + b" ")
    assert json.loads(b"{" + body) == in_toto(statement, change, "")


def test_another_repository_or_statement_is_another_payload(repo: Repo) -> None:
    statement, change = made(repo)
    assert signed_bytes(statement, change, "a") != signed_bytes(statement, change, "b")


def test_times_have_one_form() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert time_text(moment) == "2026-01-02T03:04:05Z"
    assert parse_time(time_text(moment)) == moment
