"""`hunkgate explain`: a finding of the last review, with its code and its rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Repo
from scripted_model import scripted_model

CODE = "import yaml\n\n\ndef load(stream):\n    return yaml.load(stream)\n"
SECRET = "s3lf-Made-9471-quiet"


def reviewed(repo: Repo, path: str, code: str) -> list[dict[str, object]]:
    repo.stage(path, code)
    done = repo.hunkgate("review", "--reviewers", "rules,secrets,analyzers", "--format", "json")
    found: list[dict[str, object]] = json.loads(done.stdout)["findings"]
    return found


def one(repo: Repo, path: str = "a.py", code: str = CODE, rule: str = "python-yaml-load") -> str:
    return str(next(found["fingerprint"] for found in reviewed(repo, path, code) if found["rule"] == rule))


def test_a_finding_with_code_rule_and_commands(repo: Repo) -> None:
    name = one(repo)
    done = repo.hunkgate("explain", name[:8])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"a.py:5  python-yaml-load  {name[:12]}  (by rules")
    assert ">     5      return yaml.load(stream)\n" in done.stdout
    assert repo.hunkgate("rules", "explain", "python-yaml-load").stdout.strip() in done.stdout
    assert f"hunkgate fix --finding {name[:12]} --apply" in done.stdout
    assert f"hunkgate dismiss {name[:12]} --why" in done.stdout


def test_the_commands_that_it_names_work(repo: Repo) -> None:
    document = json.loads(repo.hunkgate("explain", one(repo), "--format", "json").stdout)
    fix = next(row["command"] for row in document["commands"] if row["command"].startswith("hunkgate fix"))
    assert repo.hunkgate(*fix.split()[1:]).returncode == 0
    assert "safe_load" in repo.git("show", ":a.py")


def test_json_and_a_line_that_moved(repo: Repo) -> None:
    name = one(repo)
    repo.stage("a.py", "# new first line\n" + CODE)
    document = json.loads(repo.hunkgate("explain", name, "--format", "json").stdout)
    assert (document["finding"]["fingerprint"], document["finding"]["line"]) == (name, 5)
    assert (document["staged"]["line"], document["staged"]["first"]) == (6, 1)
    assert document["rule"]["id"] == "python-yaml-load"
    assert document["model"] is None


def test_a_line_that_is_gone(repo: Repo) -> None:
    name = one(repo)
    repo.stage("a.py", "x = 1\n")
    done = repo.hunkgate("explain", name)
    assert done.returncode == 0
    assert "(this line is not staged any more)" in done.stdout
    assert "yaml.load(stream)" in done.stdout


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_shown(repo: Repo, form: str) -> None:
    code = f'import yaml\n\npassword = "{SECRET}"\n\n\ndef load(stream):\n    return yaml.load(stream)\n'
    names = [str(found["fingerprint"]) for found in reviewed(repo, "a.py", code)]
    assert len(names) >= 2
    for name in names:
        done = repo.hunkgate("explain", name, "--format", form)
        assert done.returncode == 0, done.stderr
        assert SECRET not in done.stdout


def test_finding_without_a_rule_file_has_no_rule_text(repo: Repo) -> None:
    found = reviewed(repo, "a.py", f'password = "{SECRET}"\n')
    done = repo.hunkgate("explain", str(found[0]["fingerprint"]))
    assert done.returncode == 0
    assert "The rule:" not in done.stdout
    assert ">     1  password = " in done.stdout


@pytest.mark.parametrize(("name", "said"), [("12", "8 or more of its digits"), ("0123456789ab", "there is no finding")])
def test_unknown_findings(repo: Repo, name: str, said: str) -> None:
    one(repo)
    done = repo.hunkgate("explain", name)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Choose one of:" in done.stderr


def test_without_a_review(repo: Repo) -> None:
    done = repo.hunkgate("explain", "0123456789ab")
    assert done.returncode == 2
    assert "hunkgate review" in done.stderr


def test_words_of_the_model_are_marked_and_short(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "The stream can name any class. " * 30
    script = {"rules": [{"contains": "return yaml.load(stream)", "write": {"text": text}}]}
    scripted_model(tmp_path / "model", monkeypatch, script).install()
    settings = tmp_path / "hunkgate.toml"
    settings.write_text('model = "tiny"\nengine = "off"\n', encoding="utf-8")
    monkeypatch.setenv("HUNKGATE_CONFIG", str(settings))
    name = one(repo)
    done = repo.hunkgate("explain", name, "--model")
    assert done.returncode == 0, done.stderr
    assert "In the words of tiny, which may be wrong:\n\nThe stream can name any class." in done.stdout
    said = json.loads(repo.hunkgate("explain", name, "--model", "--format", "json").stdout)["model"]
    assert len(said["text"].split()) == 121
    assert said["text"].endswith("...")


def test_without_a_model_it_says_so(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "hunkgate.toml"
    settings.write_text('model = ""\n', encoding="utf-8")
    monkeypatch.setenv("HUNKGATE_CONFIG", str(settings))
    done = repo.hunkgate("explain", one(repo), "--model")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no model is chosen" in done.stderr
