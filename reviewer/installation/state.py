"""Whether git, committing or pushing here, runs Hunkgate."""

from __future__ import annotations

import shutil
from pathlib import Path

from reviewer.git import Git
from reviewer.installation import chained, shared, shim, stanzas
from reviewer.installation.place import LEFTHOOK_CONFIGS, PRE_COMMIT_CONFIG, Manager, Place, made_by_pre_commit
from reviewer.installation.writing import mapped

_KEPT = ("hooks", "reviews", "findings", "attempts", "waiting")
"""Our folders in the git folder: scripts of `installation.shared`, and what one hook leaves to the next (`attest.ledger`,
`attest.attempt`, `attest.waiting`)."""


def reached_by(place: Place, name: str) -> str:
    """How git reaches us for one hook: "hook", "husky", "pre-commit", "lefthook"; empty if it does not."""
    if place.shared:
        if shared.is_installed(place, name):
            return "husky" if place.manager is Manager.HUSKY else "hook"
    elif chained.is_installed(place.folder, name):
        return "hook"
    hook = place.folder / name
    if made_by_pre_commit(hook) and _mentions(place.top / PRE_COMMIT_CONFIG):
        return "pre-commit"
    if place.manager is Manager.LEFTHOOK and hook.is_file() and b"lefthook" in hook.read_bytes():
        return "lefthook" if any(_mentions(place.top / config) for config in LEFTHOOK_CONFIGS) else ""
    return ""


def lost_interpreter(place: Place, name: str) -> str:
    """The Python that our installed script would start but that is gone; empty if all is well."""
    script = (place.private if place.shared else place.folder) / name
    python = shim.interpreter_of(script) if shim.is_ours(script) else ""
    return python if python and not Path(python).exists() else ""


def forget(git: Git) -> None:
    """Remove what we keep in the git folder: our scripts, and the notes from one hook to the next.

    Raises:
        StorageError: it cannot be removed.
    """
    common = (git.folder / git.line("rev-parse", "--git-common-dir")).resolve() / "hunkgate"
    for folder in dict.fromkeys([git.path("hunkgate"), common]):
        with mapped(folder):
            for name in _KEPT:
                if (folder / name).is_dir():
                    shutil.rmtree(folder / name)
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _mentions(config: Path) -> bool:
    return config.is_file() and stanzas.mentions_us(config.read_text(encoding="utf-8", errors="replace"))
