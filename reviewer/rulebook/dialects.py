"""The languages that have rules, and how the files of each are scanned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the files of one language are scanned."""

    folder: str
    """The folder of `rules/` with its rules."""
    grammar: str
    """Ast-grep's name for it; empty for a language that is matched line by line."""
    endings: tuple[str, ...]
    """Endings by which ast-grep knows such a file; the first is used for copies of our own."""
    also: tuple[str, ...] = ()
    """More folders of `rules/` whose rules are true here: C++ has all the traps of C."""

    @property
    def folders(self) -> tuple[str, ...]:
        """All folders of `rules/` with rules for this language."""
        return (self.folder, *self.also)


_SHELL = Dialect("shell", "bash", (".sh", ".bash"))
DIALECTS: Mapping[str, Dialect] = {
    "python": Dialect("python", "python", (".py",)),
    "javascript": Dialect("javascript", "javascript", (".js", ".jsx", ".mjs", ".cjs")),
    "jsx": Dialect("javascript", "javascript", (".js", ".jsx", ".mjs", ".cjs")),
    "typescript": Dialect("javascript", "typescript", (".ts", ".mts", ".cts")),
    "tsx": Dialect("javascript", "tsx", (".tsx",)),
    "go": Dialect("go", "go", (".go",)),
    "shell": _SHELL,
    "bash": _SHELL,
    "dockerfile": Dialect("dockerfile", "", ()),
    "java": Dialect("java", "java", (".java",)),
    "ruby": Dialect("ruby", "ruby", (".rb",)),
    "php": Dialect("php", "php", (".php",)),
    "c": Dialect("c", "c", (".c", ".h")),
    "cpp": Dialect("cpp", "cpp", (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx"), also=("c",)),
    "csharp": Dialect("csharp", "csharp", (".cs",)),
    "kotlin": Dialect("kotlin", "kotlin", (".kt", ".kts")),
    "rust": Dialect("rust", "rust", (".rs",)),
    "terraform": Dialect("terraform", "hcl", (".tf", ".hcl")),
    "yaml": Dialect("yaml", "yaml", (".yml", ".yaml")),
    "sql": Dialect("sql", "", ()),
}
"""By `Hunk.language`. The endings are those of ast-grep 0.51."""

FOLDERS = tuple(dict.fromkeys(dialect.folder for dialect in DIALECTS.values()))
"""The folders of `rules/` that hold rules of this format."""
