"""Statements beside the commits: send them to a remote, fetch them, drop old ones, show them.

Examples:
  hunkgate notes show HEAD
  hunkgate notes push
  hunkgate notes fetch upstream
  hunkgate notes prune --dry-run

With 'attest.store = "notes"' or "both" every attested commit gets one; see docs/notes.md.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from reviewer import config
from reviewer.attest import confirm, notes, notes_prune, notes_remote
from reviewer.attest.notes_read import Noted, about
from reviewer.attest.sshsig import fingerprint
from reviewer.attest.statement import time_text
from reviewer.attest.waivers import as_json
from reviewer.errors import ExitCode, UsageError
from reviewer.git import Git
from reviewer.records import printable
from reviewer.report._streams import say
from reviewer.report._text import safe

_LONGEST = 400
"""Characters of a waiver that the text shows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with them."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="push | fetch | prune | show")
    for name, what in (("push", "send the notes, together with what others sent"), ("fetch", "fetch and add what a remote has")):
        action = actions.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        action.add_argument("remote", nargs="?", help="default: that of the branch, or origin")
        action.add_argument("--summaries", action="store_true", help=f"those of servers ({notes.SUMMARIES}) instead")
        action.add_argument("--timeout", metavar="TIME", default="60s", help="for the remote to answer; default: 60s")
    prune = actions.add_parser(
        "prune", help="drop notes about trees that no commit has any more", description=notes_prune.__doc__
    )
    prune.add_argument("--dry-run", action="store_true", help="only say what would be dropped")
    show = actions.add_parser("show", help="show what is noted about a commit", description="Show what is noted about a commit.")
    show.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="a commit or a tree; default: HEAD")
    show.add_argument("--format", default="text", choices=("text", "json"), help="default: text")


def run(args: argparse.Namespace) -> int:
    """0; for `show` 1 if nothing is noted."""
    git = Git()
    if args.action == "show":
        return _show(git, args.revision, args.format)
    # What a killed commit left behind belongs to the notes.
    confirm.rescue(git)
    said = {"push": _push, "fetch": _fetch, "prune": _prune}[args.action](git, args)
    say(f"{said}\n")
    return ExitCode.OK


def _push(git: Git, args: argparse.Namespace) -> str:
    remote, ref = notes_remote.remote_of(git, args.remote), _ref(args)
    pushed = notes_remote.push(git, remote, ref, _limit(args))
    new = f"; {remote} had notes about {pushed.about} trees that are new here" if pushed.about else ""
    return (f"pushed {ref} to {remote}" if pushed.changed else f"{remote} has all notes already") + new


def _fetch(git: Git, args: argparse.Namespace) -> str:
    remote, ref = notes_remote.remote_of(git, args.remote), _ref(args)
    fetched = notes_remote.fetch(git, remote, ref, _limit(args))
    if not fetched.found:
        return f"{remote} has no {'summaries' if args.summaries else 'notes of reviews'}"
    return f"fetched {notes.tracking_ref(remote, ref)}: notes about {fetched.about} trees are new here"


def _ref(args: argparse.Namespace) -> str:
    return notes.SUMMARIES if args.summaries else notes.REF


def _limit(args: argparse.Namespace) -> float:
    return config.parse_duration(args.timeout, "--timeout")


def _prune(git: Git, args: argparse.Namespace) -> str:
    pruned = notes_prune.prune(git, dry_run=args.dry_run)
    lines = [f"{'would drop' if args.dry_run else 'dropped'} the notes about {len(pruned.dropped)} trees, {pruned.kept} are kept"]
    if pruned.remote:
        lines.append(
            f"{pruned.remote} of these are about trees that no commit here has, but a remote has the notes: prune them there"
        )
    return "\n".join(lines)


def _show(git: Git, revision: str, form: str) -> int:
    tree = git.tree_of(revision)
    if tree is None:
        raise UsageError(f"there is no commit or tree {revision!r}", todo="Name one that git log knows.")
    found = about(git, tree)
    if form == "json":
        shown = {"tree": tree, "statements": [_json(noted) for noted in found.noted], "problems": list(found.problems)}
        say(json.dumps(shown, indent=2) + "\n")
    else:
        lines = [line for noted in found.noted for line in _text(noted)]
        nothing = [] if lines else [f"nothing is noted about {safe(revision)} (tree {tree[:12]})"]
        say("\n".join([*lines, *nothing, *(f"! {problem}" for problem in found.problems)]) + "\n")
    return ExitCode.OK if found.noted else ExitCode.BLOCK


def _json(noted: Noted) -> dict[str, Any]:
    """Documented in docs/notes.md."""
    statement = noted.envelope.statement
    return {
        "result": statement.result.value,
        "tree": statement.tree,
        "base": statement.base,
        "at": time_text(statement.at),
        "engine": statement.engine,
        "repository": noted.envelope.repository,
        "policy": statement.policy,
        "models": statement.models,
        "signer": fingerprint(noted.envelope.signature.key_digest),
        "changes": len(noted.envelope.delta.entries),
        "findings": noted.findings,
        "waivers": [{**as_json(waiver), "path": printable(waiver.path)} for waiver in noted.envelope.waivers],
        "source": noted.source,
    }


def _text(noted: Noted) -> list[str]:
    """Whose signature it claims to be; whether it counts is for `hunkgate verify` to say."""
    statement = noted.envelope.statement
    signer, paths = fingerprint(noted.envelope.signature.key_digest), len(noted.envelope.delta.entries)
    first = f"{statement.result.value}, reviewed {time_text(statement.at)} by {safe(statement.engine)}, signed with {signer}"
    second = f"  tree {statement.tree}, compared with {statement.base}, {paths} paths; from {noted.source}"
    lines = [first, second, *(f"  waived: {safe(waiver.told, _LONGEST)}" for waiver in noted.envelope.waivers)]
    if noted.findings is None:
        return [*lines, "  its findings are not here, only their digest"]
    findings = noted.findings.get("findings")
    if not isinstance(findings, list):
        return [*lines, "  its findings have a form that this version does not know"]
    return [*lines, *(_finding(finding) for finding in findings)] if findings else [*lines, "  no findings"]


def _finding(finding: object) -> str:
    """One line. Whoever signed the statement wrote it, so it may be anything."""
    told = finding if isinstance(finding, dict) else {}
    disposition, path, line, rule, message = (
        told.get(key, "?") for key in ("disposition", "path", "startLine", "rule", "message")
    )
    return "  " + safe(f"{disposition}: {path}:{line} {rule}: {message}")
