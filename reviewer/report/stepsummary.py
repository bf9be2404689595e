"""The report as a step summary of GitHub Actions: Markdown that is appended to the file $GITHUB_STEP_SUMMARY."""

from __future__ import annotations

from reviewer.records import Verdict
from reviewer.report._markdown_page import page
from reviewer.report.interface import View

MOST = 1024 * 1024 - 64 * 1024
"""Bytes. A summary of more than 1 MiB for one step is not shown at all
(https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#step-isolation-and-limits)."""


def render(verdict: Verdict, view: View) -> str:
    """The report, cut to what GitHub takes. The view changes nothing."""
    return page(verdict, MOST)
