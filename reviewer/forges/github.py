"""GitHub Actions, and GitHub's API.

Variables: https://docs.github.com/en/actions/reference/variables-reference#default-environment-variables
API: https://docs.github.com/en/rest/issues/comments, https://docs.github.com/en/rest/pulls/comments
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.forges import _event
from reviewer.forges._fields import number, text
from reviewer.forges._http import NAMELESS, Client, ForgeError
from reviewer.forges._names import repository
from reviewer.forges._suggesting import fenced, html_marker
from reviewer.forges.interface import Comment, Desk, Environment, Place, Remark

_ROBOT = "github-actions[bot]"
"""Who the token of a job is; it may not ask who it is."""

_MINIMIZE = """mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: RESOLVED}) { clientMutationId } }"""
"""See https://docs.github.com/en/graphql/reference/mutations#minimizecomment"""

_NEEDLESS = (404, 410, 422)
"""A line that is not part of the diff, or a diff that has changed meanwhile."""


def detect(environment: Environment) -> Place | None:
    """What the environment says; None if this is not GitHub Actions.

    Raises:
        UsageError: the event file cannot be read.
    """
    if environment.get("GITHUB_ACTIONS") != "true" or environment.get("GITEA_ACTIONS") or environment.get("FORGEJO_ACTIONS"):
        return None
    span = _event.span(environment)
    api = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    return Place(
        "github", span.bases, span.heads or ("HEAD",), span.target, span.number,
        repository(environment.get("GITHUB_REPOSITORY", "")), api,
        environment.get("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
        fetch="Give the checkout step: with: { fetch-depth: 0 }",
    )  # fmt: skip


def desk(place: Place, token: str) -> Desk:
    """Writes to the pull request.

    Raises:
        UsageError: the API's address is not safe.
    """
    headers = {"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28", "Accept": "application/vnd.github+json"}
    return _Desk(Client(place.api, headers), Client(place.graphql, headers), place)


@dataclass(frozen=True, slots=True)
class _Desk:
    client: Client
    graphql: Client
    place: Place

    def who(self) -> str:
        """The token's user; a job's own token may not ask, and is the robot of Actions."""
        told, user = self.client.attempt("GET", "/user", refusals=NAMELESS)
        return text(user, "login") if told else _ROBOT

    def comments(self) -> Sequence[Comment]:
        return [
            Comment(text(item, "id"), text(item, "user", "login"), text(item, "body"))
            for item in self.client.pages(self._issue())
        ]

    def say(self, body: str) -> None:
        self.client.ask("POST", self._issue(), {"body": body})

    def rewrite(self, comment: Comment, body: str) -> None:
        self.client.ask("PATCH", f"{self._root()}/issues/comments/{comment.id}", {"body": body})

    def remarks(self) -> Sequence[Comment]:
        return list(self._remarks())

    def remark(self, remark: Remark, marker: str) -> bool:
        body = f"{remark.body}{fenced(remark.suggestion, 'suggestion')}\n{marker}\n"
        content = {"body": body, "commit_id": self.place.heads[0], "path": remark.path, "line": remark.line, "side": "RIGHT"}
        return self.client.attempt("POST", f"{self._pull()}/comments", content, refusals=_NEEDLESS)[0]

    def close(self, comment: Comment) -> None:
        answer = self.graphql.ask("POST", "", {"query": _MINIMIZE, "variables": {"id": comment.thread}})
        if isinstance(answer, dict) and answer.get("errors"):
            raise ForgeError("GitHub did not minimize a comment", where=text(answer["errors"][0], "message")[:200])

    def marker(self, content: str) -> str:
        return html_marker(content)

    def _remarks(self) -> Iterator[Comment]:
        for item in self.client.pages(f"{self._pull()}/comments"):
            yield Comment(
                text(item, "id"), text(item, "user", "login"), text(item, "body"), text(item, "node_id"), not _line(item)
            )

    def _root(self) -> str:
        return f"/repos/{self.place.repository}"

    def _issue(self) -> str:
        return f"{self._root()}/issues/{self.place.number}/comments"

    def _pull(self) -> str:
        return f"{self._root()}/pulls/{self.place.number}"


def _line(item: object) -> bool:
    """Whether the line it stands at is still there: GitHub folds away what is outdated, so that needs no closing."""
    return bool(number(item, "line") or number(item, "position"))
