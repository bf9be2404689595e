"""What a CI job knows about its commits, and how a comment gets to a merge request. One file per code host, found by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Environment = Mapping[str, str]
"""The variables of the job. Branch names and titles in them are written by whoever opens a merge request."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the environment says. Revisions have been checked by their form, and have yet to be looked up with `Git.commit_of`."""

    forge: str
    """Name of the member, such as "github"."""
    bases: tuple[str, ...]
    """Revisions of the target before these commits, the best first: full refs or oids. Empty if it says none."""
    heads: tuple[str, ...]
    """Revisions of the last commit, the best first."""
    target: str = ""
    """Branch that the commits are to be merged into, or were pushed to; empty if unknown."""
    number: int = 0
    """Of the merge request; 0 if there is none."""
    repository: str = ""
    """What the API calls it: "owner/name" or a number."""
    api: str = ""
    """Address of the API without a slash at its end; empty if nothing can be posted."""
    graphql: str = ""
    """Address of GitHub's other API."""
    fetch: str = "git fetch --unshallow origin"
    """What a person has to do if commits are missing."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say about lines of a file."""

    key: str
    """Fingerprint of the finding: no two remarks of one merge request have the same."""
    path: str
    line: int
    """In the new file, 1-based."""
    body: str
    """Markdown."""
    suggestion: str | None = None
    """Lines to put in place of `line`, without the last line feed; None if there is no such proposal."""
    old_path: str = ""
    """Before the change, if it is another one."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that is there already."""

    id: str
    author: str
    """As the API names them; compared with who the token is."""
    body: str
    thread: str = ""
    """What else the API needs to resolve it."""
    closed: bool = False
    """It is resolved or minimized already."""


class Desk(Protocol):
    """Writes to one merge request. Every method raises ForgeError."""

    def who(self) -> str:
        """Whose comments are our own, in the form of `Comment.author`; empty if the API does not tell."""

    def comments(self) -> Sequence[Comment]:
        """All comments that stand at no line."""

    def say(self, body: str) -> None:
        """Write a comment."""

    def rewrite(self, comment: Comment, body: str) -> None:
        """Change a comment."""

    def remarks(self) -> Sequence[Comment]:
        """All comments that stand at lines."""

    def remark(self, remark: Remark, marker: str) -> bool:
        """Write a comment at a line; False if the host does not take one there."""

    def close(self, comment: Comment) -> None:
        """Resolve or minimize a comment at a line, because what it is about was mended."""

    def marker(self, text: str) -> str:
        """A line of Markdown that readers do not see."""


class Forge(Protocol):
    """The module's contract."""

    def detect(self, environment: Environment) -> Place | None:
        """What the environment says; None if it is another host's. Raises UsageError if it contradicts itself."""
