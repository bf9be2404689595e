"""What a server asks of a push: `hunkgate/server.toml` in the git folder of a repository, out of reach of those who push."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from reviewer.config.documents import Document, Source, checked, decoded, parse
from reviewer.config.kinds import Choice, Location, Name, Words
from reviewer.config.table import TEAM, USER, Setting
from reviewer.errors import ConfigError

FILE = Path("hunkgate") / "server.toml"
"""Below the git folder."""


class Demand(str, Enum):
    """What becomes of a push that does not do what is asked."""

    BLOCK = "block"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ServerRules:
    """The settings of one repository on its server."""

    refs: tuple[str, ...] = ()
    """Full names of the refs that are guarded; "*" stands for any text. Empty: the branch that HEAD names."""
    unproven: Demand = Demand.BLOCK
    """What becomes of a commit that nothing proves to be reviewed."""
    findings: Demand = Demand.BLOCK
    """What becomes of a change in which the reviewers, run again here, find what the policy blocks."""
    allowed_signers: str = ""
    """Absolute path; empty: `.hunkgate/allowed_signers` as it is in the target before the push."""
    revoked_keys: str = ""
    """Absolute path; empty: `.hunkgate/revoked_keys` as it is in the target before the push, if it is there."""
    engine_minimum: str = ""
    """Such as "0.2.0"."""
    max_age: str = ""
    """Such as "90d"."""


class ServerSetting(Setting):
    """A setting of the server's file."""

    @property
    def default(self) -> object:
        return getattr(_DEFAULT, self.field)


_DEFAULT = ServerRules()

SERVER = (
    ServerSetting("refs", "refs", Words(), 'What is guarded, such as "refs/heads/release/*"; empty: the default branch.'),
    ServerSetting("unproven", "unproven", Choice(Demand), "What becomes of commits that nothing proves to be reviewed."),
    ServerSetting("findings", "findings", Choice(Demand), "What becomes of a push in which something blocking is found here."),
    ServerSetting("allowed_signers", "allowed_signers", Location(), "Who may sign; empty: the team's file before the push."),
    ServerSetting("revoked_keys", "revoked_keys", Location(), "Which keys are revoked; empty: the team's file, if there is one."),
    ServerSetting("engine_minimum", "engine_minimum", Name(), "The oldest version of hunkgate whose reviews count."),
    ServerSetting("max_age", "max_age", Name(), 'How long ago a review may be, such as "90d".'),
)


def load_server(folder: Path) -> ServerRules:
    """The settings of the repository whose git folder this is; the defaults if there is no file.

    Raises:
        ConfigError: the file cannot be read, or is malformed.
    """
    path = folder / FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ServerRules()
    except OSError as error:
        what = f"the server's settings cannot be read: {error.strerror}"
        raise ConfigError(what, where=str(path), todo="Make the file readable for whoever receives pushes.") from error
    source = Source(str(path))
    document = Document(source, decoded(data, source), parse(data, source))
    found = checked(document, SERVER, elsewhere=(*TEAM, *USER), belongs=_elsewhere)
    fields: dict[str, Any] = {setting.field: found[setting.key] for setting in SERVER if setting.key in found}
    return ServerRules(**fields)


def server_text(rules: ServerRules) -> str:
    """The file that sets all of these, with a comment each."""
    rows = (f"# {setting.doc}\n{setting.key} = {setting.kind.write(getattr(rules, setting.field))}\n" for setting in SERVER)
    return "# What hunkgate asks of a push to this repository; see docs/server.md.\n\n" + "\n".join(rows)


def guarded(rules: ServerRules, ref: str, default_branch: str) -> bool:
    """Whether a ref is one that the rules are about.

    Args:
        ref: full name.
        default_branch: full name of the branch that HEAD names.
    """
    return any(_matches(pattern, ref) for pattern in rules.refs or (default_branch,))


def server_values(rules: ServerRules) -> Mapping[str, str]:
    """The settings as TOML values, by key."""
    return {setting.key: setting.kind.write(getattr(rules, setting.field)) for setting in SERVER}


def _matches(pattern: str, ref: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), ref, re.DOTALL) is not None


def _elsewhere(key: str) -> tuple[str, str]:
    return (
        f"'{key}' is no setting of a server",
        "It belongs in .hunkgate.toml, or in the user's own file.",
    )
