"""Reviews by the shipped rules and the repository's own: ast-grep over private copies, regular expressions elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from reviewer import proc, rulebook
from reviewer.errors import RuleError, ToolError
from reviewer.records import Confidence, CoverageEntry, Finding, Kind, Policy, Severity, State
from reviewer.review import _ast_grep, _line_rules, _local_rules, _trigger_words
from reviewer.review._match import Match
from reviewer.review.interface import Job, Outcome, PrivateFile

NAME = "rules"

TIMEOUT = 30.0
"""Seconds for all files of a change; 100,000 lines take about one."""

LARGE, FAR_TIMEOUT = 100_000, 3.0
"""Rules that look at distant lines (`stopBy`) take time that grows with the square of a function's size. Of a file with more
bytes than this they are matched by themselves, for so many seconds, and the file is failed if they do not end."""

_ENGINE_BYTES, _ENGINE_LINES = 3_000_000, 200_000
"""Ast-grep 0.51 passes over a file, without a word, that exceeds both."""

MALFORMED = "rules-malformed"
"""The id of what is said about a rule of the repository's own that the change breaks."""

_NO_RULES: Mapping[str, str] = MappingProxyType({})

_MARK, _NEUTRAL = b"ast-grep-ignore", b"ast-grep_ignore"
"""The comment by which code could silence ast-grep, and what we scan in its place: of the same length."""


@dataclass(slots=True)
class _Work:
    """What is known so far."""

    packs: Mapping[str, Sequence[Path]]
    """By language: the shipped rule files that are not disabled."""
    local: Sequence[rulebook.Rule]
    """The repository's own rules for these languages."""
    findings: list[Finding] = field(default_factory=list)
    states: dict[bytes, tuple[State, str]] = field(default_factory=dict)
    """By path; a path that is not here was reviewed."""
    engines: list[str] = field(default_factory=list)

    def fail(self, files: Iterable[PrivateFile], reason: str) -> None:
        self.states.update((file.path, (State.FAILED, reason)) for file in files)


def review(job: Job, *, timeout: float = TIMEOUT, local: Mapping[str, str] = _NO_RULES) -> Outcome:
    """Match every file that has a hunk in the job against the rules of its language.

    Findings stand anywhere in these files, sorted by path and place; `occurrence` is left 0 for the pipeline to count.

    Args:
        local: the text of the repository's own rule files by their path, as they stand in the tree that the change is based on.

    Raises:
        RuleError: one of those is malformed or does not do what its examples say, and the change does not touch it.
    """
    wanted = [job.files[path] for path in dict.fromkeys(hunk.path for hunk in job.hunks) if path in job.files]
    languages = {file.language for file in wanted}
    own, notes = _own_rules(job, local, languages)
    work = _Work(_packs(languages, job.policy), own)
    work.findings.extend(finding for file in wanted for finding in _broken_rule(file))
    files = [file for file in wanted if _readable(file, job.policy, work)]
    by_grammar = [file for file in files if rulebook.DIALECTS[file.language].grammar]
    by_line = [file for file in files if not rulebook.DIALECTS[file.language].grammar]
    if by_grammar:
        _match_trees(job, by_grammar, work, timeout)
    if by_line:
        _match_lines(by_line, work)
    findings = sorted(set(work.findings), key=lambda one: (one.path, one.start_line, one.start_column, one.rule, one.end_line))
    return Outcome(findings, _coverage(job, work), _identity(files, work), notes)


def _own_rules(job: Job, local: Mapping[str, str], languages: Iterable[str]) -> tuple[list[rulebook.Rule], tuple[str, ...]]:
    """The repository's own rules that are asked for, proven by their examples, and what has to be said about the others."""
    touched = {hunk.path.decode("utf-8", "replace") for hunk in job.hunks}
    # A broken rule finds nothing, so leaving it out while it is mended loosens nothing; else nobody could ever mend it.
    broken = {path: error for path in sorted(touched & local.keys()) if (error := _refusal(path, local[path]))}
    notes = [f"a rule of the repository was left out, since the change is about it: {error}" for error in broken.values()]
    rules = _local_rules.load_all({path: text for path, text in local.items() if path not in broken})
    wanted = _local_rules.for_languages((rule for rule in rules if rule.id not in job.policy.disabled_rules), languages)
    _local_rules.prove(wanted)
    return wanted, tuple(notes)


def _refusal(path: str, text: str) -> RuleError | None:
    """Why a rule of the repository's own is not accepted; None if it is."""
    try:
        _local_rules.prove([_local_rules.load_one(path, text)])
    except RuleError as error:
        return error
    return None


def _broken_rule(file: PrivateFile) -> Iterator[Finding]:
    """A finding for a rule of the repository's own that would not be accepted from the next commit on."""
    path = file.path.decode("utf-8", "replace")
    if not _local_rules.is_rule(path) or not file.whole:
        return
    error = _refusal(path, file.content.decode("utf-8", "replace"))
    if error is None:
        return
    line = int(error.where.rpartition(":")[2])
    yield Finding(
        rule=MALFORMED,
        kind=Kind.BUG,
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        path=file.path,
        start_line=line,
        end_line=line,
        start_column=1,
        end_column=1,
        snippet=_snippet(file.content.split(b"\n"), line),
        message=f"This rule would be refused, and every review with it: {error.what}.",
        remedy=f"Correct it, then run: hunkgate rules test {path}",
        cwe="",
        reviewer=NAME,
    )


def _packs(languages: Iterable[str], policy: Policy) -> dict[str, list[Path]]:
    return {
        language: [path for path in rulebook.rule_files([language]) if path.stem not in policy.disabled_rules]
        for language in languages
    }


def _readable(file: PrivateFile, policy: Policy, work: _Work) -> bool:
    """Whether the file can be reviewed; if not, its state is noted."""
    reason = ""
    size = len(file.content)
    if not work.packs[file.language] and not _local_rules.for_languages(work.local, [file.language]):
        reason = f"no rules for {file.language or 'this kind of file'}"
    elif size > policy.max_file_bytes:
        reason = f"larger than {policy.max_file_bytes} bytes"
    elif size > _ENGINE_BYTES and file.content.count(b"\n") >= _ENGINE_LINES:
        reason = f"larger than {_ENGINE_BYTES} bytes and {_ENGINE_LINES} lines, which ast-grep does not read"
    if reason:
        work.states[file.path] = (State.SKIPPED, reason)
    return not reason


def _match_trees(job: Job, files: Sequence[PrivateFile], work: _Work, timeout: float) -> None:
    folder = job.folder.absolute() / NAME
    try:
        tool = proc.find_tool("ast-grep", job.machine.tools)
        work.engines.append(_ast_grep.version(tool, timeout=timeout))
        folder.mkdir(exist_ok=True)
        by_copy = {_scannable(file, folder, number): file for number, file in enumerate(files)}
        for copies, rules, seconds in _rounds(by_copy, work, timeout):
            said = _ast_grep.scan(tool, rules, copies, folder, timeout=seconds)
            _take(said, by_copy, work)
    except ToolError as error:
        work.fail(files, str(error))
    except OSError as error:
        work.fail(files, f"cannot write a private copy: {error.strerror}")


def _rounds(by_copy: Mapping[Path, PrivateFile], work: _Work, timeout: float) -> Iterator[tuple[list[Path], str, float]]:
    """What ast-grep is run for: copies, rules, seconds. One round for all, and more for large files."""
    texts = _rule_texts(list(by_copy.values()), work)
    near = [text for text in texts if "stopBy" not in text]
    far = [text for text in texts if "stopBy" in text]
    large = [copy for copy, file in by_copy.items() if len(file.content) > LARGE]
    rounds = [([copy for copy in by_copy if copy not in large], texts, timeout), (large, near, timeout)]
    rounds += [([copy], far, min(FAR_TIMEOUT, timeout)) for copy in large]
    for copies, some, seconds in rounds:
        if copies and some:
            yield copies, "---\n".join(some), seconds


def _take(said: _ast_grep.Scan, by_copy: Mapping[Path, PrivateFile], work: _Work) -> None:
    for copy, reason in said.failed.items():
        work.fail([by_copy[copy]], reason)
    for copy, matches in said.matches.items():
        work.findings.extend(_findings(by_copy[copy], matches))


def _scannable(file: PrivateFile, folder: Path, number: int) -> Path:
    """A copy that ast-grep reads whole: its ending tells the language, it is UTF-8, and nothing in it silences a rule."""
    endings = rulebook.DIALECTS[file.language].endings
    content = file.content.replace(_MARK, _NEUTRAL)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        content = _as_utf8(content).replace(_MARK, _NEUTRAL)
    if content == file.content and file.copy.suffix in endings:
        return file.copy.absolute()
    copy = folder / f"{number}{endings[0]}"
    copy.write_bytes(content)
    return copy


def _as_utf8(content: bytes) -> bytes:
    """Bytes that are not UTF-8 become underscores, one each: ast-grep passes over such files without a word."""
    text = content.decode("utf-8", "surrogateescape")
    return "".join("_" if "\udc80" <= char <= "\udcff" else char for char in text).encode()


def _rule_texts(files: Sequence[PrivateFile], work: _Work) -> list[str]:
    texts = []
    for language in sorted({file.language for file in files}):
        grammar = rulebook.DIALECTS[language].grammar
        can_match = _trigger_words.chooser(b"\n".join(file.content for file in files if file.language == language))
        shipped = ((path, path.read_text(encoding="utf-8")) for path in work.packs[language])
        texts += [rulebook.ast_grep_text(text, grammar) for path, text in shipped if can_match(path, text)]
        texts += [rulebook.ast_grep_text(rule.text, grammar) for rule in _local_rules.for_languages(work.local, [language])]
    return list(dict.fromkeys(text for text in texts if text))


def _match_lines(files: Sequence[PrivateFile], work: _Work) -> None:
    work.engines.append("re2")
    for file in files:
        try:
            rules = [rulebook.load_line_rule(path) for path in work.packs[file.language]]
        except RuleError as error:
            work.fail([file], str(error))
            continue
        rules += _local_rules.for_languages(work.local, [file.language])
        text = _as_utf8(file.content).decode("utf-8")
        work.findings.extend(_findings(file, _line_rules.matches(rules, text)))


def _findings(file: PrivateFile, matches: Iterable[Match]) -> Iterator[Finding]:
    lines = file.content.split(b"\n")
    snippets: dict[int, str] = {}
    for match in matches:
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
        )


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
    digest = hashlib.sha256()
    for path in rulebook.rule_files({file.language for file in files}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(rulebook.folder()).as_posix()}\0{len(content)}\0".encode() + content)
    for rule in work.local:
        digest.update(f"{rule.path.as_posix()}\0{len(rule.text)}\0{rule.text}".encode())
    return {NAME: " ".join([*work.engines, "rules", digest.hexdigest()[:12]])}
