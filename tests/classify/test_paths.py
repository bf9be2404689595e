from __future__ import annotations

import pytest

from reviewer.classify.paths import by_path
from reviewer.intake.languages import language_of
from reviewer.records import Task


def task_of(path: bytes) -> Task | None:
    told = by_path(path, language_of(path))
    return told[0] if told else None


@pytest.mark.parametrize(
    ("path", "task"),
    [
        (b"tests/unit/test_a.py", Task.TEST),
        (b"src/pkg/test_a.py", Task.TEST),
        (b"pkg/conftest.py", Task.TEST),
        (b"a/b_test.go", Task.TEST),
        (b"src/app.spec.ts", Task.TEST),
        (b"src/__tests__/app.tsx", Task.TEST),
        (b"src/test/java/A.java", Task.TEST),
        (b"spec/models/user_spec.rb", Task.TEST),
        (b"README.md", Task.DOCS),
        (b"docs/guide.rst", Task.DOCS),
        (b"docs/words.txt", Task.DOCS),
        (b"LICENSE", Task.DOCS),
        (b"requirements-dev.txt", Task.DEPENDENCY),
        (b"docs/requirements.txt", Task.DEPENDENCY),
        (b"pyproject.toml", Task.DEPENDENCY),
        (b"web/package.json", Task.DEPENDENCY),
        (b"go.mod", Task.DEPENDENCY),
        (b".github/dependabot.yml", Task.DEPENDENCY),
        (b".github/workflows/ci.yml", Task.BUILD),
        (b"Dockerfile", Task.BUILD),
        (b"Makefile", Task.BUILD),
        (b"tsconfig.base.json", Task.BUILD),
        (b"poetry.lock", Task.LOCK),
        (b"web/package-lock.json", Task.LOCK),
        (b"go.sum", Task.LOCK),
        (b"node_modules/a/test/b.js", Task.VENDORED),
        (b"vendor/github.com/a/b.go", Task.VENDORED),
        (b"services/x/vendor/github.com/a/b.go", Task.VENDORED),
        (b"third_party/zlib/inflate.c", Task.VENDORED),
        (b"api/v1_pb2.py", Task.GENERATED),
        (b"static/app.min.js", Task.GENERATED),
        (b"k8s/zz_generated.deepcopy.go", Task.GENERATED),
    ],
)
def test_by_path_tells_the_task(path: bytes, task: Task) -> None:
    assert task_of(path) is task


@pytest.mark.parametrize(
    "path",
    [
        b"src/app.py",
        b"src/tests.py",
        b"src/latest_news.py",
        b"src/vendor_tests/app.py",
        b"src/contest/app.py",
        b"app/vendor/invoice.py",
        b"src/vendor_tests/../app.py",
        b"tests/../src/app.py",
        b"./tests/app.py",
        b"/tests/app.py",
        b"vendor//app.py",
        b"docs/conf.py",
        b"docs/theme/index.js",
        b"src/README.py",
        b"src/package.json.py",
        b"src/generated/app.py",
        b"api/spec/handler.py",
        b"src/" + b"x" * 300 + b"_pb2.py",
    ],
)
def test_by_path_does_not_hide_code(path: bytes) -> None:
    assert task_of(path) is None


def test_by_path_reason_names_what_decided() -> None:
    assert by_path(b"tests/a.py", "python") == (Task.TEST, "path is under tests/")


def test_by_path_reason_shows_hostile_names_escaped() -> None:
    told = by_path(b"\x1b[2Jtest_\xff.min.js", "javascript")
    assert told is not None
    assert told[1].isprintable()


def test_by_path_vendored_wins_over_test_and_lock_over_vendored() -> None:
    assert task_of(b"vendor/a/tests/test_b.py") is Task.VENDORED
    assert task_of(b"vendor/a/composer.lock") is Task.LOCK
