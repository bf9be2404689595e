"""What may be believed of names in the environment: their form, and nothing else."""

from __future__ import annotations

import re

_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_SHORT_OID = re.compile(r"[0-9a-f]{7,64}")

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]|\.\.|@\{|//|/\.|\.lock(/|$)")
"""See git-check-ref-format(1)."""

_REPOSITORY = re.compile(r"[A-Za-z0-9_.{}~-]+(/[A-Za-z0-9_.{}~-]+)*")

_LONGEST = 1000


def oid(text: str) -> tuple[str, ...]:
    """The object id, if it is a full one and not the zeros that stand for nothing."""
    return (text,) if _OID.fullmatch(text) and text.strip("0") else ()


def short_oid(text: str) -> tuple[str, ...]:
    """An object id of which only the beginning may be given."""
    return (text,) if _SHORT_OID.fullmatch(text) and text.strip("0") else ()


def branch(text: str) -> str:
    """A branch name, or nothing if git would not take it for one, such as one with a line feed."""
    name = text.removeprefix("refs/heads/")
    bad = not name or len(name) > _LONGEST or name[0] in "-/." or name[-1] in "/." or name == "@"
    return "" if bad or _FORBIDDEN.search(name) else name


def remote_branch(text: str) -> tuple[str, ...]:
    """The remote-tracking branch: a full name, so that no tag or branch can stand in for it."""
    name = branch(text)
    return (f"refs/remotes/origin/{name}",) if name else ()


def number(text: str) -> int:
    """A positive number, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def repository(text: str) -> str:
    """ "owner/name", or nothing if it could leave its place in an address."""
    parts = text.split("/")
    return text if _REPOSITORY.fullmatch(text) and not {".", ".."} & set(parts) else ""
