"""Which families of rules are asked about which files. Read before any of them is imported: most changes need a few."""

from __future__ import annotations

FIRST = "syntax"
"""What says whether the rest can be read at all."""

FAMILIES = (
    FIRST, "arguments", "callers", "comparisons", "copies", "exceptions", "guards", "logs", "migrations", "names", "pins",
    "protections", "resources", "silencing", "trials", "values",
)  # fmt: skip
"""The names of their files. A test compares them with the folder."""

_READ_NEW_FILES = frozenset({"copies", "logs", "migrations"})
"""All others have nothing to say without an old side."""
_READ_PYTHON = frozenset({"callers", "names", "syntax"})
_READ_LINES = frozenset({"migrations", "pins", "silencing"})
"""All others read statements."""
_READ_TESTS = frozenset({"callers", "migrations", "names", "pins", "silencing", "syntax", "trials"})
_READ_TESTS_ONLY = frozenset({"trials"})


def asked(language: str, *, has_code: bool, is_new: bool, is_test: bool) -> list[str]:
    """The families to ask about one file.

    Args:
        has_code: whether its statements are known.
    """
    return [
        name
        for name in FAMILIES
        if (has_code or name in _READ_LINES)
        and (language == "python" or name not in _READ_PYTHON)
        and (not is_new or name in _READ_NEW_FILES)
        and (name in _READ_TESTS if is_test else name not in _READ_TESTS_ONLY)
    ]
