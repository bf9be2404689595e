"""Which kind of file a path is, as the counts of a staged set tell them apart (`staged_context.KINDS`)."""

from __future__ import annotations

import re

from reviewer.classify.paths import by_path
from reviewer.classify.staged_context import FIELDS, StagedContext
from reviewer.records import Change, FileChange, Task

_BY_TASK = {
    Task.LOCK: "lock", Task.VENDORED: "generated", Task.GENERATED: "generated", Task.TEST: "test", Task.DOCS: "docs",
    Task.DEPENDENCY: "manifest", Task.BUILD: "build",
}  # fmt: skip

_CHANGELOG = re.compile(
    rb"(?i)(.*/)?(changelogs?|changes|history|news|release[-_]?notes?)(\.[a-z]+)?\Z"
    rb"|(.*/)?(\.changeset|changelogs?|releasenotes|newsfragments|changes|\.changes)/.*"
)
_CI = re.compile(
    rb"(?i)(\.github|\.gitlab|\.circleci|\.buildkite|\.azure-pipelines|\.ci|ci)/.*"
    rb"|(.*/)?(\.gitlab-ci[^/]*\.yml|\.travis\.yml|appveyor\.yml|azure-pipelines[^/]*\.yml|jenkinsfile[^/]*|\.drone\.yml)\Z"
)
_CONFIG = re.compile(
    rb"(?i)(.*/)?(\.(git|eslint|docker|npm|prettier)(ignore|attributes|modules|rc)[^/]*|\.[a-z]+rc(\.[a-z]+)?|\.editorconfig"
    rb"|\.pre-commit-config\.yaml|mypy\.ini|\.pylintrc|ruff\.toml|\.flake8|\.clang-format|\.clang-tidy|codecov\.yml)\Z"
)
_I18N = re.compile(rb"(?i)(.*/)?(i18n|l10n|locales?|translations?)/.*|.*\.(po|pot|xlf|xliff|arb)\Z")

_TEST_FOLDER = re.compile(rb"(.*/)?(spec|specs|t|tests?|testing|fixtures)/.*")
_DOCS_FOLDER = re.compile(rb"(?i)(.*/)?(docs?|documentation|www)/.*")
"""Whatever stands there: for counting, a picture or a script among the docs goes with them."""

_NO_CODE = frozenset({"", "csv", "graphql", "ini", "json", "properties", "text", "toml", "xml", "yaml"})
"""Languages of files that hold data."""


def kind_of(path: bytes, language: str) -> str:
    """One of `KINDS`. What a name does not tell is source, or data if its language is none that runs.

    Args:
        language: of the file, as intake names it; empty if it is not known.
    """
    named = by_path(path, language)
    task = named[0] if named else None
    if task in (Task.LOCK, Task.VENDORED, Task.GENERATED):
        return _BY_TASK[task]
    for kind, pattern in (("changelog", _CHANGELOG), ("ci", _CI), ("config", _CONFIG)):
        if pattern.match(path):
            return kind
    if task is not None and task in _BY_TASK:
        return _BY_TASK[task]
    for kind, pattern in (("test", _TEST_FOLDER), ("docs", _DOCS_FOLDER)):
        if pattern.match(path):
            return kind
    if _I18N.match(path):
        return "i18n"
    return "data" if language in _NO_CODE else "src"


def context_of(change: Change) -> StagedContext:
    """The counts of a staged set whose files are all known."""
    counts = dict.fromkeys(FIELDS, 0.0)
    for file in change.files:
        kind, added, removed = kind_of(file.path, file.language), *_lines(file)
        for field, number in (("f", 1), ("a", added), ("d", removed)):
            counts[f"c_{field}_{kind}"] += number
        counts["c_files"] += 1
        counts["c_add"] += added
        counts["c_del"] += removed
        counts["c_new"] += file.old_mode == 0
        counts["c_gone"] += file.new_mode == 0
        counts["c_ren"] += file.path != file.old_path
    return StagedContext(tuple(counts[field] for field in FIELDS), True, True)


def _lines(file: FileChange) -> tuple[int, int]:
    added = sum(len(hunk.added) for hunk in file.hunks)
    return added, sum(len(hunk.removed) for hunk in file.hunks)
