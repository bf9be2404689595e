"""Finding and making the interpreter that has the inference runtime."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reviewer.errors import BackendError
from reviewer.models import runtime
from reviewer.models.store import Store
from reviewer.records import Machine


def test_find_takes_this_interpreter_if_it_has_the_runtime(tmp_path: Path) -> None:
    assert runtime.find("scripted", Machine(), Store(tmp_path)) == Path(sys.executable)


def test_find_prefers_the_users_own_interpreter(tmp_path: Path) -> None:
    assert runtime.find("scripted", Machine(model_python="/bin/sh"), Store(tmp_path)) == Path("/bin/sh")


@pytest.mark.parametrize("text", ["python", "/nowhere/python", "./python"])
def test_find_wrong_setting_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(BackendError, match="not an executable file") as caught:
        runtime.find("openvino_genai", Machine(model_python=text), Store(tmp_path))
    assert caught.value.where == "model_python"


def test_find_missing_runtime_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtime.MODULES, "openvino_genai", "a_module_that_nobody_has")
    with pytest.raises(BackendError, match="not installed") as caught:
        runtime.find("openvino_genai", Machine(), Store(tmp_path))
    assert "models pull" in caught.value.todo


def test_ensure_makes_an_environment_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtime.MODULES, "openvino_genai", "a_module_that_nobody_has")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    _wheel(wheels)
    monkeypatch.setitem(runtime.REQUIREMENTS, "openvino_genai", "toy-runtime==1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    store = Store(tmp_path / "store")
    made = runtime.ensure("openvino_genai", Machine(), store)
    assert made.is_file()
    assert list(made.parent.parent.glob("lib/python*/site-packages/toy_runtime.py"))
    assert runtime.find("openvino_genai", Machine(), store) == made


def test_ensure_half_made_environment_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtime.MODULES, "openvino_genai", "a_module_that_nobody_has")
    monkeypatch.setitem(runtime.REQUIREMENTS, "openvino_genai", "toy-runtime==9.9")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    store = Store(tmp_path / "store")
    with pytest.raises(BackendError, match="could not be installed"):
        runtime.ensure("openvino_genai", Machine(), store)
    with pytest.raises(BackendError, match="not installed"):
        runtime.find("openvino_genai", Machine(), store)


def _wheel(folder: Path) -> None:
    import zipfile

    with zipfile.ZipFile(folder / "toy_runtime-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("toy_runtime.py", "")
        archive.writestr("toy_runtime-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toy-runtime\nVersion: 1.0\n")
        archive.writestr("toy_runtime-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("toy_runtime-1.0.dist-info/RECORD", "")
