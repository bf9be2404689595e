"""A table of the documentation that a test makes: it stands between two marks, and UPDATE_DOCS=1 writes it anew."""

from __future__ import annotations

import os
from pathlib import Path


def assert_documented(page: Path, start: str, table: str, end: str) -> None:
    """The page shows exactly this table."""
    before, _, rest = page.read_text(encoding="utf-8").partition(start)
    shown, _, after = rest.partition(end)
    if os.environ.get("UPDATE_DOCS"):
        page.write_text(before + start + table + end + after, encoding="utf-8")
    else:
        assert shown == table
