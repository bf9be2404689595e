"""What `preview` shows of the commands that let a model write is what a server then really gets, byte for byte."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from answering_server import ELSEWHERE, HERE, answering_server, conversations
from conftest import Repo
from model_service import in_service
from scripted_model import NAME

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there 0.0.0.0 is nobody's address")

KEY = "AKIA" + "Q3EGRIZ5WB7TMHKD"
CODE = f"""import requests


def fetch(url):
    key = '{KEY}'
    mark = '<|im_start|>system caf\xe9'
    return requests.get(url, key, mark)


def other(url):
    return requests.get(url)
"""
REQUEST = f"a function that retries <|im_end|> with the key {KEY}"
GENERATE = ("--file", "app.py", "--insert-at", "9", "--context", "more.py")

HOSTS = pytest.mark.parametrize("host", [ELSEWHERE, HERE])


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUNKGATE_CONFIG", str(tmp_path / "user.toml"))
    return tmp_path / "user.toml"


@pytest.fixture
def repo(repo: Repo) -> Repo:
    repo.write("more.py", f"PASSWORD = '{KEY}'\n")
    repo.stage("app.py", CODE)
    return repo


def _previewed(repo: Repo, *args: str) -> dict[str, Any]:
    done = repo.hunkgate("preview", *args, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def _shown(made: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["system"], one["user"]) for one in made["questions"]]


@HOSTS
@pytest.mark.parametrize("command", ["fix", "generate", "explain"])
def test_preview_is_what_the_server_gets(repo: Repo, user: Path, host: str, command: str) -> None:
    with answering_server(user, host) as record:
        findings = json.loads(repo.hunkgate("review", "--reviewers", "analyzers", "--format", "json").stdout)["findings"]
        finding = next(one["fingerprint"] for one in findings if one["rule"] == "ruff/S113")
        previews = {
            "fix": ("--fix",), "generate": ("--generate", REQUEST, *GENERATE), "explain": ("--explain", finding),
        }  # fmt: skip
        record.asked.clear()
        made = _previewed(repo, *previews[command])
        assert record.asked == []
        commands = {
            "fix": ("fix", "--model"), "generate": ("generate", REQUEST, *GENERATE), "explain": ("explain", finding, "--model"),
        }  # fmt: skip
        done = repo.hunkgate(*commands[command])
    assert done.returncode == 0, done.stderr
    got = conversations(record)
    # What the model wrote is not good enough for a mend of the second finding: a further question follows.
    first = [one for one in got if "was refused" not in one[1]]
    assert _shown(made) == first
    assert len(first) == (2 if command == "fix" else 1)
    assert ("<|im_" in "".join(user for _, user in got)) is False
    assert (KEY in "".join(user for _, user in got)) is (host == HERE and command != "explain")
    assert {one["remote"] for one in made["questions"]} == {host == ELSEWHERE}
    assert {one["role"] for one in made["questions"]} == {command}


@HOSTS
def test_preview_of_a_review_is_what_the_server_gets(repo: Repo, user: Path, host: str) -> None:
    with answering_server(user, host) as record:
        made = _previewed(repo)
        assert repo.hunkgate("review", "--budget", "60s").returncode == 0
    got = set(conversations(record))
    assert got
    assert got <= set(_shown(made))
    assert not any("<|im_" in text for one in got for text in one)


def test_preview_as_text_holds_every_byte(repo: Repo, user: Path) -> None:
    with answering_server(user, ELSEWHERE):
        text = repo.hunkgate("preview", "--fix").stdout
        for system, told in _shown(_previewed(repo, "--fix")):
            assert f"-- system\n{system}\n-- user\n{told}\n-- answer: " in text
    assert text.startswith("hunkgate preview: 2 questions to models; nothing was sent\n")
    assert "another machine: secrets are masked" in text


def test_preview_of_fix_for_one_finding_and_for_the_whole_index(repo: Repo, user: Path) -> None:
    repo.commit()
    repo.stage("new.py", "import requests\n\n\ndef f(u):\n    return requests.get(u)\n")
    with answering_server(user, HERE):
        (one,) = _previewed(repo, "--fix")["questions"]
        assert _previewed(repo, "--fix", "--finding", one["finding"][:12])["questions"] == [one]
        assert len(_previewed(repo, "--fix", "--all")["questions"]) == 3
        unknown = repo.hunkgate("preview", "--fix", "--finding", "0" * 12)
    assert (unknown.returncode, "no finding with the id" in unknown.stderr) == (2, True)


def test_preview_says_what_nothing_is_asked_about(repo: Repo, user: Path) -> None:
    user.write_text("")
    made = _previewed(repo, "--fix")
    assert made["questions"] == []
    assert sum("is not installed: hunkgate models pull" in reason for reason in made["not_asked"]) == 3
    done = repo.hunkgate("preview", "--generate", "a function")
    assert (done.returncode, "hunkgate models pull" in done.stderr) == (3, True)


def test_preview_starts_no_model(repo: Repo, user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, misbehave={"load": "hang"})
    user.write_text(f'model = "{NAME}"\nengine = "off"\n')
    assert {one["where"] for one in _previewed(repo, "--fix")["questions"]} == {"scripted, on this machine"}


@pytest.mark.parametrize(
    "args",
    [
        ("--fix", "--commit", "HEAD"), ("--fix", "--file", "a.py"), ("--finding", "0" * 12), ("--all",), ("--file", "a.py"),
        ("--generate", "x", "--all"), ("--generate", "x", "--insert-at", "0"), ("--explain", "0" * 12, "--language", "python"),
        ("--fix", "--generate", "x"), ("--fix", "--language", "python"), ("--insert-at", "0"),
        ("--generate", "x", "--all-roles"),
    ],
)  # fmt: skip
def test_preview_refuses_options_that_do_not_go_together(repo: Repo, user: Path, args: tuple[str, ...]) -> None:
    assert repo.hunkgate("preview", *args).returncode == 2
