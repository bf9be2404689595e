"""With default settings a whole review, children and the warm engine included, opens no socket but the engine's own.

Shown twice: a seccomp filter kills whoever asks for another kind of socket (so a review that is whole asked for none), and where
strace is installed the kernel's own record of every network call is read.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import no_network
import pytest
from conftest import Repo
from model_service import defect, in_service, suspicious
from real_model import MACHINE as REAL
from real_model import real_model
from scripted_model import NAME

LAUNCHER = [sys.executable, str(Path(no_network.__file__))]

linux = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() not in no_network.NUMBERS, reason="seccomp is Linux's own"
)

FILES = {
    "app.py": "import hashlib\n\n\ndef digest(data):\n    return hashlib.md5(data).hexdigest()\n",
    "db.py": "def find(db, request):\n    return db.execute('select ' + request.args['name'])\n",
    "main.go": 'package main\n\nfunc main() { println("x") }\n',
    "run.sh": "#!/bin/sh\nrm -rf $1\n",
    "Dockerfile": "FROM debian\nRUN apt-get update\n",
    "web.js": "document.body.innerHTML = location.hash;\n",
    "schema.sql": "DROP TABLE users;\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ github.head_ref }}\n",
}


@pytest.fixture
def reviewed(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    """A change in many languages, and a model in service behind the warm engine, which soon ends. All else are the defaults."""
    in_service(tmp_path / "m", monkeypatch, *suspicious("db.execute", defect(1, "race", "def find")))
    file = tmp_path / "config.toml"
    file.write_text(f'model = "{NAME}"\nengine_idle = "2s"\nforced_roles = ["screen", "review", "triage"]\n')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    for name, text in FILES.items():
        repo.stage(name, text)
    yield repo
    repo.hunkgate("engine", "stop")


def run(repo: Repo, *command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*command], cwd=repo.path, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=240)


def whole(report: bytes) -> None:
    """The report is of a review in which everybody took part, the model too."""
    made: dict[str, Any] = json.loads(report)
    states = {(entry["reviewer"], entry["state"]) for entry in made["coverage"]}
    assert ("models", "reviewed") in states
    assert {("rules", "reviewed"), ("secrets", "reviewed"), ("analyzers/ruff", "reviewed")} <= states
    assert not [entry for entry in made["coverage"] if entry["state"] in ("failed", "deferred")]
    assert any(finding["reviewer"] == f"models/{NAME}" for finding in made["findings"])
    assert not [note for note in made["notes"] if "engine" in note], "the warm engine was not used"


OPENS = "import socket; socket.socket()"
OPENS_6 = "import socket; socket.socket(socket.AF_INET6)"
CHILD_OPENS = f"import subprocess as s, sys; sys.exit(-s.run([sys.executable, '-c', {OPENS!r}]).returncode)"


@linux
@pytest.mark.parametrize("code", [OPENS, OPENS_6, CHILD_OPENS])
def test_the_filter_kills_who_opens_a_socket(repo: Repo, code: str) -> None:
    done = run(repo, *LAUNCHER, sys.executable, "-c", code)
    assert done.returncode in (-signal.SIGSYS, signal.SIGSYS)
    assert run(repo, *LAUNCHER, sys.executable, "-c", "import socket; socket.socket(socket.AF_UNIX)").returncode == 0


@linux
def test_a_whole_review_needs_no_network(reviewed: Repo) -> None:
    done = run(reviewed, *LAUNCHER, "hunkgate", "review", "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    whole(done.stdout)


@linux
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_whole_review_opens_no_socket_but_the_engines(reviewed: Repo, tmp_path: Path) -> None:
    record = tmp_path / "calls"
    trace = ["strace", "-f", "-qq", "-e", "trace=network,io_uring_setup", "-s", "300", "-o", str(record)]
    done = run(reviewed, *trace, "hunkgate", "review", "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    whole(done.stdout)
    calls = record.read_text()
    assert "io_uring_setup" not in calls
    families = set(re.findall(r"\bsocket(?:pair)?\((\w+)", calls))
    assert families == {"AF_UNIX"}
    places = set(re.findall(r'\b(?:connect|bind)\([^{]*\{sa_family=AF_UNIX, sun_path=(@?"[^"]*")', calls))
    assert all(place.startswith('"') and ".sock" in place for place in places), places
    assert len({Path(place).name for place in places}) == 1, places
    assert not re.search(r"\b(?:sendto|sendmsg)\([^)]*sa_family=AF_INET", calls)


@linux
@pytest.mark.model
def test_a_review_with_a_real_model_needs_no_network(reviewed: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_model("openvino_genai")
    file = tmp_path / "real.toml"
    settings = {"store": REAL.store, "model": REAL.model, "model_python": REAL.model_python, "engine_idle": "2s"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    file.write_text("\n".join([*lines, 'forced_roles = ["screen", "review"]', ""]))
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    monkeypatch.delenv("HUNKGATE_CATALOGUE")
    monkeypatch.delenv("HUNKGATE_STORE")
    done = run(reviewed, *LAUNCHER, "hunkgate", "review", "--budget", "200s", "--format", "json")
    made: dict[str, Any] = json.loads(done.stdout)
    # Whatever the model makes of it, it loaded, and it answered.
    assert any("was loaded in" in note for note in made["notes"])
    assert not [entry for entry in made["coverage"] if "signal" in entry["reason"]]
