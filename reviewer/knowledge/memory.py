"""What a review asks of the gate's memory: which findings were dismissed, and to keep in mind what it found.

The work is in `recalling`, which is only imported once there is a finding: most reviews end without one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.git import Git
from reviewer.knowledge import FOLDER
from reviewer.records import Change, Finding, Policy

if TYPE_CHECKING:
    from reviewer.knowledge.recalling import Recalling


@dataclass(frozen=True, slots=True)
class Known:
    """What the memory starts from."""

    git: Git
    change: Change
    contents: Mapping[bytes, bytes]
    """The new content of files that are at hand; others are read from the change's tree."""
    base_tree: str
    """The tree whose dismissals count."""
    top: Path | None = None
    """The work tree in which to look for dismissals that were not staged; None if none is asked."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """The findings with the decisions about them."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    """Dismissals that are refused, expired or do not count, in words."""


class Memory:
    """The memory of one review. Nothing is read before there is a finding, or the change brings dismissals along.

    Args:
        known: None outside of a repository: then nothing is remembered.
    """

    def __init__(self, known: Known | None = None) -> None:
        self._known = known

    def recalled(self, findings: Sequence[Finding], policy: Policy) -> Recalled:
        """The findings, each with the decision that dismisses it.

        Raises:
            GitError: the dismissals cannot be read.
        """
        if self._known is None or not (findings or _brings_dismissals(self._known.change)):
            return Recalled(tuple(findings), ())
        return self.work.recalled(findings, policy)

    def remember(self, findings: Sequence[Finding], hide: Callable[[str], str]) -> str:
        """Keep the findings for `hunkgate dismiss`. A review does not fail because that fails: the reason is returned instead.

        Args:
            hide: takes the secrets out of any text.
        """
        return "" if self._known is None or not findings else self.work.remember(findings, hide)

    @cached_property
    def work(self) -> Recalling:
        """What does it; there must be a repository."""
        from reviewer.knowledge.recalling import Recalling

        assert self._known is not None
        return Recalling(self._known)


def _brings_dismissals(change: Change) -> bool:
    return any(file.path.startswith(FOLDER.encode() + b"/") for file in change.files)
