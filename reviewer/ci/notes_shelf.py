"""Summaries and marks as signed statements in a ref of notes, which a server's jobs share.

A summary is a SLSA VSA about all commits of a run, in a DSSE envelope, noted about the tree of the last one; its predicate has
what was looked at as the member "review". Marks of keys are noted about the empty tree. Only what this machine's own signing key
signed is believed: notes can be pushed by many.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.attest import notes_store, sshsig, vsa
from reviewer.attest.canonical import Json, canonical_json
from reviewer.attest.keys import public_blob, signing_key
from reviewer.attest.notes import SUMMARIES
from reviewer.attest.statement import PAYLOAD_TYPE, STATEMENT_TYPE, pae
from reviewer.attest.trust import Standing, Trust
from reviewer.ci.former import KEY, Ended, Found, Mark
from reviewer.ci.marks import mark_json, mark_of
from reviewer.errors import AttestError
from reviewer.git import Git

MARK_TYPE = "https://github.com/hunkgate/hunkgate/key-mark/v1"
"""Predicate type of a mark; described in docs/ci.md."""


@dataclass(frozen=True, slots=True)
class NotesShelf:
    """The ref of summaries. Made by `notes_shelf`."""

    git: Git
    trust: Trust
    setting: vsa.Setting

    def trees(self) -> frozenset[str]:
        """Trees that there is a summary of."""
        commit = notes_store.tip(self.git, SUMMARIES)
        return notes_store.trees_in(self.git, commit) - {self.git.empty_tree()} if commit else frozenset()

    def about(self, key: Mapping[str, Any]) -> Found:
        """The summaries about one range."""
        read = [self._read(line) for line in self._lines(key["tree"])]
        contents = (_review(one) for one in read if not isinstance(one, str))
        fitting = tuple(content for content in contents if {name: content.get(name) for name in KEY} == dict(key))
        return Found(fitting, tuple(one for one in read if isinstance(one, str)))

    def put(self, content: Mapping[str, Any], ended: Ended) -> None:
        """Sign and keep a summary, if there is none yet that says the same.

        Raises:
            AttestError, GitError, StorageError: it cannot be signed or written.
        """
        made = vsa.summary_of_run(ended.commits, self.setting, dict(content), passed=ended.passed)
        if any(_says(one) == _says(made) for one in map(self._read, self._lines(content["tree"])) if not isinstance(one, str)):
            return
        notes_store.append(self.git, content["tree"], vsa.signed(self.git, made), SUMMARIES)

    def marks(self) -> tuple[Mark, ...]:
        """The marks that this machine's key signed."""
        read = [self._read(line) for line in self._lines(self.git.empty_tree())]
        found = (_mark(one) for one in read if not isinstance(one, str))
        return tuple(mark for mark in found if mark is not None)

    def mark(self, mark: Mark) -> None:
        """Sign and keep a mark.

        Raises:
            AttestError, GitError, StorageError: it cannot be signed or written.
        """
        subject: dict[str, Json] = {"name": "key", "digest": {"sha256": mark.key}}
        made: dict[str, Json] = {
            "_type": STATEMENT_TYPE, "subject": [subject], "predicateType": MARK_TYPE, "predicate": mark_json(mark),
        }  # fmt: skip
        notes_store.append(self.git, self.git.empty_tree(), vsa.signed(self.git, made), SUMMARIES)

    def forgive(self, key: str) -> None:
        """Drop the marks of a key.

        Raises:
            AttestError, GitError, StorageError: it cannot be written.
        """
        tree = self.git.empty_tree()

        def edit(old: str) -> notes_store.Edit | None:
            lines = notes_store.lines_of(notes_store.content_about(self.git, old, tree)) if old else frozenset[bytes]()
            kept = {line for line in lines if not self._is_about(line, key)}
            return None if kept == lines else notes_store.Edit({tree: notes_store.joined(kept)})

        notes_store.update(self.git, edit, SUMMARIES)

    def _is_about(self, line: bytes, key: str) -> bool:
        read = self._read(line)
        mark = None if isinstance(read, str) else _mark(read)
        return mark is not None and mark.key == key

    def _lines(self, tree: str) -> list[bytes]:
        commit = notes_store.tip(self.git, SUMMARIES)
        return sorted(notes_store.lines_of(notes_store.content_about(self.git, commit, tree))) if commit else []

    def _read(self, line: bytes) -> dict[str, Any] | str:
        """The statement of a line; in words why it is not believed."""
        try:
            payload, signatures = _opened(line)
            statement = json.loads(payload)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, AttestError):
            return f"a line in {SUMMARIES} is not a signed summary"
        checked = [self.trust.check(signature, pae(PAYLOAD_TYPE, payload)) for signature in signatures]
        if not any(one.standing is Standing.VALID for one in checked):
            why = checked[0].reason if checked else "nobody signed it"
            return f"a line in {SUMMARIES} was not signed by this machine's key ({why})"
        return statement if isinstance(statement, dict) else f"a line in {SUMMARIES} is not a signed summary"


def notes_shelf(git: Git, setting: vsa.Setting) -> NotesShelf:
    """The summaries of the jobs that sign with git's signing key of this machine.

    Raises:
        AttestError: there is no such key.
    """
    return NotesShelf(git, Trust(None, (), public_blob(signing_key(git)), namespace=vsa.NAMESPACE), setting)


def _opened(line: bytes) -> tuple[bytes, list[sshsig.Signature]]:
    outer = json.loads(line)
    if outer["payloadType"] != PAYLOAD_TYPE:
        raise ValueError("another type")
    signatures = [sshsig.parse(base64.b64decode(entry["sig"], validate=True)) for entry in outer["signatures"]]
    return base64.b64decode(outer["payload"], validate=True), signatures


def _predicate(statement: Mapping[str, Any], kind: str) -> dict[str, Any]:
    predicate = statement.get("predicate")
    return predicate if statement.get("predicateType") == kind and isinstance(predicate, dict) else {}


def _review(statement: Mapping[str, Any]) -> dict[str, Any]:
    review = _predicate(statement, vsa.PREDICATE_TYPE).get("review")
    return review if isinstance(review, dict) else {}


def _mark(statement: Mapping[str, Any]) -> Mark | None:
    return mark_of(_predicate(statement, MARK_TYPE))


def _says(statement: Mapping[str, Any]) -> tuple[object, ...]:
    """What a summary says, without when."""
    predicate = _predicate(statement, vsa.PREDICATE_TYPE)
    return statement.get("subject"), predicate.get("verificationResult"), canonical_json(predicate.get("review", {}))
