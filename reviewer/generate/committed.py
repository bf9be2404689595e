"""From a commit that is being made to what its message has to say of generated code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.attest import assisted, trailer
from reviewer.attest.generated import Assisted, Counted, Part, together
from reviewer.errors import StorageError
from reviewer.git import Git
from reviewer.intake import changes
from reviewer.occasion import Occasion, staged_tree
from reviewer.provenance import store
from reviewer.provenance.records import Generated

if TYPE_CHECKING:
    from reviewer.provenance.share import Share


def mark(git: Git, occasion: Occasion, file: Path, *, in_message: bool) -> Counted:
    """Say in a commit message how much of the commit was generated, and return what it says, with the files.

    A merge says nothing: the commits that it brings in do. What is known of models whose records are not here stays: from the
    commit that is amended, and from those whose messages `git merge --squash` has collected.

    Args:
        in_message: whether the message may be written to.

    Raises:
        GitError, StorageError: the message is as it was.
    """
    records = [] if occasion.merge else store.load(git)
    known = {(record.model, record.short) for record in records}
    amended = [one for one in (_amended(git) if occasion.amend else ()) if one.by not in known]
    squashed = [one for one in (() if occasion.merge else assisted.collected(_text(file))) if one.by not in known]
    marks: tuple[Assisted, ...] = ()
    if records or squashed or amended:
        found = _share(git, occasion, records)
        there = {one.by for one in amended}
        earlier = _within(together(one for one in squashed if one.by not in there), found)
        marks = (*_marks(found), *earlier, *(_of_change(one, found) for one in amended))
    return Counted(assisted.marked(git, file, occasion.call, marks, known) if in_message else marks)


def _amended(git: Git) -> tuple[Assisted, ...]:
    """What the commit that is being amended says."""
    text = git.run("cat-file", "commit", "HEAD").partition(b"\n\n")[2]
    parts = {one.line: one for item in trailer.found(text) for one in trailer.shares_of(item)}
    return tuple(parts.get(one.line, one) for one in assisted.found(text))


def _share(git: Git, occasion: Occasion, records: list[Generated]) -> Share:
    # Most commits are made without any record: they need not pay for the import.
    from reviewer.provenance.share import share

    change = changes.staged(git, base_tree=occasion.base_tree, tree=staged_tree(git))
    return share(change, records)


def _marks(found: Share) -> Iterator[Assisted]:
    """One for each model."""
    files: dict[tuple[str, str], Counter[bytes]] = {}
    for (record, path), count in found.files.items():
        files.setdefault((record.model, record.short), Counter())[path] += count
    for (model, digest), counts in sorted(files.items()):
        parts = tuple(Part(path, count, found.of_files[path]) for path, count in sorted(counts.items()))
        yield Assisted(model, digest, counts.total(), found.of, parts)


def _of_change(mark: Assisted, found: Share) -> Assisted:
    """What an amended commit said, without the files that the new one leaves alone."""
    return replace(mark, parts=tuple(part for part in mark.parts if part.path in found.of_files))


def _within(marks: Iterable[Assisted], found: Share) -> Iterator[Assisted]:
    """What former commits said, as far as the change that they were squashed into has so many lines at these files."""
    for one in marks:
        there = [(part, found.of_files.get(part.path, 0)) for part in one.parts]
        parts = tuple(Part(part.path, min(part.lines, of), of) for part, of in there if of)
        elsewhere = max(0, one.lines - sum(part.lines for part in one.parts))
        lines = min(sum(part.lines for part in parts) + elsewhere, found.of)
        if lines:
            yield Assisted(one.model, one.digest, lines, found.of, parts)


def _text(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read the commit message: {error.strerror}", where=str(file)) from error
