"""Rules that a repository brings along, as files below `.hunkgate/rules`, before anybody has looked into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType

from reviewer.errors import RuleError
from reviewer.records import printable

FOLDER = ".hunkgate/rules"
"""Where they lie, from the top of the repository, in folders of any name."""

PREFIX = "local-"
"""How their ids begin. No shipped rule has such an id, so none can be replaced."""

MOST_BYTES, MOST_FILES, MOST_TOGETHER = 64 * 1024, 500, 1024 * 1024
"""Bytes of one rule, number of rules, bytes of all. The largest shipped rule has 6 KB."""

_SHRINK = "Keep a rule to one problem, and its examples short."
_PLAIN = (0o100644, 0o100755)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_ERRORS: Mapping[str, RuleError] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LocalRules:
    """What the tree that a change is based on holds of them. Paths are printable and start at the top of the repository."""

    texts: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """What the files say, by path."""
    refused: Mapping[str, RuleError] = field(default_factory=lambda: _NO_ERRORS)
    """What stands at the place of a rule and cannot be one, by path; `FOLDER` itself for what is wrong with all of them."""
    edited: frozenset[str] = frozenset()
    """Paths that the change brings, alters, moves or removes."""

    @property
    def ids(self) -> frozenset[str]:
        """Of the rules that are there, and of those that the change brings: a comment may come along with its rule."""
        return frozenset(PurePosixPath(path).stem for path in (*self.texts, *self.edited))


def is_rule(path: bytes | str) -> bool:
    """Whether a path in a repository is the place of such a rule."""
    name = path if isinstance(path, str) else printable(path)
    return name.startswith(f"{FOLDER}/") and name.endswith((".yml", ".yaml"))


def entry_error(path: str, mode: int, size: int) -> RuleError | None:
    """What is wrong with a file of a tree before it is read; None if nothing is.

    Args:
        mode: git's file mode.
        size: bytes; 0 for what has none.
    """
    if mode not in _PLAIN:
        return RuleError("a rule must be a plain file, no link and no submodule", where=f"{path}:1", todo="Replace it by a file.")
    return size_error(path, size)


def size_error(path: str, size: int) -> RuleError | None:
    """What is wrong with the size of a rule file; None if nothing is."""
    if size <= MOST_BYTES:
        return None
    return RuleError(f"the rule has {size} bytes; at most {MOST_BYTES} are read", where=f"{path}:1", todo=_SHRINK)


def too_many(count: int, size: int) -> RuleError | None:
    """What is wrong with all rules together; None if nothing is.

    Args:
        count: rule files; what is counted may end at one too many.
        size: bytes of all of them.
    """
    if count > MOST_FILES:
        return RuleError(f"there are more than {MOST_FILES} rules", where=FOLDER, todo="Remove the ones that are of least use.")
    if size > MOST_TOGETHER:
        return RuleError(f"the rules have more than {MOST_TOGETHER} bytes together", where=FOLDER, todo=_SHRINK)
    return None


def decoded(path: str, content: bytes) -> str | RuleError:
    """The text of a rule file, or what is wrong with it."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return RuleError("the rule file is not UTF-8", where=f"{path}:{line}", todo="Save it as UTF-8.")
