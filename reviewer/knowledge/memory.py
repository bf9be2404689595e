"""What a review asks of the gate's memory: which findings were dismissed, and to keep in mind what it found.

The work is in `recalling`, which is only imported once there is a finding: most reviews end without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from reviewer.knowledge import FOLDER
from reviewer.knowledge.known import Known, Recalled
from reviewer.records import Change, Finding, Policy

if TYPE_CHECKING:
    from reviewer.knowledge.recalling import Recalling


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
