"""What is written to a merge request fits every host, whatever was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ci_job import Target, ci, make_target, plain
from conftest import Repo
from make_hunk import make_hunk
from make_verdict import covered, looked, make_change, make_finding, make_verdict

from reviewer.attest.proof import Class, Proof
from reviewer.attest.trust import Standing as Signature
from reviewer.ci import comments
from reviewer.ci.job import Outcome
from reviewer.ci.rows import Done, Row, Standing, Why
from reviewer.ci.span import Commits
from reviewer.ci.table import Table, as_text
from reviewer.errors import ExitCode
from reviewer.records import Disposition, State, Verdict


def outcome_of(verdict: Verdict, number: int = 1, **fields: Any) -> Outcome:
    oids = tuple(f"{index:040x}" for index in range(number))
    done = tuple(
        Done(
            Row(Proof(oid, Class.RESIDUAL, (), Signature.NONE, (b"a|`b.py",), ("it has no attestation",)), Why.RESIDUAL, (), ()),
            Standing.OPEN, (), {}, {b"a|`b.py": "no | model @all"},
        )
        for oid in oids
    )  # fmt: skip
    commits = Commits("1" * 40, "2" * 40, "3" * 40, oids, "main")
    return Outcome(Table(commits, done, verdict, "d" * 64), ExitCode.BLOCK, fields.get("stops", ("it blocks",)))


def test_a_comment_fits_the_host_that_takes_least() -> None:
    change = make_verdict().change
    text = "*_[x](y)_* " * 80
    coverage = list(looked(change, "rules"))
    for number in range(60):
        coverage += covered(change, f"analyzers/{number}", State.FAILED, f"{number} {text}")
    findings = [(make_finding(rule=f"r{number}", message=text, remedy=text), Disposition.BLOCKS) for number in range(300)]
    verdict = make_verdict(change, findings, coverage, notes=tuple(f"{number} {text}" for number in range(50)))
    body = comments.body_of(outcome_of(verdict, 400))
    assert len(body.encode()) < 32_768
    assert body.startswith("## Hunkgate: BLOCKED")
    assert "more are not shown here" in body
    assert "more lines are not shown here" in body
    assert "too many commits for a comment" in body
    assert "**Stops the merge**: it blocks" in body


def test_the_table_of_a_comment_keeps_its_columns() -> None:
    body = comments.body_of(outcome_of(make_verdict()))
    (row,) = [line for line in body.split("\n") if line.startswith("| `000000000000`")]
    assert len([1 for at, char in enumerate(row) if char == "|" and row[at - 1] != "\\"]) == 6
    assert "@all" not in row


def test_a_remark_stands_only_where_the_diff_has_a_line() -> None:
    change = make_change(make_hunk(b"a.py", " a", "+b"), make_hunk(b"\xff.py", "+b"))
    findings = [
        (make_finding(b"a.py", 2), Disposition.BLOCKS),
        (make_finding(b"a.py", 99, rule="far"), Disposition.BLOCKS),
        (make_finding(b"\xff.py", 1, rule="odd"), Disposition.BLOCKS),
        (make_finding(b"0123456789ab:a.py", 2, rule="history"), Disposition.BLOCKS),
        (make_finding(b"a.py", 2, rule="note"), Disposition.NOTES),
        (make_finding(b"a.py", 2, rule="seen", suppressed="ours"), Disposition.SUPPRESSED),
    ]
    outcome = outcome_of(make_verdict(change, findings))
    (remark,) = comments.remarks_of(outcome)
    assert (remark.path, remark.line, remark.key) == ("a.py", 2, findings[0][0].fingerprint)
    open_ones = {finding.fingerprint for finding, _ in findings[:-1]}
    assert comments.still_found(outcome) == open_ones


def test_nothing_counts_as_mended_after_a_review_with_gaps() -> None:
    change = make_verdict().change
    coverage = looked(change, "rules") + covered(change, "models", State.DEFERRED, "time")
    assert comments.still_found(outcome_of(make_verdict(coverage=coverage))) is None


def test_a_table_of_very_many_commits_counts_the_rest() -> None:
    text = as_text(outcome_of(make_verdict(), 450).table)
    assert "and 250 more commits: commits.json has all" in text
    assert "450 commits: 450 NOT PROVEN" in text


def test_a_renamed_file_has_both_names(repo: Repo, tmp_path: Path) -> None:
    code = "import sqlite3\n\n\n" + "def area(width, height):\n    return width * height\n\n\n" * 5
    target: Target = make_target(repo, tmp_path, 'mode = "block"\n', files={"old.py": code})
    target.repo.git("mv", "old.py", "new.py")
    bad = "def find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")\n"
    plain(target, "new.py", code + bad)
    (remark, *_) = comments.remarks_of(ci(target))
    assert (remark.path, remark.old_path) == ("new.py", "old.py")
