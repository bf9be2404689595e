"""How often ast-grep is run for a change, over what, with which rules, and for how long.

Small files of one language or more go together. A large file is scanned by itself, since the time of many rules grows with the
square of what stands in one function, one chain of calls or one list: such a file is given processor time by its size, and is
failed when that is used up. The state of the machine does not count, so the same file always ends the same way. Rules of the
repository's own never share a run with the shipped ones, which they could bring down.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reviewer.review import _ast_grep

LARGE = 100_000
"""Bytes; what takes a minute at ten times this size takes half a second at this."""

_MEGABYTE = 1024 * 1024

_LARGE_SECONDS, _MOST_ALONE = 1, 60
"""Seconds of processor time for every started megabyte of a large file, and rules that share it. Code as people write it takes
a third of that, most of it to be parsed."""

_SMALL_SECONDS, _SMALL_SECONDS_PER_MB = 10.0, 10.0
"""For a run over small files, and more for their bytes; an idle machine takes a twentieth of that."""

_WORKERS = 2
"""Runs at a time; ast-grep itself scans several files at once, but reads its rules with one thread."""

_WORTH_A_PROCESS = 20
"""Rules; so many take about as long to read (10 ms) as a process and a thread take to start twice over."""

_FAR = "the rules that look at distant lines"
_OWN = "the rules of the repository"


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules for the copies of one language, as ast-grep reads them."""

    copies: Mapping[Path, int]
    """The sizes of the copies in bytes."""
    shipped: Sequence[str]
    own: Sequence[str]
    """The repository's."""


@dataclass(frozen=True, slots=True)
class Round:
    """One run of ast-grep."""

    copies: Sequence[Path]
    rules: Sequence[str]
    seconds: float
    """Of wall time; infinite if only the processor time counts, and the time for the whole change."""
    processor: int = 0
    """Seconds of processor time; 0 for any."""
    about: str = ""
    """Which rules these are, in words; empty for all."""


def plan(packs: Sequence[Pack]) -> list[Round]:
    """The runs that the packs need."""
    rounds = [
        _together([copy for pack in group for copy in _small(pack)], [text for pack in group for text in pack.shipped], group)
        for group in _groups([pack for pack in packs if _small(pack)])
    ]
    for pack in packs:
        rounds.append(_together(list(_small(pack)), pack.own, [pack], _OWN))
        for copy, size in pack.copies.items():
            if size > LARGE:
                near = [text for text in pack.shipped if "stopBy" not in text]
                far = [text for text in pack.shipped if "stopBy" in text]
                rounds += [*_alone(copy, size, near), *_alone(copy, size, far, _FAR), *_alone(copy, size, pack.own, _OWN)]
    return [one for one in rounds if one.copies and one.rules]


def _together(copies: Sequence[Path], rules: Sequence[str], packs: Sequence[Pack], about: str = "") -> Round:
    size = sum(size for pack in packs for size in _small(pack).values())
    seconds = _SMALL_SECONDS + _SMALL_SECONDS_PER_MB * size / _MEGABYTE
    return Round(copies, list(dict.fromkeys(rules)), seconds, about=about)


def _alone(copy: Path, size: int, rules: Sequence[str], about: str = "") -> Iterator[Round]:
    """The runs over a large file."""
    processor = _LARGE_SECONDS * math.ceil(size / _MEGABYTE)
    for start in range(0, len(rules), _MOST_ALONE):
        yield Round([copy], rules[start : start + _MOST_ALONE], math.inf, processor, about)


def _small(pack: Pack) -> dict[Path, int]:
    return {copy: size for copy, size in pack.copies.items() if size <= LARGE}


def _groups(packs: Sequence[Pack]) -> Iterator[list[Pack]]:
    """One group or two, with about as many rules each if there are enough of them."""
    groups: list[list[Pack]] = [[], []]
    counts = [0, 0]
    many = sum(len(pack.shipped) for pack in packs) > 2 * _WORTH_A_PROCESS
    for pack in sorted(packs, key=lambda pack: -len(pack.shipped)):
        lighter = counts.index(min(counts)) if many else 0
        groups[lighter].append(pack)
        counts[lighter] += len(pack.shipped)
    yield from filter(None, groups)


def run(tool: Path, rounds: Sequence[Round], folder: Path, *, timeout: float) -> tuple[str, list[_ast_grep.Scan]]:
    """Run ast-grep, and ask it for its version.

    Args:
        folder: of our own; the rules are written into folders below it.
        timeout: seconds for all of it.

    Returns:
        The version, and what became of each round. Reasons of failures name the rules that they are about.

    Raises:
        ToolError: it cannot be run.
        OSError: the rules cannot be written.
    """
    deadline = time.monotonic() + timeout
    version: list[str] = []
    scans: dict[int, _ast_grep.Scan] = {}

    def ask() -> None:
        version.append(_ast_grep.version(tool, timeout=timeout))

    def scan(number: int) -> None:
        scans[number] = _scanned(tool, rounds[number], folder / str(number), deadline)

    _side_by_side([ask, *((lambda number=number: scan(number)) for number in range(len(rounds)))])
    return version[0], [scans[number] for number in range(len(rounds))]


def _scanned(tool: Path, one: Round, folder: Path, deadline: float) -> _ast_grep.Scan:
    rules = "---\n".join(one.rules)
    said = _ast_grep.scan(tool, rules, one.copies, folder, timeout=one.seconds, processor=one.processor, deadline=deadline)
    if one.about:
        said.failed.update({copy: f"{one.about}: {reason}" for copy, reason in said.failed.items()})
    return said


def _side_by_side(tasks: Sequence[Callable[[], None]]) -> None:
    """Run the tasks in a few threads, the first ones first; the first error is raised once all have ended."""
    waiting = deque(tasks)
    errors: list[Exception] = []

    def attempt(task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread of the caller
            errors.append(error)

    def work() -> None:
        with suppress(IndexError):
            while True:
                attempt(waiting.popleft())

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(_WORKERS, len(tasks)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
