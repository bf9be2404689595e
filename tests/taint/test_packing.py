"""What is read on the way of a hook is what people wrote, and what is malformed is refused when it is packed."""

from __future__ import annotations

import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from reviewer.errors import RuleError
from reviewer.taint import declarations, packed, packing

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the declarations that may be changed."""
    folder = tmp_path / "taint"
    shutil.copytree(packed.folder(), folder)
    monkeypatch.setattr(packed, "folder", lambda: folder)
    return folder


@pytest.mark.parametrize("language", packed.languages())
def test_packed_declarations_are_fresh(language: str) -> None:
    written = (packed.folder() / f"{language}.json").read_text(encoding="utf-8")
    make = 'python -c "from reviewer.taint import packing; packing.write()"'
    assert written == packing.text(language), f"edited declarations must be packed: {make}"


def test_write_makes_what_is_read(copy: Path) -> None:
    path = copy / "python/code.toml"
    path.write_text(path.read_text() + "\n[[sinks]]\ncall = ['my.runner']\nshape = 'argv'\n")
    packing.write()
    packed.document.cache_clear()
    declarations.load.cache_clear()
    pack = declarations.load("python")
    packed.document.cache_clear()
    declarations.load.cache_clear()
    (sink,) = pack.calls.find("my.runner")
    assert (sink.harm, sink.args, sink.shape, sink.when) == ("code", [0], "argv", {})
    assert not pack.calls.find("other.runner")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("remdy = 'x'\n", "unknown key 'remdy'"),
        ("[[sinks]]\ncal = ['eval']\n", "unknown key 'cal'"),
        ("[[sinks]]\ncall = ['eval']\nshape = 'round'\n", "unknown shape 'round'"),
        ("[[sinks]]\ncall = ['eval']\nconfidence = 'sure'\n", "sure"),
        ("[[sinks]\n", "cannot read"),
    ],
)
def test_malformed_file_is_refused(copy: Path, text: str, reason: str) -> None:
    (copy / "python/code.toml").write_text(text)
    with pytest.raises(RuleError, match=reason) as caught:
        packing.made("python")
    assert caught.value.where.endswith("code.toml")


def test_unknown_class_is_refused(copy: Path) -> None:
    (copy / "python/magic.toml").write_text("[[sinks]]\ncall = ['eval']\n")
    with pytest.raises(RuleError, match="no such class"):
        packing.made("python")


@pytest.mark.parametrize("content", ["", "{", None])
def test_broken_packed_file_is_refused(copy: Path, content: str | None) -> None:
    path = copy / "python.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    packed.document.cache_clear()
    with pytest.raises(RuleError, match="cannot read the declarations") as caught:
        packed.document("python")
    assert caught.value.where.endswith("python.json")


def test_packed_files_are_in_the_wheel() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = said["tool"]["setuptools"]["package-data"]["reviewer.rules"]
    assert any(fnmatch("taint/python.json", pattern.replace("**/", "*")) for pattern in patterns)
