"""What pre-commit found out and commit-msg has to know: the statement about (base tree, tree), kept in the git folder.

It is a note to ourselves, not a proof: who can write it can sign as well.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from pathlib import Path

from reviewer.attest import _files
from reviewer.attest.canonical import canonical_json
from reviewer.attest.statement import parse_time, time_text
from reviewer.attest.summary import AS_IT_IS, Shown, findings_json, statement_of, waived_in
from reviewer.attest.waivers import Waiver, as_json, digest_of, from_json
from reviewer.git import Git
from reviewer.records import Result, Verdict
from reviewer.records.statement import Statement, Word

KEPT = 64
"""Reviews kept for each work tree; the newest is the one that is needed, the others serve an aborted commit tried again."""

MAX_FINDINGS = 256 * 1024
"""Bytes of findings that go into a note. Of more there is only the digest."""

_DIGESTS = ("policy", "models", "findings", "waiver")


def remember(git: Git, verdict: Verdict, shown: Shown = AS_IT_IS) -> None:
    """Keep what commit-msg needs for the attestation. A verdict that blocks makes an older one of the same change forgotten.

    Args:
        shown: hides secrets in the findings, whose digest is attested, and which go into a note if the policy says so.

    Raises:
        AttestError: the verdict is about patch text.
        StorageError: it cannot be written.
    """
    path = _path(git, verdict.change.base_tree, verdict.change.tree)
    if verdict.result is Result.BLOCK:
        _files.remove(path)
        return
    statement = statement_of(verdict, datetime.now(timezone.utc).replace(microsecond=0), shown)
    content = {
        "result": statement.result.value,
        "tree": statement.tree,
        "base": statement.base,
        "engine": statement.engine,
        "at": time_text(statement.at),
        "forced": " ".join(statement.forced),
        **{key: getattr(statement, key) for key in _DIGESTS},
    }
    if statement.waiver:
        content["waivers"] = canonical_json([as_json(waiver) for waiver in waived_in(verdict, shown)]).decode("utf-8")
    if verdict.policy.store.in_notes:
        _keep_findings(git, statement, canonical_json(findings_json(verdict, shown)))
    _files.save(path, content, keep=KEPT)


def waivers_of(git: Git, statement: Statement) -> tuple[Waiver, ...]:
    """The waivers that a statement has the digest of; none if it rests on none, or they were not kept.

    Raises:
        GitError
    """
    content = _files.load(_path(git, statement.base, statement.tree), _files.LARGE) or {}
    try:
        waivers = tuple(from_json(item) for item in json.loads(content.get("waivers", "[]")))
    except (ValueError, TypeError, RecursionError):
        return ()
    return waivers if digest_of(waivers) == statement.waiver else ()


def findings_of(git: Git, statement: Statement) -> bytes | None:
    """The findings that a statement has the digest of, as canonical JSON; None if they were not kept.

    Raises:
        GitError
    """
    content = _files.load(_findings_path(git, statement), _files.LARGE) or {}
    text = content.get("findings", "").encode("utf-8")
    return text if hashlib.sha256(text).hexdigest() == statement.findings else None


def recall(git: Git, base_tree: str, tree: str) -> Statement | None:
    """The statement about this change, None if nobody reviewed it (or the note about it is damaged).

    Raises:
        GitError
    """
    content = _files.load(_path(git, base_tree, tree), _files.LARGE)
    if content is None or (content.get("base"), content.get("tree")) != (base_tree, tree):
        return None
    try:
        return Statement(
            result=Word(content["result"]),
            tree=tree,
            base=base_tree,
            engine=content["engine"],
            policy=content["policy"],
            models=content["models"],
            findings=content["findings"],
            at=parse_time(content["at"]),
            waiver=content["waiver"],
            forced=tuple(content.get("forced", "").split()),
        )
    except (KeyError, ValueError):
        return None


def _keep_findings(git: Git, statement: Statement, text: bytes) -> None:
    if len(text) <= MAX_FINDINGS:
        _files.save(_findings_path(git, statement), {"findings": text.decode("utf-8")}, keep=KEPT)


def _findings_path(git: Git, statement: Statement) -> Path:
    return git.path("hunkgate/findings") / f"{statement.base}-{statement.tree}.json"


def _path(git: Git, base_tree: str, tree: str) -> Path:
    return git.path("hunkgate/reviews") / f"{base_tree}-{tree}.json"
