"""`hunkgate generate` as a person and a program use it, with the scripted model in a process of its own."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Repo, hunkgate
from model_service import larger_in_service
from real_model import MACHINE, NAME, STORE
from scripted_model import ScriptedModel, scripted_model

PRICES = '''import csv


def read_prices(path):
    """Prices by article."""
    with open(path, newline="", encoding="utf-8") as file:
        return {row["article"]: float(row["price"]) for row in csv.DictReader(file)}
'''
BAD = "import os\n\n\ndef run(request):\n    os.system('ls ' + request.args['x'])\n"
ASKED = "a python function that reads a CSV file of prices"


def says(contains: str, code: str) -> dict[str, Any]:
    return {"contains": contains, "write": {"code": code}}


def in_place(folder: Path, monkeypatch: pytest.MonkeyPatch, *rules: dict[str, Any], **script: Any) -> ScriptedModel:
    model = scripted_model(folder / "model", monkeypatch, {"rules": list(rules), **script})
    model.install()
    settings = folder / "hunkgate.toml"
    settings.write_text('model = "tiny"\nengine = "off"\n', encoding="utf-8")
    monkeypatch.setenv("HUNKGATE_CONFIG", str(settings))
    return model


def records(repo: Repo) -> list[Path]:
    return sorted((repo.path / ".git/hunkgate/generated").glob("*.json"))


def test_code_goes_to_standard_output_and_the_rest_to_standard_error(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = in_place(tmp_path, monkeypatch, says(ASKED, PRICES))
    done = repo.hunkgate("generate", ASKED)
    assert (done.returncode, done.stdout) == (0, PRICES), done.stderr
    assert "hunkgate generate: function, medium" in done.stderr
    assert f"model: tiny {model.entry.sha256[:12]} (scripted), because the request is medium" in done.stderr
    assert "nothing found" in done.stderr


def test_json_says_who_wrote_it_and_what_was_found(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = in_place(tmp_path, monkeypatch, says("", BAD))
    done = repo.hunkgate("generate", "list a folder", "--language", "py", "--format", "json")
    found = json.loads(done.stdout)
    assert (found["model"]["name"], found["model"]["digest"]) == ("tiny", model.entry.sha256)
    assert (found["language"], found["code"], found["written"]) == ("python", BAD, False)
    assert {one["start_line"] for one in found["review"]["findings"] if one["kind"] == "security"} == {5}
    assert found["record"] == records(repo)[0].name


def test_what_blocks_ends_with_1_and_is_not_written(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", BAD))
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit("policy")
    done = repo.hunkgate("generate", "list a folder", "--file", "a.py", "--write")
    assert done.returncode == 1
    assert not (repo.path / "a.py").exists()
    assert "+    os.system(" in done.stdout
    assert "not written: a finding in it blocks" in done.stderr


def test_one_repair_with_the_finding_in_the_question(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = "import os\n\n\ndef run(folder):\n    return os.listdir(folder)\n"
    in_place(tmp_path, monkeypatch, says("It is not good enough:\nline 5:", good), says("", BAD))
    done = repo.hunkgate("generate", "list a folder", "--language", "python")
    assert (done.returncode, done.stdout) == (0, good)
    assert "written anew because of 1 finding" in done.stderr


def test_one_repair_with_the_syntax_error_in_the_question(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("does not parse: line 1", PRICES), says("", "def f(:\n"))
    done = repo.hunkgate("generate", ASKED)
    assert (done.returncode, done.stdout) == (0, PRICES)
    assert "written anew because it did not parse" in done.stderr


def test_names_that_mean_nothing_are_told_to_the_model_and_to_the_person(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = PRICES.replace("import csv\n", "")
    in_place(tmp_path, monkeypatch, says("Undefined name `csv`", PRICES), says("", nameless))
    done = repo.hunkgate("generate", ASKED)
    assert (done.stdout, "written anew because of 1 finding" in done.stderr) == (PRICES, True)
    (tmp_path / "again").mkdir()
    in_place(tmp_path / "again", monkeypatch, says("", nameless))
    found = json.loads(repo.hunkgate("generate", ASKED, "--format", "json").stdout)
    assert "Undefined name `csv`" in found["names"]
    assert "the second answer was no better" in found["written_anew"]


@pytest.mark.parametrize(
    ("language", "code"), [("python", "def f(:\n"), ("javascript", "function f( {\n"), ("rust", "fn f( {\n")]
)
def test_what_does_not_parse_is_never_shown(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, code: str
) -> None:
    in_place(tmp_path, monkeypatch, says("", code))
    done = repo.hunkgate("generate", "a function", "--language", language)
    assert (done.returncode, done.stdout, records(repo)) == (3, "", [])
    assert "what the model wrote does not parse" in done.stderr


def test_code_in_a_language_without_a_grammar_says_so(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", "print('x'\n"))
    done = repo.hunkgate("generate", "a table", "--language", "lua")
    assert (done.returncode, done.stdout) == (0, "print('x'\n")
    assert "note: it was not parsed: there is no grammar for lua" in done.stderr


def test_no_terminal_is_told_what_to_do(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", "x = '\\x1b[2J'  # \u009b2J\n"))
    done = repo.hunkgate("generate", ASKED)
    assert (done.returncode, done.stdout) == (3, "")
    assert "the control character U+009B" in done.stderr


def test_markdown_around_the_code_is_taken_off(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", f"```python\n{PRICES}```"))
    assert repo.hunkgate("generate", ASKED).stdout == PRICES


CLASS = (
    "class Shop:\r\n    def __init__(self):\r\n        self.rows = []\r\n\r\n    def close(self):\r\n        self.rows = None\r\n"
)
METHOD = "def count(self):\n    return len(self.rows)\n"


def test_insertion_keeps_every_other_byte(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says(">>> the new code goes here <<<\n    def close", METHOD + "\n\n"))
    repo.write("shop.py", CLASS.encode())
    (repo.path / "shop.py").chmod(0o640)
    done = repo.hunkgate("generate", "count the rows", "--file", "shop.py", "--insert-at", "5")
    assert (done.returncode, (repo.path / "shop.py").read_bytes()) == (0, CLASS.encode())
    assert "+    def count(self):\r\n+        return len(self.rows)\r\n" in done.stdout
    done = repo.hunkgate("generate", "count the rows", "--file", "shop.py", "--insert-at", "5", "--write")
    lines = CLASS.encode().split(b"\r\n")
    lines[4:4] = [b"    def count(self):", b"        return len(self.rows)"]
    assert (repo.path / "shop.py").read_bytes() == b"\r\n".join(lines)
    assert stat.S_IMODE((repo.path / "shop.py").stat().st_mode) == 0o640
    assert (done.stdout, "written: shop.py" in done.stderr) == ("", True)


def test_diff_goes_through_git_apply(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES))
    repo.write("shop.py", "x = 1")
    diff = repo.hunkgate("generate", ASKED, "--file", "shop.py").stdout
    done = subprocess.run(["git", "apply", "-"], cwd=repo.path, input=diff.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (repo.path / "shop.py").read_text() == "x = 1\n" + PRICES.removesuffix("\n")


def test_new_file_and_its_findings_at_their_lines(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", BAD))
    done = repo.hunkgate("generate", "list a folder", "--file", "deep/new.py", "--write", "--format", "json")
    assert (repo.path / "deep/new.py").read_text() == BAD
    found = json.loads(done.stdout)
    places = [(one["path"], one["start_line"]) for one in found["review"]["findings"] if one["kind"] == "security"]
    assert places == [("deep/new.py", 5)]


def test_context_is_shown_and_stays_below_its_ceiling(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = "def price_of_everything(article, day):"
    big = "".join(f"def filler_{number}(value):\n    return value * {number} + {number}\n\n\n" for number in range(400))
    in_place(tmp_path, monkeypatch, says(marker, PRICES))
    repo.write("models.py", f"{marker}\n    return 1\n\n\n{big}")
    repo.write("other.py", big)
    done = repo.hunkgate("generate", ASKED, "--context", "models.py", "other.py")
    assert done.stdout == PRICES, done.stderr
    assert "shown to it: models.py (the first imports and heads); other.py (the first imports and heads)" in done.stderr


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda repo: "../outside.py", "outside of the repository"),
        (lambda repo: (repo / "link.py").symlink_to("/etc/passwd") or "link.py", "symbolic link"),
        (lambda repo: (repo / "folder").symlink_to("/etc") or "folder/passwd", "symbolic link"),
        (lambda repo: ".git/config", "no file of the work tree"),
        (lambda repo: "missing.py", "there is no such file"),
        (lambda repo: os.mkfifo(repo / "pipe.py") or "pipe.py", "no plain file"),
        (lambda repo: (repo / "b.py").write_bytes(b"\0") and "b.py", "binary"),
    ],
)
def test_files_that_are_never_shown(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Any, said: str) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES))
    done = repo.hunkgate("generate", ASKED, "--context", make(repo.path))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_nothing_is_written_through_a_link(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES))
    target = tmp_path / "target.py"
    target.write_text("x = 1\n")
    (repo.path / "link.py").symlink_to(target)
    assert repo.hunkgate("generate", ASKED, "--file", "link.py", "--write").returncode == 2
    assert target.read_text() == "x = 1\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("",), "the request is empty"),
        (("x " * 3000,), "more than 4000 characters"),
        ((ASKED, "--language", "klingon"), "there is no language 'klingon'"),
        ((ASKED, "--write"), "go with --file"),
        ((ASKED, "--file", "a.py", "--insert-at", "2"), "the file has 0 lines"),
        ((ASKED, "--file", "a.unknown"), "nothing tells the language"),
        ((ASKED, "--budget", "soon"), "--budget"),
    ],
)
def test_requests_that_make_no_sense(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], said: str
) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES))
    done = repo.hunkgate("generate", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"misbehave": {"write": "late"}}, "Give more time"),
        ({"misbehave": {"write": "error"}}, "the runtime refused"),
        ({"misbehave": {"write": "crash"}}, "hunkgate: "),
    ],
)
def test_models_that_fail(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: dict[str, Any], said: str) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES), **script)
    done = repo.hunkgate("generate", ASKED, "--budget", "2s")
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_not_there(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch)
    (tmp_path / "hunkgate.toml").write_text('model = "qwen2.5-coder-1.5b-instruct"\nengine = "off"\n')
    done = repo.hunkgate("generate", ASKED)
    assert done.returncode == 3
    assert "hunkgate models pull qwen2.5-coder-1.5b-instruct" in done.stderr


def test_outside_of_a_repository_there_is_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES))
    folder = tmp_path / "plain"
    folder.mkdir()
    done = hunkgate("generate", ASKED, cwd=folder)
    assert (done.returncode, done.stdout) == (0, PRICES)
    assert "no record is kept outside of a repository" in done.stderr


def test_record_is_private_and_holds_no_code_and_no_secret(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES))
    secret = "ghp_" + "a1B2" * 9
    repo.hunkgate("generate", f"{ASKED}, the password is 's3lf-Made-9471-zz' and token = \"{secret}\"")
    (record,) = records(repo)
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700
    text = record.read_text()
    assert "read_prices" not in text
    content = json.loads(text)
    assert content["request"].startswith(ASKED)
    assert content["model"] == "tiny"


def test_the_larger_model_writes_what_is_complex(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = in_place(tmp_path, monkeypatch, says("", PRICES))
    larger_in_service(small, says("", "x = 'the larger one wrote this'\n"))
    (tmp_path / "hunkgate.toml").write_text('model = "tiny"\nlarger_model = "large"\nengine = "off"\n')
    hard = "implement a distributed job scheduler with a REST API, authentication, retries, a database and a web page"
    done = repo.hunkgate("generate", hard, "--language", "python")
    assert "function, complex" in done.stderr or ", complex (" in done.stderr
    assert done.stdout == "x = 'the larger one wrote this'\n"
    assert repo.hunkgate("generate", "add two numbers", "--language", "python").stdout == PRICES


def test_a_larger_model_that_is_not_there_is_named(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_place(tmp_path, monkeypatch, says("", PRICES))
    text = 'model = "tiny"\nlarger_model = "qwen2.5-coder-7b-instruct"\nengine = "off"\n'
    (tmp_path / "hunkgate.toml").write_text(text)
    hard = "implement a distributed job scheduler with a REST API, authentication, retries, a database and a web page"
    done = repo.hunkgate("generate", hard, "--language", "python")
    assert (done.returncode, done.stdout) == (0, PRICES)
    assert "larger_model cannot be asked" in done.stderr


@pytest.mark.model
def test_real_model_writes_code_that_parses(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "hunkgate.toml"
    python = f'model_python = "{MACHINE.model_python}"\n' if MACHINE.model_python else ""
    settings.write_text(f'model = "{NAME}"\nengine = "off"\n{python}')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(settings))
    monkeypatch.setenv("HUNKGATE_STORE", STORE)
    done = repo.hunkgate("generate", "a python function that adds two numbers", "--budget", "200s", "--format", "json")
    assert done.returncode == 0, done.stderr
    compile(json.loads(done.stdout)["code"], "code", "exec", dont_inherit=True)
