"""What a path alone says about the work: tables of names, each with the reason in words.

Names are compared as whole segments, never as parts of them, so `src/vendor_tests/` is neither vendored nor a test.
A path with a segment that git could not have stored (`..`, `.`, empty) says nothing: patch text can contain any.
"""

from __future__ import annotations

import re

from reviewer.classify.path_tables import (
    BUILD_FOLDERS,
    BUILD_LANGUAGES,
    BUILD_NAMES,
    DEPENDENCY_NAMES,
    DOCS_FOLDERS,
    DOCS_NAMES,
    GENERATED_NAMES,
    LOCK_NAMES,
    PROSE,
    RUBY_TEST_FOLDERS,
    TEST_FOLDERS,
    TEST_NAMES,
    VENDORED_FOLDERS,
)
from reviewer.records import Task, printable

_NOT_STORED_BY_GIT = frozenset({b"", b".", b".."})

_NAME_MAX = 255
"""Bytes of a file name that file systems can store (limits.h); a longer one follows nobody's convention."""


def by_path(path: bytes, language: str) -> tuple[Task, str] | None:
    """The task a path tells, with the reason in words; None if it tells none.

    Foreign lines (lock, vendored, generated) are asked for first: a test inside `node_modules/` was not written here.
    """
    segments = path.split(b"/")
    if _NOT_STORED_BY_GIT.intersection(segments):
        return None
    name, folders = segments[-1], [segment.lower() for segment in segments[:-1]]
    return (
        _foreign(folders, name)
        or _test(segments[:-1], name, language)
        or _docs(folders, name, language)
        or _dependency(name)
        or _build(folders, name, language)
    )


def _foreign(folders: list[bytes], name: bytes) -> tuple[Task, str] | None:
    if name.lower() in LOCK_NAMES:
        return Task.LOCK, f"{printable(name)} is written by a package manager"
    folder = _vendored_folder(folders)
    if folder:
        return Task.VENDORED, f"path is under {folder}/"
    if _matches(GENERATED_NAMES, name):
        return Task.GENERATED, f"generators give names like {printable(name)}"
    return None


def _vendored_folder(folders: list[bytes]) -> str:
    for number, folder in enumerate(folders):
        if folder in VENDORED_FOLDERS:
            return printable(folder)
        # "vendor" is also a word of business: it counts at the root, or before a host name as Go writes it.
        below = folders[number + 1] if number + 1 < len(folders) else b""
        if folder == b"vendor" and (number == 0 or b"." in below):
            return "vendor"
    return ""


def _test(folders: list[bytes], name: bytes, language: str) -> tuple[Task, str] | None:
    known = TEST_FOLDERS | RUBY_TEST_FOLDERS if language in ("ruby", "javascript", "typescript", "tsx", "lua") else TEST_FOLDERS
    found = next((folder for folder in folders if folder in known), b"")
    if found:
        return Task.TEST, f"path is under {printable(found)}/"
    if _matches(TEST_NAMES.get(language, TEST_NAMES[""]), name):
        return Task.TEST, f"test runners of {language or 'its tool'} collect names like {printable(name)}"
    return None


def _docs(folders: list[bytes], name: bytes, language: str) -> tuple[Task, str] | None:
    # Manifests can have an ending of prose: requirements.txt.
    if _matches(DEPENDENCY_NAMES, name):
        return None
    if name.lower() in DOCS_NAMES:
        return Task.DOCS, f"{printable(name)} is for people"
    if language in PROSE and language != "text":
        return Task.DOCS, f"{language} is for people"
    found = next((folder for folder in folders if folder in DOCS_FOLDERS), b"")
    if found and language in ("", "text"):
        return Task.DOCS, f"path is under {printable(found)}/ and is no program"
    return None


def _dependency(name: bytes) -> tuple[Task, str] | None:
    if _matches(DEPENDENCY_NAMES, name):
        return Task.DEPENDENCY, f"{printable(name)} says what the project depends on"
    return None


def _build(folders: list[bytes], name: bytes, language: str) -> tuple[Task, str] | None:
    where = b"/".join(folders) + b"/"
    found = next((folder for folder in BUILD_FOLDERS if where.startswith(folder)), b"")
    if found:
        return Task.BUILD, f"path is under {printable(found)}"
    if language in BUILD_LANGUAGES:
        return Task.BUILD, f"{language} tells how it is built"
    if _matches(BUILD_NAMES, name):
        return Task.BUILD, f"{printable(name)} configures how it is built or checked"
    return None


def _matches(pattern: re.Pattern[bytes] | bytes, name: bytes) -> bool:
    return len(name) <= _NAME_MAX and re.fullmatch(pattern, name) is not None
