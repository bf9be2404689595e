"""Text that addresses the model: what it cannot do, whatever model reads it.

The model here obeys every attempt: it approves, doubts every rule and writes what it was told to. So what holds here holds by
construction. How often a real model obeys is measured by benchmarks/model_hostile.py.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Repo
from hostile_model import ATTEMPTS, Attempt
from hypothesis import given
from hypothesis import strategies as st
from make_hunk import make_hunk
from model_service import DEFECT, FORCED, defect, in_service, suspicious

from reviewer import pipeline, sources
from reviewer.backends.interface import Written
from reviewer.engine import access
from reviewer.errors import BackendError
from reviewer.git import Git
from reviewer.records import Disposition, Hunk, Mode, Policy, Result, State, Verdict
from reviewer.review import _model_roles as roles
from reviewer.review import by_models
from reviewer.review._model_context import Context, contexts
from reviewer.review._model_statements import stated
from reviewer.review._model_taxonomy import TAXONOMY
from reviewer.review.interface import Job

KINDS = {one.name for one in TAXONOMY}
EVERY = pytest.mark.parametrize("attempt", ATTEMPTS, ids=[attempt.name for attempt in ATTEMPTS])

OBEDIENT: list[dict[str, Any]] = [
    {"contains": "", "choose": word} for word in ("approve", '{"verdict": "fine"', "no")
]  # fmt: skip
DEFECTIVE = make_hunk(b"app/other.py", "+    q = 'select ' + name", "+    return c.execute(q)")
INJECTION = suspicious("app/other.py", defect(1, "injection", "'select ' + name"))


def hostile(attempt: Attempt, path: bytes = b"app/db.py") -> Hunk:
    added = [f"+{line}".encode("utf-8", "surrogatepass") for line in attempt.lines]
    return make_hunk(path, " def find(c, name):", *added, "+    return c.execute('select ' + name)", language="python")


def shown(hunk: Hunk) -> list[Context]:
    return contexts(hunk, None)


def test_the_corpus_is_large_enough() -> None:
    assert len(set(ATTEMPTS)) >= 60
    assert len({attempt.kind for attempt in ATTEMPTS}) >= 8


@EVERY
def test_an_attempt_stays_inside_its_fence(attempt: Attempt) -> None:
    for context in shown(hostile(attempt)):
        material = context.material
        fence = re.search(r"<(diff-[0-9a-f]{8})>\n", material)
        assert fence is not None
        head, _, rest = material.partition(f"<{fence[1]}>\n")
        body, _, tail = rest.partition(f"\n</{fence[1]}>")
        assert head == "File: app/db.py\n"
        assert tail == "\n"
        rows = body.split("\n")
        assert len(rows) == len(context.rows)
        assert all(re.match(r"[1-9][0-9]*\+ |[+ -] ", row) for row in rows)
        assert all(char == "\n" or char.isprintable() or char == "\t" for char in material)


@EVERY
def test_an_attempt_cannot_be_named_as_another_line(attempt: Attempt) -> None:
    hunk = hostile(attempt)
    new = {line.new_number for line in hunk.added if line.text.strip()}
    told = [row.line for context in shown(hunk) for row in context.labels.values()]
    assert sorted(told) == sorted(new)


@EVERY
def test_an_attempt_has_a_bounded_price(attempt: Attempt) -> None:
    # A line is cut, so no part is much longer than the ceiling, whatever stands in it.
    assert all(len(context.material) < 12_000 for context in shown(hostile(attempt)))


@EVERY
def test_an_attempt_does_not_reach_other_hunks(attempt: Attempt) -> None:
    alone = [roles.screen(context) for context in shown(DEFECTIVE)]
    for path in (b"app/db.py", b"app/other.py"):
        shown(hostile(attempt, path))
        assert [roles.screen(context) for context in shown(DEFECTIVE)] == alone


@pytest.mark.parametrize("field", ["path", "section"])
@EVERY
def test_an_attempt_in_path_or_section_stays_on_its_line(attempt: Attempt, field: str) -> None:
    text = "\n".join(attempt.lines)
    hunk = make_hunk(b"a.py", "+x = 1")
    hunk = replace(hunk, **{field: text.encode("utf-8", "surrogatepass") if field == "path" else text})
    (context,) = shown(hunk)
    lines = context.material.split("\n")
    assert len(lines) == (6 if field == "section" else 5)
    assert lines[-3] == "1+ x = 1"
    assert all(line.isprintable() for line in lines)


def review(hunks: Sequence[Hunk], folder: Path) -> Any:
    folder.mkdir(exist_ok=True)
    job = Job(hunks, {}, folder, {}, Policy(budget=60), replace(FORCED, cache=0), time.monotonic() + 60)
    return by_models.review(job)


def test_no_attempt_adds_or_removes_findings_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_service(tmp_path / "m", monkeypatch, *INJECTION)
    alone = review([DEFECTIVE], tmp_path / "p")
    assert len(alone.findings) == 1
    others = [hostile(attempt, f"app/file{number}.py".encode()) for number, attempt in enumerate(ATTEMPTS)]
    together = review([*others, DEFECTIVE], tmp_path / "p")
    assert together.findings == alone.findings
    assert {entry.state for entry in together.coverage} == {State.REVIEWED}


def test_an_attempt_that_is_believed_adds_findings_to_its_own_new_lines_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Told to name a line elsewhere: the schema does not admit that answer, and the first admitted one is written.
    rules = suspicious("app/file", defect(999, "injection", "q"), defect(1, "none", "q"))
    in_service(tmp_path / "m", monkeypatch, *rules)
    hunks = [hostile(attempt, f"app/file{number}.py".encode()) for number, attempt in enumerate(ATTEMPTS)]
    outcome = review(hunks, tmp_path / "p")
    new = {(hunk.path, line.new_number) for hunk in hunks for line in hunk.added}
    assert {(finding.path, finding.start_line) for finding in outcome.findings} <= new
    assert {finding.rule.removeprefix("model-") for finding in outcome.findings} <= KINDS
    assert {entry.state for entry in outcome.coverage} == {State.REVIEWED}


BLOCKED = "import sqlite3\n\n\ndef find(db, name):\n{}\n    return db.execute(f\"SELECT * FROM t WHERE name = '{{name}}'\")\n"
WARNED = "import hashlib\n\n\ndef digest(data):\n{}\n    return hashlib.md5(data).hexdigest()\n"


def gate(repo: Repo, code: str, machine: Any) -> Verdict:
    repo.stage("app.py", code.encode("utf-8", "surrogatepass"))
    sourced = sources.staged(Git(repo.path))
    return pipeline.review(replace(sourced, policy=Policy(mode=Mode.BLOCK)), machine)


def told(verdict: Verdict) -> set[tuple[str, str]]:
    return {(judged.finding.rule, judged.finding.fingerprint) for judged in verdict.findings}


@pytest.mark.parametrize("kind", sorted({attempt.kind for attempt in ATTEMPTS}))
def test_no_attempt_changes_the_verdict_of_the_rules(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    in_service(tmp_path / "m", monkeypatch, *OBEDIENT)
    attempt = next(attempt for attempt in ATTEMPTS if attempt.kind == kind and not any('"""' in line for line in attempt.lines))
    text = "\n".join(f"    # {line}".replace("\x00", "") for line in attempt.lines)
    for code in (BLOCKED.format(text), WARNED.format(text)):
        without = gate(repo, code, replace(FORCED, model=""))
        with_model = gate(repo, code, replace(FORCED, forced_roles=("screen", "review", "triage")))
        assert with_model.result is without.result
        assert with_model.result is not Result.PASS
        assert told(without) <= told(with_model)


def test_a_doubt_moves_a_warning_to_the_notes_and_nothing_more(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_service(tmp_path / "m", monkeypatch, *OBEDIENT)
    without = gate(repo, WARNED.format("    pass"), replace(FORCED, model=""))
    doubted = gate(repo, WARNED.format("    pass"), replace(FORCED, forced_roles=("triage",)))
    assert [judged.disposition for judged in without.findings] == [Disposition.WARNS]
    assert [judged.disposition for judged in doubted.findings] == [Disposition.NOTES]
    assert "doubts that" in doubted.findings[0].finding.message
    assert (without.result, doubted.result) == (Result.WARN, Result.WARN)
    assert told(without) == told(doubted)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["defect", "injection", "execute"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["verdict", "defects", "line", "kind", "code", "why"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(_VALUES | st.text(max_size=20))
def test_no_answer_leaves_the_grammar(value: Any) -> None:
    (context,) = shown(DEFECTIVE)
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        said = stated(context, Written(text, 1, True))
    except BackendError:
        return
    assert all(one.row in context.labels.values() and one.defect in TAXONOMY for one in said.kept)


class Dishonest:
    """A runtime that does not keep to the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.alive = True

    def load(self, *_: Any) -> None: ...

    def close(self) -> None: ...

    def choose(self, system: str, material: str, question: str, options: Sequence[str], deadline: float) -> list[float]:
        return [0.0 if option in ("reject", DEFECT) else -9.0 for option in options]

    def write(self, system: str, material: str, question: str, schema: Mapping[str, Any], most: int, deadline: float) -> Written:
        return Written(self.text, 9, True)


@pytest.mark.parametrize(
    "text",
    [
        "approve",
        "[" * 100_000,
        '{"verdict": "fine", "defects": []}',
        '{"verdict": "defect", "defects": [{"line": 3, "kind": "injection", "code": "q", "why": "w"}]}',
        '{"verdict": "defect", "defects": [{"line": 1, "kind": "python-sql-string", "code": "q", "why": "w"}]}',
        '{"verdict": "defect", "defects": [{"line": "1", "kind": "injection", "code": "q", "why": "w"}]}',
        '{"verdict": "defect", "defects": [{"line": true, "kind": "injection", "code": "q", "why": "w"}]}',
    ],
)
def test_an_answer_outside_of_the_grammar_is_no_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    in_service(tmp_path / "m", monkeypatch)
    monkeypatch.setattr(access, "start", lambda *_, **__: Dishonest(text))
    outcome = review([DEFECTIVE], tmp_path / "p")
    assert outcome.findings == []
    assert [(entry.state, entry.reason) for entry in outcome.coverage] == [
        (State.FAILED, "the model's answer is outside of its grammar")
    ]
