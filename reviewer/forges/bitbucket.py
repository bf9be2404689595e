"""Bitbucket Pipelines, and the API of Bitbucket Cloud.

Variables: https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
API: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.forges._fields import at, number, text
from reviewer.forges._http import MOST_PAGES, NAMELESS, Client
from reviewer.forges._names import branch, oid, remote_branch, repository, short_oid
from reviewer.forges._names import number as positive
from reviewer.forges._suggesting import fenced
from reviewer.forges.interface import Comment, Desk, Environment, Place, Remark

_API = "https://api.bitbucket.org/2.0"


def detect(environment: Environment) -> Place | None:
    """What the environment says; None if this is not Bitbucket Pipelines."""
    if not environment.get("BITBUCKET_BUILD_NUMBER"):
        return None
    asked = positive(environment.get("BITBUCKET_PR_ID", ""))
    heads = (*oid(environment.get("BITBUCKET_COMMIT", "")), "HEAD")
    target = environment.get("BITBUCKET_PR_DESTINATION_BRANCH", "")
    # Of the destination's commit Bitbucket gives only the first digits.
    bases = remote_branch(target) + short_oid(environment.get("BITBUCKET_PR_DESTINATION_COMMIT", "")) if asked else ()
    pushed = target if asked else environment.get("BITBUCKET_BRANCH", "")
    name = repository(environment.get("BITBUCKET_REPO_FULL_NAME", ""))
    fetch = "Set in bitbucket-pipelines.yml: clone: { depth: full }, and fetch the target:"
    fetch += " git fetch origin '+refs/heads/*:refs/remotes/origin/*'"
    return Place("bitbucket", bases, heads, branch(pushed), asked, name, _API, fetch=fetch)


def desk(place: Place, token: str) -> Desk:
    """Writes to the pull request.

    Raises:
        UsageError: the API's address is not safe.
    """
    return _Desk(Client(place.api, {"Authorization": f"Bearer {token}"}), place)


@dataclass(frozen=True, slots=True)
class _Desk:
    client: Client
    place: Place

    def who(self) -> str:
        """The token's user; empty for an access token of a repository, which may not ask."""
        told, user = self.client.attempt("GET", "/user", refusals=NAMELESS)
        return text(user, "uuid") if told else ""

    def comments(self) -> Sequence[Comment]:
        return [_comment(item) for item in self._items() if at(item, "inline") is None]

    def say(self, body: str) -> None:
        self.client.ask("POST", self._root(), {"content": {"raw": body}})

    def rewrite(self, comment: Comment, body: str) -> None:
        self.client.ask("PUT", f"{self._root()}/{comment.id}", {"content": {"raw": body}})

    def remarks(self) -> Sequence[Comment]:
        return [_comment(item) for item in self._items() if at(item, "inline") is not None]

    def remark(self, remark: Remark, marker: str) -> bool:
        """Bitbucket's API has no suggestions: the proposed lines are shown as code."""
        body = f"{remark.body}{fenced(remark.suggestion, '')}\n\n{marker}\n"
        inline = {"path": remark.path, "to": remark.line}
        return self.client.attempt("POST", self._root(), {"content": {"raw": body}, "inline": inline}, refusals=(400, 404))[0]

    def close(self, comment: Comment) -> None:
        self.client.ask("POST", f"{self._root()}/{comment.id}/resolve", {})

    def marker(self, content: str) -> str:
        """Bitbucket shows HTML comments; a link definition that nothing refers to is shown nowhere."""
        return f"\n[//]: # ({content})\n"

    def _items(self) -> Iterator[object]:
        path = f"{self._root()}?pagelen=100"
        for _ in range(MOST_PAGES):
            page = self.client.ask("GET", path)
            values = at(page, "values")
            yield from (item for item in (values if isinstance(values, list) else []) if not at(item, "deleted"))
            path = text(page, "next")
            if not path:
                return

    def _root(self) -> str:
        return f"/repositories/{self.place.repository}/pullrequests/{self.place.number}/comments"


def _comment(item: object) -> Comment:
    raw = text(item, "content", "raw")
    return Comment(str(number(item, "id")), text(item, "user", "uuid"), raw, closed=at(item, "resolution") is not None)
