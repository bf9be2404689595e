"""A security check that was taken away or weakened, with nothing in its place: the names that say so are in `rules/change`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from reviewer.change._calls import parts, settings
from reviewer.change._sides import Block, Edit, Sides
from reviewer.change._statements import Statement
from reviewer.change.interface import Context, Spot, at, is_container, taken_away

Words = Mapping[str, frozenset[str]]


def find(sides: Sides, context: Context) -> Iterator[Spot]:
    """Protective calls, decorators, `with` blocks and arguments that are gone; settings and calls that became weaker."""
    if sides.is_test:
        return
    gone = frozenset(edit.old.index for edit, _ in taken_away(sides, context) if edit.old)
    lost = [edit for edit in sides.edits if edit.old is not None and _counts(sides, edit, edit.old, gone)]
    for rule, words in context.words.items():
        if "calls" in words or "names" in words or "arguments" in words:
            yield from _protection(sides, context, lost, rule, words)
        if "weak_settings" in words:
            yield from _weak_settings(sides, rule, words["weak_settings"])
        if "weaker" in words:
            yield from _weaker(sides, rule, words["weaker"])


def _counts(sides: Sides, edit: Edit, old: Statement, gone: frozenset[int]) -> bool:
    """Whether an old statement changed, or went while what it belonged to is still there."""
    stays = edit.new is not None or old.index in gone
    return stays and not _is_import(old) and not _goes_along(sides, old)


def _protection(sides: Sides, context: Context, edits: Sequence[Edit], rule: str, words: Words) -> Iterator[Spot]:
    around: dict[Block, set[str]] = {}
    for edit in edits:
        mine = _protective(edit.old, words) if edit.old is not None else set()
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
    now = set().union(*(_protective(one, words) for one in new))
    then = set().union(*(_protective(one, words) for one in old))
    return now | then if now - then else now


def _protective(statement: Statement, words: Words) -> set[str]:
    """The names in a statement that protect, by the lists of one rule."""
    if is_container(statement) and statement.words[0] != "@":
        return set()
    found = set()
    none: frozenset[str] = frozenset()
    named, exact, arguments = (words.get(key, none) for key in ("calls", "names", "arguments"))
    for call in statement.calls:
        if call.name in exact or _says(call.name, named):
            found.add(call.name)
        found |= {one[0] for one in call.arguments if len(one) > 2 and one[1] in ("=", ":") and one[0] in arguments}
        if call.name in words.get("routes", none):
            found |= {one[0] for one in call.arguments if len(one) == 1 and _says(one[0], named)}
    if statement.words[0] in ("@", "with") or statement.words[0].startswith("@"):
        found |= {word for word in statement.words if word.lstrip("@") in exact or _says(word, named)}
    return found - words.get("except_names", frozenset())


def _says(name: str, named: frozenset[str]) -> bool:
    """Whether the words of a name have one of the list; "a b" in the list means both, next to each other."""
    words = parts(name)
    if named.intersection(words):
        return True
    return any(f"{one} {other}" in named for one, other in pairwise(words))


def _still_there(sides: Sides, context: Context, name: str) -> bool:
    """Whether the name is used as often as before, here or in another file of the change."""
    return sides.new_names[name] >= sides.old_names[name] or any(name in file.came for file in context.near(sides))


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


def _weaker(sides: Sides, rule: str, pairs: frozenset[str]) -> Iterator[Spot]:
    """A call that became its weaker relative. An entry is "strong weak"."""
    for edit in sides.edits:
        if edit.new is None or edit.old is None:
            continue
        then, now = Counter(edit.old.words), Counter(edit.new.words)
        for pair in sorted(pairs):
            strong, weak = pair.split(" ")
            if then[strong] > now[strong] and now[weak] > then[weak]:
                yield Spot(rule, at(sides, edit, _line_of(edit.new, weak)), f"{strong} → {weak}")


def _line_of(statement: Statement, word: str) -> int:
    return next((token.line for token in statement.tokens if token.text == word), 0)
