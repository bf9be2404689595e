"""For tests of dismissals: real git and real changes, and a reviewer that finds every line with the word "danger"."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

from conftest import Repo

from reviewer import sources
from reviewer.git import Git
from reviewer.knowledge import folder, recent
from reviewer.knowledge.dismissals import Dismissal
from reviewer.knowledge.known import Recalled
from reviewer.records import Confidence, Dismissals, Finding, Kind, Policy, Severity
from reviewer.review import _touched
from reviewer.sources import Sourced

WORD = "danger"
TODAY = datetime.now(timezone.utc).date()


def unchanged(text: str) -> str:
    """Hides nothing."""
    return text


def found(sourced: Sourced) -> list[Finding]:
    """A finding for each line with the word, of those that the change touches."""
    said = [
        Finding(
            rule="test-danger", kind=Kind.SECURITY, severity=Severity.ERROR, confidence=Confidence.HIGH, path=file.path,
            start_line=number, end_line=number, start_column=1, end_column=0, snippet=text, message="This is dangerous.",
            remedy="", cwe="CWE-1", reviewer="rules",
        )
        for file in sourced.change.files if not file.path.startswith(b".hunkgate/")
        for number, text in sorted(sourced.memory.work.lines(file.path).items()) if WORD in text
    ]  # fmt: skip
    texts = _touched.Texts.of(sourced.change)
    return [finding for finding in _touched.numbered(said) if _touched.anchored(finding, texts)]


def look(repo: Repo, policy: Dismissals = Dismissals.CHANGE, *, span: str = "") -> Recalled:
    """Review what is staged, or a range."""
    git = Git(repo.path)
    sourced = sources.commit_range(git, span) if span else sources.staged(git)
    findings = found(sourced)
    sourced.memory.remember(findings, unchanged)
    return sourced.memory.recalled(findings, Policy(dismissals=policy))


def open_lines(recalled: Recalled) -> list[tuple[str, int]]:
    """Where findings stand that nobody dismissed."""
    return [(finding.path.decode(), finding.start_line) for finding in recalled.findings if finding.dismissed is None]


def decided_lines(recalled: Recalled) -> list[tuple[str, int]]:
    """Where findings stand that somebody dismissed."""
    return [(finding.path.decode(), finding.start_line) for finding in recalled.findings if finding.dismissed is not None]


def dismiss(repo: Repo, finding: Finding, why: str = "looked at", until: date | None = None) -> Path:
    """Dismiss a finding of a recent review, and stage that."""
    known = {subject.fingerprint: subject for subject in recent.recall(Git(repo.path))}
    made = Dismissal(known[finding.fingerprint], why, "A Developer <dev@example.org>", TODAY, until)
    return repo.path / folder.add(repo.path, made)
