"""From a statement of a model to a finding; what the rules said already is not said again."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reviewer.records import Confidence, Finding, Hunk, Kind, Severity
from reviewer.review._model_ledger import NAME
from reviewer.review._model_redaction import words
from reviewer.review._model_statements import Statement

NEIGHBOR = 1
"""Lines between a statement and a finding of the rules that are about one problem."""

_QUOTED = re.compile(r"""(["'`])(?:(?!\1).)+\1""")


def finding(hunk: Hunk, statement: Statement, model: str, *, forced: bool, confirmed: bool) -> Finding:
    """A finding at the new line that the statement is about.

    Its confidence is low, and medium if a second look confirmed it: it never is what blocks.
    """
    defect, number = statement.defect, statement.row.line
    raw = next(line.text for line in hunk.added if line.new_number == number)
    text = raw.decode("utf-8", "backslashreplace").rstrip("\r")
    secret = defect.kind is Kind.SECRET
    return Finding(
        rule=f"model-{defect.name}",
        kind=defect.kind,
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM if confirmed else Confidence.LOW,
        path=hunk.path,
        start_line=number,
        end_line=number,
        start_column=1,
        end_column=0,
        snippet=_masked(text) if secret else text,
        message=_message(statement, forced, confirmed),
        remedy=defect.remedy,
        cwe=defect.cwe,
        reviewer=f"{NAME}/{model}",
    )


def repeats(made: Finding, others: Iterable[Finding]) -> bool:
    """Whether another reviewer said the same: same kind or CWE, on the same line or the next one."""
    return any(
        other.path == made.path
        and other.start_line - NEIGHBOR <= made.start_line <= other.end_line + NEIGHBOR
        and (other.kind is made.kind or (other.cwe != "" and other.cwe == made.cwe))
        for other in others
    )


def _message(statement: Statement, forced: bool, confirmed: bool) -> str:
    who = "A local model that is forced to speak (it has not passed the exam)" if forced else "A local model"
    also = ", and a second look agrees" if confirmed else ""
    said = "" if statement.defect.kind is Kind.SECRET else f' It says: "{words(statement.why)}"'
    return f"{who} suspects {statement.defect.phrase} in or near this line{also}.{said}"


def _masked(text: str) -> str:
    """The line without what could be its secret: everything in quotes, else everything after the first sign of assignment."""
    if _QUOTED.search(text):
        return _QUOTED.sub(r"\1***\1", text)
    head, sign, tail = re.split(r"([=:])", text, maxsplit=1) if re.search(r"[=:]", text) else (text, "", "")
    return f"{head}{sign} ***" if tail.strip() else text
