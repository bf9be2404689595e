"""Which whole reviewed changes, one after the other, do exactly what a commit does.

A reviewed change counts whole or not at all: taking file a of one and file b of another would pass two contents that nobody has
seen together. Every step of every change used must start from what its path holds at that moment, beginning with what the
commit's parent has; what is used must leave every path that it touches as the commit has it. Paths that no change used
touches are not covered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from reviewer.attest.transitions import Entry, Step, Transitions

_STATES = 2000
"""States looked at for one group of changes that touch each other's paths, beside one for each change: honest histories need
no more than those."""

MAX_NEAR = 3000
"""Changes considered for one commit. If there are more, only those count that touch no path beside the commit's."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What reviewed changes make up."""

    order: tuple[int, ...]
    """Which of the changes, in an order in which they apply."""
    paths: frozenset[bytes]
    """Of the commit's, those that they explain."""


NOTHING = Cover((), frozenset())


@dataclass(frozen=True, slots=True)
class _Goal:
    start: Entry
    end: Entry
    sha256: str


_Goals = Mapping[bytes, _Goal]


class Composer:
    """Composes changes of one pool.

    Args:
        usable: asked of a change that could help, by its index, before it is used.
    """

    def __init__(self, pool: Sequence[Transitions], usable: Callable[[int], bool]) -> None:
        self._pool = pool
        self._usable = usable
        self._touching: defaultdict[bytes, set[int]] = defaultdict(set)
        for index, change in enumerate(pool):
            for path in change:
                self._touching[path].add(index)

    def cover(self, target: Transitions, start: Callable[[Iterable[bytes]], Mapping[bytes, Entry]]) -> Cover:
        """The most of a commit's change that whole changes of the pool explain.

        Args:
            target: what the commit does.
            start: what the parent's tree has at paths that the commit leaves as they are; asked for all of them.
        """
        near = self._near(target)
        if not near:
            return NOTHING
        goals = {path: _Goal(step.old, step.new, step.sha256) for path, step in target.items()}
        if not self._helps(goals, near):
            return NOTHING
        others = {path for index in near for path in self._pool[index]} - goals.keys()
        if others:
            goals.update({path: _Goal(entry, entry, "") for path, entry in start(sorted(others)).items()})
        useful = self._useful(goals, near)
        useful = self._useful(goals, {index for index in useful if self._usable(index)})
        return self._covering(goals, target, useful)

    def _helps(self, goals: _Goals, near: set[int]) -> bool:
        """Whether any change that may be used leads on at one of the commit's own paths. Mostly none does, and the parent's tree
        need not be asked."""
        for path, goal in goals.items():
            steps = {index: self._pool[index][path] for index in self._touching.get(path, set()) & near}
            if any(self._usable(index) for index in _on_the_way(goal, steps)):
                return True
        return False

    def _covering(self, goals: _Goals, target: Transitions, useful: set[int]) -> Cover:
        order: list[int] = []
        for group in self._groups(useful):
            order += _Search(self._pool, group, goals).run()
        paths = {path for index in order for path in self._pool[index]} & target.keys()
        return Cover(tuple(order), frozenset(paths))

    def _near(self, target: Transitions) -> set[int]:
        """Changes that touch a path of the commit's, and those that touch a path of such a change: they may cancel it there."""
        near: set[int] = set()
        # Each path once: thousands of changes may touch it.
        seen: set[bytes] = set()
        waiting = list(target)
        while waiting and len(near) <= MAX_NEAR:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                new = self._touching.get(path, set()) - near
                near |= new
                waiting += [other for index in new for other in self._pool[index] if other not in seen]
        if len(near) <= MAX_NEAR:
            return near
        touching = {index for path in target for index in self._touching.get(path, ())}
        return {index for index in touching if self._pool[index].keys() <= target.keys()}

    def _useful(self, goals: _Goals, candidates: set[int]) -> set[int]:
        """Without the changes that lie on no way from start to goal of one of their paths, as long as that makes others so."""
        useful = set(candidates)
        waiting = {path for index in useful for path in self._pool[index]}
        while waiting:
            path = waiting.pop()
            steps = {index: self._pool[index][path] for index in self._touching[path] & useful}
            gone = steps.keys() - _on_the_way(goals[path], steps)
            useful -= gone
            waiting |= {other for index in gone for other in self._pool[index]}
        return useful

    def _groups(self, useful: set[int]) -> list[list[int]]:
        """The changes, grouped so that no two groups share a path."""
        groups = []
        seen: set[int] = set()
        for first in sorted(useful):
            group, waiting = [], [first]
            while waiting:
                index = waiting.pop()
                if index not in seen:
                    seen.add(index)
                    group.append(index)
                    waiting += [other for path in self._pool[index] for other in self._touching[path] & useful]
            if group:
                groups.append(sorted(group))
        return groups


def _on_the_way(goal: _Goal, steps: Mapping[int, Step]) -> set[int]:
    forth, back = defaultdict(list), defaultdict(list)
    for step in steps.values():
        forth[step.old].append(step.new)
        back[step.new].append(step.old)
    reached, reaching = _reach(goal.start, forth), _reach(goal.end, back)
    return {
        index for index, step in steps.items() if step.old in reached and step.new in reaching and not _other_content(step, goal)
    }


def _other_content(step: Step, goal: _Goal) -> bool:
    """Whether a step ends in another content than the commit, although both have the same weak id."""
    return step.new == goal.end and goal.sha256 not in ("", step.sha256)


def _reach(start: Entry, edges: Mapping[Entry, list[Entry]]) -> set[Entry]:
    reached, waiting = {start}, [start]
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return reached


@dataclass(frozen=True, slots=True)
class _State:
    now: dict[bytes, Entry]
    used: tuple[int, ...]
    open: frozenset[bytes]
    """Paths that are not at their goal."""


class _Search:
    """Looks for an order in which some changes of a group lead every path of the group to its goal."""

    def __init__(self, pool: Sequence[Transitions], group: Sequence[int], goals: _Goals) -> None:
        self._pool = pool
        self._size = len(group)
        self._goals = goals
        self._leaving: defaultdict[tuple[bytes, Entry], list[int]] = defaultdict(list)
        for index in group:
            for path, step in pool[index].items():
                self._leaving[path, step.old].append(index)
        self._paths = {path for index in group for path in pool[index]}

    def run(self) -> list[int]:
        """The changes in order; empty if there is no such order, or it was not found."""
        now = {path: self._goals[path].start for path in self._paths}
        stack = [_State(now, (), self._open(now, self._paths))]
        seen: set[frozenset[tuple[bytes, Entry]]] = set()
        budget = _STATES + self._size
        while stack and budget:
            state = stack.pop()
            if not state.open:
                return list(state.used)
            key = frozenset(state.now.items())
            if key not in seen:
                seen.add(key)
                budget -= 1
                stack += [self._applied(index, state) for index in reversed(self._choices(state))]
        return []

    def _choices(self, state: _State) -> list[int]:
        """Changes that can come next. Only one of them where a path has no other way on: that one must come anyhow."""
        used = set(state.used)
        choices: dict[int, None] = {}
        for path in sorted(state.open):
            ways = [index for index in self._leaving[path, state.now[path]] if index not in used]
            applicable = [index for index in ways if self._applies(index, state)]
            if len(ways) == 1 and applicable:
                return applicable
            choices.update(dict.fromkeys(applicable))
        return list(choices)

    def _applies(self, index: int, state: _State) -> bool:
        return all(state.now[path] == step.old for path, step in self._pool[index].items())

    def _applied(self, index: int, state: _State) -> _State:
        change = self._pool[index]
        now = dict(state.now)
        now.update((path, step.new) for path, step in change.items())
        return _State(now, (*state.used, index), (state.open - change.keys()) | self._open(now, change))

    def _open(self, now: Mapping[bytes, Entry], paths: Iterable[bytes]) -> frozenset[bytes]:
        return frozenset(path for path in paths if now[path] != self._goals[path].end)
