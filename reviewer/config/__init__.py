"""Settings: the team's (`Policy`), from the repository, and this machine's (`Machine`), from the user's own file alone."""

from reviewer.config.loading import (
    DEFAULT,
    Loaded,
    LoadedMachine,
    load_machine,
    load_policy,
    load_policy_text,
    machine_path,
    parse_duration,
    read_machine,
)
from reviewer.config.table import as_json, json_schema, machine_values, policy_values, starting_file
from reviewer.config.versions import OWN

__all__ = [
    "DEFAULT",
    "OWN",
    "Loaded",
    "LoadedMachine",
    "as_json",
    "json_schema",
    "load_machine",
    "load_policy",
    "load_policy_text",
    "machine_path",
    "machine_values",
    "parse_duration",
    "policy_values",
    "read_machine",
    "starting_file",
]
