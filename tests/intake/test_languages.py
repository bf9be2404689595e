from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.intake.languages import ending_for, language_of


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (b"a.py", "python"),
        (b"a.PY", "python"),
        (b"stubs/a.pyi", "python"),
        (b"a.js", "javascript"),
        (b"a.jsx", "javascript"),
        (b"a.mjs", "javascript"),
        (b"a.cjs", "javascript"),
        (b"a.ts", "typescript"),
        (b"a.d.ts", "typescript"),
        (b"a.mts", "typescript"),
        (b"a.tsx", "tsx"),
        (b"main.go", "go"),
        (b"go.mod", "gomod"),
        (b"x.sh", "shell"),
        (b".bashrc", "shell"),
        (b"Dockerfile", "dockerfile"),
        (b"deploy/Dockerfile.prod", "dockerfile"),
        (b"api.dockerfile", "dockerfile"),
        (b"Containerfile", "dockerfile"),
        (b"main.tf", "terraform"),
        (b"ci.yml", "yaml"),
        (b"Makefile", "make"),
        (b"CMakeLists.txt", "cmake"),
        (b"BUILD", "starlark"),
        (b"README.md", "markdown"),
        (b"a b/\xff\n.rs", "rust"),
        (b"LICENSE", ""),
        (b"py", ""),
        (b"", ""),
    ],
)
def test_language_of_name(path: bytes, language: str) -> None:
    assert language_of(path) == language


def test_language_of_dockerfile_module_is_python() -> None:
    assert language_of(b"src/dockerfile.py") == "python"


def test_language_of_folder_name_does_not_count() -> None:
    assert language_of(b"a.py/LICENSE") == ""


@pytest.mark.parametrize(
    ("first_line", "language"),
    [
        (b"#!/bin/sh", "shell"),
        (b"#!/bin/bash -eu\r", "shell"),
        (b"#!/usr/bin/env python3", "python"),
        (b"#!/usr/bin/env -S python3.11 -u", "python"),
        (b"#! /usr/bin/env LANG=C node", "javascript"),
        (b"#!/usr/bin/awk -f", ""),
        (b"#!", ""),
        (b"print('#!/bin/sh')", ""),
    ],
)
def test_language_of_shebang(first_line: bytes, language: str) -> None:
    assert language_of(b"bin/tool", first_line) == language


def test_language_of_script_named_build_is_told_by_its_shebang() -> None:
    assert language_of(b"build", b"#!/bin/sh") == "shell"


def test_language_of_ending_wins_over_shebang() -> None:
    assert language_of(b"tool.py", b"#!/bin/sh") == "python"


@pytest.mark.parametrize(
    "language", ["python", "javascript", "typescript", "tsx", "go", "dockerfile", "shell", "terraform", "yaml"]
)
def test_ending_for_is_read_back_as_the_language(language: str) -> None:
    assert language_of(b"copy" + ending_for(language).encode()) == language


@given(st.from_regex(rb"[a-zA-Z0-9]{1,10}", fullmatch=True))
def test_ending_for_a_language_told_by_an_ending_leads_back_to_it(ending: bytes) -> None:
    language = language_of(b"x." + ending)
    assert language in ("", "text") or language_of(b"x" + ending_for(language).encode()) in (language, "")


def test_ending_for_unknown_is_text() -> None:
    assert ending_for("") == ".txt"


@given(st.binary(), st.binary())
def test_language_of_any_bytes_has_an_ending(path: bytes, first_line: bytes) -> None:
    assert ending_for(language_of(path, first_line)).startswith(".")
