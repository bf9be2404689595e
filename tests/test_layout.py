"""The house rules that no linter knows: who may import whom, who may start programs, what is shipped."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS = [
    {"errors", "__init__"},
    {"records"},
    {"proc", "frames", "file_lock", "registry", "private_folder", "schemas", "rules"},
    {"git", "rulebook", "commit_call"},
    {"config", "occasion", "objects", "sample", "fix"},
    {"intake", "classify", "change", "taint", "analyzers", "devices", "scheduling", "knowledge", "report", "attest"}
    | {"provenance", "forges", "models"},
    {"backends"},
    {"engine"},
    {"review", "route", "judge", "sources", "installation"},
    {"crew"},
    {"pipeline"},
    {"proving"},
    {"ci", "generate"},
    {"commands", "dashboard", "fleet"},
    {"cli"},
    {"hooks"},
]
"""From the ground up. A module imports from its own room and from floors strictly below."""

ALLOWED_SIDEWAYS = {("backends", "devices")}


def _modules() -> dict[str, Path]:
    found = {}
    for folder, package in ((ROOT / "reviewer", "reviewer"), (ROOT / "hooks", "reviewer.hooks")):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join((package, *parts)).removesuffix(".__init__")] = path
    return found


MODULES = _modules()


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def _floor(room: str) -> int:
    for number, floor in enumerate(FLOORS):
        if room in floor:
            return number
    raise AssertionError(f"{room} has no floor: add it to FLOORS in {Path(__file__).name}, and to docs/design.md")


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_only_from_floors_below(module: str) -> None:
    room = _room(module)
    for imported in _imports(MODULES[module]):
        if not imported.startswith("reviewer.") or imported == "reviewer.__version__":
            continue
        other = _room(imported)
        below = _floor(other) < _floor(room)
        assert other == room or below or (room, other) in ALLOWED_SIDEWAYS, f"{module} must not import {imported}"


def test_only_proc_imports_subprocess() -> None:
    guilty = [m for m, path in MODULES.items() if "subprocess" in _imports(path) and m != "reviewer.proc"]
    assert guilty == []


def test_nothing_calls_print_or_runs_code_of_strings() -> None:
    guilty = []
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in ("print", "eval", "exec"):
                guilty.append(f"{module}:{node.lineno}")
    assert guilty == []


MAY_OPEN_SOCKETS = {
    "reviewer.models.download": "models pull, when a person asks for it",
    "reviewer.forges._http": "ci --post, with a token that the job was given",
    "reviewer.backends._http": "an endpoint that the user's own file names",
    "reviewer.engine.sockets": "the user's own engine: a Unix socket, or loopback on Windows",
}
"""And what for. Nothing else reaches out of its process."""


def test_sockets_are_opened_by_those_who_say_what_for() -> None:
    network = {"socket", "urllib.request", "http.client", "requests", "ssl", "asyncio", "multiprocessing.connection"}
    users = {module for module, path in MODULES.items() if _imports(path) & network}
    assert users == set(MAY_OPEN_SOCKETS)


def test_packages_in_pyproject_are_the_folders_of_the_tree() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^packages = \[(.*?)\]", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    listed = set(re.findall(r'"([\w.]+)"', block[1]))
    tree = {module if path.name == "__init__.py" else module.rpartition(".")[0] for module, path in MODULES.items()}
    assert listed == tree | {"reviewer.rules"}


def test_no_main_module_is_shipped() -> None:
    assert [path for path in MODULES.values() if path.name == "__main__.py"] == []


def test_files_are_small() -> None:
    large = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES.values()}
    assert {name: lines for name, lines in large.items() if lines > 400} == {}


def test_rules_folder_holds_data_only() -> None:
    code = [path.name for path in (ROOT / "rules").rglob("*.py")]
    assert code == ["__init__.py"]
