"""Gitea and Forgejo: their Actions speak as GitHub's do, their API nearly so.

API: https://docs.gitea.com/api/ (issues and pull requests; reviews hold the comments at lines).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.forges import _event
from reviewer.forges._fields import text
from reviewer.forges._http import NAMELESS, Client
from reviewer.forges._names import repository
from reviewer.forges._suggesting import fenced, html_marker
from reviewer.forges.interface import Comment, Desk, Environment, Place, Remark

_ROBOTS = {"GITEA_ACTIONS": "gitea-actions", "FORGEJO_ACTIONS": "forgejo-actions"}

_MENDED = "Mended: this is not found any more."


def detect(environment: Environment) -> Place | None:
    """What the environment says; None if this is neither of them.

    Raises:
        UsageError: the event file cannot be read.
    """
    if not any(environment.get(name) for name in _ROBOTS):
        return None
    span = _event.span(environment)
    server = environment.get("GITHUB_SERVER_URL", "").rstrip("/")
    api = environment.get("GITHUB_API_URL", f"{server}/api/v1" if server else "").rstrip("/")
    name = repository(environment.get("GITHUB_REPOSITORY", ""))
    fetch = "Give the checkout step: with: { fetch-depth: 0 }"
    return Place("gitea", span.bases, span.heads or ("HEAD",), span.target, span.number, name, api, fetch=fetch)


def desk(place: Place, token: str) -> Desk:
    """Writes to the pull request.

    Raises:
        UsageError: the API's address is not safe.
    """
    return _Desk(Client(place.api, {"Authorization": f"token {token}"}), place)


@dataclass(frozen=True, slots=True)
class _Desk:
    client: Client
    place: Place

    def who(self) -> str:
        """The token's user; empty for a job's own token, which may not ask."""
        told, user = self.client.attempt("GET", "/user", refusals=NAMELESS)
        return text(user, "login") if told else ""

    def comments(self) -> Sequence[Comment]:
        # The list has no pages: https://docs.gitea.com/api/ "issueGetComments".
        items = self.client.ask("GET", self._issue())
        return [_comment(item) for item in items] if isinstance(items, list) else []

    def say(self, body: str) -> None:
        self.client.ask("POST", self._issue(), {"body": body})

    def rewrite(self, comment: Comment, body: str) -> None:
        self.client.ask("PATCH", f"{self._root()}/issues/comments/{comment.id}", {"body": body})

    def remarks(self) -> Sequence[Comment]:
        return list(self._remarks())

    def remark(self, remark: Remark, marker: str) -> bool:
        body = f"{remark.body}{fenced(remark.suggestion, 'suggestion')}\n{marker}\n"
        comments = [{"path": remark.path, "body": body, "new_position": remark.line, "old_position": 0}]
        review = {"event": "COMMENT", "body": "", "commit_id": self.place.heads[0], "comments": comments}
        return self.client.attempt("POST", f"{self._pull()}/reviews", review, refusals=(404, 422))[0]

    def close(self, comment: Comment) -> None:
        """There is no call that resolves, so the text says it."""
        self.rewrite(comment, f"{_MENDED}\n\n{comment.body}")

    def marker(self, content: str) -> str:
        return html_marker(content)

    def _remarks(self) -> Iterator[Comment]:
        for review in self.client.pages(f"{self._pull()}/reviews"):
            if not text(review, "id"):
                continue
            items = self.client.ask("GET", f"{self._pull()}/reviews/{text(review, 'id')}/comments")
            for item in items if isinstance(items, list) else []:
                yield _comment(item)

    def _root(self) -> str:
        return f"/repos/{self.place.repository}"

    def _issue(self) -> str:
        return f"{self._root()}/issues/{self.place.number}/comments"

    def _pull(self) -> str:
        return f"{self._root()}/pulls/{self.place.number}"


def _comment(item: object) -> Comment:
    body = text(item, "body")
    return Comment(text(item, "id"), text(item, "user", "login"), body, closed=body.startswith(_MENDED))
