from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reviewer import config
from reviewer.config.documents import Source, parse
from reviewer.config.table import TEAM, USER
from reviewer.errors import ConfigError

SCHEMA: dict[str, Any] = json.loads(config.json_schema())


def test_the_published_schema_is_what_the_table_says() -> None:
    published = resources.files("reviewer.schemas").joinpath("config.schema.json").read_text(encoding="utf-8")
    assert published == config.json_schema()


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(SCHEMA["$defs"]["user"])


def test_the_starting_file_is_valid_and_blocks_on_high_confidence() -> None:
    text = config.starting_file("0f" * 16)
    jsonschema.validate(parse(text.encode(), Source("x")), SCHEMA, jsonschema.Draft202012Validator)
    policy = config.load_policy_text(text.encode(), "x")
    assert (policy.mode.value, policy.block_confidence.value, policy.repository) == ("block", "high", "0f" * 16)


def test_the_starting_file_silences_nothing() -> None:
    """The words of the suppression comment in it would be reported as a suppression that the change adds."""
    assert "ignore[" not in config.starting_file("id")


def test_every_commented_line_of_the_starting_file_is_the_default() -> None:
    text = config.starting_file("id")
    lines = [line[2:] if line.startswith("# ") and " = " in line and line[2].islower() else line for line in text.split("\n")]
    policy = config.load_policy_text("\n".join(lines).encode(), "x")
    assert policy == config.load_policy_text(text.encode(), "x")
    for key in config.policy_values(policy):
        assert any(line.startswith(f"{key.rpartition('.')[2]} = ") for line in lines)


@pytest.mark.parametrize(
    "text",
    [
        'mode = "x"', "unknown = 1", 'budget = "1h"', "budget = -1", "reviewers = []", 'store = "/x"', "block = 1",
        "[block]\nx = 1", "max_file_bytes = 1.5", "[attest]\nenabled = 1", '[attest]\nrepository = "a b"', "mode = 1",
    ],
)  # fmt: skip
def test_schema_and_reader_refuse_the_same(text: str) -> None:
    with pytest.raises(ConfigError):
        config.load_policy_text(text.encode(), "x")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(parse(text.encode(), Source("x")), SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("text", ['budget = "10s"', "budget = 0.5", 'max_file_bytes = "1.5 KiB"', "max_file_bytes = 0"])
def test_schema_and_reader_accept_the_same(text: str) -> None:
    config.load_policy_text(text.encode(), "x")
    jsonschema.validate(parse(text.encode(), Source("x")), SCHEMA, jsonschema.Draft202012Validator)


def test_the_documentation_names_every_setting_and_its_default() -> None:
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| `([^`]+)` \|", text, re.MULTILINE))
    assert rows == {setting.key: setting.kind.write(setting.default) for setting in (*TEAM, *USER)}


def test_the_examples_of_the_documentation_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    team, user = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert config.load_policy_text(team.encode(), "x").disabled_rules
    (tmp_path / "config.toml").write_text(user)
    monkeypatch.setenv("HUNKGATE_CONFIG", str(tmp_path / "config.toml"))
    assert config.load_machine().tools
