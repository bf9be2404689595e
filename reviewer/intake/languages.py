"""Which language a file is written in, told from its name and, for scripts without an ending, from its first line.

The names are the ones used everywhere in Hunkgate: lower case, "cpp" for C++, "csharp" for C#, "shell" for every Unix shell.
"""

from __future__ import annotations

import re

_BY_ENDING = {
    b"bash": "shell", b"bats": "shell", b"bzl": "starlark", b"c": "c", b"cc": "cpp", b"cfg": "ini", b"cjs": "javascript",
    b"clj": "clojure", b"cmake": "cmake", b"conf": "ini", b"cpp": "cpp", b"cs": "csharp", b"css": "css", b"csv": "csv",
    b"cts": "typescript", b"cu": "cpp", b"cxx": "cpp", b"dart": "dart", b"dockerfile": "dockerfile", b"ejs": "html",
    b"elm": "elm", b"erl": "erlang", b"ex": "elixir", b"exs": "elixir", b"fs": "fsharp", b"go": "go", b"gradle": "groovy",
    b"graphql": "graphql", b"groovy": "groovy", b"h": "c", b"hcl": "terraform", b"hh": "cpp", b"hpp": "cpp", b"hs": "haskell",
    b"htm": "html", b"html": "html", b"hxx": "cpp", b"ini": "ini", b"java": "java", b"jl": "julia", b"js": "javascript",
    b"json": "json", b"json5": "json", b"jsonc": "json", b"jsx": "javascript", b"ksh": "shell", b"kt": "kotlin",
    b"kts": "kotlin", b"less": "less", b"lua": "lua", b"m": "objectivec", b"markdown": "markdown", b"md": "markdown",
    b"mdx": "markdown", b"mjs": "javascript", b"mk": "make", b"ml": "ocaml", b"mm": "objectivec", b"mts": "typescript",
    b"nix": "nix", b"php": "php", b"phtml": "php", b"pl": "perl", b"pm": "perl", b"properties": "properties",
    b"proto": "protobuf", b"ps1": "powershell", b"psm1": "powershell", b"py": "python", b"pyi": "python", b"pyw": "python",
    b"pyx": "cython", b"r": "r", b"rake": "ruby", b"rb": "ruby", b"rs": "rust", b"rst": "restructuredtext", b"sass": "sass",
    b"scala": "scala", b"scss": "scss", b"sh": "shell", b"sql": "sql", b"svelte": "svelte", b"svg": "xml", b"swift": "swift",
    b"tf": "terraform", b"tfvars": "terraform", b"toml": "toml", b"ts": "typescript", b"tsx": "tsx", b"txt": "text",
    b"vue": "vue", b"xhtml": "html", b"xml": "xml", b"yaml": "yaml", b"yml": "yaml", b"zig": "zig", b"zsh": "shell",
    b"adoc": "asciidoc",
}  # fmt: skip

_BY_NAME = {
    b".bash_profile": "shell", b".bashrc": "shell", b".envrc": "shell", b".profile": "shell", b".zshrc": "shell",
    b"build.bazel": "starlark", b"cmakelists.txt": "cmake", b"containerfile": "dockerfile",
    b"dockerfile": "dockerfile", b"gemfile": "ruby", b"gnumakefile": "make", b"go.mod": "gomod", b"go.sum": "gosum",
    b"jenkinsfile": "groovy", b"makefile": "make", b"podfile": "ruby", b"rakefile": "ruby", b"tiltfile": "starlark",
    b"vagrantfile": "ruby",
}  # fmt: skip
"""Whole names in lower case; they win over the ending ("CMakeLists.txt" is no prose)."""

_BY_EXACT_NAME = {b"BUILD": "starlark", b"WORKSPACE": "starlark"}
"""Names that mean something else in lower case: `build` is somebody's script."""

_BY_INTERPRETER = {
    b"ash": "shell", b"bash": "shell", b"bun": "javascript", b"dash": "shell", b"deno": "typescript", b"ksh": "shell",
    b"lua": "lua", b"node": "javascript", b"nodejs": "javascript", b"perl": "perl", b"php": "php", b"pwsh": "powershell",
    b"pypy": "python", b"python": "python", b"ruby": "ruby", b"sh": "shell", b"zsh": "shell",
}  # fmt: skip

_ENDINGS = {
    "asciidoc": ".adoc", "c": ".c", "clojure": ".clj", "cmake": ".cmake", "cpp": ".cpp", "csharp": ".cs", "css": ".css",
    "csv": ".csv", "cython": ".pyx", "dart": ".dart", "dockerfile": ".dockerfile", "elixir": ".ex", "elm": ".elm",
    "erlang": ".erl", "fsharp": ".fs", "go": ".go", "gomod": ".mod", "gosum": ".sum", "graphql": ".graphql",
    "groovy": ".groovy", "haskell": ".hs", "html": ".html", "ini": ".ini", "java": ".java", "javascript": ".js",
    "json": ".json", "julia": ".jl", "kotlin": ".kt", "less": ".less", "lua": ".lua", "make": ".mk", "markdown": ".md",
    "nix": ".nix", "objectivec": ".m", "ocaml": ".ml", "perl": ".pl", "php": ".php", "powershell": ".ps1",
    "properties": ".properties", "protobuf": ".proto", "python": ".py", "r": ".r", "restructuredtext": ".rst",
    "ruby": ".rb", "rust": ".rs", "sass": ".sass", "scala": ".scala", "scss": ".scss", "shell": ".sh", "sql": ".sql",
    "starlark": ".bzl", "svelte": ".svelte", "swift": ".swift", "terraform": ".tf", "toml": ".toml", "tsx": ".tsx",
    "typescript": ".ts", "vue": ".vue", "xml": ".xml", "yaml": ".yaml", "zig": ".zig",
}  # fmt: skip
_PLAIN_ENDING = ".txt"

_SPOKEN = {"c++": "cpp", "c#": "csharp", "f#": "fsharp", "golang": "go", "makefile": "make", "objective-c": "objectivec"}
"""As people write them."""

_SHEBANG_BYTES = 256
"""The kernel reads no more of a shebang line (linux/binfmts.h, BINPRM_BUF_SIZE)."""


def language_of(path: bytes, first_line: bytes = b"") -> str:
    """The language of a file, empty if unknown.

    The whole name decides, then the ending (upper or lower case), then the shebang of a file without a known ending.

    Args:
        path: as git stores it.
        first_line: the file's first line, if it is known.
    """
    name = path.rpartition(b"/")[2]
    lowered = name.lower()
    named = _BY_EXACT_NAME.get(name) or _BY_NAME.get(lowered)
    if named:
        return named
    # "Dockerfile.dev" is a habit, "dockerfile.py" is a Python module: only the capital letter tells them apart.
    if name.startswith((b"Dockerfile.", b"Containerfile.")):
        return "dockerfile"
    ending = lowered.rpartition(b".")[2] if b"." in lowered else b""
    return _BY_ENDING.get(ending) or _by_shebang(first_line)


def ending_for(language: str) -> str:
    """The file ending, with its dot, that makes tools read a private copy as `language`; ".txt" for an unknown one."""
    return _ENDINGS.get(language, _PLAIN_ENDING)


def names() -> tuple[str, ...]:
    """Every language that we know, sorted."""
    return tuple(sorted(_ENDINGS))


def named(text: str) -> str:
    """The language that a person means by its name or by a file's ending, with or without its dot; empty if there is none."""
    lowered = text.strip().lower()
    if lowered in _ENDINGS:
        return lowered
    return _SPOKEN.get(lowered) or _BY_ENDING.get(lowered.removeprefix(".").encode("ascii", "replace"), "")


def _by_shebang(first_line: bytes) -> str:
    if not first_line.startswith(b"#!"):
        return ""
    for word in first_line[2:_SHEBANG_BYTES].split():
        program = word.rpartition(b"/")[2]
        # "env" and its options and settings stand before the interpreter.
        if program == b"env" or program.startswith(b"-") or b"=" in program:
            continue
        return _BY_INTERPRETER.get(re.sub(rb"[\d.]+\Z", b"", program), "")
    return ""
