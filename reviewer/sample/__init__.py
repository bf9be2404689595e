"""The sample change of `hunkgate demo`: a file before it, with two problems in it, and mended."""

from __future__ import annotations

from importlib import resources

PATH = "shop/customers.py"
"""Where the file stands in the demo's repository."""

TOKEN_MARK = "@TOKEN@"
"""Stands in the sample where the demo puts a token of its own making: a real one in the source would alarm every scanner."""


def text(stage: str) -> str:
    """The file at one stage: "before", "change" or "mend"."""
    return resources.files(__name__).joinpath(f"{stage}.txt").read_text(encoding="utf-8")
