"""Where text that runs over several lines opens or closes: inside it, white space and comment marks are content."""

from __future__ import annotations

from reviewer.records import Hunk

_PAIRED = {
    "dart": (b'"""', b"'''"), "elixir": (b'"""',), "go": (b"`",), "groovy": (b'"""', b"'''"), "java": (b'"""',),
    "javascript": (b"`",), "julia": (b'"""',), "kotlin": (b'"""',), "csharp": (b'"""',), "nix": (b"''",),
    "python": (b'"""', b"'''"), "scala": (b'"""',), "starlark": (b'"""', b"'''"), "swift": (b'"""',), "toml": (b'"""', b"'''"),
    "tsx": (b"`",), "typescript": (b"`",),
}  # fmt: skip
"""The same mark opens and closes; an even number of them in one line is a string within the line."""

_OPENING = {
    "cpp": (b'R"',), "csharp": (b'@"',), "dockerfile": (b"<<",), "html": (b"<pre", b"<textarea", b"<script", b"<style"),
    "lua": (b"[[", b"[="), "perl": (b"<<",), "php": (b"<<<", b"?>"), "powershell": (b'@"', b"@'"), "ruby": (b"<<", b"%q", b"%Q"),
    "rust": (b'r"', b'r#"'), "shell": (b"<<",), "terraform": (b"<<",), "xml": (b"CDATA",), "yaml": (b"|", b">"),
    "zig": (b"\\\\",),
}  # fmt: skip


def long_string_in_sight(hunk: Hunk) -> bool:
    """Whether such a text opens or closes in the hunk. One that spans the whole hunk cannot be seen."""
    text = b"\n".join(line.text for line in hunk.lines)
    if any(mark in text for mark in _OPENING.get(hunk.language, ())):
        return True
    paired = [mark for mark in _PAIRED.get(hunk.language, ()) if mark in text]
    return any(line.text.count(mark) % 2 for mark in paired for line in hunk.lines)
