"""A security check that was taken away or weakened, with nothing in its place: the names that say so are in `rules/change`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reviewer.change._blocks import Block
from reviewer.change._book import Words, rules_of
from reviewer.change._calls import settings
from reviewer.change._protective import protective
from reviewer.change._sides import Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, taken_away


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Protective calls, decorators, `with` blocks and arguments that are gone; settings and calls that became weaker."""
    gone = frozenset(edit.old.index for edit, _ in taken_away(sides, context) if edit.old)
    lost = [edit for edit in sides.edits if edit.old is not None and _counts(sides, edit, edit.old, gone)]
    for rule, words in ((name, one.words) for name, one in rules_of("protections").items()):
        if "calls" in words or "names" in words or "arguments" in words:
            yield from _protection(sides, context, lost, rule, words)
        if "weak_settings" in words:
            yield from _weak_settings(sides, rule, words["weak_settings"])
        if "weaker" in words:
            yield from _weaker(sides, rule, sorted(words["weaker"]))
        if "exempting" in words:
            yield from _exempted(sides, rule, words["exempting"])


def _counts(sides: Sides, edit: Edit, old: Statement, gone: frozenset[int]) -> bool:
    """Whether an old statement changed, or went while what it belonged to is still there."""
    stays = edit.new is not None or old.index in gone
    return stays and not _is_import(old) and not _goes_along(sides, old)


def _protection(sides: Sides, context: Context, edits: Sequence[Edit], rule: str, words: Words) -> Iterator[Spot]:
    around: dict[Block, set[str]] = {}
    for edit in edits:
        mine = protective(edit.old, words) if edit.old is not None else set()
        if not mine:
            continue
        if edit.block not in around:
            around[edit.block] = _around(sides, edit.block, words)
        for name in sorted(mine - around[edit.block]):
            if not _still_there(sides, context, name):
                yield Spot(rule, at(sides, edit), name)
                break


def _is_import(statement: Statement) -> bool:
    return statement.head in ("import", "from", "package", "using")


def _goes_along(sides: Sides, old: Statement) -> bool:
    """Whether a decorator or an annotation went together with what it stood on."""
    if not old.words[0].startswith("@"):
        return False
    below = next((one for one in sides.before[old.index + 1 : old.index + 20] if not one.words[0].startswith("@")), None)
    return below is not None and below.index in sides.gone


def _around(sides: Sides, block: Block, words: Words) -> set[str]:
    """The protective names in what came in the block; any other one than the lost makes the change a replacement."""
    new = sides.came_in[block]
    old = [one.old for one in sides.by_block[block] if one.old is not None]
    now = set().union(*(protective(one, words) for one in new))
    then = set().union(*(protective(one, words) for one in old))
    return now | then if now - then else now


def _still_there(sides: Sides, context: Context, name: str) -> bool:
    """Whether the name is used as often as before, here or in another file of the change."""
    return sides.new_names[name] >= sides.old_names[name] or any(
        name in file.new and name in file.came for file in context.near(sides)
    )


def _weak_settings(sides: Sides, rule: str, weak: frozenset[str]) -> Iterator[Spot]:
    for edit in sides.edits:
        if edit.new is None or edit.old is None:
            continue
        then = {(name.lower(), value) for name, value, _ in settings(edit.old.tokens)}
        names = {name for name, _ in then}
        for name, value, token in settings(edit.new.tokens):
            is_weak = f"{name.lower()} {value.lower()}" in weak
            if is_weak and (name.lower(), value) not in then and name.lower() in names:
                yield Spot(rule, at(sides, edit, token.line), f"{name}={value}")


def _weaker(sides: Sides, rule: str, pairs: Sequence[str]) -> Iterator[Spot]:
    """A call that became its weaker relative. An entry is "strong weak"."""
    for edit in sides.edits:
        if edit.new is None or edit.old is None:
            continue
        then, now = Counter(edit.old.words), Counter(edit.new.words)
        for pair in pairs:
            strong, weak = pair.split(" ")
            if then[strong] > now[strong] and now[weak] > then[weak]:
                yield Spot(rule, at(sides, edit, _line_of(edit.new, weak)), f"{strong} → {weak}")


def _exempted(sides: Sides, rule: str, names: frozenset[str]) -> Iterator[Spot]:
    """A decorator or an annotation, put on a function that was there before, that takes it out of a protection."""
    added = {edit.new.index for edit in sides.edits if edit.new is not None and edit.old is None}
    for edit in sides.edits:
        new = edit.new
        if new is None or edit.old is not None or new.words[0][:1] != "@":
            continue
        mark = next((word for word in new.words if word.lstrip("@") in names), "")
        below = next((one for one in sides.after[new.index + 1 : new.index + 20] if one.words[0][:1] != "@"), None)
        if mark and below is not None and below.index not in added:
            yield Spot(rule, at(sides, edit, new.first), mark.lstrip("@"))


def _line_of(statement: Statement, word: str) -> int:
    return next((token.line for token in statement.tokens if token.text == word), 0)
