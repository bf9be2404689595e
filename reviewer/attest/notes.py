"""Reading notes: whole statements beside the commits, keyed by the oid of the reviewed tree, one DSSE envelope a line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reviewer.attest import envelope
from reviewer.attest.bulk import Bulk
from reviewer.attest.envelope import Envelope
from reviewer.errors import AttestError
from reviewer.git import Git

REF = "refs/notes/review-attestations"

SUMMARIES = "refs/notes/review-summaries"
"""What servers found out (`reviewer.ci.notes_shelf`)."""

FETCHED = "refs/notes/remotes"
"""Below it, what was fetched: refs/notes/remotes/REMOTE/review-attestations. It never replaces notes of one's own."""

MAX_BYTES = 4 * 1024 * 1024
"""Of one note. A tree is reviewed a few times; a larger note is not ours."""

_TREE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Notes:
    """What the notes say."""

    envelopes: tuple[Envelope, ...]
    problems: tuple[str, ...]
    """What could not be read, in words."""


def tracking_ref(remote: str, ref: str = REF) -> str:
    """Where the notes of a remote are fetched to."""
    return f"{FETCHED}/{remote}/{ref.rpartition('/')[2]}"


def fetched_refs(git: Git) -> tuple[str, ...]:
    """The refs that notes of remotes were fetched to.

    Raises:
        GitError
    """
    refs = git.run("for-each-ref", "--format=%(refname)", FETCHED).decode("utf-8", "surrogateescape").split()
    return tuple(ref for ref in refs if ref.endswith("/" + REF.rpartition("/")[2]))


def read(git: Git, bulk: Bulk, ref: str = REF) -> Notes:
    """All notes of a ref; none if there is no such ref. Those of `REF` are one's own, and what was fetched from remotes.

    Raises:
        GitError
    """
    refs = (REF, *fetched_refs(git)) if ref == REF else (ref,)
    trees = [tree for name in refs if (tree := git.tree_of(name)) is not None]
    if not trees:
        return Notes((), () if ref == REF else (f"there are no notes in {ref}",))
    listed = list(dict.fromkeys(row for tree in dict.fromkeys(trees) for row in listed_in(git, tree)))
    contents = bulk.blobs(blob for _, blob, size in listed if size <= MAX_BYTES)
    envelopes: list[Envelope] = []
    problems: list[str] = []
    for about, blob, _ in listed:
        content = contents.get(blob)
        if content is None:
            problems.append(f"the note about tree {about[:12]} is missing or too large")
            continue
        for number, line in enumerate(content.split(b"\n"), 1):
            _read_line(about, number, line, envelopes, problems)
    return Notes(tuple(envelopes), tuple(problems))


def listed_in(git: Git, tree: str) -> list[tuple[str, str, int]]:
    """Reviewed tree, oid of the note, and its size in bytes. Git spreads notes over folders: "ab/cd/ef..." is one name."""
    found = []
    for line in git.run("ls-tree", "-r", "-z", "-l", "--full-tree", tree).split(b"\0")[:-1]:
        fields, _, path = line.partition(b"\t")
        _, kind, oid, size = fields.decode("ascii").split()
        about = path.replace(b"/", b"").decode("ascii", "replace")
        if kind == "blob" and _TREE.fullmatch(about):
            # "-" stands for a size that a partial clone does not know.
            found.append((about, oid, int(size) if size.isdecimal() else MAX_BYTES + 1))
    return found


def _read_line(about: str, number: int, line: bytes, envelopes: list[Envelope], problems: list[str]) -> None:
    if not line.strip():
        return
    try:
        read = envelope.read(line)
    except AttestError as error:
        problems.append(f"line {number} of the note about tree {about[:12]} is refused: {error.what}")
        return
    # What is said of another tree may be true; where it stands is not part of what was signed.
    envelopes.extend(read)
