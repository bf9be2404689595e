"""Prove from a commit, or each commit of a range, what was reviewed.

Examples:
  hunkgate verify HEAD
  hunkgate verify origin/main..HEAD --format json
  hunkgate verify HEAD --explain
  hunkgate verify main..squashed --statements-from topic

What is proven is told by the commits, by notes, and by further revisions. The policy that counts is that of the commit before.
Ends with 0 if nothing has to be reviewed again, and what was generated is proven where that is demanded; else with 1.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from reviewer.attest import notes, vsa
from reviewer.attest.canonical import canonical_json
from reviewer.attest.generated import told_of
from reviewer.attest.generation import Generation, Said, as_shown, generations
from reviewer.attest.proof import Proof, Used
from reviewer.attest.requirements import parse_age, parse_engine
from reviewer.attest.target import Options, Span, commits_of, policies_at, span_of, verifier_for
from reviewer.attest.trust import ALLOWED_SETTING, REVOKED_SETTING
from reviewer.attest.verify import Verifier
from reviewer.attest.waivers import Waiver, as_json
from reviewer.errors import ExitCode, UsageError
from reviewer.git import Git
from reviewer.records import printable
from reviewer.records.policy import Provenance
from reviewer.report import _streams
from reviewer.report._text import safe

_VERIFIER = "urn:hunkgate:verifier:local"

_SHOWN_PATHS = 10
"""Paths and waivers that the text names for each commit; JSON names all."""

_LONGEST = 400
"""Characters of a waiver that the text shows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to verify, by what, and how to show it."""
    parser.add_argument("revision", metavar="REV | A..B", help="one commit, or all commits of a range")
    parser.add_argument("--format", default="text", choices=("text", "json", "vsa"), help="default: text; vsa: SLSA summaries")
    parser.add_argument("--explain", action="store_true", help="show every check of every commit")
    add = parser.add_argument_group("for --format vsa").add_argument
    add("--sign", action="store_true", help="sign each summary with git's signing key; prints DSSE envelopes")
    add(
        "--verifier",
        metavar="URI",
        default=_VERIFIER,
        help=f"who vouches; default: {_VERIFIER}",
    )
    add("--resource", metavar="URI", help="the repository; default: urn:hunkgate:repository: and its id")
    add = parser.add_argument_group("where statements are found, beside the messages").add_argument
    what = "further commits, such as the head of a pull request: what they have that the start of the range has not"
    add("--statements-from", metavar="REV", nargs="+", action="extend", default=[], help=what)
    add("--notes", metavar="REF", nargs="+", action="extend", default=[], help=f"default: {notes.REF}")
    add = parser.add_argument_group("what counts").add_argument
    add("--at", metavar="TIME", help="when the commits were received, such as 2026-11-22T08:30:00Z; default: now")
    what = "whose policies count; default: the start of the range, or the first parent of the commit"
    add("--policy-from", metavar="REV", nargs="+", action="extend", default=[], help=what)
    add("--min-engine", metavar="VERSION", help="the oldest version whose reviews count")
    add("--max-age", metavar="AGE", help="how long ago a review may be, such as 90d")
    what = 'end with 1 if a commit does not prove what of it was generated, as generated.require = "block" does'
    add("--require-provenance", action="store_true", help=what)
    add("--allowed-signers", metavar="FILE", type=Path, help=f"instead of git's {ALLOWED_SETTING}")
    add("--revoked-keys", metavar="FILE", type=Path, help=f"instead of git's {REVOKED_SETTING}")


def run(args: argparse.Namespace) -> int:
    """0 if all is proven, 1 if not."""
    git = Git()
    span = span_of(git, args.revision)
    verifier = verifier_for(git, span, _options(args))
    proofs = verifier.verify_all(commits_of(git, span))
    said = generations(git, proofs)
    rows = list(zip(proofs, said, strict=True))
    demanded = args.require_provenance or _demands_provenance(git, args, span)
    if args.format == "vsa":
        _say_summaries(git, verifier, proofs, args)
    elif args.format == "json":
        _streams.say(json.dumps([_json(*row, explain=args.explain) for row in rows], indent=2) + "\n")
    else:
        _streams.say(_text(rows, explain=args.explain, demanded=demanded))
    unproven = sum(not one.holds for one in said) if demanded else 0
    if unproven:
        _streams.complain(f"hunkgate: {unproven} of {len(said)} commits do not prove what was generated, and that is demanded\n")
    return ExitCode.OK if not unproven and all(proof.proven for proof in proofs) else ExitCode.BLOCK


def _demands_provenance(git: Git, args: argparse.Namespace, span: Span) -> bool:
    """Whether a policy that counts does: one at the start, never one that the commits bring."""
    policies = policies_at(git, args.policy_from or ([span.start] if span.start else []))
    return any(policy.generated_require is Provenance.BLOCK for policy in policies)


def _say_summaries(git: Git, verifier: Verifier, proofs: Sequence[Proof], args: argparse.Namespace) -> None:
    """One line of JSON for each commit."""
    setting = _setting(verifier, args)
    for proof in proofs:
        summary = vsa.summary_of(proof, setting)
        _streams.say((vsa.signed(git, summary) if args.sign else canonical_json(summary) + b"\n").decode("utf-8"))


def _setting(verifier: Verifier, args: argparse.Namespace) -> vsa.Setting:
    known = next((name for name in verifier.repositories if name), "")
    if not known and not args.resource:
        todo = "Name it with --resource URI, or give it an id: attest.repository in .hunkgate.toml."
        raise UsageError("a summary needs the name of the repository, and this one has no id", todo=todo)
    resource = args.resource or f"urn:hunkgate:repository:{known}"
    policies = verifier.requirements.policies or frozenset()
    only = next(iter(policies)) if len(policies) == 1 else ""
    return vsa.Setting(args.verifier, resource, only, datetime.now(timezone.utc).replace(microsecond=0))


def summary(proof: Proof) -> str:
    """One commit in one line: its class, its result, and whose signature says so."""
    words = [proof.commit[:12], proof.klass.value]
    if proof.result is not None:
        result = proof.result.value
        words += [result, f"signed by {proof.principal} {proof.fingerprint}"] if proof.fingerprint else ["unsigned", result]
    elif proof.reasons:
        words.append("- " + proof.reasons[0])
    return " ".join(words)


def _options(args: argparse.Namespace) -> Options:
    return Options(
        statements_from=args.statements_from,
        notes=args.notes or (notes.REF,),
        policy_from=args.policy_from,
        at=_moment(args.at) if args.at else None,
        engine_minimum=parse_engine(args.min_engine) if args.min_engine else "",
        max_age=parse_age(args.max_age) if args.max_age else None,
        allowed=args.allowed_signers,
        revoked=args.revoked_keys,
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise UsageError(f"--at: {text!r} is not a time", todo="For example: --at 2026-11-22T08:30:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _json(proof: Proof, said: Generation, *, explain: bool) -> dict[str, object]:
    """Documented in docs/attestation.md."""
    shown: dict[str, object] = {
        "commit": proof.commit,
        "class": proof.klass.value,
        "result": proof.result.value if proof.result else None,
        "signature": proof.standing.value,
        "signer": proof.fingerprint or None,
        "principal": proof.principal or None,
        "residual_paths": [printable(path) for path in proof.residual],
        "reasons": list(proof.reasons),
        "waivers": [_waiver(waiver) for waiver in proof.waivers],
        "generated": as_shown(said),
    }
    if explain:
        shown["checks"] = [{"question": check.question, "passed": check.passed, "detail": check.detail} for check in proof.checks]
        shown["statements"] = [_statement(used) for used in proof.used]
    return shown


def _waiver(waiver: Waiver) -> dict[str, object]:
    """A waiver as JSON for readers: its path is printable."""
    return {**as_json(waiver), "path": printable(waiver.path)}


def _statement(used: Used) -> dict[str, object]:
    statement = used.item.statement
    return {
        "tree": statement.tree,
        "base": statement.base,
        "result": statement.result.value,
        "signature": used.checked.standing.value,
        "signer": used.fingerprint or None,
        "principal": used.checked.principal or None,
        "source": used.source,
    }


def _text(rows: Sequence[tuple[Proof, Generation]], *, explain: bool, demanded: bool) -> str:
    if not rows:
        return "no commits\n"
    lines = [line for row in rows for line in _paragraph(*row, explain=explain, demanded=demanded)]
    proven = sum(proof.proven for proof, _ in rows)
    if len(rows) > 1:
        lines.append(f"{proven} of {len(rows)} commits are proven")
    return "\n".join(lines) + "\n"


def _paragraph(proof: Proof, said: Generation, *, explain: bool, demanded: bool) -> list[str]:
    lines = [summary(proof)]
    lines += [f"  {reason}" for reason in proof.reasons if f"- {reason}" not in lines[0]]
    lines += [f"  waived: {safe(waiver.told, _LONGEST)}" for waiver in proof.waivers[:_SHOWN_PATHS]]
    if len(proof.waivers) > _SHOWN_PATHS:
        lines.append(f"  and {len(proof.waivers) - _SHOWN_PATHS} more waivers")
    lines += _generated(said, whole=explain or demanded)
    if explain:
        lines += _table(proof)
    if proof.residual:
        paths = [printable(path) for path in proof.residual[:_SHOWN_PATHS]]
        more = len(proof.residual) - len(paths)
        lines.append(f"  not proven: {', '.join(paths)}" + (f" and {more} more" if more else ""))
    return lines


def _generated(said: Generation, *, whole: bool) -> list[str]:
    """What was generated; nothing of a commit that says nothing, as most do, unless that is asked."""
    if said.said is Said.SILENT and not said.problems and not whole:
        return []
    lines = [f"  generated: {safe(said.told, _LONGEST)}"] if said.said is not Said.MERGE or whole else []
    for share in said.shares:
        parts = [told_of(part) for part in share.parts[:_SHOWN_PATHS]]
        more = len(share.parts) - len(parts)
        if parts:
            lines.append(f"    {', '.join(parts)}" + (f" and {more} more" if more else ""))
    return [*lines, *(f"  generated, WRONG: {safe(problem, _LONGEST)}" for problem in said.problems)]


def _table(proof: Proof) -> list[str]:
    """The checks: answer, question, detail, in columns."""
    width = max((len(check.question) for check in proof.checks), default=0)
    return [f"  {'yes' if check.passed else 'no ':3} {check.question:{width}}  {check.detail}".rstrip() for check in proof.checks]
