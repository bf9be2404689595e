"""The nouns: frozen, slotted dataclasses and the enums that close their choices."""

from reviewer.records.change import Change, FileChange, Hunk, Line, LineKind, Status, printable
from reviewer.records.coverage import CoverageEntry, State
from reviewer.records.finding import Confidence, Dismissed, Finding, Kind, Severity, Step
from reviewer.records.policy import (
    REVIEWERS,
    ROLES,
    Dismissals,
    EngineUse,
    Machine,
    Mode,
    OnError,
    OwnAnalyzer,
    Policy,
    PrePush,
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
    "Dismissals",
    "Dismissed",
    "Disposition",
    "EngineUse",
    "FileChange",
    "Finding",
    "Hunk",
    "JudgedFinding",
    "Kind",
    "Line",
    "LineKind",
    "Machine",
    "Mode",
    "OnError",
    "OwnAnalyzer",
    "Policy",
    "PrePush",
    "Profile",
    "Result",
    "Severity",
    "State",
    "Status",
    "Step",
    "Suppressions",
    "Task",
    "Verdict",
    "printable",
]
