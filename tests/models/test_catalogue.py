"""The catalogue: what is shipped, what a further file may add, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scripted_model import scripted_model

from reviewer import registry
from reviewer.errors import ConfigError, UsageError
from reviewer.models.catalogue import Hub, Parts, catalogue, entry, read
from reviewer.models.runtime import MODULES, REQUIREMENTS
from reviewer.records import ROLES, Dialect, Endpoint, Machine

ROOT = Path(__file__).resolve().parents[2]


def test_catalogue_has_the_default_model() -> None:
    model = entry(Machine().model)
    assert model.size == 1_117_320_768
    assert model.sha256.startswith("cc324af070c2")
    assert [type(source) for source in model.sources] == [Hub, Parts]


SHIPPED = read(ROOT / "reviewer" / "models" / "catalogue.toml")


@pytest.mark.parametrize("name", SHIPPED)
def test_catalogue_entries_are_complete(name: str) -> None:
    model = entry(name)
    assert model.backends
    assert set(model.backends) <= set(registry.members("reviewer.backends")) & set(MODULES)
    assert model.chat.end
    assert set(model.roles) <= set(ROLES)
    assert model.tags
    assert model.sha256 or model.context
    assert model.endpoint is None
    for source in model.sources:
        assert isinstance(source, Parts) or source.url.startswith("https://")
        assert isinstance(source, Hub) or re.fullmatch(source.member, "any_package/data/part07.bin")


def test_catalogue_has_the_tags_of_servers() -> None:
    tags = {tag for model in SHIPPED.values() for tag in model.tags}
    assert {"deepseek-coder:6.7b", "qwen2.5-coder:7b", "codellama:13b", "codellama:70b"} <= tags
    assert len(tags) == sum(len(model.tags) for model in SHIPPED.values())


def test_catalogue_without_a_digest_has_a_hub_that_tells_it() -> None:
    for model in SHIPPED.values():
        assert model.sha256 or [type(source) for source in model.sources] == [Hub]
    assert {name for name, model in SHIPPED.items() if model.sha256} == {
        "qwen2.5-coder-1.5b-instruct",
        "qwen2.5-coder-0.5b-instruct",
        "deepseek-coder-6.7b-instruct",
    }


def test_entry_of_an_endpoint_has_what_its_tag_stands_for() -> None:
    endpoints = (
        Endpoint("big", "http://127.0.0.1:1", "qwen2.5-coder:7b", Dialect.OLLAMA),
        Endpoint("other", "https://models.example", "some-model", Dialect.VLLM),
    )
    big, other = entry("big", endpoints), entry("other", endpoints)
    assert (big.endpoint, big.backends, big.roles) == (endpoints[0], ("openai_http",), SHIPPED["qwen2.5-coder-7b-instruct"].roles)
    assert (other.endpoint, other.roles, other.license) == (endpoints[1], ROLES, "")
    assert (endpoints[0].remote, endpoints[1].remote) == (False, True)
    with pytest.raises(UsageError):
        entry("big")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "[::1]"])
def test_endpoint_of_this_machine_is_not_remote(host: str) -> None:
    assert not Endpoint("e", f"http://{host}:8080/x", "m", Dialect.OPENAI).remote


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "localhost.example", "127.0.0.1.example", "[::2]", "10.0.0.1"])
def test_endpoint_of_another_machine_is_remote(host: str) -> None:
    assert Endpoint("e", f"http://{host}:8080/x", "m", Dialect.OPENAI).remote


def test_entry_unknown_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        entry("qwen2.5-coder-1.5-instruct")
    assert "qwen2.5-coder-1.5b-instruct" in caught.value.todo


def test_catalogue_further_file_comes_on_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted_model(tmp_path, monkeypatch)
    assert {"tiny", "qwen2.5-coder-1.5b-instruct"} <= set(catalogue())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('file = "tiny.json"', 'file = "../../.ssh/id"'),
        ('sha256 = "', 'sha256 = "zz'),
        ('roles = ["review"]', 'roles = ["king"]'),
        ("size = 2", "size = 0"),
        ("size = 2", 'size = "2"'),
        ("[tiny]", '["../tiny"]'),
        ("roles", "rolls"),
        ("context = 4096", ""),
        ("[tiny]", "[tiny"),
        ("sources = [", 'sources = [{kind = "torrent"},'),
    ],
)
def test_catalogue_malformed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    made = scripted_model(tmp_path, monkeypatch)
    text = made.catalogue.read_text()
    assert old in text
    made.catalogue.write_text(
        text.replace(old, new).replace("[tiny.chat]", "[tiny.chat]" if old != "[tiny]" else f"{new[:-1]}.chat]")
    )
    with pytest.raises(ConfigError, match="malformed"):
        catalogue()


def test_catalogue_further_file_must_be_absolute_and_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUNKGATE_CATALOGUE", "catalogue.toml")
    with pytest.raises(ConfigError, match="absolute"):
        catalogue()
    monkeypatch.setenv("HUNKGATE_CATALOGUE", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="cannot read"):
        catalogue()


def test_runtime_pin_is_the_one_of_the_extra() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert f'openvino = ["{REQUIREMENTS["openvino_genai"]}"]' in text


def test_read_shipped_file_has_only_https() -> None:
    text = (ROOT / "reviewer" / "models" / "catalogue.toml").read_text()
    assert "http://" not in text
    assert len(SHIPPED) == 9


def test_catalogue_digest_missing_without_a_hub_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scripted_model(tmp_path, monkeypatch)
    made.catalogue.write_text(re.sub('sha256 = ".*"', 'sha256 = ""', made.catalogue.read_text()))
    with pytest.raises(ConfigError, match="needs a digest"):
        catalogue()
