"""What pre-commit found out and commit-msg has to know: the statement about (base tree, tree), kept in the git folder.

It is a note to ourselves, not a proof: who can write it can sign as well.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from reviewer.attest import _files
from reviewer.attest.statement import parse_time, time_text
from reviewer.attest.summary import statement_of
from reviewer.git import Git
from reviewer.records import Result, Verdict
from reviewer.records.statement import Statement, Word

KEPT = 64
"""Reviews kept for each work tree; the newest is the one that is needed, the others serve an aborted commit tried again."""

_DIGESTS = ("policy", "models", "findings")


def remember(git: Git, verdict: Verdict) -> None:
    """Keep what commit-msg needs for the attestation. A verdict that blocks makes an older one of the same change forgotten.

    Raises:
        AttestError: the verdict is about patch text.
        StorageError: it cannot be written.
    """
    path = _path(git, verdict.change.base_tree, verdict.change.tree)
    if verdict.result is Result.BLOCK:
        _files.remove(path)
        return
    statement = statement_of(verdict, datetime.now(timezone.utc).replace(microsecond=0))
    content = {
        "result": statement.result.value,
        "tree": statement.tree,
        "base": statement.base,
        "engine": statement.engine,
        "at": time_text(statement.at),
        **{key: getattr(statement, key) for key in _DIGESTS},
    }
    _files.save(path, content, keep=KEPT)


def recall(git: Git, base_tree: str, tree: str) -> Statement | None:
    """The statement about this change, None if nobody reviewed it (or the note about it is damaged).

    Raises:
        GitError
    """
    content = _files.load(_path(git, base_tree, tree))
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
        )
    except (KeyError, ValueError):
        return None


def _path(git: Git, base_tree: str, tree: str) -> Path:
    return git.path("hunkgate/reviews") / f"{base_tree}-{tree}.json"
