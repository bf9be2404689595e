"""Explain a finding of the last reviews: what it says, the code, the rule with its examples, and what to do about it.

Examples:
  hunkgate explain 3f2a91c04b1e
  hunkgate explain 3f2a91c04b1e --format json
  hunkgate explain 3f2a91c04b1e --model      the local model says it in its own words, too

A report shows the id of every finding; its first 8 digits or more are enough. No secret is shown.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer import config, rulebook
from reviewer.commands._recent_findings import SHORTEST, of_recent
from reviewer.commands._rule_page import explained, wrapped
from reviewer.errors import ExitCode, HunkgateError
from reviewer.git import Git
from reviewer.intake.languages import language_of
from reviewer.knowledge import recent
from reviewer.knowledge.lines import looks_like
from reviewer.knowledge.subject import Subject, as_table
from reviewer.records import printable
from reviewer.report._progress import StatusLine
from reviewer.report._streams import say
from reviewer.report._text import safe, shown, well_formed
from reviewer.review import _local_rules
from reviewer.review._model_redaction import without_secrets, words
from reviewer.rulebook import Rule

if TYPE_CHECKING:
    from reviewer.generate.question import Told

AROUND = 6
"""Lines shown above and below."""

BUDGET = 60.0
"""Seconds for the model."""


@dataclass(frozen=True, slots=True)
class Code:
    """The lines around the finding as they are staged now, without secrets."""

    first: int
    """1-based number of the first one; 0 if the line is not staged any more."""
    lines: tuple[str, ...]
    at: int
    """Number of the finding's line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which finding, and how to show it."""
    parser.add_argument("fingerprint", metavar="FINGERPRINT", help=f"the finding's id, {SHORTEST} digits or more")
    parser.add_argument("--model", action="store_true", help="let the model explain it, too, in at most 120 words")
    parser.add_argument("--format", default="text", choices=("text", "json"), help="default: text")


def run(args: argparse.Namespace) -> int:
    """0; 2 if the finding is not known or not clear; 3 if the model was asked for and cannot answer."""
    git = Git()
    subject = of_recent(recent.recall(git), args.fingerprint, "to explain")
    code, rule = _code(git, subject), _rule(git, subject)
    spoken = _spoken(subject, code) if args.model else {}
    if args.format == "json":
        say(json.dumps(_document(subject, code, rule, spoken), indent=2) + "\n")
    else:
        say(_page(subject, code, rule, spoken))
    return ExitCode.OK


def told_about(fingerprint: str) -> tuple[Subject, Told]:
    """A finding, and what a model would be told of it.

    Raises:
        UsageError: it is not known or not clear.
    """
    from reviewer.generate.explaining import question

    git = Git()
    subject = of_recent(recent.recall(git), fingerprint, "to explain")
    return subject, question(_message(subject), _code(git, subject).lines)


def _message(subject: Subject) -> str:
    """What the finding says, without secrets."""
    return words(" ".join(subject.message.split()))


def _code(git: Git, subject: Subject) -> Code:
    staged = git.completed("cat-file", "blob", b":" + subject.path, ok=(0, 128))
    raw = staged.out.removesuffix(b"\n").split(b"\n") if staged.code == 0 else []
    wanted = subject.anchor.code[0]
    found = [
        n for n, line in enumerate(raw, 1) if looks_like(wanted, line.decode("utf-8", "backslashreplace"), masked=subject.masked)
    ]
    if not found:
        return Code(0, subject.anchor.code, 0)
    at = min(found, key=lambda number: abs(number - subject.line))
    first, last = max(1, at - AROUND), min(len(raw), at + len(subject.anchor.code) - 1 + AROUND)
    clean = without_secrets(raw, language_of(subject.path, raw[0]))
    lines = [line.decode("utf-8", "backslashreplace").rstrip("\r") for line in clean[first - 1 : last]]
    if subject.masked:
        # The finding's own reviewer knows better than anybody what is secret in its lines.
        for place, text in enumerate(subject.anchor.code):
            lines[at - first + place : at - first + place + 1] = [text]
    return Code(first, tuple(lines), at)


def _rule(git: Git, subject: Subject) -> Rule | None:
    """The rule, if it is one with a file of its own."""
    for path in rulebook.rule_files(rulebook.FOLDERS):
        if path.stem == subject.rule:
            return rulebook.load(path)
    try:
        texts = _local_rules.texts_below(git.top())
        for name, text in texts.items():
            if Path(name).stem == subject.rule:
                return _local_rules.load_one(name, text)
    except HunkgateError:
        # A rule of the repository that is broken by now explains nothing.
        return None
    return None


def _spoken(subject: Subject, code: Code) -> dict[str, str]:
    from reviewer.generate import explaining

    with StatusLine() as progress:
        said = explaining.words(_message(subject), code.lines, config.load_machine(), BUDGET, progress)
    return {"model": said.model, "digest": said.digest, "text": words(said.text)}


def _todo(subject: Subject, rule: Rule | None) -> list[tuple[str, str]]:
    """Commands, and what they do."""
    name = subject.fingerprint[:12]
    mend = [(f"hunkgate fix --finding {name} --apply", "mend it, if the mend can be proven")] if rule and rule.fix else []
    return [
        *mend,
        (f'hunkgate dismiss {name} --why "..."', "it is no problem: say why, for the whole team"),
        (f"hunkgate: ignore[{subject.rule}] reason", "the same, as a comment on the line"),
    ]


def _page(subject: Subject, code: Code, rule: Rule | None, spoken: dict[str, str]) -> str:
    place = f"{safe(printable(subject.path), 300)}:{code.at or subject.line}"
    also = f", also {safe(', '.join(subject.also), 300)}" if subject.also else ""
    blocks = [
        f"{place}  {safe(subject.rule, 200)}  {subject.fingerprint[:12]}  (by {safe(subject.reviewer, 100)}{also})",
        wrapped(safe(subject.message)),
        "\n".join(_rows(code)),
    ]
    if rule is not None:
        blocks.append(f"The rule:\n\n{explained(rule)}".rstrip("\n"))
    if spoken:
        blocks.append(f"In the words of {safe(spoken['model'], 100)}, which may be wrong:\n\n{wrapped(safe(spoken['text']))}")
    blocks.append("What to do:\n" + "\n".join(f"  {safe(command, 300)}\n      {what}" for command, what in _todo(subject, rule)))
    return "\n\n".join(blocks) + "\n"


def _rows(code: Code) -> Sequence[str]:
    if not code.first:
        return ["    (this line is not staged any more)", *(f"    {shown(line).text}" for line in code.lines)]
    rows = enumerate(code.lines, code.first)
    return [f"{'>' if number == code.at else ' '} {number:5}  {shown(line).text}" for number, line in rows]


def _document(subject: Subject, code: Code, rule: Rule | None, spoken: dict[str, str]) -> dict[str, object]:
    text = None if rule is None else {
        "id": rule.id, "message": rule.message, "remedy": rule.remedy, "fix": rule.fix, "cwe": rule.cwe,
        "kind": rule.kind.value, "severity": rule.severity.value, "confidence": rule.confidence.value,
        "reported": list(rule.match), "not_reported": list(rule.clean),
    }  # fmt: skip
    return {
        "schema_version": 1,
        "finding": as_table(subject),
        "staged": {"line": code.at, "first": code.first, "lines": [well_formed(line) for line in code.lines]}
        if code.first
        else None,
        "rule": text,
        "model": spoken or None,
        "commands": [{"command": command, "does": what} for command, what in _todo(subject, rule)],
    }
