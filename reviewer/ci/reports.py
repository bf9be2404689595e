"""Every report of a job as a file, and what code hosts read off the log."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from reviewer import registry
from reviewer.ci.job import Outcome
from reviewer.ci.rows import open_ones
from reviewer.ci.table import as_json, as_markdown, as_text
from reviewer.errors import StorageError
from reviewer.report import _streams
from reviewer.report._summary import counted
from reviewer.report.annotations import command
from reviewer.report.interface import View
from reviewer.report.stepsummary import MOST

FILES = {
    "hunkgate.json": "json",
    "hunkgate.sarif": "sarif",
    "hunkgate-junit.xml": "junit",
    "gl-code-quality-report.json": "codequality",
    "hunkgate.md": "markdown",
}
"""Name of the file -> name of the report."""

COMMITS = "commits.json"


def save_all(outcome: Outcome, folder: Path) -> None:
    """Write every report into a folder, which is made if it is missing.

    Raises:
        StorageError
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"cannot make the folder for reports: {error.strerror}", where=str(folder)) from error
    for name, member in FILES.items():
        text = rendered(outcome, member)
        _streams.save(folder / name, f"{text}\n{as_markdown(outcome.table)}" if member == "markdown" else text)
    _streams.save(folder / COMMITS, json.dumps(as_json(outcome.table), indent=2) + "\n")


def rendered(outcome: Outcome, member: str, view: View | None = None) -> str:
    """One report."""
    text: str = registry.load("reviewer.report", member).render(outcome.verdict, view or View())
    return text


def for_log(outcome: Outcome, view: View, *, commands: bool) -> str:
    """Report and table for a person who reads the log.

    Args:
        commands: the log is read by a runner that takes lines of it for commands. Then nothing in the text is one (lines of the
            repository are in it), and the annotations come behind it.
    """
    text = f"{rendered(outcome, 'terminal', view)}\n{as_text(outcome.table)}"
    text += "".join(f"STOPS: {stop}\n" for stop in outcome.stops)
    if not commands:
        return text
    # See "Stopping and starting workflow commands" in GitHub's reference: nobody can guess the word that starts them again.
    word = f"hunkgate-{secrets.token_hex(16)}"
    stops = "".join(f"{command('error', stop)}\n" for stop in outcome.stops)
    return f"::stop-commands::{word}\n{text}::{word}::\n{rendered(outcome, 'annotations')}{stops}{_unproven(outcome)}"


def _unproven(outcome: Outcome) -> str:
    left = open_ones(outcome.table.done)
    if not left:
        return ""
    what = f"{counted(len(left), 'commit')} neither proven nor reviewed here: see the table in the log"
    return f"{command('warning', what)}\n"


def append_summary(outcome: Outcome, file: str) -> None:
    """Add the report to the step's summary.

    Raises:
        StorageError
    """
    table = as_markdown(outcome.table)
    text = f"{rendered(outcome, 'stepsummary')}\n{table}"
    if len(text.encode()) > MOST:
        text = f"{table}\nThe report is too long for a summary: see the log.\n"
    try:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise StorageError(f"cannot write the step's summary: {error.strerror}", where=file) from error
