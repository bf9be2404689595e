"""Reviews by the shipped rules and the repository's own: ast-grep over private copies, regular expressions elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from reviewer import proc, rulebook
from reviewer.errors import RuleError, ToolError
from reviewer.records import CoverageEntry, Finding, Fix, Policy, Replacement, State
from reviewer.review import _line_rules, _local_rules, _own_rules, _rounds
from reviewer.review._copies import as_utf8, scannable
from reviewer.review._match import MOST_MATCHES, Match
from reviewer.review._trigger_words import Trigger
from reviewer.review.interface import Job, Outcome, PrivateFile

NAME = "rules"

TIMEOUT = 30.0
"""Seconds for all files of a change; 100,000 lines take about one."""

_ENGINE_BYTES, _ENGINE_LINES = 3_000_000, 200_000
"""Ast-grep 0.51 passes over a file, without a word, that exceeds both."""


@dataclass(frozen=True, slots=True)
class _Shipped:
    """A rule file of ours, not yet looked into."""

    id: str
    path: Path
    content: bytes


@dataclass(slots=True)
class _Work:
    """What is known so far."""

    shipped: Mapping[str, Sequence[_Shipped]]
    """By language: all rules for it."""
    asked: Mapping[str, Sequence[_Shipped]]
    """By language: the ones that are not disabled."""
    own: Sequence[rulebook.Rule]
    """The repository's own rules for these languages."""
    policy: Policy
    findings: list[Finding] = field(default_factory=list)
    states: dict[bytes, tuple[State, str]] = field(default_factory=dict)
    """By path; a path that is not here was reviewed."""
    engines: list[str] = field(default_factory=list)

    def fail(self, files: Iterable[PrivateFile], reason: str) -> None:
        self.states.update((file.path, (State.FAILED, reason)) for file in files)


def rule_ids() -> frozenset[str]:
    """Every id that a finding of this reviewer can have, and those of the secrets; not those of a repository's own rules."""
    return rulebook.known_ids() | {_own_rules.MALFORMED}


def review(job: Job, *, timeout: float = TIMEOUT) -> Outcome:
    """Match every file that has a hunk in the job against the rules of its language.

    Findings stand anywhere in these files, sorted by path and place; `occurrence` is left 0 for the pipeline to count.

    Raises:
        RuleError: a rule of the repository's own is malformed or does not do what its examples say, and the change does not
            touch it.
    """
    wanted = [job.files[path] for path in dict.fromkeys(hunk.path for hunk in job.hunks) if path in job.files]
    languages = frozenset(file.language for file in wanted)
    try:
        own = _own_rules.choose(job, languages)
        about_rules = list(_own_rules.findings(job, wanted))
    except ToolError as error:
        # Without the engine no rule is proven, and none would be used either.
        own, about_rules = _own_rules.OwnRules((), (f"the rules of the repository were left out: {error}",)), []
    shipped = {language: _read(language) for language in languages}
    asked = {
        language: [rule for rule in rules if rule.id not in job.policy.disabled_rules] for language, rules in shipped.items()
    }
    work = _Work(shipped, asked, own.rules, job.policy, about_rules)
    files = [file for file in wanted if _readable(file, work)]
    by_grammar = [file for file in files if rulebook.DIALECTS[file.language].grammar]
    by_line = [file for file in files if not rulebook.DIALECTS[file.language].grammar]
    if by_grammar:
        _match_trees(job, by_grammar, work, timeout)
    if by_line:
        _match_lines(by_line, work)
    findings = sorted(set(work.findings), key=lambda one: (one.path, one.start_line, one.start_column, one.rule, one.end_line))
    return Outcome(findings, _coverage(job, work), _identity(files, work), own.notes)


def _read(language: str) -> list[_Shipped]:
    return [_Shipped(path.stem, path, path.read_bytes()) for path in rulebook.rule_files([language])]


def _readable(file: PrivateFile, work: _Work) -> bool:
    """Whether the file can be reviewed; if not, its state is noted."""
    reason = ""
    size = len(file.content)
    if not work.asked[file.language] and not _local_rules.for_languages(work.own, [file.language]):
        reason = f"no rules for {file.language or 'this kind of file'}"
    elif size > work.policy.max_file_bytes:
        reason = f"larger than {work.policy.max_file_bytes} bytes"
    elif size > _ENGINE_BYTES and file.content.count(b"\n") >= _ENGINE_LINES:
        reason = f"larger than {_ENGINE_BYTES} bytes and {_ENGINE_LINES} lines, which ast-grep does not read"
    if reason:
        work.states[file.path] = (State.SKIPPED, reason)
    return not reason


def _match_trees(job: Job, files: Sequence[PrivateFile], work: _Work, timeout: float) -> None:
    folder = job.folder.absolute() / NAME
    try:
        tool = proc.find_tool("ast-grep", job.machine.tools)
        folder.mkdir(exist_ok=True)
        by_copy = {scannable(file, folder, number): file for number, file in enumerate(files)}
        rounds = _rounds.plan([_pack(language, by_copy, work) for language in sorted({file.language for file in files})])
        version, scans = _rounds.run(tool, rounds, folder, timeout=timeout)
    except ToolError as error:
        work.fail(files, str(error))
        return
    except OSError as error:
        work.fail(files, f"cannot write a private copy: {error.strerror}")
        return
    work.engines.append(version)
    for said in scans:
        for copy, reason in said.failed.items():
            work.fail([by_copy[copy]], reason)
        for copy, matches in said.matches.items():
            work.findings.extend(_findings(by_copy[copy], matches))


def _pack(language: str, by_copy: Mapping[Path, PrivateFile], work: _Work) -> _rounds.Pack:
    """The rules that can match the files of a language."""
    files = {copy: file for copy, file in by_copy.items() if file.language == language}
    grammar = rulebook.DIALECTS[language].grammar
    trigger = Trigger.of(language)
    known = {trigger.words_in(file.content) for file in files.values()}
    shipped = [
        rule.content.decode()
        for rule in work.asked[language]
        if any(trigger.can_match(rule.id, rule.content, words) for words in known)
    ]
    own = [rule.text for rule in _local_rules.for_languages(work.own, [language])]
    return _rounds.Pack(
        {copy: len(file.content) for copy, file in files.items()},
        [text for text in (rulebook.ast_grep_text(text, grammar) for text in shipped) if text],
        [text for text in (rulebook.ast_grep_text(text, grammar) for text in own) if text],
    )


def _match_lines(files: Sequence[PrivateFile], work: _Work) -> None:
    work.engines.append("re2")
    for file in files:
        try:
            rules = [rulebook.load_line_rule(rule.path) for rule in work.asked[file.language]]
        except RuleError as error:
            work.fail([file], str(error))
            continue
        rules += _local_rules.for_languages(work.own, [file.language])
        try:
            matches = list(islice(_line_rules.matches(rules, as_utf8(file.content).decode("utf-8")), MOST_MATCHES + 1))
        except _line_rules.TooManyError as error:
            work.fail([file], str(error))
            continue
        if len(matches) > MOST_MATCHES:
            work.fail([file], f"more than {MOST_MATCHES} findings in one file; the others were not read")
        work.findings.extend(_findings(file, matches[:MOST_MATCHES]))


def _findings(file: PrivateFile, matches: Iterable[Match]) -> Iterator[Finding]:
    """What a rule says of the same lines is said once, of the first place on them: a minified file is one line of a megabyte."""
    lines = file.content.split(b"\n")
    snippets: dict[int, str] = {}
    last_first = sorted(matches, key=lambda match: -match.start_column)
    together: dict[tuple[str, int, int], list[Match]] = {}
    for match in last_first:
        together.setdefault((match.rule, match.start_line, match.end_line), []).append(match)
    for *_, match in together.values():
        if match.start_line not in snippets:
            snippets[match.start_line] = _snippet(lines, match.start_line)
        yield Finding(
            rule=match.rule,
            kind=match.kind,
            severity=match.severity,
            confidence=match.confidence,
            path=file.path,
            start_line=match.start_line,
            end_line=match.end_line,
            start_column=match.start_column,
            end_column=match.end_column,
            snippet=snippets[match.start_line],
            message=match.message,
            remedy=match.remedy,
            cwe=match.cwe,
            reviewer=NAME,
            fix=_fix(file.content, together[match.rule, match.start_line, match.end_line]),
        )


def _fix(content: bytes, matches: Sequence[Match]) -> Fix | None:
    """What mends all matches of a rule on the same lines; None if that is not known of each, or if one lies in another."""
    edits = [match.edit for match in matches if match.edit is not None]
    if len(edits) < len(matches) or not all(content[at : at + len(of)] == of for edit in edits for at, of in edit.made_of):
        return None
    # A template that does not know this form of the code gives back what was there.
    if any(content[edit.start : edit.end] == edit.text for edit in edits):
        return None
    return Fix.of([Replacement.least(content, edit.start, edit.end, edit.text) for edit in edits], "rule")


def _snippet(lines: Sequence[bytes], number: int) -> str:
    return b"".join(lines[number - 1 : number]).decode("utf-8", "backslashreplace")


def _coverage(job: Job, work: _Work) -> list[CoverageEntry]:
    unknown = (State.SKIPPED, "content not available")
    entries = []
    for hunk in job.hunks:
        state, reason = work.states.get(hunk.path, (State.REVIEWED, "")) if hunk.path in job.files else unknown
        entries.append(CoverageEntry(hunk.path, hunk.new_start, NAME, state, reason))
    return entries


def _identity(files: Sequence[PrivateFile], work: _Work) -> dict[str, str]:
    """Engines and the digest over all rule files, shipped and the repository's own, of the languages they looked at."""
    if not files:
        return {}
    rules = {rule.path: rule.content for file in files for rule in work.shipped[file.language]}
    digest = hashlib.sha256()
    for path, content in sorted(rules.items()):
        digest.update(f"{path.relative_to(rulebook.folder()).as_posix()}\0{len(content)}\0".encode() + content)
    for rule in work.own:
        digest.update(f"{rule.path.as_posix()}\0{len(rule.text)}\0{rule.text}".encode())
    return {NAME: " ".join([*work.engines, "rules", digest.hexdigest()[:12]])}
