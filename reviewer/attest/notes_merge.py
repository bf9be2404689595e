"""Merging the notes of a remote into one's own: the union of lines, as git's strategy cat_sort_uniq makes it.

`git notes merge` would do the same, but moves the ref without looking whether somebody else moved it meanwhile, and wants to
know who is merging.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from reviewer.attest import notes_store
from reviewer.attest.notes import MAX_BYTES, REF, listed_in
from reviewer.attest.notes_store import Edit, joined, lines_of
from reviewer.errors import AttestError
from reviewer.git import Git
from reviewer.objects.command import CommandReader

_Notes = dict[str, frozenset[str]]
"""The blobs about each tree."""


@dataclass(slots=True)
class Merged:
    """What came of it."""

    changed: bool = False
    about: set[str] = field(default_factory=set)
    """Trees about which one's own notes say something else now."""


def merge(git: Git, ref: str, into: str = REF) -> Merged:
    """Add to one's own notes what another ref has.

    Raises:
        AttestError: others kept writing, a ref is not at a commit, or a note would become too large.
        GitError, StorageError: something is not here or cannot be written; one's own notes are as they were.
    """
    done = Merged()
    theirs = notes_store.tip(git, ref)
    if not theirs or _forwarded(git, into, theirs, done):
        return done

    def edit(ours: str) -> Edit | None:
        done.about.clear()
        return None if _has(git, ours, theirs) else _edit(git, ours, theirs, done)

    done.changed = notes_store.update(git, edit, into)
    return done


def _forwarded(git: Git, ref: str, theirs: str, done: Merged) -> bool:
    """Whether the other notes have all of one's own, and one's own are these now. A merge would have to be pushed again."""
    ours = notes_store.tip(git, ref)
    if ours and (ours == theirs or not _has(git, theirs, ours)):
        return False
    mine, other = _read(git, ours), _read(git, theirs)
    if not notes_store.forward(git, ref, ours, theirs):
        return False
    done.changed = True
    done.about |= {tree for tree in {*mine, *other} if mine.get(tree) != other.get(tree)}
    return True


def _edit(git: Git, ours: str, theirs: str, done: Merged) -> Edit:
    common = git.completed("merge-base", ours, theirs, ok=(0, 1)).out.decode("ascii").strip() if ours else ""
    base, mine, other = _read(git, common), _read(git, ours), _read(git, theirs)
    contents: dict[str, bytes] = {}
    taken: dict[str, str] = {}
    removed: list[str] = []
    for tree in sorted({*base, *other}):
        was, own, new = base.get(tree, frozenset()), mine.get(tree, frozenset()), other.get(tree, frozenset())
        if new in (was, own):
            continue
        done.about.add(tree)
        # Only one side changed it: that one counts, also if it removed it. Both did: all lines count.
        blobs = new if own == was else own | new
        if len(blobs) == 1:
            (taken[tree],) = blobs
        elif blobs:
            contents[tree] = _content(git, tree, blobs)
        else:
            removed.append(tree)
    return Edit(contents, taken, removed, theirs, "Notes merged by hunkgate")


def _content(git: Git, tree: str, blobs: frozenset[str]) -> bytes:
    lines = frozenset[bytes]().union(*(lines_of(content) for _, content in CommandReader(git).blobs(sorted(blobs))))
    content = joined(lines)
    if len(content) > MAX_BYTES:
        raise AttestError(
            f"the note about tree {tree[:12]} would become larger than any of ours", todo="Look at both: git notes show"
        )
    return content


def _read(git: Git, commit: str) -> _Notes:
    """Git may spread what is said of a tree over several blobs."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for tree, blob, _ in listed_in(git, f"{commit}^{{tree}}") if commit else ():
        found[tree].add(blob)
    return {tree: frozenset(blobs) for tree, blobs in found.items()}


def _has(git: Git, commit: str, earlier: str) -> bool:
    return bool(commit) and git.completed("merge-base", "--is-ancestor", earlier, commit, ok=(0, 1)).code == 0
