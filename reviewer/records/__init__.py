"""The nouns: frozen, slotted dataclasses and the enums that close their choices."""

from reviewer.records.change import Change, FileChange, Hunk, Line, LineKind, Status, printable
from reviewer.records.coverage import CoverageEntry, State
from reviewer.records.finding import Confidence, Dismissed, Finding, Kind, Severity, Step
from reviewer.records.fix import Fix, Mend, Replacement
from reviewer.records.policy import (
    REVIEWERS,
    ROLES,
    Dialect,
    Dismissals,
    Endpoint,
    EngineUse,
    Machine,
    Mode,
    OnError,
    OwnAnalyzer,
    Policy,
    PrePush,
    Ranking,
    Store,
    Suppressions,
)
from reviewer.records.profile import Complexity, Profile, Task
from reviewer.records.verdict import Disposition, JudgedFinding, Result, Verdict

__all__ = [
    "REVIEWERS",
    "ROLES",
    "Change",
    "Complexity",
    "Confidence",
    "CoverageEntry",
    "Dialect",
    "Dismissals",
    "Dismissed",
    "Disposition",
    "Endpoint",
    "EngineUse",
    "FileChange",
    "Finding",
    "Fix",
    "Hunk",
    "JudgedFinding",
    "Kind",
    "Line",
    "LineKind",
    "Machine",
    "Mend",
    "Mode",
    "OnError",
    "OwnAnalyzer",
    "Policy",
    "PrePush",
    "Profile",
    "Ranking",
    "Replacement",
    "Result",
    "Severity",
    "State",
    "Status",
    "Step",
    "Store",
    "Suppressions",
    "Task",
    "Verdict",
    "printable",
]
