"""The report as Markdown, for a wiki, a mail or a comment."""

from __future__ import annotations

from reviewer.records import Verdict
from reviewer.report._markdown_page import page
from reviewer.report.interface import View

_MOST = 16 * 1024 * 1024
"""Bytes."""


def render(verdict: Verdict, view: View) -> str:
    """The report; what the repository wrote is inert in it, and no secret is in it. The view changes nothing."""
    return page(verdict, _MOST)
