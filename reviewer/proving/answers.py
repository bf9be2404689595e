"""Other ways to read an answer. Small models write a line too much, or forget where the margin is, and mean the right thing.

Each way is a candidate of its own and has to be proven as the answer itself; none of them invents a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reviewer.fix.patch import lines_of
from reviewer.review._model_fix import Rewrite

MOST = 8
"""Ways that are tried; one that comes to the reviewers costs a review."""


def ways(answer: Rewrite, content: bytes) -> list[Rewrite]:
    """The answer in the ways that it can be meant, all different: the one without repeated lines first, then as it is, then with
    the margins that lines around it have.

    Args:
        content: the whole file.
    """
    lines = [line.decode("utf-8", "replace").rstrip("\r\n") for line in lines_of(content)]
    trimmed = _without_repeated(answer, lines)
    found = [trimmed, answer]
    found += [moved for one in (trimmed, answer) for moved in _at_other_margins(one, lines)]
    return list(dict.fromkeys(found))[:MOST]


def _without_repeated(answer: Rewrite, lines: Sequence[str]) -> Rewrite:
    """The answer without lines at its ends that stand just above or below what it replaces: models go on writing what follows."""
    new = list(answer.lines)
    below, above = lines[answer.last :], lines[: answer.first - 1]
    for count in range(min(len(new) - 1, len(below)), 0, -1):
        if _same(new[-count:], below[:count]):
            new = new[:-count]
            break
    for count in range(min(len(new) - 1, len(above)), 0, -1):
        if _same(new[:count], above[-count:]):
            new = new[count:]
            break
    return replace(answer, lines=tuple(new))


def _same(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether two runs of lines read alike, margins aside; blank lines alone are no repetition."""
    said = [line.strip() for line in ours]
    return any(said) and said == [line.strip() for line in theirs]


def _at_other_margins(answer: Rewrite, lines: Sequence[str]) -> Iterator[Rewrite]:
    """The answer, first its first line and then all of it, at the margins of the first line that it replaces, of the line above
    and of the line below."""
    first = next((line for line in answer.lines if line.strip()), "")
    if not first:
        return
    own = _margin(first)
    replaced, above, below = lines[answer.first - 1 : answer.last], lines[: answer.first - 1][::-1], lines[answer.last :]
    for around in (replaced, above, below):
        margin = _margin(next((line for line in around if line.strip()), ""))
        if margin and margin != own:
            moved = tuple(margin + line.removeprefix(own) if line.strip() else line for line in answer.lines)
            place = answer.lines.index(first)
            yield replace(answer, lines=(*answer.lines[:place], moved[place], *answer.lines[place + 1 :]))
            yield replace(answer, lines=moved)


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
