"""Values of secrets leave the gate nowhere: planted ones are looked for in output, in files, and in what programs are given."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Repo

from reviewer import cli
from reviewer.review import by_change
from reviewer.review._secret_examples import expand

PASSWORD = expand("<base62:6>!<base62:7>")
DEFAULT = expand("<base62:7>%<base62:6>")
SHARED = expand("<base62:9>!<base62:5>")
TOKEN = expand("<github:ghp_>")
KEY = [expand(f"<base64:64>{line}")[:64] for line in range(4)]
PLANTED = [PASSWORD, DEFAULT, SHARED, TOKEN[4:], *KEY]

CODE = f'''import os, requests
password = "{PASSWORD}"
def login(user, passwd="{DEFAULT}"):
    url = "postgres://app:{SHARED}@db.acme.io/app"; token = "{TOKEN}"
    requests.get(url, auth=("app", "{PASSWORD}"), verify=False)
    os.system("psql " + input("{SHARED}"))
    print(password, "{TOKEN}")  # noqa: S101 {PASSWORD}
KEY = """-----BEGIN RSA PRIVATE KEY-----
{KEY[0]}
{KEY[1]}
{KEY[2]}
{KEY[3]}
-----END RSA PRIVATE KEY-----"""
eval(input())
'''

SETTINGS = f"""services:
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD: {PASSWORD}
      - name: API_TOKEN
        value: "{TOKEN}"
"""


def _leaks(text: str) -> list[str]:
    """Which planted values stand in a text, or a good part of one."""
    flat = re.sub(r"\s", "", text)
    return [value for value in PLANTED if value in flat or value[6:14] in flat]


@pytest.fixture
def planted(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with secrets staged; temporary files have a folder of their own."""
    repo.stage("first.txt", "1\n")
    repo.commit("first")
    repo.stage("app.py", CODE)
    repo.stage("compose.yml", SETTINGS)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    return repo


def _written(repo: Repo) -> list[Path]:
    """Every file that could hold something of the gate's: temporary ones, and those in the git folder that are not git's."""
    temporary = [path for path in Path(os.environ["TMPDIR"]).rglob("*") if path.is_file()]
    home = [path for path in Path(os.environ["HOME"]).rglob("*") if path.is_file()]
    gits = [path for path in (repo.path / ".git").rglob("*") if path.is_file() and "objects" not in path.parts]
    return [*temporary, *home, *gits]


@pytest.mark.parametrize("words", [["terminal"], ["terminal", "--quiet"], ["json"], ["sarif"]], ids=" ".join)
def test_no_report_shows_a_secret(planted: Repo, words: list[str]):
    done = planted.hunkgate("review", "--staged", "--format", *words)
    assert done.returncode in (0, 1), done.stderr
    assert _leaks(done.stdout + done.stderr) == []
    if "--quiet" not in words:
        assert "secret-private-key" in done.stdout
        assert "secret-github-token" in done.stdout


def test_no_report_shows_a_secret_of_a_blocked_change(planted: Repo):
    planted.write("report.json", "")
    done = planted.hunkgate("review", "--staged", "--format", "json", "--output", "report.json")
    assert _leaks((planted.path / "report.json").read_text() + done.stdout + done.stderr) == []


def test_nothing_that_is_written_holds_a_secret(planted: Repo):
    assert planted.hunkgate("init").returncode == 0
    done = subprocess.run(["git", "commit", "-m", "subject"], cwd=planted.path, capture_output=True, check=False, timeout=240)
    assert _leaks((done.stdout + done.stderr).decode()) == []
    found = {str(path): leaks for path in _written(planted) if (leaks := _leaks(path.read_bytes().decode("latin-1")))}
    assert found == {}
    assert list(Path(os.environ["TMPDIR"]).iterdir()) == []
    assert _leaks(planted.git("log", "-1", "--format=%B%N")) == []


class _Recorded(subprocess.Popen):  # type: ignore[type-arg]
    """Keeps what every program is given: its arguments, its environment."""

    given: tuple[str, ...] = ()

    def __init__(self, args: Any, *rest: Any, **named: Any) -> None:
        words = [os.fsdecode(word) for word in ([args] if isinstance(args, (str, bytes)) else args)]
        _Recorded.given += (*words, *(f"{key}={value}" for key, value in (named.get("env") or {}).items()))
        super().__init__(args, *rest, **named)


def test_no_program_is_given_a_secret(planted: Repo, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    monkeypatch.chdir(planted.path)
    monkeypatch.setattr(subprocess, "Popen", _Recorded)
    monkeypatch.setattr(_Recorded, "given", ())
    assert cli.main(["review", "--staged", "--format", "json"]) in (0, 1)
    assert any("ast-grep" in word for word in _Recorded.given), "the analyzers and rules took part"
    assert _leaks("\n".join(_Recorded.given)) == []
    assert _leaks("".join(capfd.readouterr())) == []


@pytest.mark.parametrize("kind", ["terminal", "json", "sarif"])
def test_no_crash_tells_a_secret(planted: Repo, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str):
    def crash(job: object) -> None:
        raise ValueError(f"cannot parse {CODE}")

    monkeypatch.chdir(planted.path)
    monkeypatch.setattr(by_change, "review", crash)
    assert cli.main(["review", "--staged", "--format", kind]) in (0, 1)
    said = "".join(capfd.readouterr())
    assert "ValueError" in said
    assert _leaks(said) == []
