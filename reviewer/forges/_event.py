"""The event file of GitHub Actions, which Gitea and Forgejo write too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.errors import UsageError
from reviewer.forges._names import branch, number, oid, remote_branch
from reviewer.forges.interface import Environment

_MOST_BYTES = 25 * 1024 * 1024
"""GitHub's own limit for a payload (https://docs.github.com/en/webhooks/webhook-events-and-payloads)."""

_PULL = ("pull_request", "pull_request_target", "pull_request_review")


@dataclass(frozen=True, slots=True)
class Span:
    """The commits that an event is about."""

    bases: tuple[str, ...]
    heads: tuple[str, ...]
    target: str
    number: int


def span(environment: Environment) -> Span:
    """What the event file and the variables beside it say.

    Raises:
        UsageError: the file cannot be read.
    """
    name, payload = environment.get("GITHUB_EVENT_NAME", ""), _payload(environment.get("GITHUB_EVENT_PATH", ""))
    own = oid(environment.get("GITHUB_SHA", ""))
    if name in _PULL:
        pull = _part(payload, "pull_request")
        base, head = _part(pull, "base"), _part(pull, "head")
        target = branch(_text(base, "ref"))
        # The tracking branch is as new as the clone: a key that was revoked since the event is revoked.
        return Span(
            remote_branch(target) + oid(_text(base, "sha")),
            oid(_text(head, "sha")) + own,
            target,
            _number(payload) or _number(pull),
        )
    if name == "merge_group":
        group = _part(payload, "merge_group")
        return Span(oid(_text(group, "base_sha")), oid(_text(group, "head_sha")) + own, branch(_text(group, "base_ref")), 0)
    return _pushed(payload, own, environment.get("GITHUB_REF", ""))


def _pushed(payload: Mapping[str, Any], own: tuple[str, ...], ref: str) -> Span:
    pushed = branch(ref) if ref.startswith("refs/heads/") else ""
    default = branch(_text(_part(payload, "repository"), "default_branch"))
    # What was pushed to the default branch is measured by what that was before, never by what it is now.
    fallback = () if pushed == default else remote_branch(default)
    return Span(oid(_text(payload, "before")) + fallback, oid(_text(payload, "after")) + own, pushed, 0)


def _payload(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        with Path(path).open("rb") as file:
            payload = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        todo = "Run hunkgate ci in a step of the job, or say --base and --head."
        raise UsageError("the event file of this job cannot be read", where=f"GITHUB_EVENT_PATH={path}", todo=todo) from error
    return payload if isinstance(payload, dict) else {}


def _part(payload: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = payload.get(key)
    return part if isinstance(part, dict) else {}


def _text(payload: Mapping[str, Any], key: str) -> str:
    text = payload.get(key)
    return text if isinstance(text, str) else ""


def _number(payload: Mapping[str, Any]) -> int:
    return number(str(payload.get("number", "")))
