"""Comparisons that were turned round, or whose boundary moved, where the code around them shows that the new form is wrong.

Such an edit alone tells nothing: as often as it is the bug it mends one. So what the condition guards is looked at as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewer.change import _conditions as conditions
from reviewer.change._book import Words, words
from reviewer.change._calls import parts
from reviewer.change._sides import Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, is_rewrite

_HEADS = frozenset({"if", "elif", "while", "for", "}"})
_FURTHER = {"<": "<=", ">=": ">"}
_NEGATIONS = frozenset({"not", "!"})
_ALL, _ANY = frozenset({"and", "&&"}), frozenset({"or", "||"})


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Conditions in which one comparison, negation or connection changed and nothing else."""
    lists = words("comparisons", "change-check-inverted")
    for edit in sides.edits:
        old, new = edit.old, edit.new
        if old is None or new is None or is_rewrite(edit) or len(new.words) > conditions.LONGEST:
            continue
        if old.head not in _HEADS and not conditions.is_middle_of_for(sides, new):
            continue
        change = conditions.one_change(old.words, new.words)
        if change is None:
            continue
        what = f"{conditions.shown(old)} → {conditions.shown(new)}"
        if _reads_behind_the_end(sides, new, change):
            yield Spot("change-boundary-past-end", at(sides, edit, new.tokens[change.place].line), what)
        elif _uses_nothing(sides, old, new):
            yield Spot("change-none-check-inverted", at(sides, edit), what)
        elif _lets_through(sides, new, change, lists):
            yield Spot("change-check-inverted", at(sides, edit), what)


def _reads_behind_the_end(sides: Sides, new: Statement, change: conditions.Change) -> bool:
    """Whether `i < len(a)` became `i <= len(a)`, or `i >= len(a)` became `i > len(a)`, and `a[i]` is read behind it."""
    if _FURTHER.get(change.gone) != change.came:
        return False
    index = new.words[change.place - 1]
    owner = conditions.measured(new.words[change.place + 1 :])
    if not owner or not index.isidentifier() or new.words[change.place - 2 : change.place - 1] == (".",):
        return False
    head = sides.after[new.index + 1] if conditions.is_middle_of_for(sides, new) else new
    body = sides.body(head, old=False) if change.came == "<=" else conditions.below(sides, new)
    return any(conditions.reads_at(one, owner, index) for one in [new, *body])


def _uses_nothing(sides: Sides, old: Statement, new: Statement) -> bool:
    """Whether a test for nothing was turned round, and what it guards uses the value, or is only of use without one."""
    then, now = conditions.none_test(old), conditions.none_test(new)
    if then is None or now is None or then.value != now.value or then.is_none == now.is_none:
        return False
    body = list(sides.body(new, old=False))
    if now.is_none:
        return conditions.is_used(body, now.value)
    if len(body) == 1 and conditions.assigns(body[0], now.value):
        return True
    leaves = bool(body) and body[-1].head in conditions.LEAVE and not conditions.is_used(body, now.value)
    return leaves and conditions.is_used(list(conditions.below(sides, new))[len(body) :], now.value)


def _lets_through(sides: Sides, new: Statement, change: conditions.Change, lists: Words) -> bool:
    """Whether the condition, by the names in it and by what stands behind it, now passes what it is there to refuse."""
    asked = conditions.bare(new)
    body = list(sides.body(new, old=False))
    if not body or not _NEGATIONS.issuperset((*change.gone.split(), *change.came.split())):
        return bool(body) and _asks_less(asked, body, change, lists)
    denies, grants = _says(asked, lists["denying"]), _says(asked, lists["granting"])
    is_single = _ALL.isdisjoint(asked) and _ANY.isdisjoint(asked)
    if not is_single or not (denies or grants) or not conditions.refuses(body):
        return False
    return (asked[0] in _NEGATIONS) == denies


def _asks_less(asked: Sequence[str], body: Sequence[Statement], change: conditions.Change, lists: Words) -> bool:
    gone, came = change.gone, change.came
    protects = _says(asked, lists["granting"] | lists["denying"])
    if gone in _ALL and came in _ANY:
        return protects and _NEGATIONS.isdisjoint(asked) and not conditions.refuses(body)
    if gone in _ANY and came in _ALL:
        return protects and conditions.refuses(body)
    if {gone[:1], came[:1]} != {"<", ">"} or not conditions.refuses(body) or came not in asked:
        return False
    place = list(asked).index(came)
    most = _says(asked[:place], lists["bounding"]), _says(asked[place + 1 :], lists["bounding"])
    return most == ((False, True) if came.startswith("<") else (True, False))


def _says(asked: Sequence[str], wanted: frozenset[str]) -> bool:
    return any(not wanted.isdisjoint(parts(word)) for word in asked if word[:1] not in "\"'`")
