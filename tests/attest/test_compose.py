"""Composition of whole changes, by itself."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.attest.compose import Composer, Cover
from reviewer.attest.transitions import Entry, Step, Transitions, malformed
from reviewer.objects.interface import TreeChange

ABSENT = (0, "0" * 40)


def entry(version: int) -> Entry:
    return (0o100644, f"{version:040x}") if version else ABSENT


def change(**steps: tuple[int, int]) -> Transitions:
    """change(a=(0, 1)): path a goes from nothing to version 1."""
    return {path.encode(): Step(entry(old), entry(new), f"{new:064x}") for path, (old, new) in steps.items()}


def compose(target: Transitions, *pool: Transitions, base: dict[str, int] | None = None) -> Cover:
    """Paths that the base does not name are at version 1 there."""

    def start(paths: Iterable[bytes]) -> dict[bytes, Entry]:
        return {path: entry((base or {}).get(path.decode(), 1)) for path in paths}

    return Composer(pool, lambda _: True).cover(target, start)


def covered(cover: Cover) -> str:
    return "".join(sorted(path.decode() for path in cover.paths))


def test_one_after_the_other() -> None:
    cover = compose(change(a=(1, 3)), change(a=(2, 3)), change(a=(1, 2)))
    assert cover == Cover((1, 0), frozenset({b"a"}))


def test_order_across_paths() -> None:
    cover = compose(change(a=(1, 3), b=(1, 2)), change(a=(2, 3)), change(a=(1, 2), b=(1, 2)))
    assert (cover.order, covered(cover)) == ((1, 0), "ab")


def test_no_free_mixing() -> None:
    one, two = change(a=(1, 2), b=(1, 2)), change(a=(1, 3), b=(1, 3))
    assert compose(change(a=(1, 2), b=(1, 3)), one, two) == Cover((), frozenset())


def test_a_part_of_a_change_does_not_count() -> None:
    assert covered(compose(change(a=(1, 2)), change(a=(1, 2), b=(1, 2)))) == ""


def test_a_gap_is_not_bridged() -> None:
    assert covered(compose(change(a=(1, 4)), change(a=(1, 2)), change(a=(3, 4)))) == ""


def test_the_rest_is_not_covered() -> None:
    assert covered(compose(change(a=(1, 2), evil=(0, 1)), change(a=(1, 2)))) == "a"


def test_steps_may_cancel_at_a_path_that_the_commit_leaves() -> None:
    pool = change(a=(1, 2), tmp=(0, 5)), change(tmp=(5, 0), b=(1, 2))
    assert covered(compose(change(a=(1, 2), b=(1, 2)), *pool, base={"tmp": 0})) == "ab"
    assert covered(compose(change(a=(1, 2), b=(1, 2)), *pool, base={"tmp": 7})) == ""


def test_an_altered_part_takes_its_whole_chain_along() -> None:
    pool = change(a=(1, 2), b=(1, 2)), change(b=(2, 3), c=(1, 2)), change(d=(1, 2))
    assert covered(compose(change(a=(1, 2), b=(1, 3), c=(1, 9), d=(1, 2)), *pool)) == "d"


def test_of_two_ways_the_one_that_fits_is_found() -> None:
    pool = change(a=(1, 3)), change(a=(1, 2), b=(1, 2)), change(a=(2, 3))
    assert covered(compose(change(a=(1, 3), b=(1, 2)), *pool)) == "ab"


def test_another_content_with_the_same_weak_id_is_not_covered() -> None:
    collision = {b"a": Step(entry(1), entry(2), "f" * 64)}
    assert covered(compose(change(a=(1, 2)), collision)) == ""


def test_what_does_not_count_is_not_used() -> None:
    pool = [change(a=(1, 2)), change(a=(2, 3))]
    composer = Composer(pool, lambda index: index != 0)
    assert composer.cover(change(a=(1, 3)), lambda paths: dict.fromkeys(paths, entry(1))) == Cover((), frozenset())


def test_an_empty_commit_is_covered_by_nothing() -> None:
    assert compose({}, change(a=(1, 2)), change(a=(2, 1))) == Cover((), frozenset())


def test_thousand_fixups_of_one_file_and_thousand_files() -> None:
    chain = [change(a=(number, number + 1)) for number in range(1, 1001)]
    cover = compose(change(a=(1, 1001)), *reversed(chain))
    assert len(cover.order) == 1000
    star = [change(**{f"p{number}": (1, 2)}) for number in range(1000)]
    whole = {path: step for part in star for path, step in part.items()}
    assert len(compose(whole, *star).paths) == 1000


def test_a_hopeless_search_ends() -> None:
    """Two ways at each of thirty paths, and one path where none leads on: 2^30 combinations if all were tried."""
    ways = [change(**{f"p{number}": (1, 2), f"q{number}{way}": (1, 2)}) for number in range(30) for way in "xy"]
    ways += [change(**{f"q{number}{way}": (2, 1), "hub": (1, 1)}) for number in range(30) for way in "xy"]
    target = {f"p{number}".encode(): Step(entry(1), entry(2), f"{2:064x}") for number in range(30)}
    target[b"evil"] = Step(entry(1), entry(2), f"{2:064x}")
    assert b"evil" not in compose(target, *ways).paths


VERSIONS = st.integers(0, 3)
CHANGES = st.dictionaries(
    st.sampled_from("abc"), st.tuples(VERSIONS, VERSIONS).filter(lambda step: step[0] != step[1]), max_size=3
)


@settings(max_examples=300, deadline=None)
@given(pool=st.lists(CHANGES, max_size=6), target=CHANGES, base=st.dictionaries(st.sampled_from("abc"), VERSIONS))
def test_what_is_covered_really_comes_out(pool, target, base) -> None:  # type: ignore[no-untyped-def]
    """The order that is told, applied step by step, leads each path it touches from the parent's entry to the commit's."""
    changes = [change(**steps) for steps in pool]
    goal = change(**target)
    before = {path: target[path][0] if path in target else base.get(path, 1) for path in "abc"}
    cover = compose(goal, *changes, base=before)
    now = dict(before)
    for index in cover.order:
        for path, (old, new) in pool[index].items():
            assert now[path] == old
            now[path] = new
    after = {path: target[path][1] if path in target else before[path] for path in "abc"}
    touched = {path for index in cover.order for path in pool[index]}
    assert all(now[path] == after[path] for path in touched)
    assert {path.decode() for path in cover.paths} == touched & target.keys()
    assert len(set(cover.order)) == len(cover.order)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), base=st.dictionaries(st.sampled_from("abc"), VERSIONS))
def test_what_was_composed_is_found(data, base) -> None:  # type: ignore[no-untyped-def]
    """Honest changes, one after the other, and others that do not matter."""
    before = {path: base.get(path, 1) for path in "abc"}
    now, pool, fresh = dict(before), [], 10
    for _ in range(data.draw(st.integers(1, 5))):
        steps = {}
        for path in data.draw(st.sets(st.sampled_from("abc"), min_size=1)):
            fresh += 1
            steps[path] = (now[path], fresh)
            now[path] = fresh
        pool.append(change(**steps))
    target = {path: (before[path], now[path]) for path in "abc" if before[path] != now[path]}
    noise = [change(**steps) for steps in data.draw(st.lists(CHANGES, max_size=3))]
    cover = compose(change(**target), *data.draw(st.permutations([*pool, *noise])), base=before)
    assert covered(cover) == "".join(sorted(target))


def raw(path: bytes, old: int, new: int) -> TreeChange:
    return TreeChange(path, old, new, "1" * 40, "2" * 40, "M")


def test_malformed_trees_are_seen() -> None:
    assert malformed([raw(b"a", 0, 1), raw(b"a", 1, 0)]) == {b"a"}
    assert malformed([raw(b"a", 0, 1), raw(b"a/b/c", 0, 1)]) == {b"a/b/c"}
    assert malformed([raw(b"a", 1, 0), raw(b"a/b", 0, 1), raw(b"ab", 0, 1)]) == frozenset()
