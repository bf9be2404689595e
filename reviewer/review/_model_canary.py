"""A planted defect that nobody can miss: a model that misses it is not reviewing, whatever else it says."""

from __future__ import annotations

from reviewer.records import Hunk, Line, LineKind
from reviewer.review._model_context import Context, contexts

_PATH = b"accounts/lookup.py"
_BEFORE = "    return db.execute('SELECT id, email FROM account WHERE name = ?', (request.args['name'],))"
_AFTER = (
    "    name = request.args['name']",
    "    return db.execute('SELECT id, email FROM account WHERE name = \\'' + name + '\\'')",
)


def canary() -> Context:
    """A parameter that becomes text of the query. It looks like any other hunk: nothing in it tells that it was planted."""
    head = Line(LineKind.CONTEXT, b"def find_account(db, request):", 41, 41)
    old = Line(LineKind.REMOVED, _BEFORE.encode(), 42, 0)
    new = [Line(LineKind.ADDED, text.encode(), 0, 42 + index) for index, text in enumerate(_AFTER)]
    hunk = Hunk(_PATH, "python", 41, 2, 41, 3, "", (head, old, *new))
    return contexts(hunk, None)[0]
