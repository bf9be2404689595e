"""What holds for every analyzer: it finds, it says what it could not read, it cannot be steered, it may break."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from reviewer import proc, registry, rulebook
from reviewer.analyzers._checks import checks, meanings
from reviewer.analyzers._members import MEMBERS
from reviewer.errors import RuleError, ToolFailedError, ToolTimeoutError
from reviewer.intake.languages import language_of
from reviewer.records import Kind


@dataclass(frozen=True)
class Sample:
    """A file with one problem, and what each tool can be told to keep quiet by."""

    path: bytes
    content: bytes
    rule: str
    line: int
    broken: bytes
    config: dict[str, str]
    env: dict[str, str]


SAMPLES = {
    "ruff": Sample(
        b"a.py", b"x = 1\n\n\ndef f(a=[]):\n    return a\n", "ruff/B006", 4, b"def f(:\n",
        {"ruff.toml": 'exclude = ["*"]\n[lint]\nignore = ["B006"]\n'}, {"RUFF_OUTPUT_FORMAT": "concise"},
    ),
    "oxlint": Sample(
        b"src/a.ts", b"const a: number = 1;\nif (a === NaN) { console.log(a); }\n", "oxlint/use-isnan", 2, b"function f( {\n",
        {".oxlintrc.json": '{"ignorePatterns": ["*"], "rules": {"use-isnan": "off"}}', ".eslintignore": "*\n"},
        {"OXLINT_TSGOLINT_PATH": "/nowhere"},
    ),
    "shellcheck": Sample(
        b"run.sh", b"#!/bin/bash\nset -u\nrm -rf \"$1/\"*\n", "shellcheck/SC2115", 3, b"if [ x ]; then\necho\n",
        {".shellcheckrc": "disable=all\n"}, {"SHELLCHECK_OPTS": "-e SC2115"},
    ),
    "hadolint": Sample(
        b"Dockerfile", b"FROM debian:12\nRUN sudo id\n", "hadolint/DL3004", 2, b"FROMX debian\nRUN (\n",
        {".hadolint.yaml": "ignored: [DL3004]\n"}, {"HADOLINT_IGNORE": "DL3004", "HADOLINT_FORMAT": "tty"},
    ),
    "zizmor": Sample(
        b".github/workflows/ci.yml",
        b"on: issues\njobs:\n  x:\n    runs-on: ubuntu-latest\n    permissions: {}\n    steps:\n"
        b"      - run: echo ${{ github.event.issue.title }}\n",
        "zizmor/template-injection", 7, b"on: [\n",
        {"zizmor.yml": "rules:\n  template-injection:\n    disable: true\n", ".gitignore": "*\n"},
        {"ZIZMOR_CONFIG": "zizmor.yml", "GH_TOKEN": "x", "RUST_LOG": "off"},
    ),
    "squawk": Sample(
        b"db/migrations/0001_a.sql", b"-- one\nDROP TABLE a;\n", "squawk/ban-drop-table", 2, b"SELEC * FROM (;\n",
        {".squawk.toml": 'excluded_rules = ["ban-drop-table"]\n'}, {"SQUAWK_GITHUB_TOKEN": "x"},
    ),
    "cppcheck": Sample(
        b"src/a.c", b"int f(int n)\n{\n  int b[2];\n  b[2] = n;\n  return b[0];\n}\n", "cppcheck/arrayIndexOutOfBounds", 4,
        b"int f( {\n", {"std.cfg": "<nonsense/>", "cppcheck.cfg": "{}"}, {"CPPCHECK_OPTIONS": "--suppress=*"},
    ),
}  # fmt: skip

every = pytest.mark.parametrize("name", sorted(SAMPLES))


def test_every_member_is_in_the_table_and_has_a_sample():
    assert set(registry.members("reviewer.analyzers")) == set(MEMBERS) == set(SAMPLES)


@every
def test_member_reads_its_sample(name: str):
    sample = SAMPLES[name]
    assert MEMBERS[name].reads(sample.path, language_of(sample.path))


@every
def test_analyze_finds_the_problem(ask, name: str):
    sample = SAMPLES[name]
    analysis = ask(name, {sample.path: sample.content})
    (found,) = [report for report in analysis.reports if report.rule == sample.rule]
    assert (found.path, found.start_line) == (sample.path, sample.line)
    assert found.message
    assert analysis.failed == analysis.skipped == {}
    assert re.fullmatch(rf"{name} \d[\d.]* checks [0-9a-f]{{12}}", analysis.version)


@every
def test_analyze_counts_lines_of_crlf_files(ask, name: str):
    sample = SAMPLES[name]
    analysis = ask(name, {sample.path: sample.content.replace(b"\n", b"\r\n")})
    assert [report.start_line for report in analysis.reports if report.rule == sample.rule] == [sample.line]


@every
def test_analyze_maps_copies_back_to_hostile_paths(ask, name: str):
    sample = SAMPLES[name]
    path = b"--config=x\n\xff/;rm -rf $HOME/" + sample.path
    analysis = ask(name, {path: sample.content})
    assert {report.path for report in analysis.reports} == {path}


@every
def test_analyze_cannot_be_steered(ask, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Neither by files beside and above the copies and in the working folder, nor by variables."""
    sample = SAMPLES[name]
    # Nobody but the gate can write into the tool's own folder; cppcheck would read a std.cfg of its working folder.
    own = tmp_path / ("unused" if name == "cppcheck" else f"{name}-own")
    for folder in (tmp_path, own, tmp_path / "elsewhere"):
        folder.mkdir(exist_ok=True)
        for file, text in {**sample.config, ".gitignore": "*\n"}.items():
            (folder / file).write_text(text)
    monkeypatch.chdir(tmp_path / "elsewhere")
    for variable, value in sample.env.items():
        monkeypatch.setenv(variable, value)
    analysis = ask(name, {sample.path: sample.content})
    assert sample.rule in {report.rule for report in analysis.reports}


@every
def test_analyze_reads_the_good_file_beside_bad_ones(ask, name: str):
    sample = SAMPLES[name]
    folder, _, file = sample.path.rpartition(b"/")
    broken, latin = folder + b"/9_broken_" + file, folder + b"/9_latin_" + file
    analysis = ask(name, {broken: sample.broken, sample.path: sample.content, latin: b"# \xe4\n# \xff\n" + sample.content})
    assert sample.rule in {report.rule for report in analysis.reports if report.path == sample.path}
    assert broken in analysis.failed
    assert name in analysis.failed[broken]
    assert sample.path not in analysis.failed


@every
def test_analyze_says_of_bytes_that_are_no_text_that_it_failed_or_reads_them(ask, name: str):
    """Shellcheck and cppcheck read any bytes; the others want UTF-8, and say so."""
    sample = SAMPLES[name]
    comment = {"ruff": b"# ", "oxlint": b"// ", "squawk": b"-- ", "cppcheck": b"// "}.get(name, b"# ")
    analysis = ask(name, {sample.path: sample.content + comment + b"\xe4\xff\n"})
    if name in ("shellcheck", "cppcheck"):
        assert sample.rule in {report.rule for report in analysis.reports}
    else:
        assert "UTF-8" in analysis.failed[sample.path]


@every
def test_analyze_of_an_empty_file_finds_nothing(ask, name: str):
    analysis = ask(name, {SAMPLES[name].path: b""})
    assert list(analysis.reports) == []


@every
def test_analyze_keeps_places_inside_the_file(ask, name: str):
    """Characters, not bytes: what stands before a problem may be of any script."""
    sample = SAMPLES[name]
    lines = sample.content.decode().split("\n")
    for report in ask(name, {sample.path: sample.content}).reports:
        assert 1 <= report.start_line <= report.end_line <= len(lines)
        assert 1 <= report.start_column <= len(lines[report.start_line - 1]) + 1
        assert 0 <= report.end_column <= len(lines[report.end_line - 1]) + 1


@every
@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo 'no such option' >&2; exit 64", ToolFailedError),
        ("echo 'All checks passed!'", ToolFailedError),
        ("echo '{}'", ToolFailedError),
        ("echo '[1]'; echo '[1]' >&2", ToolFailedError),
        ("echo '[{}]'; echo '[{}]' >&2", ToolFailedError),
        ("kill -SEGV $$", ToolFailedError),
        ("exec sleep 60", ToolTimeoutError),
    ],
)
def test_analyze_with_a_broken_tool(ask, name: str, script: str, error: type[Exception]):
    sample = SAMPLES[name]
    with pytest.raises(error):
        ask(name, {sample.path: sample.content}, script=script, timeout=1 if "sleep" in script else 60)


def test_table_of_oxlint_holds_only_checks_it_has():
    out = subprocess.run([proc.find_tool("oxlint"), "--rules"], capture_output=True, check=True, text=True).stdout
    rows = [[cell.strip() for cell in line.split("|")] for line in out.split("\n") if line.startswith("|")]
    known = {row[1] if row[2] == "eslint" else f"{row[2]}/{row[1]}" for row in rows}
    assert set(checks("oxlint").meanings) <= known


@pytest.mark.parametrize("name", ["hadolint", "squawk", "zizmor"])
def test_table_holds_only_checks_the_program_names(name: str):
    """These have no list of their checks; their programs hold the names as text."""
    text = proc.find_tool(name).read_bytes()
    codes = [code for code in checks(name).meanings if not code.startswith("SC")]
    assert [code for code in codes if code.encode() not in text] == []


@every
def test_table_is_about_real_problems(name: str):
    table = checks(name).meanings.values()
    assert all(meaning.cwe for meaning in table if meaning.kind is Kind.SECURITY)
    assert not [meaning for meaning in table if meaning.kind not in (Kind.SECURITY, Kind.BUG)]


@every
@pytest.mark.parametrize(
    "text", [b"x", b"[codes]\na = 'bug'\n", b"[codes]\na = 'bug awful high'\n", b"[codes]\na = 1\n", b"\xff", b"[other]\n"]
)
def test_table_that_is_malformed_is_refused(name: str, text: bytes):
    with pytest.raises(RuleError, match=f"{name}.*malformed"):
        meanings(text, name)


def test_every_table_belongs_to_a_member():
    tables = {path.name for path in (rulebook.folder() / "analyzers").iterdir()}
    assert tables == {f"{name}_checks.toml" for name in MEMBERS}


@pytest.mark.parametrize(
    ("path", "readers"),
    [
        (b".github/workflows/a.yml", {"zizmor"}),
        (b"sub/.github/workflows/a.yaml", {"zizmor"}),
        (b"tools/setup/action.yml", {"zizmor"}),
        (b".github/dependabot.yml", {"zizmor"}),
        (b"workflows/a.yml", set()),
        (b"deploy/values.yaml", set()),
        (b"db/migrate/20240101120000_add.sql", {"squawk"}),
        (b"app/Migrations/add.sql", {"squawk"}),
        (b"supabase/migrations/deep/x.sql", {"squawk"}),
        (b"sql/V1.2__add.sql", {"squawk"}),
        (b"migrations/0001_add.up.sql", {"squawk"}),
        (b"migrations/0001_add.down.sql", set()),
        (b"migrations/U2__undo.sql", set()),
        (b"migrations/rollback/0001.sql", set()),
        (b"reports/monthly.sql", set()),
        (b"a.jsx", {"oxlint"}),
        (b"a.d.ts", {"oxlint"}),
        (b"a.vue", {"oxlint"}),
        (b"a.h", {"cppcheck"}),
        (b"Dockerfile.dev", {"hadolint"}),
        (b"a.pyi", {"ruff"}),
        (b"README.md", set()),
    ],
)
def test_members_read_by_language_and_path(path: bytes, readers: set[str]):
    assert {name for name, member in MEMBERS.items() if member.reads(path, language_of(path))} == readers


def test_only_ruff_is_always_there():
    assert [name for name, member in MEMBERS.items() if not member.install] == ["ruff"]
