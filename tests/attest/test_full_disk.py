"""A file system without a free byte: a real one, in a mount of our own. Each command ends in a stated result."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from attested_history import attest_files, head_tree
from attesting import gate_hook, git_of
from conftest import Repo

from reviewer.attest import notes_store
from reviewer.attest.notes import REF
from reviewer.config import load_policy_text

SETTINGS = 'reviewers = ["rules"]\n[attest]\nstore = "both"\n'

MOUNTED = """
set -e
mount -t tmpfs -o size=4m,mode=0700 tmpfs "$SMALL"
cp -a "$REPO/." "$SMALL/"
cd "$SMALL"
{before}
dd if=/dev/zero of=filler bs=4k >/dev/null 2>&1 || true
dd if=/dev/zero bs=1 count=4096 >>filler 2>/dev/null || true
set +e
{command}
echo "ended with $?"
rm filler
{after}
"""


APPEND = """
import sys
from pathlib import Path
from reviewer.attest import notes_store
from reviewer.errors import HunkgateError
from reviewer.git import Git
try:
    notes_store.append(Git(Path.cwd()), sys.argv[1], b"second" * 9000)
except HunkgateError as error:
    print("stated:", error)
"""


def can_mount() -> bool:
    """Whether this user may mount in a space of one's own (Linux, and not everywhere there)."""
    words = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="no file system can be mounted here")


def on_full_disk(repo: Repo, folder: Path, command: str, *, before: str = "", after: str = "", **env: str) -> str:
    """What a command says whose repository lies on a full file system, and what is there afterwards."""
    small = folder / "small"
    small.mkdir()
    script = MOUNTED.format(before=before, command=command, after=after)
    words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    variables = {**os.environ, "SMALL": str(small), "REPO": str(repo.path), **env}
    done = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert "ended with" in said, said
    assert "Traceback" not in said
    return said


@pytest.fixture
def history(repo: Repo, key: Path) -> Repo:
    repo.stage(".hunkgate.toml", SETTINGS)
    repo.commit("settings")
    attest_files(repo, key, {"a.txt": "1\n"}, policy=load_policy_text(SETTINGS.encode(), "policy"))
    return repo


def test_the_disk_is_really_full(history: Repo, tmp_path: Path) -> None:
    said = on_full_disk(history, tmp_path, "echo x >more", after="wc -c <more")
    assert "ended with 0" not in said
    assert said.split("ended with")[1].split()[1] == "0"


def test_a_commit_is_refused_by_git_and_nothing_is_half_done(history: Repo, tmp_path: Path) -> None:
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"):
        gate_hook(history, name)
    history.stage("b.txt", "2\n")
    said = on_full_disk(
        history,
        tmp_path,
        "git commit -q -m second",
        after="git log --oneline | wc -l; git commit -q -m third && hunkgate verify HEAD",
    )
    assert "ended with 0" not in said
    assert "\n2\n" in said
    # As soon as there is room the same commit goes through, reviewed and attested.
    assert "hunkgate: attested pass" in said
    assert "EXACT pass" in said


def test_without_room_in_the_git_folder_the_commit_is_told_why_it_is_not_attested(history: Repo, tmp_path: Path) -> None:
    """Git has room, the gate's own folder has none."""
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"):
        gate_hook(history, name)
    history.stage("b.txt", "2\n")
    small = (
        "mkdir -p .git/hunkgate && mount -t tmpfs -o size=4k tmpfs .git/hunkgate && head -c 4096 /dev/zero >.git/hunkgate/filler"
    )
    said = on_full_disk(
        history, tmp_path, "true", after=f"{small}\ngit commit -q -m second; echo code $?; git log -1 --format=%B"
    )
    assert "cannot write in the git folder: No space left on device" in said


def test_notes_are_as_they_were(history: Repo, tmp_path: Path) -> None:
    notes_store.append(git_of(history), head_tree(history), b'{"first": 1}\n')
    write = f"python3 -I -c '{APPEND}' {head_tree(history)}"
    said = on_full_disk(history, tmp_path, write, after=f"git notes --ref={REF} show HEAD^{{tree}}; git fsck && echo whole")
    assert "stated:" in said
    assert "No space left" in said or "unable to write" in said
    assert '{"first": 1}' in said
    assert "second" not in said.partition("ended with")[2]
    assert "whole" in said


def test_verify_finds_room_for_a_signature_elsewhere(history: Repo, tmp_path: Path) -> None:
    said = on_full_disk(history, tmp_path, 'TMPDIR="$SMALL" hunkgate verify HEAD')
    assert "EXACT pass" in said
    assert "ended with 0" in said


def test_the_job_goes_on_without_its_memory(history: Repo, tmp_path: Path) -> None:
    command = "hunkgate ci --base HEAD~1 --head HEAD --full-share 0 --state state --format json >/dev/null"
    said = on_full_disk(history, tmp_path, command, HUNKGATE_CI_SECRET="s")
    # Nobody is trusted here, so the commit is not proven; that is all that is wrong.
    assert "ended with 0" in said


def test_reports_that_cannot_be_written_are_an_error(history: Repo, tmp_path: Path) -> None:
    said = on_full_disk(history, tmp_path, "hunkgate ci --base HEAD~1 --head HEAD --no-state --output-dir reports")
    assert "ended with 3" in said
    assert "No space left on device" in said
