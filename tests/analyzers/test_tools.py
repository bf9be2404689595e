"""What is special about one tool or another."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.analyzers.cppcheck import without_includes
from reviewer.records import Confidence, Severity


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (b"a.jsx", b"const A = () => <a>{1}</a>;\nif (A === NaN) { A(); }\n"),
        (b"a.tsx", b"const A = (x: number) => <a>{x}</a>;\nif (A === NaN) { A(1); }\n"),
        (b"a.cjs", b"const a = require('a');\nif (a === NaN) { a(); }\n"),
        (b"a.mts", b"const a: number = await b();\nif (a === NaN) { b(); }\n"),
        (b"a.d.ts", b"export declare function f(): void;\nexport const b = 1 === NaN;\n"),
        (b"a.vue", b"<script setup>\nif (a === NaN) { a(); }\n</script>\n"),
        (b"tool", b"#!/usr/bin/env node\nif (a === NaN) { a(); }\n"),
    ],
)
def test_oxlint_reads_every_ending(ask, path: bytes, content: bytes):
    (report,) = ask("oxlint", {path: content}).reports
    assert (report.rule, report.start_line) == ("oxlint/use-isnan", 2)


def test_oxlint_tells_columns_in_characters(ask):
    (report,) = ask("oxlint", {b"a.js": "'😀ä'; debugger;\n".encode()}).reports
    assert (report.rule, report.start_column, report.end_column) == ("oxlint/no-debugger", 7, 16)


def test_oxlint_leaves_flow_alone(ask):
    analysis = ask("oxlint", {b"a.js": b"/**\n * @flow\n */\ntype A = {| a: ?number |};\n"})
    assert (analysis.skipped, analysis.failed) == ({b"a.js": "it is written in Flow"}, {})


def test_oxlint_reports_the_first_syntax_error(ask):
    (report,) = ask("oxlint", {b"a.js": b"let a;\nfunction f( {\n"}).reports
    assert (report.rule, report.severity, report.confidence) == ("oxlint/invalid-syntax", Severity.ERROR, Confidence.MEDIUM)


@pytest.mark.parametrize(("path", "first"), [(b"a.zsh", b""), (b".zshrc", b""), (b"a.sh", b"#!/usr/bin/env fish\n")])
def test_shellcheck_leaves_other_shells_alone(ask, path: bytes, first: bytes):
    analysis = ask("shellcheck", {path: first + b'rm -rf "$1/"*\n'})
    assert path in analysis.skipped
    assert (analysis.failed, list(analysis.reports)) == ({}, [])


def test_shellcheck_follows_no_other_file(ask, tmp_path: Path):
    (tmp_path / "shellcheck-own").mkdir()
    (tmp_path / "shellcheck-own" / "other.sh").write_text('rm -rf "$1/"*\n')
    assert ask("shellcheck", {b"a.sh": b"#!/bin/sh\n. ./other.sh\n"}).reports == []


def test_hadolint_tells_the_whole_instruction(ask):
    content = b"FROM debian:12\nRUN id && \\\n  # why\n  sudo id \\\n  && id\nRUN id\n"
    (report,) = [found for found in ask("hadolint", {b"Dockerfile": content}).reports if found.rule == "hadolint/DL3004"]
    assert (report.start_line, report.end_line) == (2, 5)


def test_hadolint_reads_the_rest_where_a_command_is_broken(ask):
    analysis = ask("hadolint", {b"Dockerfile": b"FROM debian:12\nRUN if [ 1 ; then\nRUN sudo id\n"})
    assert {report.rule for report in analysis.reports} >= {"hadolint/SC1072", "hadolint/DL3004"}
    assert analysis.failed == {}


WORKFLOW = """on: {trigger}
permissions: {{}}
jobs:
  x:
    runs-on: ubuntu-latest
    steps:
      - run: echo ä ${{{{ {value} }}}}
"""


def _workflow(trigger: str, value: str) -> bytes:
    return WORKFLOW.format(trigger=trigger, value=value).encode()


def test_zizmor_blocks_only_what_it_is_sure_of(ask):
    sure = _workflow("issues", "github.event.issue.title")
    unsure = b"name: a\ndescription: b\nruns:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.x }}\n      shell: sh\n"
    analysis = ask("zizmor", {b".github/workflows/a.yml": sure, b"a/action.yml": unsure})
    found = {report.path: report for report in analysis.reports if report.rule == "zizmor/template-injection"}
    first, second = found[b".github/workflows/a.yml"], found[b"a/action.yml"]
    assert (first.severity, first.confidence, first.start_column) == (Severity.ERROR, Confidence.HIGH, 25)
    assert (second.severity, second.confidence) == (Severity.INFO, Confidence.LOW)


def test_zizmor_keeps_files_of_one_name_apart(ask):
    action = b"name: a\ndescription: b\nruns:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.x }}\n      shell: sh\n"
    analysis = ask("zizmor", {b"a/action.yml": action, b"b/action.yml": action})
    assert {report.path for report in analysis.reports} == {b"a/action.yml", b"b/action.yml"}


def test_zizmor_tells_old_jobs_at_their_first_line_only(ask):
    content = _workflow("push", "1").replace(b"permissions: {}\n", b"")
    (report,) = [one for one in ask("zizmor", {b".github/workflows/a.yml": content}).reports if "permissions" in one.rule]
    assert report.start_line == report.end_line == 3


def test_zizmor_fails_for_each_file_if_it_can_read_none(ask):
    analysis = ask("zizmor", {b".github/workflows/a.yml": b"on: [\n", b".github/workflows/b.yml": b"a: 1\n"})
    assert set(analysis.failed) == {b".github/workflows/a.yml", b".github/workflows/b.yml"}


@pytest.mark.parametrize(
    "line", [b"ALTER TABLE `t` ADD x int;", b"CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);", b"GO"]
)
def test_squawk_leaves_other_dialects_alone(ask, line: bytes):
    analysis = ask("squawk", {b"migrations/1.sql": b"DROP TABLE a;\n" + line + b"\n"})
    assert analysis.skipped == {b"migrations/1.sql": "it is not written for PostgreSQL"}
    assert list(analysis.reports) == []


def test_squawk_tells_columns_in_characters(ask):
    content = "/* 😀ä */ DROP TABLE a;\n".encode()
    (report,) = [one for one in ask("squawk", {b"migrations/1.sql": content}).reports if one.rule == "squawk/ban-drop-table"]
    assert (report.start_line, report.start_column, report.end_column) == (1, 10, 23)


HEADER = b"class A {\n  int b[2];\n  void f() { int c[2]; c[2] = 1; }\n};\n"


def test_cppcheck_reads_headers_of_cpp_and_of_c(ask):
    content = b"static int f(void) { int c[2]; c[2] = 1; return 0; }\n"
    analysis = ask("cppcheck", {b"a.h": HEADER, b"b.h": content})
    found = {(report.path, report.start_line) for report in analysis.reports if report.rule == "cppcheck/arrayIndexOutOfBounds"}
    assert (found, analysis.failed) == ({(b"a.h", 3), (b"b.h", 1)}, {})


def test_cppcheck_says_what_it_cannot_read_without_headers(ask):
    analysis = ask(
        "cppcheck", {b"a.c": b"#error no\nint f(void);\n", b"b.cpp": b"class A { Q_OBJECT\nvoid f() {} int b MACRO(1) };\n"}
    )
    assert not analysis.reports
    assert set(analysis.failed) | set(analysis.skipped) <= {b"a.c", b"b.cpp"}


def test_cppcheck_opens_no_file_that_the_code_names(ask, tmp_path: Path):
    other = tmp_path / "other.h"
    other.write_text("int g(int *p) { int b[2]; b[2] = 1; return *p; }\n#error reached\n")
    plain = f'#include "{other}"\n# include "/dev/zero"\nint f(void) {{ int c[2]; c[2] = 1; return 0; }}\n'
    analysis = ask("cppcheck", {b"a.c": plain.encode()}, timeout=20)
    assert [report.start_line for report in analysis.reports] == [3]
    assert (analysis.failed, analysis.skipped) == ({}, {})


@pytest.mark.parametrize("line", [b'#inc\\\nlude "/dev/zero"', b'#/* */include "/dev/zero"', b'??=include "/dev/zero"'])
def test_cppcheck_is_not_asked_about_hidden_includes(ask, line: bytes):
    analysis = ask("cppcheck", {b"a.c": line + b"\nint x;\n"}, timeout=20)
    assert "opening files" in analysis.failed[b"a.c"]


def test_without_includes_keeps_every_place():
    content = b'#include <a.h>\n  #  import "b"\nint include = 1;\n#include_next <c>\n'
    assert without_includes(content) == b'#pragma  <a.h>\n  #  pragma "b"\nint include = 1;\n#pragma       <c>\n'
