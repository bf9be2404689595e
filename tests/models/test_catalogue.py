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
from reviewer.records import Machine

ROOT = Path(__file__).resolve().parents[2]


def test_catalogue_has_the_default_model() -> None:
    model = entry(Machine().model)
    assert model.size == 1_117_320_768
    assert model.sha256.startswith("cc324af070c2")
    assert [type(source) for source in model.sources] == [Hub, Parts]


@pytest.mark.parametrize("name", ["qwen2.5-coder-1.5b-instruct", "qwen2.5-coder-0.5b-instruct", "deepseek-coder-6.7b-instruct"])
def test_catalogue_entries_are_complete(name: str) -> None:
    model = entry(name)
    assert model.backends
    assert set(model.backends) <= set(registry.members("reviewer.backends")) & set(MODULES)
    assert model.chat.end
    for source in model.sources:
        assert isinstance(source, Parts) or source.url.startswith("https://")
        assert isinstance(source, Hub) or re.fullmatch(source.member, "any_package/data/part07.bin")


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
    assert len(read(ROOT / "reviewer" / "models" / "catalogue.toml")) == 3
