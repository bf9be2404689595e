"""`hunkgate review --text` and `--focus`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Repo, hunkgate

CODE = 'import os\n\n\ndef f(request):\n    os.system("ls " + request.args["x"])\n    password = "s3lf-Made-9471"\n'


def findings(folder: Path, *args: str, text: str = "", code: int = 0) -> list[dict[str, Any]]:
    told = ("--reviewers", "rules,secrets,analyzers", "--format", "json")
    done = hunkgate("review", *args, *told, cwd=folder, stdin=text.encode())
    assert done.returncode == code, done.stderr
    made: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return made


def test_code_from_standard_input_without_a_repository(tmp_path: Path) -> None:
    found = findings(tmp_path, "--text", "-", "--language", "python", text=CODE)
    assert {(one["path"], one["kind"]) for one in found} == {("snippet.py", "security"), ("snippet.py", "secret")}
    assert next(one for one in found if one["kind"] == "security")["start_line"] == 5


def test_code_on_the_command_line(tmp_path: Path) -> None:
    found = findings(tmp_path, "--text", "import yaml\nyaml.load(open('x'))\n", "--language", "py")
    assert ("security", 2) in {(one["kind"], one["start_line"]) for one in found}


@pytest.mark.parametrize(("focus", "kinds"), [("security", {"security", "secret"}), ("bugs", {"bug"}), ("style", set[str]())])
def test_focus_leaves_out_other_kinds_and_says_so(tmp_path: Path, focus: str, kinds: set[str]) -> None:
    text = CODE + "    if x == None or x is 'a':\n        pass\n"
    every = findings(tmp_path, "--text", "-", "--language", "python", text=text)
    found = findings(tmp_path, "--text", "-", "--language", "python", "--focus", focus, text=text)
    assert {one["kind"] for one in found} == kinds
    args = ("review", "--text", "-", "--language", "python", "--focus", focus, "--reviewers", "rules,secrets,analyzers")
    done = hunkgate(*args, cwd=tmp_path, stdin=text.encode())
    left = len(every) - len(found)
    assert f"only {focus} was asked for; {left} other finding" in " ".join(done.stdout.split())


def test_what_is_left_out_does_not_block(repo: Repo) -> None:
    repo.stage(".hunkgate.toml", 'mode = "block"\n')
    repo.commit("policy")
    args = ("--text", CODE, "--language", "python")
    findings(repo.path, *args, code=1)
    findings(repo.path, *args, "--focus", "style", code=0)


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("--text", "x = 1"), "nothing tells the language"),
        (("--text", " ", "--language", "python"), "there is no code"),
        (("--language", "python"), "--language is only for --text"),
        (("--text", "x", "--staged"), "not allowed with"),
    ],
)
def test_bad_requests(tmp_path: Path, args: tuple[str, ...], what: str) -> None:
    done = hunkgate("review", *args, cwd=tmp_path)
    assert done.returncode == 2
    assert what in done.stderr
    assert "Traceback" not in done.stderr
