"""What the deterministic reviewers say of code that is in no commit yet: by itself, or in the file that it goes into."""

from __future__ import annotations

from reviewer import config, pipeline, sources
from reviewer.generate.places import Place
from reviewer.generate.placing import Placed
from reviewer.git import Git
from reviewer.intake import local_rules
from reviewer.intake.contents import Content
from reviewer.proving.bench import deterministic
from reviewer.records import Change, FileChange, Hunk, Line, LineKind, Machine, Policy, Status, Verdict
from reviewer.rulebook.local import LocalRules
from reviewer.sources import Sourced

_AROUND = 3
"""Unchanged lines around the new ones, as git shows them."""


def review_snippet(code: bytes, language: str, machine: Machine) -> Verdict:
    """The review of code by itself.

    Raises:
        UsageError: there is no code.
        StorageError: see `pipeline.review`.
    """
    return pipeline.review(deterministic(sources.snippet(code, language)), machine)


def review_in_file(git: Git | None, place: Place, placed: Placed, language: str, machine: Machine) -> Verdict:
    """The review of a file with new lines in it; the file itself is not written.

    Raises:
        GitError, StorageError
    """
    change = _change(place, placed, language)
    loaded = config.load_policy(git) if git is not None else None
    policy, notes = (loaded.policy, loaded.notes) if loaded else (Policy(), ())
    tree = git.tree_of("HEAD") if git is not None else None
    own = local_rules.read(git, tree, change) if git is not None and tree else LocalRules()
    before = {} if place.content is None else {place.path: place.content}
    contents = {place.path: Content(placed.content, True)}
    return pipeline.review(deterministic(Sourced(change, contents, before, policy, notes, local_rules=own)), machine)


def _change(place: Place, placed: Placed, language: str) -> Change:
    old, first, behind = place.content, placed.first, placed.first + placed.count
    lines = placed.content.removesuffix(b"\n").split(b"\n")
    start, end = max(1, first - _AROUND), min(len(lines), behind - 1 + _AROUND)
    rows = []
    for number in range(start, end + 1):
        text = lines[number - 1]
        if first <= number < behind:
            rows.append(Line(LineKind.ADDED, text, 0, number))
        else:
            rows.append(Line(LineKind.CONTEXT, text, number if number < first else number - placed.count, number))
    context = len(rows) - placed.count
    hunk = Hunk(place.path, language, start if context else 0, context, start, len(rows), "", tuple(rows))
    status, mode = (Status.ADDED, 0) if old is None else (Status.MODIFIED, 0o100644)
    file = FileChange(place.path, status, place.path, mode, 0o100644, "", "", language, (hunk,))
    return Change("the generated code", "", "", (file,))
