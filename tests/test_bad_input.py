"""Bad input: a message that says what to do, no traceback, and nothing of the user's changed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Repo, hunkgate

CODE = "import os\n\n\ndef f(x):\n    return eval(x)\n"


def fingerprint(repo: Repo) -> dict[str, str]:
    """Digest of the index and of every file of the work tree."""
    files = [repo.path / ".git" / "index", *(p for p in repo.path.rglob("*") if ".git" not in p.parts and p.is_file())]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.exists()}


@pytest.fixture
def ready(repo: Repo) -> Repo:
    repo.stage("a.py", "x = 1\n")
    repo.commit()
    repo.stage("a.py", CODE)
    repo.write("a.py", CODE + "# not staged\n")
    return repo


def check(done: subprocess.CompletedProcess[str], code: int, *says: str) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for words in says:
        assert words in done.stdout + done.stderr


def test_not_a_repository(tmp_path: Path) -> None:
    check(hunkgate("review", cwd=tmp_path), 3, "not in a git repository", "git init")


def test_bare_repository(make_repo) -> None:
    check(make_repo("bare", "--bare").hunkgate("review"), 3, "bare repository", "--commit")


def test_corrupt_index(ready: Repo) -> None:
    index = ready.path / ".git" / "index"
    index.write_bytes(index.read_bytes()[:40])
    before = fingerprint(ready)
    check(ready.hunkgate("review"), 3, "cannot read the index", "git reset")
    assert fingerprint(ready) == before


def test_broken_configuration(ready: Repo) -> None:
    ready.write(".hunkgate.toml", "mode = \n")
    check(ready.hunkgate("review"), 2, ".hunkgate.toml", "1")


def test_configuration_is_a_folder(ready: Repo, tmp_path: Path) -> None:
    check(ready.hunkgate("review", env={"HUNKGATE_CONFIG": str(tmp_path)}), 2, str(tmp_path))


def test_unknown_key(ready: Repo) -> None:
    ready.write(".hunkgate.toml", 'mod = "block"\n')
    check(ready.hunkgate("review"), 2, "mod", "mode")


def test_unknown_rule_in_a_suppression(ready: Repo) -> None:
    ready.stage("a.py", CODE.replace("eval(x)", "eval(x)  # hunkgate: ignore[python-nonsense] because"))
    report = json.loads(ready.hunkgate("review", "--format", "json").stdout)
    assert "suppression-unknown-rule" in {f["rule"] for f in report["findings"]}


@pytest.mark.parametrize(("tool", "reviewer", "others"), [
    ("ast-grep", "rules", {"secrets", "analyzers/ruff"}), ("ruff", "analyzers/ruff", {"secrets", "rules"})])  # fmt: skip
@pytest.mark.parametrize("how", ["missing", "crashes"])
def test_a_missing_or_broken_tool_is_failed_coverage(
    ready: Repo, tmp_path: Path, tool: str, reviewer: str, others: set[str], how: str
) -> None:
    program = tmp_path / "broken"
    if how == "crashes":
        program.write_text("#!/bin/sh\necho it broke >&2\nkill -SEGV $$\n")
        program.chmod(0o755)
    config = tmp_path / "user.toml"
    config.write_text(f'[tools]\n"{tool}" = "{program}"\n')
    done = ready.hunkgate("review", "--format", "json", env={"HUNKGATE_CONFIG": str(config)})
    check(done, 0)
    report = json.loads(done.stdout)
    states = {entry["reviewer"]: (entry["state"], entry["reason"]) for entry in report["coverage"]}
    assert states[reviewer][0] == "failed"
    assert states[reviewer][1]
    assert {states[name][0] for name in others} == {"reviewed"}
    assert report["result"] == "incomplete"


def test_on_error_block_ends_with_3(ready: Repo, tmp_path: Path) -> None:
    config = tmp_path / "user.toml"
    config.write_text(f'[tools]\nruff = "{tmp_path}/none"\n')
    ready.write(".hunkgate.toml", 'on_error = "block"\n')
    check(ready.hunkgate("review", env={"HUNKGATE_CONFIG": str(config)}), 3, "FAILED", "INCOMPLETE")


def test_a_100_000_line_diff(ready: Repo) -> None:
    ready.stage("big.py", "".join(f"value_{n} = {n}\n" for n in range(100_000)))
    before = fingerprint(ready)
    done = ready.hunkgate("review", "--format", "json")
    check(done, 0)
    report = json.loads(done.stdout)
    states = {e["reviewer"]: e["state"] for e in report["coverage"] if e["path"] == "big.py"}
    assert states["secrets"] == "reviewed"
    assert fingerprint(ready) == before


def test_a_50_mb_file(ready: Repo) -> None:
    ready.stage("big.txt", os.urandom(1024).hex() * 25_600)
    ready.stage("lines.py", "x = 1  # padding\n" * 3_000_000)
    before = fingerprint(ready)
    done = ready.hunkgate("review", "--format", "json")
    check(done, 0)
    reasons = {e["path"]: e["reason"] for e in json.loads(done.stdout)["coverage"] if e["path"] != "a.py"}
    assert "longer than" in reasons["big.txt"]
    assert "larger than" in reasons["lines.py"]
    assert fingerprint(ready) == before


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk takes root")
def test_full_disk(ready: Repo, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount")
    try:
        ready.stage("b.py", "x = 1\n" * 50_000)
        before = fingerprint(ready)
        check(ready.hunkgate("review", env={"TMPDIR": str(small)}), 3, "No space left", "TMPDIR")
        target = small / "report.json"
        target.write_text("old")
        with contextlib.suppress(OSError), (small / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"x" * 512):
                pass
        check(ready.hunkgate("review", "--format", "json", "--output", str(target)), 3, "cannot write")
        assert target.read_text() == "old"
        assert fingerprint(ready) == before
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_hook_killed_with_sigint(ready: Repo, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    started = tmp_path / "started"
    slow.write_text(f"#!/bin/sh\ntouch '{started}'\nexec sleep 60\n")
    slow.chmod(0o755)
    config = tmp_path / "user.toml"
    config.write_text(f'[tools]\nruff = "{slow}"\n')
    before = fingerprint(ready)
    private = tmp_path / "tmp"
    private.mkdir()
    env = {**os.environ, "HUNKGATE_CONFIG": str(config), "TMPDIR": str(private)}
    hook = subprocess.Popen(
        ["hunkgate", "hook", "pre-commit"],
        cwd=ready.path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(hook.pid, signal.SIGINT)
    _, err = hook.communicate(timeout=60)
    assert hook.returncode == 130
    assert b"interrupted" in err
    assert b"Traceback" not in err
    assert list(private.iterdir()) == []
    assert fingerprint(ready) == before


def test_unknown_things_on_the_command_line(ready: Repo) -> None:
    check(ready.hunkgate("nonsense"), 2, "nonsense", "review")
    check(ready.hunkgate("review", "--reviewers", "rules,nobody"), 2, "nobody", "secrets")
    check(ready.hunkgate("review", "--budget", "soon"), 2, "soon")
    check(ready.hunkgate("review", "--commit", "nope"), 2, "nope")
    check(ready.hunkgate("review", "--range", "HEAD"), 2, "A..B")
    check(ready.hunkgate("review", "--patch", "missing.diff"), 2, "missing.diff")
    check(ready.hunkgate("hook", "nope"), 2, "nope")


def test_output_goes_to_the_file(ready: Repo, tmp_path: Path) -> None:
    target = tmp_path / "out.sarif"
    done = ready.hunkgate("review", "--format", "sarif", "--output", str(target))
    check(done, 0, str(target))
    assert json.loads(target.read_text())["version"] == "2.1.0"


def test_closed_output_is_no_traceback(ready: Repo) -> None:
    done = subprocess.run(
        "hunkgate review --format json | head -c 1", shell=True, cwd=ready.path, capture_output=True, check=False
    )
    assert b"Traceback" not in done.stderr
    assert done.stdout == b"{"
