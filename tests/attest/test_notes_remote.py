"""Notes to and from remotes, by real git between real repositories."""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from attested_history import head_tree
from conftest import Repo

from reviewer.attest import notes_remote, notes_store
from reviewer.attest.notes import REF, tracking_ref
from reviewer.errors import AttestError, GitError, HunkgateError, UsageError
from reviewer.git import Git

TRACKING = tracking_ref("origin")


def clone(of: Path, to: Path, *words: str) -> Repo:
    subprocess.run(["git", "clone", "-q", *words, f"file://{of}", str(to)], check=True, capture_output=True)
    return Repo(to)


@pytest.fixture(params=["sha1", "sha256"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Repo, Repo, Repo]:
    """A bare remote, and two clones of it."""
    words = ["git", "init", "-q", "--bare", "-b", "main", f"--object-format={request.param}", str(tmp_path / "remote.git")]
    subprocess.run(words, check=True)
    # Git before 2.42 makes a SHA-1 repository of an empty clone.
    subprocess.run(["git", "init", "-q", f"--object-format={request.param}", str(tmp_path / "one")], check=True)
    one = Repo(tmp_path / "one")
    one.git("remote", "add", "origin", f"file://{tmp_path}/remote.git")
    one.git("config", "uploadpack.allowFilter", "true")
    for number in range(3):
        one.stage("a.txt", f"{number}\n")
        one.commit()
    one.git("push", "-q", "origin", "HEAD:main")
    remote = Repo(tmp_path / "remote.git")
    remote.git("config", "uploadpack.allowFilter", "true")
    return remote, one, clone(tmp_path / "remote.git", tmp_path / "two")


def append(repo: Repo, line: str, revision: str = "HEAD") -> None:
    notes_store.append(Git(repo.path), head_tree(repo, revision), line.encode())


def noted(repo: Repo, revision: str = "HEAD") -> list[str]:
    return repo.git("notes", f"--ref={REF}", "show", head_tree(repo, revision), check=False).split("\n")


def test_two_people_push_and_fetch(pair: tuple[Repo, Repo, Repo]) -> None:
    remote, one, two = pair
    append(one, "one")
    append(two, "two")
    append(two, "elsewhere", "HEAD~1")
    assert "pushed refs/notes/review-attestations to origin" in one.hunkgate("notes", "push").stdout
    pushed = notes_remote.push(Git(two.path), "origin")
    assert (pushed.changed, pushed.about) == (True, 1)
    assert noted(remote, "main") == noted(two) == ["one", "two"]
    fetched = notes_remote.fetch(Git(one.path), "origin")
    assert (fetched.found, fetched.about) == (True, 2)
    assert noted(one, "HEAD~1") == ["elsewhere"]
    assert "origin has all notes already" in one.hunkgate("notes", "push").stdout
    assert notes_remote.fetch(Git(one.path), "origin").about == 0


def test_no_setting_is_changed_and_a_plain_push_pushes_what_it_did(pair: tuple[Repo, Repo, Repo]) -> None:
    remote, one, _ = pair
    before = one.git("config", "--local", "--list")
    append(one, "one")
    one.git("config", "push.default", "current")
    one.stage("b", "b\n")
    one.commit()
    one.git("push", "-q", "origin")
    assert REF not in remote.git("for-each-ref", "--format=%(refname)").split()
    notes_remote.push(Git(one.path), "origin")
    assert one.git("config", "--local", "--list") == f"{before}\npush.default=current"
    assert one.git("for-each-ref", "--format=%(refname)", "refs/notes").split() == [TRACKING, REF]


def test_a_push_that_is_overtaken_starts_again(pair: tuple[Repo, Repo, Repo], monkeypatch: pytest.MonkeyPatch) -> None:
    remote, one, two = pair
    append(one, "one")
    append(two, "two")
    fetch = notes_remote.fetch

    def overtaken(git: Git, name: str, ref: str, limit: float) -> notes_remote.Fetched:
        fetched = fetch(git, name, ref, limit)
        if noted(remote, "main") == [""]:
            one.git("push", "-q", "origin", f"{REF}:{REF}")
        return fetched

    monkeypatch.setattr(notes_remote, "fetch", overtaken)
    assert notes_remote.push(Git(two.path), "origin").changed
    assert noted(remote, "main") == ["one", "two"]


def test_a_push_that_is_always_overtaken_ends(pair: tuple[Repo, Repo, Repo], monkeypatch: pytest.MonkeyPatch) -> None:
    _, one, two = pair
    append(one, "one")
    one.git("push", "-q", "origin", f"{REF}:{REF}")
    append(two, "two")
    monkeypatch.setattr(notes_remote, "fetch", lambda *_: notes_remote.Fetched(found=True, about=0))
    with pytest.raises(AttestError, match="others keep pushing notes"):
        notes_remote.push(Git(two.path), "origin")
    assert noted(two) == ["two"]


def test_a_remote_that_refuses_is_told(pair: tuple[Repo, Repo, Repo]) -> None:
    remote, one, _ = pair
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no notes here >&2\nexit 1\n")
    hook.chmod(0o755)
    append(one, "one")
    with pytest.raises(GitError, match="no notes here"):
        notes_remote.push(Git(one.path), "origin")
    assert noted(one) == ["one"]


def test_a_remote_without_notes_or_without_any_more(pair: tuple[Repo, Repo, Repo]) -> None:
    remote, one, two = pair
    assert not notes_remote.fetch(Git(one.path), "origin").found
    assert "origin has no notes of reviews" in one.hunkgate("notes", "fetch").stdout
    append(one, "one")
    notes_remote.push(Git(one.path), "origin")
    notes_remote.fetch(Git(two.path), "origin")
    remote.git("update-ref", "-d", REF)
    assert notes_remote.push(Git(two.path), "origin").changed
    assert noted(remote, "main") == ["one"]


def test_a_remote_that_is_not_there(pair: tuple[Repo, Repo, Repo]) -> None:
    _, one, _ = pair
    append(one, "one")
    one.git("remote", "set-url", "origin", "file:///nowhere")
    for action in (notes_remote.fetch, notes_remote.push):
        with pytest.raises(GitError, match="nowhere"):
            action(Git(one.path), "origin")
    assert noted(one) == ["one"]


def test_an_address_that_runs_a_program_is_refused(pair: tuple[Repo, Repo, Repo]) -> None:
    _, one, _ = pair
    append(one, "one")
    mark = one.path.parent / "mark"
    one.git("remote", "set-url", "origin", f"ext::sh -c touch% {mark}")
    with pytest.raises(HunkgateError):
        notes_remote.fetch(Git(one.path), "origin")
    assert not mark.exists()


def test_a_forged_remote_ref_is_refused(pair: tuple[Repo, Repo, Repo]) -> None:
    """What the remote calls its notes is a file."""
    remote, one, _ = pair
    remote.git("update-ref", REF, remote.git("rev-parse", "main:a.txt"))
    append(one, "one")
    with pytest.raises(HunkgateError):
        notes_remote.fetch(Git(one.path), "origin")
    assert noted(one) == ["one"]


@pytest.mark.parametrize("words", [("--depth=1",), ("--filter=blob:none", "--no-checkout")])
def test_from_shallow_and_partial_clones(pair: tuple[Repo, Repo, Repo], tmp_path: Path, words: tuple[str, ...]) -> None:
    remote, one, _ = pair
    append(one, "one")
    notes_remote.push(Git(one.path), "origin")
    small = clone(remote.path, tmp_path / "small", *words)
    append(small, "small")
    assert notes_remote.push(Git(small.path), "origin").changed
    assert noted(remote, "main") == noted(small) == ["one", "small"]


def test_which_remote_is_meant(pair: tuple[Repo, Repo, Repo], repo: Repo) -> None:
    _, one, two = pair
    git = Git(one.path)
    assert notes_remote.remote_of(git, None) == "origin"
    one.git("remote", "add", "up/stream", str(two.path))
    one.git("config", "branch.main.remote", "up/stream")
    assert notes_remote.remote_of(git, None) == "up/stream"
    assert notes_remote.remote_of(git, "origin") == "origin"
    with pytest.raises(UsageError, match="there is no remote '--upload-pack=x'"):
        notes_remote.remote_of(git, "--upload-pack=x")
    with pytest.raises(UsageError, match="no remote is meant"):
        notes_remote.remote_of(Git(repo.path), None)
    append(two, "two")
    assert notes_remote.fetch(git, "up/stream").about == 1
    assert noted(one) == ["two"]


def test_what_the_command_says(pair: tuple[Repo, Repo, Repo]) -> None:
    _, one, _ = pair
    done = one.hunkgate("notes", "show")
    assert (done.returncode, done.stdout.startswith("nothing is noted about HEAD (tree ")) == (1, True)
    append(one, "not an envelope")
    done = one.hunkgate("notes", "show", "--format", "json")
    assert (done.returncode, "is refused" in done.stdout) == (1, True)
    assert "dropped the notes about 0 trees, 1 are kept" in one.hunkgate("notes", "prune").stdout
    one.git("checkout", "-q", "HEAD~1")
    one.git("branch", "-f", "main", "HEAD")
    one.git("update-ref", "-d", "refs/remotes/origin/main")
    one.git("update-ref", "-d", "refs/remotes/origin/HEAD", check=False)
    one.git("reflog", "expire", "--expire=now", "--all")
    assert "would drop the notes about 1 trees, 0 are kept" in one.hunkgate("notes", "prune", "--dry-run").stdout
    for words in (("push", "nowhere"), ("show", "no-such")):
        assert one.hunkgate("notes", *words).returncode == 2


class Silent(socketserver.BaseRequestHandler):
    """Reads everything and says nothing."""

    def handle(self) -> None:
        while self.request.recv(4096):
            pass


class SilentServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@pytest.fixture
def silent() -> Iterator[int]:
    """A server that accepts everybody and never answers; its port."""
    with SilentServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def speaking_to(port: int) -> list[int]:
    """Processes that hold a connection to a port of this machine (proc(5), net/tcp; a socket's inode names it)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().split("\n")[1:-1]]
    inodes = {f"socket:[{row[9]}]" for row in rows if row[2] == f"0100007F:{port:04X}"}
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal() and any(str(fd.readlink()) in inodes for fd in (entry / "fd").iterdir()):
                found.append(int(entry.name))
    return found


@pytest.mark.parametrize("protocol", ["git", "http"])
@pytest.mark.parametrize("action", ["push", "fetch"])
def test_a_remote_that_never_answers_is_a_stated_error(repo: Repo, silent: int, protocol: str, action: str) -> None:
    repo.stage("a.txt", "1")
    repo.commit("first")
    append(repo, "one")
    repo.git("remote", "add", "origin", f"{protocol}://127.0.0.1:{silent}/x.git")
    done = repo.hunkgate("notes", action, "--timeout", "2s", env={"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
    assert done.returncode == 3
    assert "the remote did not answer within 2 s (origin)" in done.stderr
    assert "--timeout 5m" in done.stderr
    assert noted(repo) == ["one"]
    if Path("/proc/net/tcp").exists():
        gone = time.monotonic() + 30
        while speaking_to(silent) not in ([], [os.getpid()]) and time.monotonic() < gone:
            time.sleep(0.1)
        assert [one for one in speaking_to(silent) if one != os.getpid()] == []


def test_a_time_limit_has_a_form(pair: tuple[Repo, Repo, Repo]) -> None:
    done = pair[1].hunkgate("notes", "fetch", "--timeout", "soon")
    assert done.returncode == 2
    assert "--timeout" in done.stderr
