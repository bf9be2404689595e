"""GitLab CI, and GitLab's API.

Variables: https://docs.gitlab.com/ci/variables/predefined_variables/
API: https://docs.gitlab.com/api/notes/#merge-requests, https://docs.gitlab.com/api/discussions/#merge-requests
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from reviewer.forges._fields import at, text
from reviewer.forges._http import NAMELESS, Client
from reviewer.forges._names import branch, number, oid, remote_branch
from reviewer.forges._suggesting import fenced, html_marker
from reviewer.forges.interface import Comment, Desk, Environment, Place, Remark


def detect(environment: Environment) -> Place | None:
    """What the environment says; None if this is not GitLab CI."""
    if environment.get("GITLAB_CI") != "true":
        return None
    asked = number(environment.get("CI_MERGE_REQUEST_IID", ""))
    bases, target = _merge_request(environment) if asked else _pushed(environment)
    # In a pipeline for the merged result, CI_COMMIT_SHA is a merge that GitLab made.
    heads = oid(environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")) + oid(environment.get("CI_COMMIT_SHA", ""))
    project = number(environment.get("CI_MERGE_REQUEST_PROJECT_ID", "")) or number(environment.get("CI_PROJECT_ID", ""))
    api = environment.get("CI_API_V4_URL", "").rstrip("/")
    fetch = 'Set in the job: variables: { GIT_DEPTH: "0" }'
    return Place("gitlab", bases, heads or ("HEAD",), target, asked, str(project or ""), api, fetch=fetch)


def _merge_request(environment: Environment) -> tuple[tuple[str, ...], str]:
    target = environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
    names = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA")
    told = tuple(found for name in names for found in oid(environment.get(name, "")))
    # The tracking branch is as new as the clone: a key that was revoked since the pipeline began is revoked.
    return remote_branch(target) + told, branch(target)


def _pushed(environment: Environment) -> tuple[tuple[str, ...], str]:
    pushed = branch(environment.get("CI_COMMIT_BRANCH", ""))
    default = environment.get("CI_DEFAULT_BRANCH", "")
    fallback = () if pushed == default else remote_branch(default)
    return oid(environment.get("CI_COMMIT_BEFORE_SHA", "")) + fallback, pushed


def desk(place: Place, token: str) -> Desk:
    """Writes to the merge request.

    Raises:
        UsageError: the API's address is not safe.
    """
    return _Desk(Client(place.api, {"PRIVATE-TOKEN": token}), place)


@dataclass(frozen=True, slots=True)
class _Desk:
    client: Client
    place: Place

    def who(self) -> str:
        told, user = self.client.attempt("GET", "/user", refusals=NAMELESS)
        return text(user, "id") if told else ""

    def comments(self) -> Sequence[Comment]:
        notes = self.client.pages(f"{self._root()}/notes")
        plain = [item for item in notes if not at(item, "system") and text(item, "type") != "DiffNote"]
        return [Comment(text(item, "id"), text(item, "author", "id"), text(item, "body")) for item in plain]

    def say(self, body: str) -> None:
        self.client.ask("POST", f"{self._root()}/notes", {"body": body})

    def rewrite(self, comment: Comment, body: str) -> None:
        self.client.ask("PUT", f"{self._root()}/notes/{comment.id}", {"body": body})

    def remarks(self) -> Sequence[Comment]:
        return list(self._remarks())

    def remark(self, remark: Remark, marker: str) -> bool:
        refs = at(self.client.ask("GET", self._root()), "diff_refs")
        position = {
            "position_type": "text",
            "new_path": remark.path,
            "old_path": remark.old_path or remark.path,
            "new_line": remark.line,
        }
        position |= {key: text(refs, key) for key in ("base_sha", "start_sha", "head_sha")}
        body = f"{remark.body}{fenced(remark.suggestion, 'suggestion:-0+0')}\n{marker}\n"
        return self.client.attempt(
            "POST", f"{self._root()}/discussions", {"body": body, "position": position}, refusals=(400, 422, 500)
        )[0]

    def close(self, comment: Comment) -> None:
        self.client.ask("PUT", f"{self._root()}/discussions/{quote(comment.thread, safe='')}", {"resolved": True})

    def marker(self, content: str) -> str:
        return html_marker(content)

    def _remarks(self) -> Iterator[Comment]:
        for discussion in self.client.pages(f"{self._root()}/discussions"):
            notes = at(discussion, "notes")
            first = notes[0] if isinstance(notes, list) and notes else None
            if text(first, "type") == "DiffNote":
                ids = text(first, "id"), text(first, "author", "id"), text(first, "body"), text(discussion, "id")
                yield Comment(*ids, closed=bool(at(first, "resolved")))

    def _root(self) -> str:
        return f"/projects/{self.place.repository}/merge_requests/{self.place.number}"
