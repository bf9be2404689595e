"""Verify the commits of a merge request or push on a server, and review again what is not proven.

Examples:
  hunkgate ci
  hunkgate ci --base origin/main --head HEAD --output-dir reports
  hunkgate ci --base origin/main --require-proof --full-share 10%

Base, head and merge request are found on GitHub, GitLab, Gitea, Forgejo, Bitbucket, Jenkins and Buildkite. Settings, signers and
revoked keys are those of the target before these commits. HUNKGATE_FORGE_TOKEN lets it comment on the merge request,
HUNKGATE_CI_SECRET makes the sample unforeseeable and signs what is kept for the next run; see docs/ci.md.
Ends with 0 (pass or warn), 1 (blocked, or not proven where that is demanded), 2 (usage) or 3 (could not work).
"""

from __future__ import annotations

import argparse
import base64
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reviewer import config, registry
from reviewer.attest import notes
from reviewer.attest.requirements import parse_age, parse_engine
from reviewer.attest.sshsig import fingerprint
from reviewer.ci import comments, reports
from reviewer.ci.job import Outcome, Request
from reviewer.ci.job import run as do_job
from reviewer.ci.places import inside, require_no_links
from reviewer.ci.sampling import DEFAULT, parse_share
from reviewer.ci.standards import Asked
from reviewer.errors import HunkgateError, UsageError
from reviewer.forges._detecting import ROOM, find_place, posts
from reviewer.forges._posting import post
from reviewer.forges.interface import Place
from reviewer.git import Git
from reviewer.records.policy import EngineUse
from reviewer.report import _streams
from reviewer.report._progress import StatusLine

TOKEN = "HUNKGATE_FORGE_TOKEN"
USER = "HUNKGATE_FORGE_USER"
SECRET = "HUNKGATE_CI_SECRET"

_RUNNERS = ("github", "gitea")
"""Where lines of the log can be commands."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which commits, by what measure, and where the results go."""
    add = parser.add_argument_group("which commits; default: what the environment says").add_argument
    add("--base", default="", metavar="REV", help="the target before these commits")
    add("--head", default="", metavar="REV", help="the last of them")
    add = parser.add_argument_group("what counts").add_argument
    add("--allowed-signers", metavar="FILE", type=Path, help="instead of the target's .hunkgate/allowed_signers")
    add("--revoked-keys", metavar="FILE", type=Path, help="instead of the target's .hunkgate/revoked_keys")
    add("--min-engine", metavar="VERSION", help="the oldest version whose reviews count")
    add("--max-age", metavar="AGE", help="how long ago a review may be, such as 90d")
    add("--statements-from", metavar="REV", nargs="+", action="extend", default=[], help="further commits with statements")
    add("--notes", metavar="REF", nargs="+", action="extend", default=[], help=f"default: {notes.REF}")
    add("--require-proof", action="store_true", help="a commit neither proven nor reviewed here blocks")
    add = parser.add_argument_group("the models").add_argument
    add("--budget", default="15m", metavar="TIME", help="time for all that they look at; default: 15m")
    add("--full-share", default=DEFAULT, metavar="SHARE", help="of proven commits, reviewed all the same; default: 5%%")
    add("--state", metavar="DIR", type=Path, help="what former runs looked at; default: hunkgate/ci in the git folder")
    what = f"keep that in {notes.SUMMARIES} instead, signed with git's signing key of this machine"
    add("--summaries", action="store_true", help=what)
    what = "forget that this key once attested what blocks"
    add("--forgive", metavar="SHA256:...", nargs="+", action="extend", default=[], help=what)
    add("--no-state", action="store_true", help="look at everything that is not proven, whatever a former run did")
    add = parser.add_argument_group("results").add_argument
    add("--format", default="terminal", choices=registry.members("reviewer.report"), help="on standard output")
    add("--output-dir", metavar="DIR", type=Path, help="write every report there")
    add("--post", action=argparse.BooleanOptionalAction, default=None, help=f"comment; default: if {TOKEN} is set")


def run(args: argparse.Namespace) -> int:
    """Do the job, show and post the results."""
    # The programs that a review starts need neither.
    token, secret = os.environ.pop(TOKEN, ""), os.environ.pop(SECRET, "").encode("utf-8", "surrogateescape")
    git, place = Git(), find_place(os.environ)
    posting = _is_posting(args.post, token, place)
    if args.output_dir is not None:
        require_no_links(git, args.output_dir)
    request = Request(
        place, args.base, args.head, _asked(args), parse_share(args.full_share), secret,
        config.parse_duration(args.budget, "--budget"), args.require_proof, _state(git, args, secret), args.summaries,
        tuple(_key(text) for text in args.forgive),
    )  # fmt: skip
    with StatusLine() as progress:
        # A job leaves no process behind: no warm engine.
        machine = replace(config.load_machine(), engine=EngineUse.OFF)
        outcome = do_job(git, request, machine, progress)
    _show(outcome, args, place)
    if posting:
        _post(outcome, place, token)
    return outcome.code


def _asked(args: argparse.Namespace) -> Asked:
    return Asked(
        args.allowed_signers,
        args.revoked_keys,
        parse_engine(args.min_engine) if args.min_engine else "",
        parse_age(args.max_age) if args.max_age else None,
        args.statements_from,
        args.notes or (notes.REF,),
    )


def _state(git: Git, args: argparse.Namespace, secret: bytes) -> Path | None:
    if args.summaries and (args.no_state or args.state is not None):
        raise UsageError("--summaries stands in the place of --state and --no-state", todo="Choose one of them.")
    if args.no_state or args.summaries:
        return None
    if args.state is None:
        return git.path("hunkgate") / "ci"
    require_no_links(git, args.state)
    # In a bare repository and below the git folder no commit can put a file.
    own = args.state.resolve().is_relative_to(git.path("."))
    if not secret and not own and inside(git, args.state) is not None:
        todo = f"Set {SECRET}, or choose a folder outside of the work tree."
        raise UsageError("commits could put files there that say what was reviewed", where=f"--state {args.state}", todo=todo)
    return Path(args.state)


def _key(text: str) -> str:
    """Sha256 (hex) of a public key, of its fingerprint as OpenSSH prints it."""
    try:
        digest = base64.b64decode(text.removeprefix("SHA256:") + "=", validate=True).hex()
    except ValueError:
        digest = ""
    if not text.startswith("SHA256:") or fingerprint(digest) != text:
        raise UsageError(f"{text!r} is no fingerprint of a key", where="--forgive", todo="As the report prints it: SHA256:...")
    return digest


def _is_posting(asked: bool | None, token: str, place: Place) -> bool:
    """Raises UsageError if it is asked for and cannot be done."""
    able = bool(token) and posts(place)
    if asked and not able:
        what = f"{TOKEN} is not set" if not token else f"{place.forge} names no merge request that could be commented on"
        raise UsageError(what, where="--post", todo="See docs/ci.md for what each code host needs.")
    return able and asked is not False


def _show(outcome: Outcome, args: argparse.Namespace, place: Place) -> None:
    if args.output_dir is not None:
        reports.save_all(outcome, args.output_dir)
    if args.format == "terminal":
        _streams.say(reports.for_log(outcome, _streams.view(), commands=place.forge in _RUNNERS))
    else:
        _streams.say(reports.rendered(outcome, args.format))
        _streams.complain("".join(f"hunkgate: {stop}\n" for stop in outcome.stops))
    summary = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if summary and place.forge in _RUNNERS:
        _attempt("the step's summary", lambda: reports.append_summary(outcome, summary))


def _post(outcome: Outcome, place: Place, token: str) -> None:
    def work() -> None:
        here = replace(place, heads=(outcome.table.commits.head,))
        desk = registry.load(ROOM, place.forge).desk(here, token)
        said, present = comments.remarks_of(outcome), comments.still_found(outcome)
        posted = post(desk, comments.body_of(outcome), said, present=present, user=os.environ.get(USER, ""))
        _streams.complain(f"hunkgate: merge request {place.number}: {posted}\n")

    _attempt("the merge request", work)


def _attempt(what: str, work: Callable[[], None]) -> None:
    """Do something whose failure changes nothing about the verdict."""
    try:
        work()
    except HunkgateError as error:
        todo = f"\n  {error.todo}" if error.todo else ""
        _streams.complain(f"hunkgate: nothing more is written to {what}: {error}{todo}\n")
