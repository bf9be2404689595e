"""Prove from a commit, or each commit of a range, what was reviewed.

Examples:
  hunkgate verify HEAD
  hunkgate verify origin/main..HEAD --format json
  hunkgate verify HEAD --explain

Ends with 0 if every commit is EXACT with a signature that counts here, else with 1.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from reviewer import config
from reviewer.attest.verify import Proof, local_verifier
from reviewer.errors import ExitCode, UsageError
from reviewer.git import Git
from reviewer.objects import ObjectReader, open_reader
from reviewer.records import printable
from reviewer.report import _streams

_SHOWN_PATHS = 10
"""Paths that the text names for each commit; JSON names all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to verify, and how to show it."""
    parser.add_argument("revision", metavar="REV | A..B", help="one commit, or all commits of a range")
    parser.add_argument("--format", default="text", choices=("text", "json"), help="default: text")
    parser.add_argument("--explain", action="store_true", help="show every check of every attestation")


def run(args: argparse.Namespace) -> int:
    """0 if all is proven, 1 if not."""
    git = Git()
    reader = open_reader(git)
    verifier = local_verifier(git, reader, config.load_policy(git).policy.repository)
    proofs = [verifier.verify(oid) for oid in _commits(git, reader, args.revision)]
    if args.format == "json":
        _streams.say(json.dumps([_json(proof, explain=args.explain) for proof in proofs], indent=2) + "\n")
    else:
        _streams.say(_text(proofs, explain=args.explain))
    return ExitCode.OK if all(proof.proven for proof in proofs) else ExitCode.BLOCK


def summary(proof: Proof) -> str:
    """One commit in one line: its class, its result, and whose signature says so."""
    words = [proof.commit[:12], proof.klass.value]
    if proof.statement is not None:
        result = proof.statement.result.value
        words += [result, f"signed by {proof.principal} {proof.fingerprint}"] if proof.fingerprint else ["unsigned", result]
    elif proof.reasons:
        words.append("- " + proof.reasons[0])
    return " ".join(words)


def _commits(git: Git, reader: ObjectReader, revision: str) -> Sequence[str]:
    if ".." in revision:
        return reader.commits(revision)
    oid = git.commit_of(revision)
    if oid is None:
        raise UsageError(f"there is no commit {revision!r}", todo="Name one that git log knows, or a range such as main..HEAD.")
    return (oid,)


def _json(proof: Proof, *, explain: bool) -> dict[str, object]:
    """Documented in docs/attestation.md."""
    shown: dict[str, object] = {
        "commit": proof.commit,
        "class": proof.klass.value,
        "result": proof.statement.result.value if proof.statement else None,
        "signature": proof.standing.value,
        "signer": proof.fingerprint or None,
        "principal": proof.principal or None,
        "residual_paths": [printable(path) for path in proof.residual],
        "reasons": list(proof.reasons),
    }
    if explain:
        shown["checks"] = [{"question": check.question, "passed": check.passed, "detail": check.detail} for check in proof.checks]
    return shown


def _text(proofs: Sequence[Proof], *, explain: bool) -> str:
    if not proofs:
        return "no commits\n"
    lines = [line for proof in proofs for line in _paragraph(proof, explain=explain)]
    proven = sum(proof.proven for proof in proofs)
    if len(proofs) > 1:
        lines.append(f"{proven} of {len(proofs)} commits are proven")
    return "\n".join(lines) + "\n"


def _paragraph(proof: Proof, *, explain: bool) -> list[str]:
    lines = [summary(proof)]
    lines += [f"  {reason}" for reason in proof.reasons if f"- {reason}" not in lines[0]]
    if explain:
        lines += [f"  {'yes' if check.passed else 'no ':3} {check.question}: {check.detail}" for check in proof.checks]
    if proof.residual:
        paths = [printable(path) for path in proof.residual[:_SHOWN_PATHS]]
        more = len(proof.residual) - len(paths)
        lines.append(f"  not proven: {', '.join(paths)}" + (f" and {more} more" if more else ""))
    return lines
