"""Verdicts of every shape the types allow, for Hypothesis: hostile paths, texts and numbers included."""

from __future__ import annotations

from hypothesis import strategies as st
from make_hunk import make_hunk
from make_verdict import make_change, make_finding

from reviewer.classify import classify_change
from reviewer.records import (
    Confidence,
    CoverageEntry,
    Dismissed,
    Disposition,
    JudgedFinding,
    Kind,
    Policy,
    Result,
    Severity,
    State,
    Step,
    Verdict,
)

HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "[bold]x[/bold]",
    "a\u202eb",
    "x\ty",
    "\r",
    "\x9b2J",
    "漢字",
    "\udc80",
    "\x00",
    "é" * 200,
    "[/]",
    "\\[",
    ":smile:",
]

texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=30))
lines = st.one_of(
    st.binary(max_size=30), texts.map(lambda text: text.encode("utf-8", "surrogateescape" if "\udc80" in text else "replace"))
)
diff_lines = st.builds(lambda sign, text: sign + text.replace(b"\n", b""), st.sampled_from([b"+", b"-", b" "]), lines)
paths = st.one_of(
    st.sampled_from(
        [b"src/app.py", b"a b.js", b"\xff\xfe.go", "ü/\u202e.ts".encode(), b"x\ny\t.py", b"\x1b[2J.sh", b"a:b#c?d%41.md"]
    ),
    st.binary(min_size=1, max_size=12),
)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    """Any verdict; its findings stand on lines of its hunks or elsewhere."""
    known = draw(st.lists(paths, min_size=1, max_size=3, unique=True))
    hunks = [
        make_hunk(path, *draw(st.lists(diff_lines, min_size=1, max_size=6)), start=draw(st.integers(1, 1000)))
        for path in known[: draw(st.integers(0, 3))]
    ]
    change = make_change(*hunks, opaque=draw(st.lists(paths.filter(lambda path: path not in known), max_size=2, unique=True)))
    findings = draw(st.lists(_judged(known, [hunk.new_start for hunk in hunks] or [1]), max_size=5))
    coverage = draw(st.lists(_entries(known), max_size=6))
    return Verdict(
        result=draw(st.sampled_from(Result)), change=change, policy=Policy(), findings=tuple(findings), coverage=tuple(coverage),
        profiles=classify_change(change), dropped=draw(st.integers(0, 9)),
        identities=draw(st.dictionaries(texts, texts, max_size=2)),
        seconds=draw(st.floats(0, 1e6)), notes=tuple(draw(st.lists(texts, max_size=2))),
    )  # fmt: skip


_decisions = st.builds(Dismissed, texts, texts, texts, texts, st.booleans())


@st.composite
def _judged(draw: st.DrawFn, known: list[bytes], starts: list[int]) -> JudgedFinding:
    first = draw(st.sampled_from(starts)) + draw(st.integers(0, 5))
    column = draw(st.integers(1, 40))
    disposition = draw(st.sampled_from(Disposition))
    finding = make_finding(
        draw(st.sampled_from(known)), first, end_line=first + draw(st.integers(0, 20)), start_column=column,
        end_column=draw(st.one_of(st.just(0), st.integers(column, column + 50))), snippet=draw(texts), rule=draw(texts) or "rule",
        message=draw(texts), remedy=draw(texts), reviewer=draw(texts) or "rules", cwe=draw(st.sampled_from(["", "CWE-1"])),
        kind=draw(st.sampled_from(Kind)), severity=draw(st.sampled_from(Severity)),
        confidence=draw(st.sampled_from(Confidence)), also=tuple(draw(st.lists(texts, max_size=2))),
        dismissed=draw(_decisions) if disposition is Disposition.DISMISSED else None,
        suppressed=(draw(texts) or "why") if disposition is Disposition.SUPPRESSED else "",
        flow=tuple(draw(st.lists(st.builds(Step, st.integers(1, 99), st.integers(1, 99), texts, texts), max_size=3))),
    )  # fmt: skip
    return JudgedFinding(finding, disposition)


@st.composite
def _entries(draw: st.DrawFn, known: list[bytes]) -> CoverageEntry:
    state = draw(st.sampled_from(State))
    reason = "" if state is State.REVIEWED else draw(texts) or "why"
    return CoverageEntry(draw(st.sampled_from(known)), draw(st.integers(-1, 1000)), draw(texts) or "rules", state, reason)
