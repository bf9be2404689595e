"""Reviews the change itself: compares the old code with the new and says what was taken away, weakened or left half done."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reviewer.change import _blocks, _book, _families, _sides
from reviewer.change.interface import Context, Family, Spot
from reviewer.records import CoverageEntry, Finding, Hunk, State, Task, printable
from reviewer.review.interface import Job, Outcome

_NAME = "change"
_ROOM = "reviewer.change"

MOST_BYTES = 250_000
"""Of one side of a file: it is cut into tokens in about 0.1 s. Hand-written files are far below."""

MOST_LINES = 4_000
"""Changed lines of one file; more than that is no edit any more."""

LONGEST_LINE = 20_000
"""Bytes; longer lines are data or were written by a program."""

TIME_LIMIT = 20.0
"""Seconds of computing for all files of a change, looked at before each of them. Not of waiting: what else the machine does must
not decide what is reviewed."""

MOST_FINDINGS = 100
"""In one file; a note says how many more there are."""

_OTHER_LANGUAGES = frozenset(
    {"c", "cpp", "dockerfile", "gomod", "groovy", "ini", "json", "kotlin", "php", "ruby", "rust", "scala", "shell", "sql",
     "swift", "terraform", "text", "toml", "xml", "yaml"}
)  # fmt: skip
"""Compared line by line only."""


def rule_ids() -> frozenset[str]:
    """The ids of all rules of this reviewer.

    Raises:
        RuleError: a rule file is malformed.
    """
    return frozenset(_book.rules())


def review(job: Job) -> Outcome:
    """Compare every file whose old and new content are known, or that is new.

    Hunks of other files have no coverage entry: there was nothing to compare.

    Raises:
        RuleError: a rule file is malformed.
    """
    until = time.thread_time() + TIME_LIMIT
    reasons: dict[bytes, str] = {}
    files = list(_compared(job, reasons))
    context = Context(files)
    findings: list[Finding] = []
    notes: list[str] = []
    for sides in files:
        if time.thread_time() > until:
            reasons[sides.path] = f"the comparison took more than {TIME_LIMIT:g} s"
            continue
        said = list(_findings(sides, _spots(sides, context)))
        findings += said[:MOST_FINDINGS]
        if len(said) > MOST_FINDINGS:
            notes.append(f"{printable(sides.path)}: {len(said)} findings on the change, the first {MOST_FINDINGS} are shown")
    seen = {sides.path for sides in files} | set(reasons)
    return Outcome(findings, list(_coverage(job.hunks, seen, reasons)), {_NAME: f"rules {_book.digest()[:12]}"}, notes)


def _spots(sides: _sides.Sides, context: Context) -> Iterator[tuple[Spot, _book.ChangeRule]]:
    """What the families say, each spot with its rule. Of a file that can no longer be parsed nothing else is said."""
    is_new, is_test = not sides.old, sides.is_test
    for name in _families.asked(sides.language, has_code=sides.has_code, is_new=is_new, is_test=is_test):
        family: Family = importlib.import_module(f"{_ROOM}.{name}")
        spots = list(family.find(sides, context))
        yield from ((spot, _book.rules_of(name)[spot.rule]) for spot in spots)
        if spots and name == _families.FIRST:
            return


def _compared(job: Job, reasons: dict[bytes, str]) -> Iterator[_sides.Sides]:
    """The files that can be compared; for those that could have been, but are too much, the reason is noted."""
    by_path: dict[bytes, list[Hunk]] = {}
    for hunk in job.hunks:
        by_path.setdefault(hunk.path, []).append(hunk)
    for path, hunks in by_path.items():
        contents = _contents(job, path, hunks)
        if contents is None:
            continue
        reason = _too_much(contents, hunks)
        if reason:
            reasons[path] = reason
            continue
        is_test = any(_is_test(job, hunk) for hunk in hunks)
        old, new = (_text(content) for content in contents)
        yield _sides.Sides(path, hunks[0].language, old, new, _blocks.blocks(hunks), True, is_test)


def _contents(job: Job, path: bytes, hunks: Sequence[Hunk]) -> tuple[bytes, bytes] | None:
    """Old and new content; None if one of them is not known."""
    file = job.files.get(path)
    is_new = all(hunk.old_count == 0 and hunk.old_start == 0 for hunk in hunks)
    old = job.before.get(path, b"" if is_new else None)
    supported = hunks[0].language in _OTHER_LANGUAGES or hunks[0].language in _sides.LANGUAGES
    if old is None or not supported or (file is not None and not file.whole):
        return None
    if file is not None:
        return old, file.content
    return None if any(hunk.added for hunk in hunks) else (old, _without_removed(old, hunks))


def _without_removed(old: bytes, hunks: Iterable[Hunk]) -> bytes:
    """The new content of a file that only lost lines. (Reviewers of added lines do not need it, so it may not be at hand.)"""
    removed = {line.old_number for hunk in hunks for line in hunk.removed}
    lines = old.split(b"\n")
    return b"\n".join(line for number, line in enumerate(lines, 1) if number not in removed)


def _too_much(contents: tuple[bytes, bytes], hunks: Sequence[Hunk]) -> str:
    if max(len(content) for content in contents) > MOST_BYTES:
        return f"larger than {MOST_BYTES} bytes, which are not compared"
    if sum(len(hunk.lines) for hunk in hunks) > 2 * MOST_LINES:
        return f"more than {MOST_LINES} changed lines, which are not compared"
    if any(max(map(len, content.split(b"\n"))) > LONGEST_LINE for content in contents if len(content) > LONGEST_LINE):
        return f"a line is longer than {LONGEST_LINE} bytes"
    return ""


def _is_test(job: Job, hunk: Hunk) -> bool:
    profile = job.profiles.get((hunk.path, hunk.new_start))
    return profile is not None and profile.task is Task.TEST


def _text(content: bytes) -> str:
    """What is not UTF-8 is escaped; carriage returns go, other line separators are none."""
    text = content.decode("utf-8", "backslashreplace")
    return text.replace("\r\n", "\n").removeprefix("\ufeff")


def _findings(sides: _sides.Sides, spots: Iterable[tuple[Spot, _book.ChangeRule]]) -> Iterator[Finding]:
    for spot, rule in dict(sorted(spots, key=lambda one: (one[0].line, one[0].rule))).items():
        if not 1 <= spot.line <= sides.new_length:
            continue
        yield Finding(
            rule=rule.id,
            kind=rule.kind,
            severity=rule.severity,
            confidence=rule.confidence,
            path=sides.path,
            start_line=spot.line,
            end_line=spot.line,
            start_column=1,
            end_column=0,
            snippet=sides.new_lines[spot.line - 1],
            message=rule.message.replace("{what}", spot.what),
            remedy=rule.remedy,
            cwe=rule.cwe,
            reviewer=_NAME,
        )


def _coverage(hunks: Iterable[Hunk], seen: set[bytes], reasons: Mapping[bytes, str]) -> Iterator[CoverageEntry]:
    for hunk in hunks:
        if hunk.path in seen:
            reason = reasons.get(hunk.path, "")
            state = State.FAILED if reason else State.REVIEWED
            yield CoverageEntry(hunk.path, hunk.new_start, _NAME, state, reason)
