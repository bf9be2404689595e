"""Every setting, declared once. Reading, `config show`, the file of `init` and the JSON Schema all come from this table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from reviewer.config.ages import Age
from reviewer.config.endpoints import Endpoints
from reviewer.config.kinds import Choice, Command, Count, Flag, Kind, Location, Name, Programs, Seconds, Several, Size, Words
from reviewer.config.own_tools import OwnTools
from reviewer.config.patterns import Patterns
from reviewer.records import (
    REVIEWERS,
    ROLES,
    Confidence,
    Dismissals,
    EngineUse,
    Machine,
    Mode,
    OnError,
    Policy,
    PrePush,
    Ranking,
    Severity,
    Store,
    Suppressions,
)
from reviewer.records import Kind as FindingKind
from reviewer.records.policy import GeneratedReview, Provenance, Waived


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    key: str
    """As in TOML; a dot stands for a table."""
    field: str
    """Where it goes in `Policy` or `Machine`."""
    kind: Kind
    doc: str
    """One or two sentences for the reader of the file."""

    @property
    def default(self) -> object:
        return getattr(_MACHINE if self in USER else _POLICY, self.field)

    @property
    def example(self) -> str:
        """A line of TOML, in the right table, that sets the default."""
        return f"{self.key.rpartition('.')[2]} = {self.kind.write(self.default)}"


TEAM = (
    Setting("mode", "mode", Choice(Mode), '"advise" only tells; "block" stops a commit with a finding that meets [block].'),
    Setting("reviewers", "reviewers", Several(REVIEWERS, "name at least one"), "Who looks at a change."),
    Setting("budget", "budget", Seconds(), "Model time for one commit. What does not fit is reported as deferred."),
    Setting("on_error", "on_error", Choice(OnError), "What an incomplete review does: a missing tool, a crash, a time-out."),
    Setting("suppressions", "suppressions", Choice(Suppressions), "Whether a comment in the code may silence a finding."),
    Setting(
        "dismissals",
        "dismissals",
        Choice(Dismissals),
        'Which dismissals count: "base" only those committed before a change, "change" also those that it brings along.',
    ),
    Setting("disabled_rules", "disabled_rules", Words(), "Ids of rules that do not apply here."),
    Setting(
        "max_file_bytes", "max_file_bytes", Size(), "Larger files are not parsed by rules and analyzers; the report says so."
    ),
    Setting("block.confidence", "block_confidence", Choice(Confidence), "The least confidence that blocks."),
    Setting("block.severity", "block_severity", Choice(Severity), "The least severity that blocks."),
    Setting(
        "block.kinds",
        "block_kinds",
        Several(FindingKind, 'mode = "advise" lets everything pass'),
        "The kinds of finding that block.",
    ),
    Setting("attest.enabled", "attest", Flag(), "Whether a reviewed commit gets an attestation."),
    Setting(
        "attest.store",
        "store",
        Choice(Store),
        'Where it is kept: "trailer" in the message, "notes" beside the commits with the findings, or "both".',
    ),
    Setting("attest.pre_push", "pre_push", Choice(PrePush), "What a push does about commits that are not proven."),
    Setting(
        "attest.waived",
        "waived",
        Choice(Waived),
        'What a review counts in which a person waived what blocks: "allow", "warn", or "block": then it proves nothing.',
    ),
    Setting(
        "attest.grace",
        "grace",
        Age(),
        'How long reviews under a former version of these settings count, such as "14d"; empty: not at all.',
    ),
    Setting(
        "attest.repository",
        "repository",
        Name(),
        "This repository's own id, bound into every attestation so that none can be replayed elsewhere.",
    ),
    Setting(
        "generated.require",
        "generated_require",
        Choice(Provenance),
        'What the server does about a commit that does not prove what of it was generated: "off", "warn" or "block".',
    ),
    Setting(
        "generated.forbid",
        "generated_forbid",
        Patterns(),
        'Where no generated code may land, such as ["src/crypto/**"]: the server blocks it.',
    ),
    Setting(
        "generated.review",
        "generated_review",
        Choice(GeneratedReview),
        'How the server reviews files with generated lines: "usual", "again" by its models, or by the "larger" one.',
    ),
)
"""What a repository may set."""

USER = (
    Setting("store", "store", Location(), "Folder of the model files; empty means the platform's data folder."),
    Setting("model", "model", Name(), "The model that reviews, if it is installed; empty switches models off."),
    Setting("threads", "threads", Count(), "Threads of the inference runtime; 0 leaves it to the runtime."),
    Setting(
        "larger_model", "larger_model", Name(), "The model for complex and risky hunks and for the second look; empty: none."
    ),
    Setting(
        "forced_roles",
        "forced_roles",
        Several(ROLES),
        "Roles in which a model may speak although it has not passed their exam; the attestation says so.",
    ),
    Setting("cache", "cache", Size(), "Room on disk for what models answered; 0 keeps nothing."),
    Setting(
        "classifier",
        "classifier",
        Choice(Ranking),
        '"on" ranks the hunks of every review by risk; "auto" only if there is a larger model; "off" never. Needs the extra.',
    ),
    Setting(
        "classifier_device",
        "classifier_device",
        Name(),
        'Where the classifier runs, such as "cpu", "npu" or "ncs2"; empty: where it belongs, or was measured to be fastest.',
    ),
    Setting(
        "engine", "engine", Choice(EngineUse), '"auto" shares a warm engine between reviews; "off" loads the model each time.'
    ),
    Setting("engine_idle", "engine_idle", Seconds(), "The engine ends after so long without a question."),
    Setting("engine_memory", "engine_memory", Size(), "What the engine's models may take; 0 is half of this machine's memory."),
    Setting("model_python", "model_python", Location(), "The Python that has the inference runtime; empty looks for one."),
    Setting("endpoints", "endpoints", Endpoints(), "Models on inference servers: see docs/backends.md."),
    Setting("analyzers", "analyzers", OwnTools(), "Further tools that print SARIF: see docs/analyzers.md."),
    Setting("fix.check", "fix_check", Command(), "A command that must end with 0 in a copy of the tree before a mend is shown."),
    Setting("tools", "tools", Programs(), "Absolute paths of programs to use instead of the installed ones, by name."),
)
"""What only the user's own file may set."""

_POLICY = Policy()
_MACHINE = Machine()

_INTRODUCTION = """\
# Hunkgate's settings for this repository. A line that starts with "# " and a name shows a default.
# The committed version of this file counts: an edit applies after it is committed. 'hunkgate config show' says what counts.
"""


def starting_file(repository: str) -> str:
    """The commented file that `hunkgate init` writes: it blocks on findings of high confidence.

    Args:
        repository: the id to bind into attestations.
    """
    chosen: dict[str, object] = {"mode": Mode.BLOCK, "block.confidence": Confidence.HIGH, "attest.repository": repository}
    blocks = [_INTRODUCTION]
    table = ""
    for setting in TEAM:
        section, _, name = setting.key.rpartition(".")
        header = f"[{section}]\n" if section != table else ""
        table = section
        line = f"{name} = {setting.kind.write(chosen[setting.key])}" if setting.key in chosen else f"# {setting.example}"
        blocks.append(f"{header}# {setting.doc}\n{line}\n")
    return "\n".join(blocks)


def json_schema() -> str:
    """The JSON Schema (draft 2020-12) of `.hunkgate.toml`; `$defs.user` is that of the user's own file."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hunkgate: .hunkgate.toml, or [tool.hunkgate] in pyproject.toml",
        **_object(TEAM, _POLICY),
        "$defs": {"user": {"title": "Hunkgate: the user's own config.toml", **_object(USER, _MACHINE)}},
    }
    return json.dumps(document, indent=2) + "\n"


def _object(settings: Iterable[Setting], record: object) -> dict[str, object]:
    properties: dict[str, object] = {}
    sections: dict[str, dict[str, object]] = {}
    for setting in settings:
        section, _, name = setting.key.rpartition(".")
        if section and section not in sections:
            sections[section] = {}
            properties[section] = {"type": "object", "additionalProperties": False, "properties": sections[section]}
        default = _plain(setting, getattr(record, setting.field))
        entry = {"description": setting.doc, **setting.kind.schema(), "default": default}
        (sections[section] if section else properties)[name] = entry
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _plain(setting: Setting, value: object) -> object:
    """A value as JSON; what the kinds write is JSON, but for tables."""
    if isinstance(value, tuple) and isinstance(setting.kind, (OwnTools, Endpoints)):
        return [asdict(tool) for tool in value]
    return value if isinstance(setting.kind, Programs) else json.loads(setting.kind.write(value))


def policy_values(policy: Policy) -> dict[str, str]:
    """The team's settings as TOML values, by key."""
    return {setting.key: setting.kind.write(getattr(policy, setting.field)) for setting in TEAM}


def machine_values(machine: Machine) -> dict[str, str]:
    """This machine's settings as TOML values, by key."""
    return {setting.key: setting.kind.write(getattr(machine, setting.field)) for setting in USER}


def as_json(record: Policy | Machine) -> dict[str, object]:
    """The settings as JSON values, by key."""
    settings = TEAM if isinstance(record, Policy) else USER
    return {setting.key: _plain(setting, getattr(record, setting.field)) for setting in settings}
