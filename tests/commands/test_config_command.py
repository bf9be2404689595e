from __future__ import annotations

import json
from pathlib import Path

from conftest import Repo, hunkgate

from reviewer import config
from reviewer.config.table import TEAM, USER


def test_show_names_the_source_of_every_value(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n[attest]\nrepository = "x"\n')
    repo.commit()
    done = repo.hunkgate("config", "show")
    assert done.returncode == 0
    lines = done.stdout.split("\n")
    for setting in (*TEAM, *USER):
        assert sum(line.startswith(f"{setting.key} = ") and "  # " in line for line in lines) == 1
    shown = {line.partition(" = ")[0]: line.rpartition("# ")[2] for line in lines if " = " in line}
    assert shown["mode"] == shown["attest.repository"] == ".hunkgate.toml at HEAD"
    assert shown["budget"] == "default"


def test_show_says_what_waits(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit()
    repo.write(".hunkgate.toml", 'mode = "advise"\n')
    done = repo.hunkgate("config", "show")
    assert 'mode = "block"' in done.stdout
    assert "apply after they are committed" in done.stderr


def test_show_as_json(repo: Repo, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('threads = 3\n[tools]\nruff = "/opt/ruff"\n')
    repo.write(".hunkgate.toml", 'budget = "500ms"\n')
    done = repo.hunkgate("config", "show", "--format", "json", env={"HUNKGATE_CONFIG": str(path), "HUNKGATE_STORE": "/models"})
    shown = json.loads(done.stdout)
    assert shown["team"]["budget"] == {"value": "500ms", "source": ".hunkgate.toml (work tree)"}
    assert shown["team"]["block.kinds"] == {"value": ["security", "bug", "secret"], "source": "default"}
    assert shown["machine"]["threads"] == {"value": 3, "source": str(path)}
    assert shown["machine"]["tools"]["value"] == {"ruff": "/opt/ruff"}
    assert shown["machine"]["store"] == {"value": "/models", "source": "HUNKGATE_STORE (environment)"}
    assert len(shown["policy_digest"]) == 64


def test_schema_needs_no_repository(tmp_path: Path) -> None:
    done = hunkgate("config", "schema", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, config.json_schema())


def test_malformed_settings_end_with_2_and_name_the_line(repo: Repo) -> None:
    repo.write(".hunkgate.toml", '\n[block]\nconfidense = "high"\n')
    done = repo.hunkgate("config", "show")
    assert done.returncode == 2
    assert ".hunkgate.toml:3" in done.stderr
    assert "block.confidence" in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_a_repository(tmp_path: Path) -> None:
    done = hunkgate("config", "show", cwd=tmp_path)
    assert done.returncode == 3
    assert "not in a git repository" in done.stderr


def test_no_word_is_a_usage_error(tmp_path: Path) -> None:
    assert hunkgate("config", cwd=tmp_path).returncode == 2
