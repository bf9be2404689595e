"""Which files each analyzer is asked about. Read before any of them is imported: most commits need one or two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_EXTRA = "pip install 'hunkgate[analyzers]'"
_SYSTEM = "install your system's package, such as apt-get install cppcheck"

_WORKFLOW = re.compile(
    rb"""(?:^|/)\.github/workflows/[^/]+\.ya?ml\Z   # workflows
    | (?:^|/)action\.ya?ml\Z                        # actions, which may lie anywhere
    | (?:^|/)\.github/dependabot\.ya?ml\Z""",
    re.VERBOSE,
)
"""What GitHub reads: https://docs.github.com/actions (workflow syntax; metadata syntax) and .../dependabot-options-reference."""

_MIGRATION = re.compile(
    rb"""(?i:(?:^|/)[^/]*(?:migrat(?:e|ions?)|flyway|schema[-_]?changes?)[^/]*/(?:[^/]+/)*[^/]+\.sql\Z)  # a folder that says so
    | (?:^|/)V[0-9][0-9._]*__[^/]+\.sql\Z      # Flyway
    | (?:^|/)[0-9]{8,14}[-_][^/]+\.sql\Z       # a date in front: Rails, dbmate, Supabase, golang-migrate
    | (?:^|/)[0-9]{3,6}[-_][^/]+\.sql\Z        # a number in front
    | \.up\.sql\Z""",
    re.VERBOSE,
)
_UNDOING = re.compile(
    rb"(?i)(?:\.down\.sql|\.undo\.sql|(?:^|[/_.-])(?:down|revert|rollback|undo)(?:[/_.-].*)?\.sql)\Z|(?:^|/)U[0-9][0-9._]*__"
)
"""The way back drops things by its nature."""


@dataclass(frozen=True, slots=True)
class Member:
    """What one analyzer reads, and how to get it."""

    languages: frozenset[str]
    """As in `Hunk.language`."""
    paths: re.Pattern[bytes] | None = None
    """If given, only files whose path it finds."""
    not_paths: re.Pattern[bytes] | None = None
    install: str = ""
    """How to install it, if it is optional: its absence is then no failure. Empty for a tool that comes with the gate."""

    def reads(self, path: bytes, language: str) -> bool:
        """Whether it is asked about a file."""
        if language not in self.languages or (self.not_paths and self.not_paths.search(path)):
            return False
        return self.paths is None or self.paths.search(path) is not None


MEMBERS: Mapping[str, Member] = {
    "cppcheck": Member(frozenset({"c", "cpp"}), install=_SYSTEM),
    "hadolint": Member(frozenset({"dockerfile"}), install=_EXTRA),
    "oxlint": Member(frozenset({"javascript", "typescript", "tsx", "vue", "svelte"}), install=_EXTRA),
    "ruff": Member(frozenset({"python"})),
    "shellcheck": Member(frozenset({"shell"}), install=_EXTRA),
    "squawk": Member(frozenset({"sql"}), _MIGRATION, _UNDOING, _EXTRA),
    "zizmor": Member(frozenset({"yaml"}), _WORKFLOW, install=_EXTRA),
}
"""By the name of the program, which is the name of the file. A test compares it with the folder."""
