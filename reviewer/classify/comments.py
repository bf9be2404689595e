"""Whether a hunk changes nothing but comments, told so that code is never called a comment.

A comment that silences a tool or speaks to one is still a comment. A comment that runs is code: a shebang, an encoding
declaration, a `go:embed`, the attribute `#[...]` of PHP. A block comment counts only if its opening or its end stands in the
hunk, and only if the lines around it are as much comment afterwards as before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.classify.long_strings import long_string_in_sight
from reviewer.classify.sides import after, before
from reviewer.records import Hunk, Line, LineKind


@dataclass(frozen=True, slots=True)
class Syntax:
    """How a language writes comments."""

    line: tuple[bytes, ...] = ()
    """What starts a comment that ends with its line."""
    opening: bytes = b""
    closing: bytes = b""
    """Of a comment over several lines; empty if there is none."""


_HASH = Syntax(line=(b"#",))
_SLASHES = Syntax(line=(b"//",), opening=b"/*", closing=b"*/")
_MARKUP = Syntax(opening=b"<!--", closing=b"-->")

SYNTAX = {
    **dict.fromkeys(
        (
            "cmake", "cython", "dockerfile", "elixir", "graphql", "julia", "make", "nix", "perl", "powershell", "python", "r",
            "ruby", "shell", "starlark", "toml", "yaml",
        ),
        _HASH,
    ),
    **dict.fromkeys(
        (
            "c", "cpp", "csharp", "dart", "go", "gomod", "groovy", "java", "javascript", "kotlin", "less", "objectivec",
            "protobuf", "rust", "scala", "scss", "swift", "tsx", "typescript", "zig",
        ),
        _SLASHES,
    ),
    **dict.fromkeys(("html", "xml"), _MARKUP),
    "css": Syntax(opening=b"/*", closing=b"*/"),
    "erlang": Syntax(line=(b"%",)),
    "haskell": Syntax(line=(b"-- ",)),
    "ini": Syntax(line=(b"#", b";")),
    "lua": Syntax(line=(b"--",)),
    "php": Syntax(line=(b"//", b"#"), opening=b"/*", closing=b"*/"),
    "properties": Syntax(line=(b"#", b"!")),
    "sql": Syntax(line=(b"--",), opening=b"/*", closing=b"*/"),
    "terraform": Syntax(line=(b"#", b"//"), opening=b"/*", closing=b"*/"),
}  # fmt: skip

_RUNS_EVERYWHERE = re.compile(rb"^\s*#!|\\\s*\Z")
"""A shebang; a line that continues on the next one and so decides what that one is."""

_RUNS = {
    "cpp": rb"\?\?/",
    "dart": rb"\$\{",
    "dockerfile": rb"(?i)^\s*#\s*(syntax|escape|check)\s*=|\$\(|`",
    "elixir": rb"#\{",
    "go": rb"^\s*//(go:|export |line |\s*\+build)",
    "groovy": rb"\$\{",
    "html": rb"<!--\s*\[|\[endif\]",
    "java": rb"\\u",
    "javascript": rb"\$\{",
    "kotlin": rb"\$\{",
    "lua": rb"--\[",
    "nix": rb"\$\{",
    "perl": rb"@\{",
    "php": rb"#\[|\?>|\{\$|\$\{",
    "python": rb"#.*coding[:=]|\{.*\(.*\}",
    "ruby": rb"#\{",
    "scala": rb"\$\{",
    "shell": rb"\$\(|`",
    "sql": rb"/\*M?!",
    "swift": rb"\\\(",
    "terraform": rb"\$\{",
    "tsx": rb"\$\{",
    "typescript": rb"\$\{",
    "yaml": rb"\$\{\{",
}
"""Comments that are more than comments, as patterns (compiled when one is needed).

Java reads \\uXXXX before it looks for comments, `?>` ends PHP inside a comment, MySQL runs `/*! ... */`, PEP 263 and Dockerfile
directives change how the file is read. The others compute inside a long string that opened above the hunk, where a comment mark
is plain text: `${...}`, `#{...}`, `$(...)`, and `${{...}}` in a script of a workflow file.
"""

_CGO = re.compile(rb"^\s*import\s+\"C\"")
"""The comment above it is compiled as C (cmd/cgo)."""

_HIDING = re.compile(rb"[\x00\r\x0b\x0c\x85]|\xc2\x85|\xe2\x80[\xa8\xa9\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""Line breaks that git does not count but languages do, and marks that reorder what a person sees (CVE-2021-42574)."""


def comment_only(hunk: Hunk) -> str:
    """The reason in words if nothing but comments and blank lines differ; empty if anything else may."""
    syntax = SYNTAX.get(hunk.language)
    if syntax is None:
        return ""
    if long_string_in_sight(hunk):
        syntax = Syntax(line=syntax.line)
    old_lines, new_lines = before(hunk), after(hunk)
    (old, old_open), (new, new_open) = _in_comment(old_lines, syntax), _in_comment(new_lines, syntax)
    if old_open != new_open or _context(old_lines, old) != _context(new_lines, new):
        return ""
    if not _changed(old_lines, old) or not _changed(new_lines, new):
        return ""
    return "" if _hides(hunk) else f"only comments of {hunk.language} differ"


def _hides(hunk: Hunk) -> bool:
    """Whether a changed line is more than it seems."""
    runs = _RUNS.get(hunk.language)
    return any(
        _HIDING.search(line.text.rstrip(b"\r"))
        or _RUNS_EVERYWHERE.search(line.text)
        or (runs is not None and re.search(runs, line.text))
        for line in hunk.lines
        if line.kind is not LineKind.CONTEXT
    ) or (hunk.language == "go" and any(_CGO.search(line.text) for line in hunk.lines))


def _in_comment(lines: Sequence[Line], syntax: Syntax) -> tuple[list[bool], bool]:
    """For each line whether all of it is comment (a blank line is), and whether a comment is open after the last."""
    inside = _starts_inside(lines, syntax)
    found: list[bool] = []
    opened = 0
    for line in lines:
        was_inside = inside
        whole, inside = _read(line.text.strip(), inside, syntax)
        found.append(whole)
        opened = len(found) if inside and not was_inside else opened
    # A comment whose end is out of sight is believed only where each of its lines begins with a star.
    if inside and not all(line.text.strip().startswith(b"*") for line in lines[opened:]):
        return [False] * len(found), True
    return found, inside


def _starts_inside(lines: Sequence[Line], syntax: Syntax) -> bool:
    """Whether the hunk begins inside a block comment: its end stands alone on a line, below lines that all begin with a star."""
    for line in lines:
        text = line.text.strip()
        if text and text == syntax.closing:
            return True
        if text and not text.startswith(b"*"):
            return False
    return False


def _read(text: bytes, inside: bool, syntax: Syntax) -> tuple[bool, bool]:
    """Whether the whole line is comment, and whether a block comment is open after it."""
    while True:
        if inside:
            _, closed, text = text.partition(syntax.closing)
            if not closed:
                return True, True
            inside, text = False, text.strip()
        if not text or text.startswith(syntax.line):
            return True, False
        if not syntax.opening or not text.startswith(syntax.opening):
            return False, False
        inside, text = True, text[len(syntax.opening) :]


def _context(lines: Sequence[Line], found: list[bool]) -> list[bool]:
    return [whole for line, whole in zip(lines, found, strict=True) if line.kind is LineKind.CONTEXT]


def _changed(lines: Sequence[Line], found: list[bool]) -> bool:
    """Whether every changed line is comment."""
    return all(whole for line, whole in zip(lines, found, strict=True) if line.kind is not LineKind.CONTEXT)
