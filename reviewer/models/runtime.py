"""Finds, and on request makes, a Python interpreter that has the inference runtime.

The hook's own environment needs none: pre-commit builds one per repository, and the runtime has 300 MB.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from reviewer import proc
from reviewer.errors import BackendError, ToolError
from reviewer.models.progress import SILENT, Progress
from reviewer.models.store import Store, writing
from reviewer.records import Machine

REQUIREMENTS = {"openvino_genai": "openvino-genai==2026.4.1.0"}
"""What to install per backend; the same pin as the extra `openvino` of pyproject.toml, which a test compares."""

MODULES = {"openvino_genai": "openvino_genai", "llama_cpp": "llama_cpp", "openai_http": "json", "scripted": "json"}
"""The top-level module whose presence means that an interpreter can run the backend."""

INSTALL_TIMEOUT = 3600.0
"""Seconds for pip to fetch and unpack 300 MB."""

_READY = "ready"


def find(backend: str, machine: Machine, store: Store) -> Path:
    """The interpreter to run a backend with: the user's own setting, else ours, else the one in the store.

    Raises:
        BackendError: there is none; says how to get one.
    """
    if machine.model_python:
        return _configured(machine.model_python)
    if backend in MODULES and importlib.util.find_spec(MODULES[backend]) is not None:
        return Path(sys.executable)
    own = _environment(backend, store)
    if (own / _READY).exists() and os.access(_python(own), os.X_OK):
        return _python(own)
    raise BackendError(f"the inference runtime {backend} is not installed", todo=_advice(backend))


def ensure(backend: str, machine: Machine, store: Store, progress: Progress = SILENT) -> Path:
    """Like `find`, but makes a virtual environment in the store if there is no interpreter yet and the runtime has wheels.

    Raises:
        BackendError: it could not be made.
        StorageError: the disk is full.
    """
    try:
        return find(backend, machine, store)
    except BackendError:
        if machine.model_python or backend not in REQUIREMENTS:
            raise
    environment = _environment(backend, store)
    progress.begin(f"installing {REQUIREMENTS[backend]} into {environment}")
    try:
        _install(environment, REQUIREMENTS[backend])
    except ToolError as error:
        raise BackendError(f"the inference runtime could not be installed: {error.what}", todo=_advice(backend)) from error
    return _python(environment)


def _install(environment: Path, requirement: str) -> None:
    with writing(environment):
        if environment.exists():
            shutil.rmtree(environment)
        environment.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    python = _python(environment)
    proc.run([sys.executable, "-I", "-m", "venv", environment], timeout=INSTALL_TIMEOUT, cwd=environment.parent)
    options = ["--only-binary", ":all:", "--no-cache-dir", "--no-input", "--progress-bar", "off", "--quiet"]
    proc.run([python, "-I", "-m", "pip", "install", *options, requirement], timeout=INSTALL_TIMEOUT, cwd=environment)
    with writing(environment):
        (environment / _READY).write_text(requirement + "\n", encoding="ascii")


def _configured(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute() or not os.access(path, os.X_OK):
        todo = "Set model_python in the user's configuration to the absolute path of a Python interpreter."
        raise BackendError(f"{text} is not an executable file", where="model_python", todo=todo)
    return path


def _environment(backend: str, store: Store) -> Path:
    return store.root / "runtime" / backend.partition("_")[0]


def _python(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _advice(backend: str) -> str:
    if backend in REQUIREMENTS:
        return "Run 'hunkgate models pull' for the model: it installs the runtime."
    return f"Install {backend.replace('_', '-')} and name its interpreter as model_python in the user's configuration."
