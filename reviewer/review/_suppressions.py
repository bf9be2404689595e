"""`hunkgate: ignore[rule-id, ...] reason` in a comment, on the finding's line or alone on the line above it.

A suppression needs rule ids that exist and a reason. One that the change itself adds is always reported, so that silence is never
silent; policy can forbid them all.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from reviewer.records import Confidence, Finding, Kind, Policy, Severity, Suppressions
from reviewer.review._touched import Texts

_OURS = re.compile(r"hunkgate:\s*ignore(?:\[([^\]]*)\])?[ \t:,-]*(.*)")
_THEIRS = re.compile(r"#\s*noqa\b|#\s*nosec\b|\bast-grep-ignore\b|\bnosemgrep\b", re.IGNORECASE)
"""Comments that silence the analyzers we run, or their relatives."""

_COMMENT_ENDS = ("*/", "-->", "#}", "%>")
_ONLY_COMMENT = re.compile(r"\s*(#|//|/\*|--|<!--|;|%|\{#)")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment."""

    path: bytes
    line: int
    rules: tuple[str, ...]
    reason: str
    text: str
    """The whole line."""
    alone: bool
    """Nothing but a comment is on the line, so it speaks for the next one."""

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        lines = (self.line, self.line + 1) if self.alone else (self.line,)
        named = finding.rule in self.rules or any(rule in self.rules for rule in finding.also)
        return named and finding.path == self.path and finding.start_line in lines


def found(texts: Texts) -> list[Suppression]:
    """Every suppression comment in the hunks (context lines included)."""
    result = []
    for path, lines in texts.lines.items():
        for number, text in lines.items():
            match = _OURS.search(text) if "hunkgate:" in text else None
            if match is None:
                continue
            rules = tuple(rule.strip() for rule in (match[1] or "").split(",") if rule.strip())
            reason = _without_comment_end(match[2])
            result.append(Suppression(path, number, rules, reason, text, bool(_ONLY_COMMENT.match(text))))
    return result


def _without_comment_end(text: str) -> str:
    text = text.strip()
    end = next((end for end in _COMMENT_ENDS if text.endswith(end)), "")
    return text.removesuffix(end).strip()


def applied(findings: Iterable[Finding], suppressions: Iterable[Suppression], policy: Policy) -> list[Finding]:
    """The findings, with `suppressed` set on those that a valid comment covers."""
    valid = [s for s in suppressions if s.reason and policy.suppressions is Suppressions.ALLOW]

    def silenced(finding: Finding) -> Finding:
        reason = next((s.reason for s in valid if s.covers(finding)), "")
        return replace(finding, suppressed=reason) if reason else finding

    return [silenced(finding) for finding in findings]


def reported(
    suppressions: Iterable[Suppression], texts: Texts, policy: Policy, known_ids: Callable[[], frozenset[str]]
) -> list[Finding]:
    """Findings about the comments themselves, as far as the change added them.

    Args:
        known_ids: gives all rule ids; only asked if there is a comment to check.
    """
    findings = []
    for suppression in suppressions:
        if suppression.line in texts.added.get(suppression.path, frozenset()):
            findings += list(_complaints(suppression, policy, known_ids()))
    return findings + _others(texts)


def _complaints(suppression: Suppression, policy: Policy, known: frozenset[str]) -> Iterator[Finding]:
    """All that is worth saying about one comment; that it is there, if nothing is wrong with it."""
    if policy.suppressions is Suppressions.FORBID:
        message, remedy = "The policy of this repository forbids suppressions.", "Mend the finding, or ask the policy's owners."
        yield _finding(suppression, "suppression-forbidden", Severity.WARNING, message, remedy)
        return
    unknown = [rule for rule in suppression.rules if not _is_known(rule, known)]
    for rule in unknown:
        near = difflib.get_close_matches(rule, known, n=1)
        remedy = f"Did you mean {near[0]}?" if near else "See: hunkgate rules list"
        yield _finding(suppression, "suppression-unknown-rule", Severity.WARNING, f"There is no rule {rule!r}.", remedy)
    rules = ", ".join(suppression.rules)
    if not suppression.rules:
        message, remedy = "This suppression names no rule, so it has no effect.", "Write hunkgate: ignore[rule-id] and why."
        yield _finding(suppression, "suppression-invalid", Severity.WARNING, message, remedy)
    elif not suppression.reason:
        message, remedy = "This suppression gives no reason, so it has no effect.", f"Write hunkgate: ignore[{rules}] and why."
        yield _finding(suppression, "suppression-invalid", Severity.WARNING, message, remedy)
    elif not unknown:
        message, remedy = f"This change silences {rules}.", "A reviewer should agree with the reason."
        yield _finding(suppression, "suppression-added", Severity.WARNING, message, remedy)


def _is_known(rule: str, known: frozenset[str]) -> bool:
    """Rules of analyzers ("ruff/S608") and of models ("model-injection") are not in our rule book."""
    return "/" in rule or rule.startswith("model-") or rule in known


def _others(texts: Texts) -> list[Finding]:
    """Comments that silence other tools, on added lines."""
    findings = []
    for path, added in texts.added.items():
        lines = texts.lines[path]
        # One search over all lines first: nearly always there is none.
        if not _THEIRS.search("\n".join(lines.values())):
            continue
        for number in sorted(added):
            text = lines[number]
            if _THEIRS.search(text):
                place = Suppression(path, number, (), "", text, False)
                findings.append(_finding(place, "suppression-added", Severity.INFO, "This change silences another tool.",
                                         "A reviewer should agree with it."))  # fmt: skip
    return findings


def _finding(place: Suppression, rule: str, severity: Severity, message: str, remedy: str) -> Finding:
    return Finding(
        rule=rule, kind=Kind.STYLE, severity=severity, confidence=Confidence.HIGH, path=place.path, start_line=place.line,
        end_line=place.line, start_column=1, end_column=0, snippet=place.text, message=message, remedy=remedy, cwe="",
        reviewer="gate",
    )  # fmt: skip
