"""Which added lines of a change came out of generated code, also after they were edited, moved, split up or reformatted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reviewer.provenance.records import Generated
from reviewer.provenance.tokens import SHINGLE, says_something, shingles, tokens
from reviewer.records import Change, Hunk, Line, LineKind

RUN = 12
"""Tokens in a row that must be a record's: less is what anybody writes. Measured, see docs/provenance.md. Of a record that is
shorter, all of it must be there."""

COVERED = 0.5
"""Of a line's tokens, that must lie in such runs."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a change was generated."""

    of: int = 0
    """Added lines that say something: see `tokens.says_something`. The others are in neither number."""
    records: Mapping[Generated, int] = field(default_factory=dict)
    """Lines by the record that they came from; each line counts for one record."""
    of_files: Mapping[bytes, int] = field(default_factory=dict)
    """`of` by path of the new file."""
    files: Mapping[tuple[Generated, bytes], int] = field(default_factory=dict)
    """`records` by path of the new file."""

    @property
    def lines(self) -> int:
        """Generated lines."""
        return sum(self.records.values())


def share(change: Change, records: Sequence[Generated]) -> Share:
    """Which of a change's added lines came from these records."""
    of: Counter[bytes] = Counter()
    for hunk in change.hunks:
        of[hunk.path] += sum(_counts(line) for line in hunk.lines)
    index = _index(records)
    files: Counter[tuple[Generated, bytes]] = Counter()
    for hunk in change.hunks if index else ():
        files.update((records[number], hunk.path) for number in _origins(hunk, records, index).values())
    lines: Counter[Generated] = Counter()
    for (record, _), count in files.items():
        lines[record] += count
    return Share(of.total(), lines, +of, files)


def _counts(line: Line) -> bool:
    return line.kind is LineKind.ADDED and says_something(_text(line))


def _text(line: Line) -> str:
    return line.text.decode("utf-8", "replace")


def _index(records: Sequence[Generated]) -> dict[bytes, list[int]]:
    """Shingle -> numbers of the records that have it."""
    index: dict[bytes, list[int]] = {}
    for number, record in enumerate(records):
        for one in record.shingles:
            index.setdefault(one, []).append(number)
    return index


def _origins(hunk: Hunk, records: Sequence[Generated], index: Mapping[bytes, Sequence[int]]) -> dict[int, int]:
    """For each generated line of a hunk, by its place in the hunk, the number of its record: the one that has most of it."""
    rows = [(place, line) for place, line in enumerate(hunk.lines) if line.kind is not LineKind.REMOVED]
    words = {place: tokens(_text(line)) for place, line in rows}
    # The lines around an addition are read too: half of a function may have been committed before.
    stream = [(word, place) for place, _ in rows for word in words[place]]
    covered = _covered([word for word, _ in stream], index)
    best: dict[int, tuple[float, int]] = {}
    counting = {place for place, line in rows if _counts(line)}
    for number, places in covered.items():
        need = max(SHINGLE, min(RUN, records[number].tokens))
        hits: dict[int, int] = {}
        for at in _in_runs(places, need):
            hits[stream[at][1]] = hits.get(stream[at][1], 0) + 1
        for place, count in hits.items():
            part = count / len(words[place])
            if place in counting and part >= COVERED and part > best.get(place, (0.0, 0))[0]:
                best[place] = (part, number)
    return {place: number for place, (_, number) in best.items()}


def _covered(words: Sequence[str], index: Mapping[bytes, Sequence[int]]) -> dict[int, list[int]]:
    """By record, the places of all tokens that lie in one of its shingles, in order."""
    covered: dict[int, list[int]] = {}
    for start, one in enumerate(shingles(words)):
        for number in index.get(one, ()):
            places = covered.setdefault(number, [])
            places += range(max(start, places[-1] + 1 if places else 0), start + SHINGLE)
    return covered


def _in_runs(places: Sequence[int], need: int) -> Iterator[int]:
    """The places that lie in a run without gaps of at least so many."""
    run: list[int] = []
    for at in places:
        if run and at != run[-1] + 1:
            if len(run) >= need:
                yield from run
            run = []
        run.append(at)
    if len(run) >= need:
        yield from run
