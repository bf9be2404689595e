"""`[[endpoints]]`: which servers the user's own file may name, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Repo

from reviewer import config
from reviewer.config.endpoints import Endpoints
from reviewer.errors import ConfigError
from reviewer.git import Git
from reviewer.records import Dialect, Endpoint

GOOD = {"name": "big", "url": "http://127.0.0.1:11434", "model": "qwen2.5-coder:7b", "dialect": "ollama"}


def test_read_and_write_round_trip() -> None:
    given = [GOOD, {**GOOD, "name": "b2", "api_key_env": "KEY", "timeout": "5s", "context": 4096, "dialect": "vllm"}]
    read = Endpoints().read(given)
    assert read[0] == Endpoint("big", "http://127.0.0.1:11434", "qwen2.5-coder:7b", Dialect.OLLAMA)
    assert read[1] == Endpoint("b2", "http://127.0.0.1:11434", "qwen2.5-coder:7b", Dialect.VLLM, "KEY", 5.0, 4096)
    written = Endpoints().write(read)
    assert '"KEY"' in written
    assert "api_key_env" not in Endpoints().write(read[:1])


@pytest.mark.parametrize("tail", ["/", "/v1", "/v1/", "/v3/"])
def test_url_is_the_root_of_the_server(tail: str) -> None:
    (found,) = Endpoints().read([{**GOOD, "url": "https://models.example/team" + tail}])
    assert found.url == "https://models.example/team"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Big one"}, "name of small letters"),
        ({"url": "127.0.0.1:80"}, "an address"),
        ({"url": "file:///etc/passwd"}, "an address"),
        ({"url": "http://user:secret@host"}, "without a user"),
        ({"url": "http://host/?key=1"}, "query"),
        ({"url": 7}, "a text for url"),
        ({"model": ""}, "what the server calls the model"),
        ({"dialect": "grpc"}, "dialect"),
        ({"dialect": None}, "dialect"),
        ({"api_key_env": "sk-123"}, "not the key itself"),
        ({"timeout": 5}, "a time"),
        ({"context": 12}, "number of tokens"),
        ({"context": True}, "number of tokens"),
        ({"key": "x"}, "unknown key"),
    ],
)
def test_malformed_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Endpoints().read([{**GOOD, **changes}])


@pytest.mark.parametrize("value", [{}, "x", [1]])
def test_anything_but_a_list_of_tables_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="list of tables"):
        Endpoints().read(value)
    with pytest.raises(ValueError, match="twice"):
        Endpoints().read([GOOD, GOOD])


def test_the_users_file_names_them_and_a_repository_must_not(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[[endpoints]]\nname = "big"\nurl = "http://127.0.0.1:1"\nmodel = "m"\ndialect = "openai"\n'
    own = tmp_path / "config.toml"
    own.write_text(text)
    monkeypatch.setenv("HUNKGATE_CONFIG", str(own))
    assert [endpoint.name for endpoint in config.load_machine().endpoints] == ["big"]
    repo.write(".hunkgate.toml", text)
    repo.git("add", ".hunkgate.toml")
    with pytest.raises(ConfigError, match="a repository must not set it"):
        config.load_policy(Git(repo.path))
