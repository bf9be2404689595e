"""The kinds of files that the counts of a staged set tell apart."""

from __future__ import annotations

import pytest
from conftest import Repo
from hypothesis import given
from hypothesis import strategies as st

from reviewer.classify.file_kinds import context_of, kind_of
from reviewer.classify.staged_context import FIELDS, KINDS
from reviewer.git import Git
from reviewer.intake import changes
from reviewer.intake.languages import language_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("app/models.py", "src"), ("lib/spec.js", "src"), ("src/language/parser.rs", "src"), ("tests/test_a.py", "test"),
        ("pkg/a_test.go", "test"), ("spec/fixtures/cert.pem", "test"), ("docs/guide.md", "docs"), ("docs/img/a.svg", "docs"),
        ("README.md", "docs"), ("CHANGELOG.md", "changelog"), (".changeset/red-cows.md", "changelog"),
        (".github/workflows/ci.yml", "ci"), (".gitlab-ci.yml", "ci"), ("Jenkinsfile", "ci"), (".eslintrc.json", "config"),
        (".gitignore", "config"), ("package.json", "manifest"), ("poetry.lock", "lock"), ("Dockerfile", "build"),
        ("node_modules/x/index.js", "generated"), ("web/app.min.js", "generated"), ("locales/de.json", "i18n"),
        ("po/de.po", "i18n"),
        ("data/values.csv", "data"), ("deploy/app.yaml", "data"), ("noending", "data"),
    ],
)  # fmt: skip
def test_a_path_tells_the_kind(path: str, kind: str) -> None:
    assert kind_of(path.encode(), language_of(path.encode())) == kind


@given(st.binary(min_size=1, max_size=60))
def test_every_path_has_a_kind(path: bytes) -> None:
    assert kind_of(path, language_of(path)) in KINDS


def test_the_counts_are_those_of_the_staged_set(repo: Repo) -> None:
    repo.stage("src/old.py", "a = 1\nb = 2\n")
    repo.stage("gone.py", "x = 1\n")
    repo.commit("first")
    repo.git("mv", "src/old.py", "src/new.py")
    repo.git("rm", "-q", "gone.py")
    repo.stage("src/new.py", "a = 1\nb = 3\n")
    repo.stage("tests/test_new.py", "def test():\n    pass\n")
    context = context_of(
        changes.between(Git(repo.path), base_tree="HEAD^{tree}", tree=repo.git("write-tree").strip(), source="s")
    )
    told = {field: context[field] for field in FIELDS if context[field]}
    assert (context.has_totals, context.has_kinds) == (True, True)
    assert told == {
        "c_files": 3, "c_add": 3, "c_del": 2, "c_new": 1, "c_gone": 1, "c_ren": 1, "c_f_src": 2, "c_a_src": 1, "c_d_src": 2,
        "c_f_test": 1, "c_a_test": 2,
    }  # fmt: skip
