"""The rules reviewer with the real ast-grep: places, coverage, hostile content, and engines that break."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reviewer import proc, rulebook
from reviewer.errors import RuleError, ToolMissingError
from reviewer.records import Confidence, Finding, Fix, Hunk, Kind, Line, LineKind, Machine, Policy, Replacement, Severity, State
from reviewer.review import _rounds, by_rules
from reviewer.review._match import MOST_MATCHES
from reviewer.review._rule_template import template
from reviewer.review.interface import Job, Outcome, PrivateFile
from reviewer.rulebook import loading
from reviewer.rulebook.local import FOLDER, LocalRules

BAD = b"value = yaml.load(text)\n"
ENDINGS = {"python": ".py", "javascript": ".js", "typescript": ".ts", "tsx": ".tsx", "go": ".go", "shell": ".sh"}


def _job(
    folder: Path,
    files: Mapping[bytes, bytes],
    *,
    language: str = "python",
    policy: Policy | None = None,
    tool: Path | None = None,
    local: LocalRules | None = None,
) -> Job:
    languages = dict.fromkeys(files, language)
    return _mixed_job(folder, files, languages, policy=policy, tool=tool, local=local)


def _mixed_job(
    folder: Path,
    files: Mapping[bytes, bytes],
    languages: Mapping[bytes, str],
    *,
    policy: Policy | None = None,
    tool: Path | None = None,
    local: LocalRules | None = None,
) -> Job:
    private = {}
    for number, (path, content) in enumerate(files.items()):
        copy = folder / f"{number:05d}{ENDINGS.get(languages[path], '.txt')}"
        copy.write_bytes(content)
        private[path] = PrivateFile(path, copy, content, languages[path])
    hunks = [Hunk(path, languages[path], 0, 0, 1, 1, "", ()) for path in files]
    machine = Machine(tools={"ast-grep": str(tool)} if tool else {})
    return Job(hunks, private, folder, {}, policy or Policy(), machine, 0.0, local_rules=local or LocalRules())


def _states(outcome: Outcome) -> dict[bytes, tuple[State, str]]:
    return {entry.path: (entry.state, entry.reason) for entry in outcome.coverage}


def _places(outcome: Outcome) -> list[tuple[int, int, int, int]]:
    return [(f.start_line, f.start_column, f.end_line, f.end_column) for f in outcome.findings]


def _script(folder: Path, text: str) -> Path:
    """A program that stands in for ast-grep."""
    path = folder / "fake-ast-grep"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_review_finds_and_says_everything(tmp_path: Path) -> None:
    outcome = by_rules.review(_job(tmp_path, {b"a.py": b"import yaml\n" + BAD}))
    rule = rulebook.load(rulebook.folder() / "python/security/python-yaml-load.yml")
    assert list(outcome.findings) == [
        Finding(
            rule="python-yaml-load", kind=Kind.SECURITY, severity=Severity.ERROR, confidence=Confidence.HIGH, path=b"a.py",
            start_line=2, end_line=2, start_column=9, end_column=24, snippet="value = yaml.load(text)", message=rule.message,
            remedy=rule.remedy, cwe="CWE-502", reviewer="rules",
            fix=Fix((Replacement(25, 25, b"safe_", 2, 14, 2, 14),), "rule"),
        )
    ]  # fmt: skip
    assert _states(outcome) == {b"a.py": (State.REVIEWED, "")}
    name, version, word, digest = outcome.identities["rules"].split()
    assert (name, version, word, len(digest)) == ("ast-grep", "0.51.1", "rules", 12)


def test_review_is_the_same_every_time(tmp_path: Path) -> None:
    files = {f"{number}.py".encode(): BAD * 3 for number in range(20)}
    first, second = (by_rules.review(_job(tmp_path, files)) for _ in range(2))
    assert first == second
    assert len(first.findings) == 60


def test_every_rule_speaks_as_its_file_says(tmp_path: Path) -> None:
    rules = [rulebook.load(path) for path in rulebook.rule_files(rulebook.FOLDERS)]
    job = _mixed_job(
        tmp_path,
        {rule.id.encode(): rule.match[0].encode() for rule in rules},
        {rule.id.encode(): rule.language for rule in rules},
    )
    said = {finding.rule: finding for finding in by_rules.review(job).findings if finding.rule.encode() == finding.path}
    for rule in rules:
        found = said[rule.id]
        assert (found.message, found.remedy, found.kind, found.cwe) == (rule.message, rule.remedy, rule.kind, rule.cwe)
        assert (found.severity, found.confidence) == (rule.severity, rule.confidence)


@pytest.mark.parametrize(
    ("content", "place", "snippet"),
    [
        ('x = "é😀"; yaml.load(a)\n'.encode(), (1, 11, 1, 23), 'x = "é😀"; yaml.load(a)'),
        (b"x = 1\r\nyaml.load(a)\r\n", (2, 1, 2, 13), "yaml.load(a)\r"),
        (b'x = "\xe9\xff"; yaml.load(a)\n', (1, 11, 1, 23), 'x = "\\xe9\\xff"; yaml.load(a)'),
        (b"\xef\xbb\xbfyaml.load(a)\n", (1, 2, 1, 14), "\ufeffyaml.load(a)"),
        ('x = "\u2028"\x0c; yaml.load(a)'.encode(), (1, 11, 1, 23), 'x = "\u2028"\x0c; yaml.load(a)'),
        (b"a = 1\ryaml.load(a)", (1, 7, 1, 19), "a = 1\ryaml.load(a)"),
        (b"yaml.load(\n    a\n)\n", (1, 1, 3, 2), "yaml.load("),
        (b"a = 1\x00\nyaml.load(a)\n", (2, 1, 2, 13), "yaml.load(a)"),
    ],
)
def test_review_counts_lines_and_characters(
    tmp_path: Path, content: bytes, place: tuple[int, int, int, int], snippet: str
) -> None:
    outcome = by_rules.review(_job(tmp_path, {b"a.py": content}))
    assert _places(outcome) == [place]
    assert outcome.findings[0].snippet == snippet


@pytest.mark.parametrize(
    "content",
    [
        b"# ast-grep-ignore\n" + BAD,
        b"# ast-grep-ignore: python-yaml-load\n" + BAD,
        b"# ast-grep-ignore\n\n" + BAD,
        b'x = "\xff"  # ast-grep-ignore\n' + BAD,
        b"value = yaml.load(text)  # ast-grep-ignore\n",
    ],
)
def test_review_is_not_silenced_by_the_code(tmp_path: Path, content: bytes) -> None:
    assert [f.rule for f in by_rules.review(_job(tmp_path, {b"a.py": content})).findings] == ["python-yaml-load"]


def test_review_obeys_no_project_file_around_it(tmp_path: Path) -> None:
    (tmp_path / "sgconfig.yml").write_text('ruleDirs: [none]\nlanguageGlobs:\n  javascript: ["*.py"]\n')
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / ".ignore").write_text("*\n")
    folder = tmp_path / "private"
    folder.mkdir()
    assert len(by_rules.review(_job(folder, {b"a.py": BAD})).findings) == 1


@pytest.mark.parametrize("language", ["javascript", "typescript", "tsx"])
def test_review_reads_every_kind_of_javascript(tmp_path: Path, language: str) -> None:
    code = b"const agent = new https.Agent({ rejectUnauthorized: false });\n"
    outcome = by_rules.review(_job(tmp_path, {b"a": code}, language=language))
    assert [f.rule for f in outcome.findings] == ["javascript-tls-verify-off"]


def test_review_reads_several_languages_at_once(tmp_path: Path) -> None:
    files = {b"a.py": BAD, b"b.tsx": b"eval(req.body.code);\n", b"c.sh": b"eval $1\n", b"Dockerfile": b"FROM a:latest\n"}
    languages = {b"a.py": "python", b"b.tsx": "tsx", b"c.sh": "shell", b"Dockerfile": "dockerfile"}
    outcome = by_rules.review(_mixed_job(tmp_path, files, languages))
    assert [(f.path, f.rule) for f in outcome.findings] == [
        (b"Dockerfile", "dockerfile-latest-tag"),
        (b"a.py", "python-yaml-load"),
        (b"b.tsx", "javascript-eval-request"),
        (b"c.sh", "shell-eval-argument"),
    ]
    assert outcome.identities["rules"].startswith("ast-grep 0.51.1 re2 rules ")


@pytest.mark.parametrize(
    "path", [b".github/a.py", b"../../etc/x.py", b"-rf", b"a\nb\xff.py", b"/abs.py", b"node_modules/a.py", b"--help"]
)
def test_review_never_uses_a_path_as_a_file_name(tmp_path: Path, path: bytes) -> None:
    outcome = by_rules.review(_job(tmp_path, {path: b"# \xff\n" + BAD}))
    assert [f.path for f in outcome.findings] == [path]
    made = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    assert made == {"00000.py", "rules/0.py", "rules/0/rules.yml", "rules/0/sgconfig.yml"}


def test_review_scans_a_copy_whose_ending_says_something_else(tmp_path: Path) -> None:
    job = _job(tmp_path, {b"tool": BAD})
    odd = tmp_path / "tool.txt"
    odd.write_bytes(BAD)
    file = PrivateFile(b"tool", odd, BAD, "python")
    outcome = by_rules.review(Job(job.hunks, {b"tool": file}, tmp_path, {}, Policy(), Machine(), 0.0))
    assert len(outcome.findings) == 1


def test_review_of_many_files_fits_the_command_line(tmp_path: Path) -> None:
    files = {f"{number}.py".encode(): BAD for number in range(1500)}
    outcome = by_rules.review(_job(tmp_path, files))
    assert len(outcome.findings) == 1500
    assert {entry.state for entry in outcome.coverage} == {State.REVIEWED}


def test_coverage_says_why_a_hunk_was_skipped(tmp_path: Path) -> None:
    files = {b"a.py": BAD, b"b.cob": b"STOP RUN.\n", b"c": b"x\n", b"big.py": BAD + b"#" * 100}
    job = _mixed_job(
        tmp_path, files, {b"a.py": "python", b"b.cob": "cobol", b"c": "", b"big.py": "python"}, policy=Policy(max_file_bytes=90)
    )
    gone = Hunk(b"gone.py", "python", 0, 0, 7, 1, "", ())
    outcome = by_rules.review(Job([*job.hunks, gone], job.files, tmp_path, {}, job.policy, job.machine, 0.0))
    assert _states(outcome) == {
        b"a.py": (State.REVIEWED, ""),
        b"b.cob": (State.SKIPPED, "no rules for cobol"),
        b"c": (State.SKIPPED, "no rules for this kind of file"),
        b"big.py": (State.SKIPPED, "larger than 90 bytes"),
        b"gone.py": (State.SKIPPED, "content not available"),
    }
    assert [f.path for f in outcome.findings] == [b"a.py"]


def test_coverage_has_one_entry_per_hunk_and_files_without_hunks_are_left_alone(tmp_path: Path) -> None:
    job = _job(tmp_path, {b"a.py": BAD, b"b.py": BAD})
    hunks = [Hunk(b"a.py", "python", 0, 0, start, 1, "", ()) for start in (1, 40)]
    outcome = by_rules.review(Job(hunks, job.files, tmp_path, {}, Policy(), Machine(), 0.0))
    assert [(entry.path, entry.hunk) for entry in outcome.coverage] == [(b"a.py", 1), (b"a.py", 40)]
    assert [f.path for f in outcome.findings] == [b"a.py"]


def test_review_says_what_ast_grep_would_pass_over(tmp_path: Path) -> None:
    content = BAD + b"aaaa=1234567890\n" * 201_000
    outcome = by_rules.review(_job(tmp_path, {b"a.py": content}, policy=Policy(max_file_bytes=10_000_000)))
    state, reason = _states(outcome)[b"a.py"]
    assert state is State.SKIPPED
    assert "ast-grep does not read" in reason


def test_review_of_nothing_is_nothing(tmp_path: Path) -> None:
    assert by_rules.review(_job(tmp_path, {})) == Outcome([], [], {})


def test_disabled_rules_say_nothing(tmp_path: Path) -> None:
    policy = Policy(disabled_rules=("python-yaml-load", "dockerfile-latest-tag"))
    files = {b"a.py": BAD + b"eval(input())\n", b"Dockerfile": b"FROM a:latest\nADD http://a.example/b /c\n"}
    outcome = by_rules.review(_mixed_job(tmp_path, files, {b"a.py": "python", b"Dockerfile": "dockerfile"}, policy=policy))
    said = {f.rule for f in outcome.findings}
    assert {"dockerfile-add-unchecked", "python-eval-input"} <= said
    assert not said & set(policy.disabled_rules)


def test_missing_engine_is_failed_coverage_and_the_rest_still_runs(tmp_path: Path) -> None:
    files = {b"a.py": BAD, b"Dockerfile": b"FROM a:latest\n"}
    languages = {b"a.py": "python", b"Dockerfile": "dockerfile"}
    outcome = by_rules.review(_mixed_job(tmp_path, files, languages, tool=tmp_path / "no-such-tool"))
    state, reason = _states(outcome)[b"a.py"]
    assert state is State.FAILED
    assert "not an executable file" in reason
    assert _states(outcome)[b"Dockerfile"] == (State.REVIEWED, "")
    assert [f.rule for f in outcome.findings] == ["dockerfile-latest-tag"]


def test_hung_engine_is_failed_coverage(tmp_path: Path) -> None:
    tool = _script(tmp_path, '[ "$1" = --version ] && { echo ast-grep 9; exit; }\nexec sleep 60\n')
    outcome = by_rules.review(_job(tmp_path, {b"a.py": BAD}, tool=tool), timeout=0.5)
    state, reason = _states(outcome)[b"a.py"]
    assert state is State.FAILED
    assert "did not end within" in reason


def test_engine_that_hangs_at_once_is_failed_coverage(tmp_path: Path) -> None:
    outcome = by_rules.review(_job(tmp_path, {b"a.py": BAD}, tool=_script(tmp_path, "exec sleep 60\n")), timeout=0.3)
    assert _states(outcome)[b"a.py"][0] is State.FAILED


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo boom >&2; exit 101", "boom"),
        ("kill -SEGV $$", "signal 11"),
        ("echo bad rule >&2; exit 8", "bad rule"),
        ("exit 1", "ended with code 1"),
        ("echo '{]'", "cannot be understood"),
        ("""echo '{"file": "/etc/passwd", "ruleId": 1}'""", "cannot be understood"),
        ("echo '[]'", "cannot be understood"),
    ],
)
def test_broken_engine_is_failed_coverage(tmp_path: Path, script: str, reason: str) -> None:
    tool = _script(tmp_path, f'[ "$1" = --version ] && {{ echo ast-grep 9; exit; }}\n{script}\n')
    outcome = by_rules.review(_job(tmp_path, {b"a.py": BAD, b"b.py": BAD}, tool=tool))
    assert {state for state, _ in _states(outcome).values()} == {State.FAILED}
    assert all(reason in said for _, said in _states(outcome).values())
    assert outcome.findings == []


def test_file_at_which_the_engine_crashes_does_not_hide_the_others(tmp_path: Path) -> None:
    # Dies if the file 00002.py is among its arguments, and is the real thing otherwise.
    real = by_rules.proc.find_tool("ast-grep")
    tool = _script(tmp_path, f'case "$*" in *00002.py*) kill -SEGV $$;; esac\nexec {real} "$@"\n')
    outcome = by_rules.review(_job(tmp_path, {f"{number}.py".encode(): BAD for number in range(5)}, tool=tool))
    assert [f.path for f in outcome.findings] == [b"0.py", b"1.py", b"3.py", b"4.py"]
    assert [path for path, (state, _) in _states(outcome).items() if state is State.FAILED] == [b"2.py"]


def test_what_a_rule_says_of_one_line_is_said_once(tmp_path: Path) -> None:
    outcome = by_rules.review(_job(tmp_path, {b"a.py": b"yaml.load(a); yaml.load(b); yaml.load(c)\nyaml.load(d)\n"}))
    assert _places(outcome) == [(1, 1, 1, 13), (2, 1, 2, 13)]


def test_file_with_endless_matches_keeps_the_first_and_says_so(tmp_path: Path) -> None:
    outcome = by_rules.review(_job(tmp_path, {b"a.py": BAD * (MOST_MATCHES + 5), b"b.py": BAD}))
    assert len(outcome.findings) == MOST_MATCHES + 1
    state, reason = _states(outcome)[b"a.py"]
    assert state is State.FAILED
    assert "more than 1000 findings" in reason
    assert _states(outcome)[b"b.py"][0] is State.REVIEWED


def test_copy_that_vanished_is_failed_coverage(tmp_path: Path) -> None:
    job = _job(tmp_path, {b"a.py": BAD, b"b.py": BAD})
    job.files[b"a.py"].copy.unlink()
    outcome = by_rules.review(job)
    assert _states(outcome)[b"a.py"] == (State.FAILED, "its private copy is gone")
    assert [f.path for f in outcome.findings] == [b"b.py"]


def test_folder_that_cannot_be_written_is_failed_coverage(tmp_path: Path) -> None:
    job = _job(tmp_path, {b"a.py": BAD})
    (tmp_path / "rules").write_text("in the way")
    outcome = by_rules.review(job)
    state, reason = _states(outcome)[b"a.py"]
    assert state is State.FAILED
    assert "cannot write a private copy" in reason


LOCAL = ".hunkgate/rules/local-draft.yml"
TEXT = template("local-draft", "python", "bug")
OWN = LocalRules({LOCAL: TEXT})
WORD = LocalRules({".hunkgate/rules/local-word.yml": template("local-word", "sql", "bug")})


def test_rules_of_the_repository_add_findings_and_take_none_away(tmp_path: Path) -> None:
    files = {b"a.py": BAD + b"dangerous(1)\n"}
    outcome = by_rules.review(_job(tmp_path, files, local=OWN))
    assert [(f.rule, f.start_line) for f in outcome.findings] == [("python-yaml-load", 1), ("local-draft", 2)]
    assert outcome.identities != by_rules.review(_job(tmp_path, files)).identities


def test_rules_of_the_repository_without_a_grammar_are_used(tmp_path: Path) -> None:
    outcome = by_rules.review(_job(tmp_path, {b"a.sql": b"SELECT 1;\nSELECT dangerous;\n"}, language="sql", local=WORD))
    assert [(f.rule, f.start_line) for f in outcome.findings] == [("local-word", 2)]


def test_rule_of_the_repository_is_enough_for_a_review(tmp_path: Path) -> None:
    policy = Policy(disabled_rules=tuple(path.stem for path in rulebook.rule_files(["sql"])))
    files = {b"a.sql": b"SELECT dangerous;\n"}
    job = _job(tmp_path, files, language="sql", policy=policy)
    assert _states(by_rules.review(job))[b"a.sql"] == (State.SKIPPED, "no rules for sql")
    job = _job(tmp_path, files, language="sql", policy=policy, local=WORD)
    assert _states(by_rules.review(job))[b"a.sql"] == (State.REVIEWED, "")


def test_disabled_rule_of_the_repository_is_silent(tmp_path: Path) -> None:
    job = _job(tmp_path, {b"a.py": b"dangerous(1)\n"}, policy=Policy(disabled_rules=("local-draft",)), local=OWN)
    assert by_rules.review(job).findings == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [("severity: warning", "severity: loud", "'severity'"), ("pattern: dangerous", "pattern: never", "do what its examples say")],
)
def test_broken_rule_of_the_repository_ends_the_review(tmp_path: Path, old: str, new: str, what: str) -> None:
    with pytest.raises(RuleError, match=what) as caught:
        by_rules.review(_job(tmp_path, {b"a.py": BAD}, local=LocalRules({LOCAL: TEXT.replace(old, new)})))
    assert caught.value.where.startswith(f"{LOCAL}:")


@pytest.mark.parametrize("path", [LOCAL, FOLDER])
def test_what_cannot_be_a_rule_ends_the_review_unless_the_change_is_about_it(tmp_path: Path, path: str) -> None:
    error = RuleError("no rule", where=path)
    with pytest.raises(RuleError, match="no rule"):
        by_rules.review(_job(tmp_path, {b"a.py": BAD}, local=LocalRules(refused={path: error})))
    outcome = by_rules.review(_job(tmp_path, {b"a.py": BAD}, local=LocalRules(refused={path: error}, edited=frozenset({LOCAL}))))
    assert [f.rule for f in outcome.findings] == ["python-yaml-load"]
    assert "no rule" in outcome.notes[0]


def test_broken_rule_that_the_change_is_about_is_left_out_and_told(tmp_path: Path) -> None:
    other = template("local-other", "python", "bug").replace("dangerous", "perilous")
    texts = {LOCAL: TEXT.replace("warning", "loud"), ".hunkgate/rules/local-other.yml": other}
    job = _job(tmp_path, {b"a.py": BAD + b"perilous(1)\n"}, local=LocalRules(texts, edited=frozenset({LOCAL})))
    outcome = by_rules.review(job)
    assert [f.rule for f in outcome.findings] == ["python-yaml-load", "local-other"]
    assert len(outcome.notes) == 1
    assert "left out" in outcome.notes[0]


def test_one_of_two_rules_of_one_name_can_be_mended(tmp_path: Path) -> None:
    again = ".hunkgate/rules/a/local-draft.yml"
    texts = {LOCAL: TEXT, again: TEXT}
    with pytest.raises(RuleError, match="also that of"):
        by_rules.review(_job(tmp_path, {b"a.py": BAD}, local=LocalRules(texts)))
    job = _job(tmp_path, {b"a.py": b"dangerous(1)\n"}, local=LocalRules(texts, edited=frozenset({again})))
    outcome = by_rules.review(job)
    assert [f.rule for f in outcome.findings] == ["local-draft"]
    assert "also that of" in outcome.notes[0]


def _edit(folder: Path, new: str, added: tuple[int, ...], *, local: LocalRules = OWN, path: str = LOCAL) -> Job:
    """A job about an edited rule."""
    job = _job(folder, {path.encode(): new.encode()}, language="yaml", local=local)
    lines = tuple(Line(LineKind.ADDED, new.encode().split(b"\n")[number - 1], 0, number) for number in added)
    return replace(job, hunks=[replace(job.hunks[0], lines=lines)])


def test_change_that_breaks_a_rule_of_the_repository_is_told_and_blocked(tmp_path: Path) -> None:
    (finding,) = by_rules.review(_edit(tmp_path, TEXT.replace("severity: warning", "severity: loud"), (2, 3))).findings
    assert (finding.rule, finding.start_line) == ("rules-malformed", 3)
    assert finding.snippet.startswith("severity: loud")
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.HIGH)


def test_what_is_wrong_elsewhere_is_told_at_a_line_that_the_change_touches(tmp_path: Path) -> None:
    new = TEXT.replace("pattern: dangerous", "pattern: never")
    (finding,) = by_rules.review(_edit(tmp_path, new, (12,))).findings
    assert (finding.rule, finding.start_line) == ("rules-malformed", 12)
    assert "should be reported and is not" in finding.message


def test_change_that_takes_the_name_of_another_rule_is_told(tmp_path: Path) -> None:
    (finding,) = by_rules.review(_edit(tmp_path, TEXT, (1,), path=".hunkgate/rules/again/local-draft.yml")).findings
    assert finding.rule == "rules-malformed"
    assert LOCAL in finding.message


def test_change_may_move_a_rule(tmp_path: Path) -> None:
    moved = LocalRules({LOCAL: TEXT}, edited=frozenset({LOCAL, ".hunkgate/rules/again/local-draft.yml"}))
    job = _edit(tmp_path, TEXT, (1,), local=moved, path=".hunkgate/rules/again/local-draft.yml")
    assert by_rules.review(job).findings == []


def test_change_does_not_bring_its_own_rules(tmp_path: Path) -> None:
    files = {b"a.py": b"dangerous(1)\n", LOCAL.encode(): TEXT.encode()}
    job = _mixed_job(tmp_path, files, {b"a.py": "python", LOCAL.encode(): "yaml"})
    assert by_rules.review(job).findings == []


def test_rule_of_the_repository_that_hangs_costs_only_itself(tmp_path: Path) -> None:
    # Hangs if a rule of the repository is among its rules, and is the real thing otherwise.
    real = by_rules.proc.find_tool("ast-grep")
    tool = _script(tmp_path, f'case "$PWD" in */rules/1) exec sleep 60;; esac\nexec {real} "$@"\n')
    job = _job(tmp_path, {b"a.py": BAD}, local=OWN, tool=tool)
    outcome = by_rules.review(job, timeout=2)
    assert [f.rule for f in outcome.findings] == ["python-yaml-load"]
    state, reason = _states(outcome)[b"a.py"]
    assert state is State.FAILED
    assert reason.startswith("the rules of the repository: ")
    assert "did not end within" in reason


def test_rules_of_the_repository_wait_for_a_missing_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ToolMissingError("ast-grep is not installed")

    monkeypatch.setattr(proc, "find_tool", missing)
    outcome = by_rules.review(_job(tmp_path, {b"a.py": BAD}, local=OWN))
    assert _states(outcome)[b"a.py"] == (State.FAILED, "ast-grep is not installed")
    assert "left out" in outcome.notes[0]


@pytest.mark.parametrize("language", ["dockerfile", "sql"])
def test_review_of_lines_needs_no_yaml_parser(tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load", None)
    outcome = by_rules.review(_job(tmp_path, {b"a": b"DELETE FROM a;\nFROM b:latest\n"}, language=language))
    assert len(outcome.findings) == 1


def test_large_file_of_many_pairs_keeps_what_the_other_rules_find(tmp_path: Path) -> None:
    # Every call is compared with every statement of the function.
    lines = "".join(f"    memset(n{number}, 0, sizeof(n{number}));\n    access(p{number}, 1);\n" for number in range(8000))
    text = f"void f(char *name)\n{{\n    gets(name);\n{lines}}}\n".encode()
    assert len(text) > _rounds.LARGE
    outcome = by_rules.review(_job(tmp_path, {b"a.c": text, b"b.c": b"void f(void) { gets(a); }\n"}, language="c"))
    assert {f.path for f in outcome.findings if f.rule == "c-gets"} == {b"a.c", b"b.c"}
    assert _states(outcome)[b"b.c"] == (State.REVIEWED, "")
    state, reason = _states(outcome)[b"a.c"]
    assert state is State.FAILED
    assert "did not end within" in reason


def test_large_file_is_matched_by_all_rules(tmp_path: Path) -> None:
    text = b"import yaml\n" + b"padding = 1\n" * 9_000 + b"password = hashlib.md5(password)\n" + BAD
    text += b"def f():\n    lock = threading.Lock()\n    with lock:\n        count()\n"
    assert len(text) > _rounds.LARGE
    outcome = by_rules.review(_job(tmp_path, {b"a.py": text}))
    assert {"python-yaml-load", "python-lock-not-shared"} <= {f.rule for f in outcome.findings}
    assert _states(outcome)[b"a.py"] == (State.REVIEWED, "")
