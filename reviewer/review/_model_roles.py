"""The questions, by role: the one place for the gate and for the exam, so that a model is asked in service what it passed in.

screen   is anything wrong with this change? Read off one reading.
triage   is this finding of the rules real? Read off one reading.
review   what is wrong, and in which line? The verdict is read off; only then something is written.
confirm  is this statement of another model true? Read off one reading.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer.review._model_context import CEILING, LAYOUT, LONGEST_LINE, Context, contexts
from reviewer.review._model_question import Asker, Question, log_odds
from reviewer.review._model_statements import MOST, Statement, stated
from reviewer.review._model_taxonomy import TAXONOMY

if TYPE_CHECKING:
    from reviewer.models.exam.marking import Answer
    from reviewer.models.exam.records import Alarm, Sample

ASKED = ("screen", "triage", "review", "confirm")
"""Roles with a question of their own here."""

WRITTEN_TOKENS = 288
"""Ceiling of a written answer: three statements of at most 90 tokens."""

FLOOR = -1.0
"""Log-odds of a defect below which nothing is written, whatever threshold the exam chose: a model that itself says three to one
that all is well can only make something up. Own choice. It holds in the exam too."""

SILENT = -100.0
"""Score in the exam of an answer of which nothing is left after anchoring: in service it would not be heard."""

_APPROVAL = ("reject", "approve")
_YES_OR_NO = ("yes", "no")
_VERDICTS = ('{"verdict": "defect"', '{"verdict": "fine"')
"""The two ways in which the written answer of a review can begin. The first option always is the one that speaks of a defect."""


def screen(context: Context) -> Question:
    """Asks whether to look at all."""
    return Question("screen", template("system"), context.material, template("screen"), _APPROVAL)


def triage(context: Context, label: int, claim: str) -> Question:
    """Asks whether what a rule says of a line is so."""
    question = template("triage").format(line=label, claim=claim)
    return Question("triage", template("system"), context.material, question, _YES_OR_NO)


def verdict(context: Context) -> Question:
    """Asks for the first word of a review."""
    return Question("review", template("system"), context.material, _review(), _VERDICTS)


def review(context: Context) -> Question:
    """Asks for the whole review, whose verdict is known."""
    return Question(
        "review", template("system"), context.material, _review(), schema=schema(context), max_tokens=WRITTEN_TOKENS
    )  # fmt: skip


def confirm(context: Context, label: int, claim: str) -> Question:
    """Asks for a second opinion, without the first one's words about how sure it is."""
    question = template("confirm").format(line=label, claim=claim)
    return Question("confirm", template("system"), context.material, question, _YES_OR_NO)


def schema(context: Context) -> dict[str, Any]:
    """The only answers there are: new lines of this context, names of the taxonomy, the verdict before any words."""
    one = {
        "line": {"enum": list(context.labels)},
        "kind": {"enum": [defect.name for defect in TAXONOMY]},
        "code": {"type": "string", "minLength": 1, "maxLength": 80},
        "why": {"type": "string", "minLength": 1, "maxLength": 120},
    }
    defects = {"type": "array", "minItems": 1, "maxItems": MOST, "items": {"type": "object", "properties": one}}
    return {"type": "object", "properties": {"verdict": {"const": "defect"}, "defects": defects}}


def prompt_digest(role: str) -> str:
    """12 hex digits that change with anything that a model is told in a role besides the change itself.

    Raises:
        KeyError: the role has no question.
    """
    sample = Context("file", "", (), ())
    told = {
        "screen": lambda: screen(sample),
        "triage": lambda: triage(sample, 1, "claim"),
        "review": lambda: review(sample),
        "confirm": lambda: confirm(sample, 1, "claim"),
    }[role]()
    frame = [told.digest, CEILING, LONGEST_LINE, LAYOUT, FLOOR, _VERDICTS]
    return hashlib.sha256(json.dumps(frame).encode("ascii")).hexdigest()[:12]


def ask(role: str, item: Sample | Alarm, asker: Asker, deadline: float) -> Answer:
    """Put one question of the exam as a hunk of a commit would be put. A larger score means more suspicious.

    Args:
        deadline: `time.monotonic()`.

    Raises:
        KeyError: the role has no question.
        BackendError: see `engine.client.Questions`.
    """
    from reviewer.models.exam.marking import Answer
    from reviewer.review import _model_exam as exam

    shown = contexts(*exam.hunk_and_source(item))
    if role == "review":
        return exam.best(_reviewed(context, asker, deadline) for context in shown)
    if role == "screen":
        return exam.best(Answer(log_odds(screen(context).ask(asker, deadline))) for context in shown)
    build = {"triage": triage, "confirm": confirm}[role]
    line, claim = exam.claim(item)
    labelled = [(context, label) for context in shown for label, row in context.labels.items() if row.line == line]
    return exam.best(Answer(log_odds(build(context, label, claim).ask(asker, deadline))) for context, label in labelled)


def _reviewed(context: Context, asker: Asker, deadline: float) -> Answer:
    from reviewer.models.exam.marking import Answer

    score = log_odds(verdict(context).ask(asker, deadline))
    if score < FLOOR:
        return Answer(score)
    said: tuple[Statement, ...] = stated(context, review(context).ask(asker, deadline)).kept
    return Answer(score, said[0].row.line) if said else Answer(SILENT)


@cache
def template(name: str) -> str:
    """The text of prompts/NAME.txt, without the last line feed."""
    file = Path(__file__).with_name("prompts") / f"{name}.txt"
    return file.read_text(encoding="utf-8").removesuffix("\n")


def _review() -> str:
    return template("review").format(kinds="\n".join(f"{defect.name}: {defect.hint}" for defect in TAXONOMY))
