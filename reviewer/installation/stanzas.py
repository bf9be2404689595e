"""What to add to the configuration of another hook manager."""

from __future__ import annotations

from pathlib import Path

from reviewer import __version__
from reviewer.installation import HOOKS

_PRE_COMMIT = f"""\
  - repo: https://github.com/hunkgate/hunkgate
    rev: v{__version__}
    hooks:
      - id: hunkgate
      - id: hunkgate-attest
      - id: hunkgate-confirm
      - id: hunkgate-verify
"""


def pre_commit(top: Path) -> str:
    """What to do where the pre-commit framework runs the hooks."""
    types = " ".join(f"-t {name}" for name in HOOKS)
    new = "" if (top / ".pre-commit-config.yaml").is_file() else "repos:\n"
    return f"Add this to .pre-commit-config.yaml:\n\n{new}{_PRE_COMMIT}\nthen run: pre-commit install {types}\n"


def lefthook() -> str:
    """What to do where lefthook runs the hooks."""
    blocks = []
    for name in HOOKS:
        extra = "      use_stdin: true\n" if name == "pre-push" else ""
        blocks.append(f"{name}:\n  commands:\n    hunkgate:\n      run: hunkgate hook {name} {{0}}\n{extra}")
    return "Add this to lefthook.yml:\n\n" + "".join(blocks) + "\nthen run: lefthook install\n"


def mentions_us(text: str) -> bool:
    """Whether a manager's configuration already runs Hunkgate."""
    return any(
        "hunkgate hook pre-commit" in line or line.strip().lstrip("- ") in ("id: hunkgate", 'id: "hunkgate"', "id: 'hunkgate'")
        for line in text.split("\n")
    )
