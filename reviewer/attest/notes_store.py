"""Writing notes: one commit for each change, onto exactly what was read. Of two writers at once the second one starts again.

`git notes` moves its ref to whatever it made, so of two at once one loses what it wrote. Here the ref moves only if it is where
it was read (`git update-ref REF NEW OLD`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from reviewer.attest.notes import MAX_BYTES, REF, listed_in
from reviewer.errors import AttestError, GitError
from reviewer.git import Git
from reviewer.objects.command import CommandReader
from reviewer.private_folder import private_folder

_ATTEMPTS = 20
_PAUSE = 0.05
"""Seconds after each of them; a hook's own writing takes about as long."""

_WHO = {
    "GIT_AUTHOR_NAME": "hunkgate",
    "GIT_AUTHOR_EMAIL": "hunkgate@localhost",
    "GIT_COMMITTER_NAME": "hunkgate",
    "GIT_COMMITTER_EMAIL": "hunkgate@localhost",
}
"""Of the commits in the ref of notes. Nobody's name is needed: what counts is signed."""

_PLAIN = ("-c", "core.splitIndex=false", "-c", "index.sparse=false", "-c", "core.hooksPath=/dev/null")
"""An index of our own is a whole file; and no hook is told of our writing."""

_FEW = 4
"""Trees that are looked up one by one; for more, all notes are listed."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What to change in the notes."""

    contents: Mapping[str, bytes] = field(default_factory=dict)
    """What the notes about these trees say from now on."""
    taken: Mapping[str, str] = field(default_factory=dict)
    """The same, where what they say is here already: oids of blobs."""
    removed: Iterable[str] = ()
    """Trees about which there are no notes any more."""
    parent: str = ""
    """Oid of a second parent: the notes that were merged; empty if there are none."""
    what: str = "Notes added by hunkgate"


def tip(git: Git, ref: str = REF) -> str:
    """Oid of the commit that a ref of notes is at; empty if there is no such ref.

    Raises:
        AttestError: the ref is not at a commit.
    """
    commit = git.commit_of(ref)
    if commit is None and _is_there(git, ref):
        # Perhaps somebody else has made it in this very moment.
        commit = git.commit_of(ref)
        if commit is None:
            raise _broken(ref)
    return commit or ""


def _is_there(git: Git, ref: str) -> bool:
    listed = git.run("for-each-ref", "--format=%(refname)", ref)
    return bool(listed) or git.completed("rev-parse", "-q", "--verify", ref, ok=range(256)).code == 0


def append(git: Git, tree: str, line: bytes, ref: str = REF) -> bool:
    """Add a line to the note about a tree.

    Returns:
        Whether it was not there yet.

    Raises:
        AttestError: others kept writing, or what is there cannot be read.
        GitError, StorageError: it cannot be written; the notes are as they were.
    """

    def edit(old: str) -> Edit | None:
        there = content_about(git, old, tree) if old else b""
        lines = lines_of(there) | {line.rstrip(b"\n")}
        if lines == lines_of(there):
            return None
        content = joined(lines)
        if len(content) > MAX_BYTES:
            raise AttestError(f"the note about tree {tree[:12]} is full", todo="Remove it: hunkgate notes prune")
        return Edit({tree: content})

    return update(git, edit, ref)


def update(git: Git, edit: Callable[[str], Edit | None], ref: str = REF) -> bool:
    """Change the notes.

    Args:
        edit: what to change, given the commit that is there (empty if there is none); None for nothing. Asked again if somebody
            else was faster.

    Returns:
        Whether there was something to change.

    Raises:
        AttestError: others kept writing, or the ref is not at a commit.
        GitError, StorageError: it cannot be written; the notes are as they were.
    """
    for _ in range(_ATTEMPTS):
        old = tip(git, ref)
        wanted = edit(old)
        if wanted is None:
            return False
        if _moved(git, ref, old, _commit(git, old, wanted)):
            return True
        time.sleep(_PAUSE)
    raise AttestError("others keep writing the notes", where=ref, todo=f"Try again. If nobody is, remove .git/{ref}.lock")


def forward(git: Git, ref: str, old: str, new: str) -> bool:
    """Let the notes be those of a commit that has all of the old ones; False if somebody else was faster."""
    return _moved(git, ref, old, new)


def content_about(git: Git, commit: str, tree: str) -> bytes:
    """What the notes say of a tree; empty if nothing.

    Raises:
        GitError: it is not in this repository.
    """
    blobs = [oid for _, oid in _places(git, commit, [tree])]
    return b"\n".join(content for _, content in CommandReader(git).blobs(blobs))


def trees_in(git: Git, commit: str) -> frozenset[str]:
    """The trees that there are notes about."""
    return frozenset(tree for tree, _, _ in listed_in(git, f"{commit}^{{tree}}"))


def lines_of(content: bytes) -> frozenset[bytes]:
    """The lines that are not empty."""
    return frozenset(line for line in content.split(b"\n") if line.strip())


def joined(lines: Iterable[bytes]) -> bytes:
    """A note: sorted, as git's strategy cat_sort_uniq leaves it."""
    return b"".join(line + b"\n" for line in sorted(lines))


def path_of(tree: str) -> str:
    """Where a note is written. Git reads notes at any depth of folders."""
    return f"{tree[:2]}/{tree[2:]}"


def _places(git: Git, commit: str, trees: Collection[str]) -> list[tuple[bytes, str]]:
    """Path and blob of what there is about some trees, at the depths that git uses for up to some millions of notes."""
    wanted = [path for tree in trees for path in _paths(tree)] if len(trees) <= _FEW else []
    listed = git.run("ls-tree", *([] if wanted else ["-r"]), "-z", "--full-tree", commit, "--", *wanted)
    rows = [line.partition(b"\t") for line in listed.split(b"\0")[:-1]]
    names = {tree.encode("ascii") for tree in trees}
    blobs = [(path, fields.split()[2].decode("ascii")) for fields, _, path in rows if fields.split()[1] == b"blob"]
    return [(path, oid) for path, oid in blobs if path.replace(b"/", b"") in names]


def _paths(tree: str) -> list[str]:
    return ["/".join([*(tree[at : at + 2] for at in range(0, depth * 2, 2)), tree[depth * 2 :]]) for depth in range(4)]


def _commit(git: Git, old: str, edit: Edit) -> str:
    """The commit with the change made, not yet reachable."""
    zero = b"0" * len(git.empty_tree())
    replaced = {*edit.removed, *edit.contents, *edit.taken}
    entries = [b"0 %s\t%s\n" % (zero, path) for path, _ in (_places(git, old, replaced) if old and replaced else ())]
    written = {
        tree: git.run("hash-object", "-w", "--stdin", stdin=content).decode("ascii").strip()
        for tree, content in edit.contents.items()
    }
    entries += [f"100644 {blob}\t{path_of(tree)}\n".encode("ascii") for tree, blob in {**written, **edit.taken}.items()]
    with private_folder() as folder:
        index = folder / "index"
        git.run(*_PLAIN, "read-tree", *([old] if old else ["--empty"]), index=index)
        git.run(*_PLAIN, "update-index", "--index-info", stdin=b"".join(entries), index=index)
        whole = git.run(*_PLAIN, "write-tree", "--missing-ok", index=index).decode("ascii").strip()
    parents = [word for parent in (old, edit.parent) if parent for word in ("-p", parent)]
    named = Git(git.folder, {**git.variables, **_WHO})
    return named.line("commit-tree", whole, *parents, "-m", edit.what)


def _moved(git: Git, ref: str, old: str, new: str) -> bool:
    """Let the ref be at `new` if it is at `old`; False if it is not.

    Raises:
        GitError: it cannot be written.
    """
    try:
        git.run(*_PLAIN, "update-ref", "-m", "hunkgate notes", ref, new, old or "0" * len(new))
    except GitError as error:
        # "cannot lock ref: is at X but expected Y", "reference already exists", "Unable to create '....lock': File exists"
        if tip(git, ref) != old or "exists" in str(error):
            return False
        raise
    return True


def _broken(ref: str) -> AttestError:
    return AttestError("the ref of the notes is not at a commit", where=ref, todo=f"Look at it: git cat-file -t {ref}")
