"""Every test has its own home folder and its own git configuration, and speaks to real git."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reads or writes the home folder, git's own configuration, or the variables of a hook that started the suite; no
    engine outlives its test."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "HUNKGATE_", "XDG_", "SSH_")) or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "A Developer")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "dev@example.org")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "A Developer")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "dev@example.org")
    (home / ".gitconfig").write_text('[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n')
    # The console script of the environment under test comes first, as it does for a user.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"])
    yield
    _stop_engine()


def _stop_engine() -> None:
    """An engine that a hook started is as old as its test."""
    from reviewer.engine import control, place

    engine = place.find()
    if engine.lock.exists():
        control.stop(engine)


class Repo:
    """A real repository in a temporary folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *args: str | bytes, check: bool = True, env: dict[str, str] | None = None) -> str:
        """Run git in it and return what it prints, without the last line feed."""
        done = subprocess.run(
            ["git", *args], cwd=self.path, capture_output=True, check=False, timeout=120, env={**os.environ, **(env or {})}
        )
        if check and done.returncode:
            raise AssertionError(f"git {args!r} ended with {done.returncode}:\n{done.stdout!r}\n{done.stderr.decode()}")
        return os.fsdecode(done.stdout).removesuffix("\n")

    def write(self, path: str | bytes, content: str | bytes) -> Path:
        """Write a file of the work tree, folders included."""
        target = self.path / os.fsdecode(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def stage(self, path: str | bytes, content: str | bytes) -> None:
        """Write a file and add it to the index."""
        self.write(path, content)
        self.git("add", "--", path)

    def commit(self, message: str = "change", *args: str) -> str:
        """Commit what is staged without hooks and return the commit's oid."""
        self.git("commit", "-q", "--no-verify", "--allow-empty", "-m", message, *args)
        return self.git("rev-parse", "HEAD")

    def hunkgate(
        self, *args: str, stdin: bytes | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the installed command in the repository as a user would."""
        return hunkgate(*args, cwd=self.path, stdin=stdin, env=env)


def hunkgate(
    *args: str, cwd: Path, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the installed `hunkgate` command; output is decoded as UTF-8."""
    done = subprocess.run(
        ["hunkgate", *args], cwd=cwd, input=stdin if stdin is not None else b"", capture_output=True, check=False, timeout=240,
        env={**os.environ, **(env or {})},
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A new repository without commits."""
    path = tmp_path / "repo"
    path.mkdir()
    made = Repo(path)
    made.git("init", "-q")
    return made


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A new key that the user signs with; the file of its public half."""
    from attesting import new_key, use_key

    made = new_key(tmp_path / "keys")
    use_key(made)
    return made


@pytest.fixture
def make_repo(tmp_path: Path):
    """Make further repositories: `make_repo("name", "--object-format=sha256")`."""

    def make(name: str, *init_args: str) -> Repo:
        path = tmp_path / name
        path.mkdir()
        made = Repo(path)
        made.git("init", "-q", *init_args)
        return made

    return make
