"""The names that tell a task, as data. Every entry is the convention of a named tool; `paths` says how they are asked."""

from __future__ import annotations

import re

LOCK_NAMES = frozenset(
    {
        b"bun.lock", b"bun.lockb", b"cargo.lock", b"cartfile.resolved", b"composer.lock", b"deno.lock", b"flake.lock",
        b"gemfile.lock", b"go.sum", b"go.work.sum", b"gopkg.lock", b"gradle.lockfile", b"mix.lock", b"module.bazel.lock",
        b"npm-shrinkwrap.json", b"package-lock.json", b"package.resolved", b"packages.lock.json", b"pdm.lock",
        b"pipfile.lock", b"pixi.lock", b"pnpm-lock.yaml", b"podfile.lock", b"poetry.lock", b"pubspec.lock", b"pylock.toml",
        b"uv.lock", b"yarn.lock", b".terraform.lock.hcl",
    }
)  # fmt: skip
"""Whole names, lower case."""

VENDORED_FOLDERS = frozenset(
    {
        b"_vendor", b"_vendored", b"bower_components", b"godeps", b"jspm_packages", b"node_modules", b"pods", b"site-packages",
        b"third-party", b"third_party", b"thirdparty", b"vendored",
    }
)  # fmt: skip

GENERATED_NAMES = re.compile(
    rb"""(?ix)
    .*_pb2(_grpc)?\.pyi? | .*\.pb(\.gw)?\.go | .*\.pb\.(cc|h) | .*_pb\.(js|d\.ts)      # protobuf
    | .*\.min\.(js|css|mjs) | .*\.(js|css)\.map | .*\.bundle\.js                        # bundlers
    | .*\.g\.(dart|cs) | .*\.freezed\.dart | .*\.designer\.cs | .*\.generated\.[a-z]+   # by name
    | zz_generated\..*\.go | .*_generated\.go | .*_gen\.go | bindata\.go                # Go generators
    """
)

TEST_FOLDERS = frozenset(
    {
        b"IntegrationTests", b"Tests", b"UnitTests", b"__mocks__", b"__snapshots__", b"__tests__", b"androidTest",
        b"cypress", b"e2e", b"integration-tests", b"integration_tests", b"test", b"testdata", b"tests",
    }
)  # fmt: skip
"""As they are written: `tests` and `Tests` are habits, `Test` is a name space that ships."""

RUBY_TEST_FOLDERS = frozenset({b"spec", b"specs"})
"""RSpec, Jasmine and busted; elsewhere a "spec" is a specification."""

_SCRIPT_TESTS = rb".+[._](test|spec|cy|e2e|test-d)\.[cm]?[jt]sx?"

TEST_NAMES: dict[str, bytes] = {
    "": rb".+\.snap|.+\.bats",
    "c": rb"test_.+\.[ch]|.+_(unit)?test\.[ch]",
    "cpp": rb"test_.+\.(cc|cpp|cxx|hpp|hh)|.+_(unit)?test\.(cc|cpp|cxx|hpp|hh)",
    "csharp": rb".+Tests?\.cs",
    "dart": rb".+_test\.dart",
    "elixir": rb".+_test\.exs",
    "go": rb".+_test\.go",
    "java": rb".+(Tests?|IT)\.java",
    "javascript": _SCRIPT_TESTS,
    "kotlin": rb".+Tests?\.kt",
    "lua": rb".+_spec\.lua",
    "php": rb".+Test\.php",
    "python": rb"test_.+\.pyi?|.+_test\.py|conftest\.py",
    "ruby": rb".+_(spec|test)\.rb",
    "scala": rb".+(Test|Spec|Suite)\.scala",
    "shell": rb"test_.+\.(ba)?sh|.+_test\.(ba)?sh|.+\.bats",
    "swift": rb".+Tests?\.swift",
    "tsx": _SCRIPT_TESTS,
    "typescript": _SCRIPT_TESTS,
}
"""Patterns by language (compiled when one is needed), because each runner has its own habit.

A bare `tests.py` is not in it: pytest does not collect it, and in `src/` it is more often code."""

PROSE = frozenset({"asciidoc", "markdown", "restructuredtext", "text"})

DOCS_FOLDERS = frozenset({b"doc", b"docs", b"documentation", b"man"})

DOCS_NAMES = frozenset(
    {
        b"authors", b"changelog", b"changes", b"contributing", b"contributors", b"copying", b"credits", b"history",
        b"license", b"licence", b"maintainers", b"news", b"notice", b"readme", b"security", b"todo",
    }
    | {
        b"authors.txt", b"changelog.txt", b"changes.txt", b"copying.txt", b"history.txt", b"license.txt", b"licence.txt",
        b"news.txt", b"notice.txt", b"readme.txt",
    }
)  # fmt: skip
"""Whole names, lower case, without an ending or with the one of plain text."""

DEPENDENCY_NAMES = re.compile(
    rb"""(?ix)
    (.*[-_.])?(requirements|constraints)([-_.].*)?\.(txt|in|pip) | pyproject\.toml | pipfile | environment\.ya?ml
    | package\.json | pnpm-workspace\.ya?ml | bower\.json | deno\.jsonc? | jsr\.json
    | cargo\.toml | go\.mod | go\.work | gemfile | .+\.gemspec | composer\.json | pubspec\.ya?ml | mix\.exs
    | pom\.xml | build\.gradle(\.kts)? | settings\.gradle(\.kts)? | libs\.versions\.toml | build\.sbt
    | packages\.config | directory\.packages\.props | .+\.(cs|fs|vb)proj | .+\.nuspec
    | package\.swift | podfile | cartfile | conanfile\.(txt|py) | vcpkg\.json | module\.bazel | chart\.yaml
    | build\.zig\.zon | .+\.rockspec | dependabot\.ya?ml | \.?renovate(rc)?(\.json5?)?
    """
)

BUILD_FOLDERS = (
    b".azure-pipelines/", b".buildkite/", b".ci/", b".circleci/", b".devcontainer/", b".gitea/", b".github/", b".gitlab/",
    b".kokoro/",
)  # fmt: skip
"""From the root."""

BUILD_LANGUAGES = frozenset({"cmake", "dockerfile", "make", "starlark"})

BUILD_NAMES = re.compile(
    rb"""(?ix)
    setup\.(py|cfg) | manifest\.in | tox\.ini | noxfile\.py | meson\.build | meson_options\.txt | configure(\.ac|\.in)?
    | makefile\.am | justfile | taskfile\.ya?ml | directory\.build\.(props|targets) | build\.zig | build\.rs
    | gulpfile\.[cm]?[jt]s | gruntfile\.[cm]?[jt]s
    | (babel|cypress|esbuild|eslint|jest|karma|playwright|postcss|prettier|rollup|tailwind|tsup|vite|vitest|webpack)
      \.config(\..+)?\.[cm]?[jt]s
    | tsconfig(\..+)?\.json | \.?(eslint|prettier|stylelint|babel|swc)rc(\..+)? | (angular|lerna|nx|turbo)\.json
    | gradle(-wrapper)?\.properties | gradlew(\.bat)? | mvnw(\.cmd)?
    | \.gitlab-ci\.ya?ml | \.travis\.ya?ml | appveyor\.ya?ml | azure-pipelines(.*)?\.ya?ml | jenkinsfile | cloudbuild\.ya?ml
    | \.pre-commit-config\.ya?ml | \.goreleaser(-.+)?\.ya?ml | \.readthedocs\.ya?ml | (docker-)?compose([-.].+)?\.ya?ml
    | codeowners | \.?codecov\.ya?ml | \.nvmrc | \.(node|python|ruby)-version
    | \.gitignore | \.gitattributes | \.gitmodules | \.dockerignore | \.npmignore | \.editorconfig | \.npmrc | \.yarnrc(\.yml)?
    | \.flake8 | \.pylintrc | mypy\.ini | pytest\.ini | \.?ruff\.toml | \.coveragerc | \.clang-(format|tidy) | \.golangci\.ya?ml
    | \.rubocop(_todo)?\.yml | phpstan(-.+)?\.(neon|php)(\.dist)? | phpunit\.xml(\.dist)? | \.php-cs-fixer.*\.php
    """
)
