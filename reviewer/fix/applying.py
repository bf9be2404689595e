"""Writes mends into the index and the work tree: every file or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from reviewer.errors import GitError, StorageError
from reviewer.fix import staging, work_tree
from reviewer.fix.edits import applied, united
from reviewer.fix.interface import Candidate
from reviewer.fix.staging import Mended
from reviewer.fix.work_tree import NoPlaceError, Rewrite
from reviewer.git import Git
from reviewer.records import Replacement, printable


@dataclass(slots=True)
class Written:
    """What was done."""

    staged: list[bytes] = field(default_factory=list)
    """Paths whose staged content was mended."""
    in_work_tree: list[bytes] = field(default_factory=list)
    """Those of them whose file was mended the same way."""
    left: dict[bytes, str] = field(default_factory=dict)
    """Those whose file was not, and why."""


def apply(git: Git, candidates: Sequence[Candidate]) -> Written:
    """Stage the mends, and put them into the work tree where it has the same bytes around them.

    Args:
        candidates: no two of which change the same bytes.

    Raises:
        GitError: the index holds something else than what was reviewed, or another git is changing it.
        StorageError: there is no room, or it may not be written. In all of these cases nothing has been changed.
    """
    edits = _by_path(candidates)
    files = [_mended(chosen, edits[path]) for path, chosen in _first(candidates).items()]
    if not files:
        return Written()
    with staging.locked(git) as index:
        staging.check(git, files)
        written = Written(staged=[file.path for file in files])
        rewrites = _rewrites(git.top(), files, edits, written)
        copy = None
        try:
            copy = staging.prepared(git, index, files)
            _replace([*((one.partial, one.target) for one in rewrites), (copy, index)], rewrites)
        finally:
            for partial in [*(one.partial for one in rewrites), *([copy] if copy else [])]:
                work_tree.discard(partial)
    return written


def _first(candidates: Sequence[Candidate]) -> dict[bytes, Candidate]:
    return {candidate.path: candidate for candidate in reversed(candidates)}


def _by_path(candidates: Sequence[Candidate]) -> dict[bytes, tuple[Replacement, ...]]:
    paths = dict.fromkeys(candidate.path for candidate in candidates)
    return {path: united(one.fix for one in candidates if one.path == path) for path in paths}


def _mended(one: Candidate, edits: Sequence[Replacement]) -> Mended:
    return Mended(one.path, one.mode, one.oid, one.content, applied(one.content, edits))


def _rewrites(
    top: Path, files: Sequence[Mended], edits: Mapping[bytes, Sequence[Replacement]], written: Written
) -> list[Rewrite]:
    """The files of the work tree that will be written, prepared; the others are noted with their reason."""
    made: list[Rewrite] = []
    try:
        for file in files:
            one = _rewrite(top, file, edits[file.path])
            if isinstance(one, Rewrite):
                made.append(one)
                written.in_work_tree.append(file.path)
            else:
                written.left[file.path] = one
    except OSError as error:
        for one in made:
            work_tree.discard(one.partial)
        raise StorageError(f"cannot write {printable(file.path)}: {error.strerror}", todo="Nothing was changed.") from error
    return made


def _rewrite(top: Path, file: Mended, edits: Sequence[Replacement]) -> Rewrite | str:
    """The file of the work tree, prepared; or why it is left as it is."""
    try:
        target, work = work_tree.read(top, file.path)
        return work_tree.prepared(target, work, work_tree.carried(file.before, edits, work))
    except NoPlaceError as error:
        return str(error)


def _replace(moves: Sequence[tuple[Path, Path]], rewrites: Sequence[Rewrite]) -> None:
    """Rename everything into its place, the index last; if that stops on the way, also because somebody interrupts it, put back
    what was.

    Raises:
        GitError: a file of the work tree changed in this very moment.
        StorageError: a rename failed.
    """
    done: list[Rewrite] = []
    try:
        for number, (source, target) in enumerate(moves):
            if number < len(rewrites) and target.read_bytes() != rewrites[number].before:
                _undo(done)
                raise GitError(f"{target.name} was changed in this very moment", todo="Nothing was mended. Try again.")
            # Noted before it is done: an interruption may come in between, and what was not done is not undone.
            done += rewrites[number : number + 1]
            source.replace(target)
    except KeyboardInterrupt:
        if moves[-1][0].exists():
            _undo(done)
        raise
    except OSError as error:
        _undo(done)
        raise StorageError(f"cannot write {error.filename}: {error.strerror}", todo="Nothing was changed.") from error


def _undo(done: Sequence[Rewrite]) -> None:
    for one in done:
        with suppress(OSError):
            if one.target.read_bytes() == one.after:
                one.target.write_bytes(one.before)
