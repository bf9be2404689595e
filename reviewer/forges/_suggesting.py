"""Markdown that code hosts turn into a button, and lines that nobody sees."""

from __future__ import annotations

import re


def fenced(lines: str | None, info: str) -> str:
    """A fenced block (https://spec.commonmark.org/0.31.2/#fenced-code-blocks) below a body; nothing for None."""
    if lines is None:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n\n{fence}{info}\n{lines}\n{fence}\n"


def html_marker(content: str) -> str:
    """An HTML comment, which is not shown."""
    return f"<!-- {content} -->"
