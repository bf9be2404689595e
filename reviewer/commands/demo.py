"""Show the gate at work: a throwaway repository, a bad commit, its mend, and the proof.

Everything is real (git, the installed hooks, the signature) and everything is gone afterwards.
"""

from __future__ import annotations

import argparse
import json
import secrets
import shutil
import string
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from reviewer import config, proc, registry, sample
from reviewer.errors import HunkgateError, ToolMissingError
from reviewer.git import Git
from reviewer.report import _streams

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_TIMEOUT = 240.0
"""Seconds for one step; without a model a step takes less than one."""
_FORCED = ("screen", "review")
"""Roles in which the demo lets a model speak that has passed no exam."""
_BUDGET = "60s"
"""Model time for one commit of the demo: enough to load the model and to see it at work."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing is needed."""
    parser.add_argument(
        "--model", action="store_true", help="let the local model review too (downloads 1.1 GB at the first time)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the repository to look around in it")


def run(args: argparse.Namespace) -> int:
    """0 if every step did what it must.

    Raises:
        HunkgateError: a step went another way.
    """
    if args.model:
        _need_model()
    folder = Path(tempfile.mkdtemp(prefix="hunkgate-demo-"))
    try:
        with _without_a_trace() if args.model else nullcontext():
            _Demo(folder, with_model=args.model).play()
    finally:
        if args.keep:
            _streams.say(f"\nThe repository is in {folder / 'shop'}\n")
        else:
            _remove(folder)
    return 0


@contextmanager
def _without_a_trace() -> Iterator[None]:
    """End the warm engine afterwards, unless it was there before: somebody may be using it."""
    from reviewer.engine import control, place

    engine = place.find()
    was_there = control.status(engine) is not None
    try:
        yield
    finally:
        if not was_there:
            control.stop(engine)


class _Demo:
    """One run of the story in one folder.

    Args:
        folder: an empty folder for the repository, its user's configuration and key.
        with_model: whether the hooks may use the model of this machine.
    """

    def __init__(self, folder: Path, *, with_model: bool) -> None:
        self.repository = folder / "shop"
        self.home = folder / "home"
        self.with_model = with_model
        self.repository.mkdir()
        self.home.mkdir()
        self.variables = self._user(with_model)
        self.git = Git(self.repository, self.variables)

    def play(self) -> None:
        """Blocked, mended, committed, proven."""
        self._first_commit()
        self._title("A change with three hunks: a token in the source, a query built from text, and a clean one")
        self._write("change")
        self._commit("Find customers by name", expected=1)
        self._title("The gate blocked it. The mend: the token from the environment, the name as a parameter")
        self._write("mend")
        self._commit("Find customers by name", expected=0)
        self._title("What was reviewed is in the commit, signed")
        self._show("git log -1 --format=%B", self.git.run("log", "-1", "--format=%B"))
        self._show("hunkgate verify HEAD", self._hunkgate("verify", "HEAD").out)

    def _user(self, with_model: bool) -> dict[str, str]:
        """A user of the demo's own, with a signing key of its own where ssh-keygen is installed."""
        lines = ["[user]", "name = Demo", "email = demo@example.org", "[init]", "defaultBranch = main"]
        key = self.home / "signing_key"
        try:
            proc.run([proc.find_tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f", key], timeout=_TIMEOUT)
            lines += ["[user]", f"signingkey = {key}.pub", "[gpg]", "format = ssh"]
        except ToolMissingError:
            _streams.say("ssh-keygen is not installed: the attestation of this demo will be unsigned.\n")
        (self.home / "gitconfig").write_text("\n".join(lines) + "\n", encoding="utf-8")
        machine = self.home / "hunkgate.toml"
        if with_model:
            machine.write_text(_with_forced_roles(), encoding="utf-8")
        else:
            machine.write_text('model = ""\n', encoding="utf-8")
        color = {"FORCE_COLOR": "1"} if _streams.view().color else {}
        return {"GIT_CONFIG_GLOBAL": str(self.home / "gitconfig"), "HUNKGATE_CONFIG": str(machine), **color}

    def _first_commit(self) -> None:
        self.git.run("init", "-q")
        self._write("before")
        if self.with_model:
            self._title("Roles that the model has not passed are forced here: else it would not be asked")
            (self.repository / ".hunkgate.toml").write_text(f'mode = "block"\nbudget = "{_BUDGET}"\n', encoding="utf-8")
            self.git.run("add", ".hunkgate.toml")
        self.git.run("commit", "-q", "-m", "Customers of the shop")
        self._title("A new repository, and the gate in front of it")
        self._show("hunkgate init", self._hunkgate("init").out)

    def _write(self, stage: str) -> None:
        """Put one stage of the sample into the work tree and the index."""
        target = self.repository / sample.PATH
        target.parent.mkdir(exist_ok=True)
        target.write_text(sample.text(stage).replace(sample.TOKEN_MARK, _token()), encoding="utf-8")
        self.git.run("add", "--", sample.PATH)

    def _commit(self, message: str, *, expected: int) -> None:
        done = self.git.completed("commit", "-m", message, ok=(0, 1))
        self._show(f"git commit -m '{message}'", done.err + done.out)
        if done.code != expected:
            raise HunkgateError(
                f"this commit should have ended with {expected}, and ended with {done.code}", where="hunkgate demo"
            )

    def _hunkgate(self, *args: str) -> proc.Completed:
        environment = {**proc.clean_environment(), **self.variables}
        return proc.run([proc.find_tool("hunkgate"), *args], cwd=self.repository, env=environment, timeout=_TIMEOUT)

    @staticmethod
    def _title(text: str) -> None:
        _streams.say(f"\n--- {text}\n")

    @staticmethod
    def _show(command: str, output: bytes) -> None:
        _streams.say(f"\n$ {command}\n{output.decode('utf-8', 'backslashreplace').strip()}\n")


def _with_forced_roles() -> str:
    """The user's own file; unless it forces roles itself, the demo's are forced."""
    own = config.machine_path()
    text = own.read_text(encoding="utf-8") if own.is_file() else ""
    if config.load_machine().forced_roles:
        return text
    return f"forced_roles = {json.dumps(list(_FORCED))}\n{text}"


def _token() -> str:
    """A token that looks like one of GitHub's and is none: 30 random characters and their CRC-32 in base 62.

    Format: https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
    """
    body = "".join(secrets.choice(_BASE62) for _ in range(30))
    number, check = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        check = _BASE62[digit] + check
    return f"ghp_{body}{check}"


def _need_model() -> None:
    """Install the configured model if it is not there."""
    machine = config.load_machine()
    code = registry.load("reviewer.commands", "models").run(argparse.Namespace(action="pull", name=machine.model))
    if code:
        raise HunkgateError("the model could not be installed", todo="Run: hunkgate models pull " + machine.model)


def _remove(folder: Path) -> None:
    """Take the whole demo away. What another program still holds open (Windows) is left to the system."""
    shutil.rmtree(folder, ignore_errors=True)
