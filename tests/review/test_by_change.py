"""The reviewer of changes: what it covers, what it refuses, and that no text makes it fail."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from compared import found, hunks_of, job_of
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer import registry, rulebook
from reviewer.change import _book, _statements
from reviewer.change._families import FAMILIES, asked
from reviewer.change._statements import statements
from reviewer.change._tokens import LANGUAGES, TokenKind, tokens
from reviewer.records import Confidence, Hunk, Severity, State
from reviewer.review import by_change
from reviewer.review.interface import Outcome

OLD = "def pay(order, user):\n    if not user:\n        raise Missing(order)\n    return charge(user, order)\n"
NEW = "def pay(order, user):\n    return charge(user, order)\n"


def _states(outcome: Outcome) -> list[tuple[State, str]]:
    return [(entry.state, entry.reason) for entry in outcome.coverage]


def test_review_tells_what_where_and_why() -> None:
    (finding,) = found({"shop.py": (OLD, NEW)})
    assert finding.rule == "change-refusal-removed"
    assert finding.reviewer == "change"
    assert (finding.start_line, finding.snippet) == (2, "    return charge(user, order)")
    assert "if not user" in finding.message
    assert finding.cwe == "CWE-20"


def test_review_covers_what_it_compared() -> None:
    outcome = by_change.review(job_of({"shop.py": (OLD, NEW), "new.py": (None, "x = 1\n")})[0])
    assert _states(outcome) == [(State.REVIEWED, "")] * 2
    assert outcome.identities["change"].startswith("rules ")


def test_review_needs_the_old_content() -> None:
    job, _ = job_of({"shop.py": (OLD, NEW)})
    outcome = by_change.review(replace(job, before={}))
    assert (list(outcome.findings), list(outcome.coverage)) == ([], [])


def test_review_of_patch_text_says_nothing() -> None:
    job, _ = job_of({"shop.py": (OLD, NEW)})
    partial = {path: replace(file, whole=False) for path, file in job.files.items()}
    assert list(by_change.review(replace(job, files=partial)).coverage) == []


def test_review_of_removals_needs_no_new_content() -> None:
    job, _ = job_of({"shop.py": (OLD, NEW)})
    outcome = by_change.review(replace(job, files={}))
    assert [finding.rule for finding in outcome.findings] == ["change-refusal-removed"]


def test_review_without_the_new_content_of_an_edit() -> None:
    job, _ = job_of({"shop.py": (OLD, NEW + "x = 1\n")})
    assert list(by_change.review(replace(job, files={})).coverage) == []


def test_review_passes_over_unknown_languages() -> None:
    assert list(by_change.review(job_of({"notes.md": ("a\n", "b\n")})[0]).coverage) == []


def test_review_of_a_deleted_file_says_nothing() -> None:
    hunk = replace(hunks_of(b"shop.py", OLD, "")[0], new_start=0)
    job = replace(job_of({"shop.py": (OLD, "")})[0], hunks=[hunk])
    assert list(by_change.review(job).findings) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\n" * 50_000, "larger than"),
        ("x = [" + "1, " * 10_000 + "]\n", "a line is longer than"),
        ("x = 1\n" * 9_000, "changed lines"),
    ],
    ids=["large", "long line", "many lines"],
)
def test_review_refuses_too_much(text: str, reason: str) -> None:
    outcome = by_change.review(job_of({"data.py": (None, text)})[0])
    ((state, said),) = _states(outcome)
    assert state is State.FAILED
    assert reason in said


def test_review_of_many_findings_says_how_many() -> None:
    old = "".join(f"if a{number}:\n    raise B{number}\nc{number}()\n" for number in range(120))
    new = "".join(f"c{number}()\n" for number in range(120))
    outcome = by_change.review(job_of({"shop.py": (old, new)})[0])
    assert len(outcome.findings) == by_change.MOST_FINDINGS
    assert "120 findings" in outcome.notes[0]


def test_review_stops_at_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_change, "TIME_LIMIT", -1.0)
    outcome = by_change.review(job_of({"shop.py": (OLD, NEW)})[0])
    ((state, reason),) = _states(outcome)
    assert state is State.FAILED
    assert "took more than" in reason


@pytest.mark.parametrize(
    "line", ["f(" * 300, "[" * 500, "a.b" * 300, "x = /" * 200, '"""' * 100, "if x: " * 100, "@" * 500, "lambda: " * 60]
)
@pytest.mark.parametrize("path", ["a.py", "a.js", "a.go", "A.java"])
def test_review_takes_hostile_lines(path: str, line: str) -> None:
    old = f"{line}\n" * 20
    outcome = by_change.review(job_of({path: (old, old.replace("f", "g") + "x = 1\n")})[0])
    assert {state for state, _ in _states(outcome)} == {State.REVIEWED}


def test_review_takes_bytes_that_are_no_text() -> None:
    job, _ = job_of({"shop.py": (OLD, NEW)})
    bad = {path: replace(file, content=b"\xff" + file.content) for path, file in job.files.items()}
    assert _states(by_change.review(replace(job, files=bad))) == [(State.REVIEWED, "")]


def test_review_reads_windows_line_ends() -> None:
    rules = {finding.rule for finding in by_change.review(_windows()).findings}
    assert rules == {"change-refusal-removed"}


def _windows():
    job, _ = job_of({"shop.py": (OLD, NEW)})
    files = {path: replace(file, content=file.content.replace(b"\n", b"\r\n")) for path, file in job.files.items()}
    return replace(job, files=files, before={path: data.replace(b"\n", b"\r\n") for path, data in job.before.items()})


def test_rules_are_complete_and_cautious() -> None:
    for rule in _book.rules().values():
        assert rule.id.startswith("change-")
        assert rule.message
        assert rule.remedy
        assert not (rule.severity is Severity.ERROR and rule.confidence is Confidence.HIGH), "a comparison alone blocks nothing"
        assert rule.cwe or rule.kind.value != "security"
    assert by_change.rule_ids() == set(_book.rules())


def test_every_family_is_in_the_table_and_can_be_asked() -> None:
    assert registry.members("reviewer.change") == tuple(sorted(FAMILIES))
    for name in FAMILIES:
        assert callable(registry.load("reviewer.change", name).find)


def test_every_family_has_its_rules() -> None:
    assert {path.stem for path in (rulebook.folder() / "change").glob("*.toml")} == set(FAMILIES)


@pytest.mark.parametrize(
    ("language", "has_code", "is_new", "is_test", "families"),
    [
        ("python", True, True, False, {"copies", "logs", "migrations"}),
        ("python", True, False, True, {"callers", "migrations", "names", "pins", "silencing", "syntax", "trials"}),
        ("go", True, True, True, {"migrations"}),
        ("toml", False, False, False, {"migrations", "pins", "silencing"}),
    ],
)
def test_only_families_with_something_to_say_are_asked(
    language: str, has_code: bool, is_new: bool, is_test: bool, families: set[str]
) -> None:
    assert set(asked(language, has_code=has_code, is_new=is_new, is_test=is_test)) == families


def test_new_files_are_not_cut_into_statements_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []
    real = _statements.statements
    monkeypatch.setattr(_statements, "statements", lambda text, *more: asked_for.append(text) or real(text, *more))
    text = "def area(a):\n    total = a * a\n    for one in total:\n        use(one)\n    return total\n"
    outcome = by_change.review(job_of({f"m{number}.py": (None, text) for number in range(3)})[0])
    assert _states(outcome) == [(State.REVIEWED, "")] * 3
    assert asked_for == []


def test_review_does_not_depend_on_how_busy_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 1e9)
    assert found({"shop.py": (OLD, NEW)})


def test_every_rule_is_used_by_a_family() -> None:
    room = Path(_book.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in room.glob("*.py"))
    listed = {name for name, rule in _book.rules().items() if rule.words}
    assert {name for name in by_change.rule_ids() if f'"{name}"' not in code} <= listed


_WORDS = st.sampled_from(
    [
        "if",
        "x",
        "y",
        "not",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        ";",
        ",",
        "=",
        "==",
        "and",
        "raise",
        "return",
        "try",
        "except",
        "def",
        "for",
        "in",
        "with",
        "lock",
        "escape",
        "'",
        '"',
        '"""',
        "`",
        "/",
        "/*",
        "*/",
        "#",
        "//",
        "\\",
        "\n",
        "\n    ",
        "\n        ",
        "é",
        "0",
        "9999",
        "%",
        "@",
        ".",
        "self",
        "verify",
        "False",
        "True",
        "print",
        "password",
        "import",
        "from",
        "*",
        "class",
        "func",
        "function",
        "is",
        "None",
        "null",
        "<",
        "<=",
        "len",
        "catch",
        "@login_required",
        "synchronized",
        "assert",
        "timeout",
        "version",
        "==1.2",
        "upgrade",
        "down",
        "=>",
        "await",
        "\r",
        "\t",
    ]
)
_TEXT = st.one_of(st.text(max_size=200), st.lists(_WORDS, max_size=80).map(" ".join), st.lists(_WORDS, max_size=80).map("".join))


@settings(deadline=None)
@given(
    path=st.sampled_from(
        [
            "a.py",
            "a.js",
            "a.ts",
            "a.go",
            "A.java",
            "b.kt",
            "requirements.txt",
            "a.yml",
            "pyproject.toml",
            "Dockerfile",
            "migrations/a.sql",
            "migrations/a.py",
            "migrations/a.ts",
        ]
    ),
    old=_TEXT,
    new=_TEXT,
)
def test_any_two_texts_give_findings_beside_the_change_only(path: str, old: str, new: str) -> None:
    found({path: (old, new)})


@settings(deadline=None)
@given(language=st.sampled_from(sorted(LANGUAGES)), text=_TEXT)
def test_tokens_stand_where_they_say(language: str, text: str) -> None:
    lines = text.split("\n")
    for token in tokens(text, language):
        if token.kind is TokenKind.LINE_END:
            continue
        first = token.text.split("\n")[0]
        assert lines[token.line - 1][token.column : token.column + len(first)] == first


@settings(deadline=None)
@given(language=st.sampled_from(sorted(LANGUAGES)), text=_TEXT)
def test_statements_hold_tokens_in_order(language: str, text: str) -> None:
    side = statements(text, language)
    assert [one.index for one in side] == list(range(len(side)))
    assert all(one.parent < one.index for one in side)
    places = [(token.line, token.column) for one in side for token in one.tokens]
    assert places == sorted(places)


def test_job_of_numbers_hunks_as_git_does() -> None:
    hunks: list[Hunk] = hunks_of(b"a.py", None, "x\n")
    assert [(hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) for hunk in hunks] == [(0, 0, 1, 1)]
