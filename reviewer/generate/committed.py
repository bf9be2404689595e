"""From a commit that is being made to what its message has to say of generated code."""

from __future__ import annotations

from pathlib import Path

from reviewer.attest import assisted
from reviewer.attest.assisted import Assisted
from reviewer.git import Git
from reviewer.intake import changes
from reviewer.occasion import Occasion, staged_tree
from reviewer.provenance import store
from reviewer.provenance.records import Generated


def mark(git: Git, occasion: Occasion, file: Path, *, in_message: bool) -> tuple[Assisted, ...]:
    """Say in a commit message how much of the commit was generated, and return what it says.

    A merge says nothing: the commits that it brings in do. What an amended commit said of models whose records are gone stays.

    Args:
        in_message: whether the message may be written to.

    Raises:
        GitError, StorageError: the message is as it was.
    """
    records = [] if occasion.merge else store.load(git)
    marks = _marks(git, occasion, records) if records else ()
    known = {(record.model, record.short) for record in records}
    if occasion.amend:
        marks = (*marks, *(one for one in assisted.found(_amended(git)) if one.by not in known))
    return assisted.marked(git, file, occasion.call, marks, known) if in_message else marks


def _amended(git: Git) -> bytes:
    """The message of the commit that is being amended."""
    return git.run("cat-file", "commit", "HEAD").partition(b"\n\n")[2]


def _marks(git: Git, occasion: Occasion, records: list[Generated]) -> tuple[Assisted, ...]:
    # Most commits are made without any record: they need not pay for the import.
    from reviewer.provenance.share import share

    change = changes.staged(git, base_tree=occasion.base_tree, tree=staged_tree(git))
    found = share(change, records)
    lines: dict[tuple[str, str], int] = {}
    for record, count in found.records.items():
        by = (record.model, record.short)
        lines[by] = lines.get(by, 0) + count
    return tuple(Assisted(model, digest, count, found.of) for (model, digest), count in sorted(lines.items()))
