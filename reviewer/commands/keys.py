"""Make signing keys, say whose keys count, and revoke or replace them.

init      make a signing key, if there is none
add       let a key attest: a line in the team's file of allowed signers
revoke    refuse a key from now on, and what it signed before
rotate    let a new key follow an old one, whose attestations received until then still count
list      whose keys count, from when to when, which are revoked, and which is yours

The files are those that 'hunkgate verify' reads: git's gpg.ssh.allowedSignersFile and gpg.ssh.revocationFile. Times are UTC.

Examples:
  hunkgate keys init --configure
  hunkgate keys add ~/.ssh/id_ed25519_signing.pub --principal you@example.org
  hunkgate keys rotate --old old.pub --new new.pub --at 2026-12-31
  hunkgate keys revoke SHA256:... --why "the laptop was stolen"
"""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import datetime, timezone
from pathlib import Path

from reviewer.attest import key_making, revocations, settings, signers_edit
from reviewer.attest.allowed_signers import Signer, parse
from reviewer.attest.key_files import content_of, rewrite
from reviewer.attest.key_times import parse_given, shown
from reviewer.attest.keys import signing_key
from reviewer.attest.named_key import PublicKey, fingerprint_in, read_key
from reviewer.attest.trust import ALLOWED_SETTING, REVOKED_SETTING
from reviewer.commands import _keys_list
from reviewer.errors import AttestError, ExitCode, UsageError
from reviewer.git import Git
from reviewer.report._streams import complain, say

_SIGNERS_EXAMPLE = ".hunkgate/allowed_signers"
_REVOKED_EXAMPLE = ".hunkgate/revoked_keys"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="{init,add,revoke,rotate,list}")
    _add_init(actions.add_parser("init", help="make a signing key, if there is none"))
    adding = actions.add_parser("add", help="let a key attest")
    adding.add_argument("key", metavar="PUBKEY | FILE")
    adding.add_argument("--principal", metavar="MAIL", action="append", required=True, help="whose it is")
    adding.add_argument("--cert-authority", action="store_true", help="the key signs certificates; those count, not it itself")
    adding.add_argument("--valid-after", metavar="TIME", help="such as 2026-12-31 or 2026-12-31T18:00:00Z")
    adding.add_argument("--valid-before", metavar="TIME")
    revoking = actions.add_parser("revoke", help="refuse a key, and what it signed before")
    revoking.add_argument("key", metavar="PUBKEY | FINGERPRINT | FILE")
    revoking.add_argument("--why", metavar="TEXT", default="", help="kept beside the list")
    rotating = actions.add_parser("rotate", help="let a new key follow an old one")
    rotating.add_argument("--old", metavar="PUBKEY | FINGERPRINT | FILE", required=True)
    rotating.add_argument("--new", metavar="PUBKEY | FILE", required=True)
    rotating.add_argument("--at", metavar="TIME", help="when; default: now")
    listing = actions.add_parser("list", help="whose keys count")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    for action in (adding, revoking, rotating, listing):
        action.add_argument("--signers", metavar="FILE", type=Path, help=f"instead of git's {ALLOWED_SETTING}")
    for action in (adding, revoking, rotating, listing):
        action.add_argument("--revoked-keys", metavar="FILE", type=Path, help=f"instead of git's {REVOKED_SETTING}")


def run(args: argparse.Namespace) -> int:
    """Do it.

    Raises:
        UsageError: the request makes no sense; a key is malformed, or there already.
        AttestError, StorageError, ToolError: it could not be done; every file is as it was.
    """
    actions = {"init": _init, "add": _add, "revoke": _revoke, "rotate": _rotate, "list": _list}
    return actions[args.action](Git(), args)


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--type", choices=key_making.KINDS, default="ed25519", help="-sk: a hardware key (FIDO); default: ed25519"
    )
    parser.add_argument("--file", metavar="PATH", type=Path, help="default: ~/.ssh/id_TYPE_signing")
    parser.add_argument("--no-passphrase", action="store_true", help="do not ask for a passphrase: whoever has the file can sign")
    parser.add_argument("--configure", action="store_true", help="make it git's signing key (git config --global)")


def _init(git: Git, args: argparse.Namespace) -> int:
    key = None if args.file else _own_key(git)
    if key is None:
        key = str(_file_of_key(git, args))
    else:
        say(f"You have a signing key: {key}\n")
    wanted = (("gpg.format", "ssh"), ("user.signingKey", key))
    missing = [(name, value) for name, value in wanted if settings.value(git, name) != value]
    if args.configure:
        _configure(git, missing)
    elif missing:
        commands = [f"  git config --global {name} {shlex.quote(value)}\n" for name, value in missing]
        say("To sign with it:\n" + "".join(commands))
    mail = git.config("user.email") or "you@example.org"
    literal = key.removeprefix("key::")
    say(f"To let it attest in your team:\n  hunkgate keys add {shlex.quote(literal)} --principal {shlex.quote(mail)}\n")
    return ExitCode.OK


def _file_of_key(git: Git, args: argparse.Namespace) -> Path:
    """The public half of the key in the wanted place, which is made if there is none."""
    file = args.file.expanduser().absolute() if args.file else key_making.default_file(args.type)
    public = key_making.public_half(file)
    if file.is_file() and public.is_file():
        say(f"There is a key, and it stays as it is: {public}\n")
        return public
    if not args.no_passphrase and not sys.stdin.isatty():
        todo = "Run it in a terminal, or give --no-passphrase: then whoever has the file can sign."
        raise UsageError("there is no terminal to ask for the key's passphrase", todo=todo)
    if args.type.endswith("-sk"):
        complain("hunkgate: touch the hardware key when it blinks\n")
    key_making.make(args.type, file, git.config("user.email") or "", passphrase=not args.no_passphrase)
    say(f"The key is made: {public}\n")
    return public


def _own_key(git: Git) -> str | None:
    """What git signs with, None if there is nothing yet.

    Raises:
        AttestError: the settings name something that is no SSH key, or is gone.
    """
    setting = settings.path(git, "user.signingKey")
    if not setting:
        return None
    try:
        key = signing_key(git)
    except AttestError as error:
        todo = "To make another key, name its place: hunkgate keys init --file PATH"
        raise AttestError(f"git's user.signingKey is of no use here: {error.what}", where=setting, todo=todo) from error
    return setting if key.file is None or not key.file.is_absolute() else str(key.file)


def _configure(git: Git, wanted: list[tuple[str, str]]) -> None:
    for name, value in wanted:
        former = git.config(name, scopes=("--global",))
        git.run("config", "--global", name, value)
        say(f"git config --global {name} {shlex.quote(value)}" + (f"  (was: {former})" if former else "") + "\n")


def _add(git: Git, args: argparse.Namespace) -> int:
    path = _path(git, args.signers, ALLOWED_SETTING, "--signers", _SIGNERS_EXAMPLE)
    key = read_key(args.key)
    _check_not_revoked(git, args, key)
    times = [parse_given(text, option) if text else None for text, option in _times(args)]
    entry = signers_edit.Entry(key, args.principal, args.cert_authority, *times)
    rewrite(path, lambda before: signers_edit.added(before or b"", entry, str(path)))
    whose = ", ".join(args.principal)
    say(f"{key.fingerprint} ({key.kind}) may attest for {whose}: {path}\n")
    _tell_where(git, path, ALLOWED_SETTING)
    _tell_problems(path)
    return ExitCode.OK


def _times(args: argparse.Namespace) -> tuple[tuple[str | None, str], ...]:
    return (args.valid_after, "--valid-after"), (args.valid_before, "--valid-before")


def _revoke(git: Git, args: argparse.Namespace) -> int:
    path = _path(git, args.revoked_keys, REVOKED_SETTING, "--revoked-keys", _REVOKED_EXAMPLE)
    key = _key_or_print(git, args, args.key)
    name = key if isinstance(key, str) else key.fingerprint
    if not revocations.revoke(path, key, args.why, _now()):
        say(f"{name} is revoked already: {path}\n")
        return ExitCode.OK
    say(f"{name} is revoked: {path}\n")
    if isinstance(key, str):
        say("No allowed signer has this key. If it is the fingerprint of a certificate, name its file: this revokes keys only.\n")
    _tell_where(git, path, REVOKED_SETTING)
    say(
        "A revocation has no date: where this file counts, whatever the key signed is refused, however old it is.\n"
        "Commits that the target has already are not asked again. Those on their way need a new review.\n"
        "A key that nobody has stolen is better retired with: hunkgate keys rotate\n"
    )
    return ExitCode.OK


def _rotate(git: Git, args: argparse.Namespace) -> int:
    path = _path(git, args.signers, ALLOWED_SETTING, "--signers", _SIGNERS_EXAMPLE)
    at = parse_given(args.at, "--at") if args.at else _now()
    old, new = _key_or_print(git, args, args.old), read_key(args.new)
    if isinstance(old, str):
        raise UsageError(f"no line of {path} has the key {old}", todo="See which there are: hunkgate keys list")
    _check_not_revoked(git, args, new)
    former: list[Signer] = []

    def change(before: bytes | None) -> bytes:
        after, lines = signers_edit.rotated(before or b"", old.blob, new, at, str(path))
        former[:] = lines
        return after

    rewrite(path, change)
    for signer in former:
        say(f"{signer.whose}: {old.fingerprint} until {shown(at)}, then {new.fingerprint}: {path}\n")
    say("What counts is when a commit is received, not when it was signed: what is on its way should arrive before.\n")
    _tell_where(git, path, ALLOWED_SETTING)
    _tell_problems(path)
    return ExitCode.OK


def _list(git: Git, args: argparse.Namespace) -> int:
    path = _path(git, args.signers, ALLOWED_SETTING, "--signers", _SIGNERS_EXAMPLE)
    content = content_of(path)
    if content is None:
        raise UsageError("there is no such file", where=str(path), todo="It is made by: hunkgate keys add")
    listing = _keys_list.listing(git, path, parse(content), _revoked_path(git, args), _now())
    say(_keys_list.as_json(listing) if args.format == "json" else _keys_list.as_text(listing))
    _tell_problems(path)
    return ExitCode.OK if not listing.problems else ExitCode.BLOCK


def _key_or_print(git: Git, args: argparse.Namespace, text: str) -> PublicKey | str:
    """The key that is named; of a fingerprint the key in the file of signers, or else the fingerprint itself."""
    wanted = fingerprint_in(text)
    if wanted is None:
        return read_key(text)
    path = args.signers or _configured(git, ALLOWED_SETTING)
    for signer in parse((content_of(path) if path else None) or b"").signers:
        if signer.fingerprint == wanted:
            return PublicKey(signer.kind, signer.blob, signer.comment, f"{path}:{signer.number}")
    return wanted


def _check_not_revoked(git: Git, args: argparse.Namespace, key: PublicKey) -> None:
    path = _revoked_path(git, args)
    content = content_of(path) if path else None
    if path and content and revocations.revoked_among(content, [(key.kind, key.blob)], str(path)):
        todo = "A revoked key never counts. Make a new one: hunkgate keys init --file PATH"
        raise UsageError(f"the key {key.fingerprint} is revoked", where=str(path), todo=todo)


def _path(git: Git, given: Path | None, setting: str, option: str, example: str) -> Path:
    """The file that is meant: the one given, or the one that verify reads.

    Raises:
        UsageError: there is none.
    """
    path = given.expanduser() if given else _configured(git, setting)
    if path is None:
        todo = f"Name the file: {option} {example}, and let git know it: git config {setting} FILE"
        raise UsageError(f"git's {setting} is not set", todo=todo)
    return path


def _configured(git: Git, setting: str) -> Path | None:
    name = settings.path(git, setting)
    return git.folder / name if name else None


def _revoked_path(git: Git, args: argparse.Namespace) -> Path | None:
    given: Path | None = args.revoked_keys
    return given.expanduser() if given else _configured(git, REVOKED_SETTING)


def _tell_where(git: Git, path: Path, setting: str) -> None:
    """What has to be done for verify to read the file."""
    configured = _configured(git, setting)
    if configured is None or configured.resolve() != path.resolve():
        say(f"'hunkgate verify' reads it here after:\n  git config {setting} {shlex.quote(str(path.absolute()))}\n")
    found = git.completed("rev-parse", "--show-toplevel", ok=(0, 128))
    if found.code == 0 and path.resolve().is_relative_to(
        Path(found.out.decode("utf-8", "surrogateescape").rstrip("\n")).resolve()
    ):
        say("Commit it to the target: a range of commits is measured by this file as it was where the range starts.\n")


def _tell_problems(path: Path) -> None:
    for problem in parse(content_of(path) or b"").problems:
        complain(f"hunkgate: {path}:{problem.number}: {problem.what}; ssh-keygen passes over this line\n")


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0)
