"""Which of the repository's own rules a review uses, and what is said about a change to them.

A rule that is broken finds nothing, so leaving it out while a change mends it loosens nothing; else nobody could ever mend it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from reviewer.errors import RuleError
from reviewer.records import Confidence, Finding, Kind, Severity, printable
from reviewer.review import _local_rules
from reviewer.review.interface import Job, PrivateFile
from reviewer.rulebook import Rule
from reviewer.rulebook.local import FOLDER, LocalRules, is_rule

MALFORMED = "rules-malformed"
"""The id of what is said about a rule of the repository's own that the change breaks."""


@dataclass(frozen=True, slots=True)
class OwnRules:
    """What a review uses."""

    rules: Sequence[Rule]
    notes: tuple[str, ...]
    """About the ones that were left out."""


def choose(job: Job, languages: frozenset[str]) -> OwnRules:
    """The rules for these languages that are not disabled, proven by their examples.

    Raises:
        RuleError: a rule is malformed or does not do what its examples say, and the change does not touch it.
        ToolError: ast-grep is missing.
    """
    local = job.local_rules
    if not local.texts and not local.refused:
        return OwnRules((), ())
    broken = _broken(local)
    for path, error in broken.items():
        if path not in local.edited and not (path == FOLDER and local.edited):
            raise error
    notes = tuple(f"a rule of the repository was left out, since the change is about it: {error}" for error in broken.values())
    texts = {} if FOLDER in broken else {path: text for path, text in local.texts.items() if path not in broken}
    wanted = _local_rules.for_languages(_local_rules.load_all(texts), languages)
    wanted = [rule for rule in wanted if rule.id not in job.policy.disabled_rules]
    _local_rules.prove(wanted)
    return OwnRules(wanted, notes)


def _broken(local: LocalRules) -> dict[str, RuleError]:
    """What is wrong with the rules, by path; what is wrong with one that the change does not touch is found later."""
    broken = dict(local.refused)
    kept: dict[str, str] = {}
    # The untouched ones come first, so that a name that is there twice is the fault of the touched one.
    for path in sorted(local.texts, key=lambda path: (path in local.edited, path)):
        error = _clash(path, kept)
        if not error and path in local.edited:
            error = refusal(path, local.texts[path])
        if error:
            broken[path] = error
        else:
            kept[PurePosixPath(path).stem] = path
    return broken


def _clash(path: str, names: Mapping[str, str]) -> RuleError | None:
    """What is wrong with a rule's name; None if no other rule has it.

    Args:
        names: the path of every other rule by its id.
    """
    name = PurePosixPath(path).stem
    if name not in names:
        return None
    what = f"the id {name!r} is also that of {names[name]}"
    return RuleError(what, where=f"{path}:1", todo="Rename one of the two files, and its id.")


def refusal(path: str, text: str) -> RuleError | None:
    """Why a rule is not accepted; None if it is.

    Raises:
        ToolError: ast-grep is missing.
    """
    try:
        _local_rules.prove([_local_rules.load_one(path, text)])
    except RuleError as error:
        return error
    return None


def findings(job: Job, files: Sequence[PrivateFile]) -> Iterator[Finding]:
    """A finding for every rule in the change that would not be accepted from the next commit on.

    Raises:
        ToolError: ast-grep is missing.
    """
    brought = {printable(file.path): file for file in files if is_rule(file.path) and file.whole}
    staying = [path for path in job.local_rules.texts if path not in job.local_rules.edited and path not in brought]
    names = {PurePosixPath(path).stem: path for path in staying}
    for path, file in sorted(brought.items()):
        error = _clash(path, names) or refusal(path, file.content.decode("utf-8", "replace"))
        names.setdefault(PurePosixPath(path).stem, path)
        if error:
            yield _finding(file, path, error, _touched_line(job, file, error))


def _touched_line(job: Job, file: PrivateFile, error: RuleError) -> int:
    """Where the error is, if the change added that line; else the first line that it added, since others are dropped."""
    line = int(error.where.rpartition(":")[2])
    added = [one.new_number for hunk in job.hunks if hunk.path == file.path for one in hunk.added]
    return line if line in added or not added else min(added)


def _finding(file: PrivateFile, path: str, error: RuleError, line: int) -> Finding:
    text = b"".join(file.content.split(b"\n")[line - 1 : line])
    return Finding(
        rule=MALFORMED,
        kind=Kind.BUG,
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        path=file.path,
        start_line=line,
        end_line=line,
        start_column=1,
        end_column=0,
        snippet=text.decode("utf-8", "backslashreplace"),
        message=f"This rule would be refused, and every review with it: {error.what}.",
        remedy=f"{error.todo} Then run: hunkgate rules test {path}" if "rules test" not in error.todo else error.todo,
        cwe="",
        reviewer="rules",
    )
