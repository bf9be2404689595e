"""The file that `hunkgate rules new` writes: complete, true to its examples, and of no use until it is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reviewer.rulebook import DIALECTS


@dataclass(frozen=True, slots=True)
class _Sample:
    """A rule's pattern and code for its examples, with {} for the part that differs."""

    rule: str
    code: str
    match: tuple[str, str] = ("dangerous(1)", "dangerous(name)")
    clean: tuple[str, str] = ("harmless(1)", "dangerous_name")


_CALL = _Sample("pattern: dangerous($X)", "{}")
_WORD = _Sample(
    "regex: '(?i)\\bdangerous\\b'", "{}", ("RUN dangerous", "RUN a && dangerous"), ("RUN harmless", "RUN dangerously")
)
_SAMPLES: Mapping[str, _Sample] = {
    "c": _Sample("kind: call_expression\n  has: {field: function, regex: ^dangerous$}", "void f(void) {{ {}; }}"),
    "cpp": _Sample("kind: call_expression\n  has: {field: function, regex: ^dangerous$}", "void f() {{ {}; }}"),
    "csharp": _Sample("pattern: dangerous($X)", "class A {{ void F() {{ G({}); }} }}"),
    "dockerfile": _WORD,
    "go": _Sample(
        "kind: call_expression\n  has: {field: function, regex: ^dangerous$}", "package a\n\nfunc f() {{\n\tuse({})\n}}"
    ),
    "java": _Sample("pattern: dangerous($X)", "class A {{ void f() {{ g({}); }} }}"),
    "php": _Sample("pattern: dangerous($X)", "<?php\ng({});"),
    "rust": _Sample("pattern: dangerous($X)", "fn f() {{ g({}); }}"),
    "shell": _Sample("pattern: dangerous $X", "{}", ("dangerous 1", 'dangerous "$name"'), ("harmless 1", "echo dangerous")),
    "sql": _Sample(_WORD.rule, "{};", ("SELECT dangerous", "CALL dangerous(1)"), ("SELECT 1", "SELECT dangerously")),
    "terraform": _Sample(
        "kind: attribute\n  regex: ^dangerous\\s*=",
        "{}",
        ("dangerous = 1", "dangerous = true"),
        ("harmless = 1", "safe = dangerous"),
    ),
    "yaml": _Sample(
        "kind: block_mapping_pair\n  has: {field: key, regex: ^dangerous$}",
        "{}",
        ("dangerous: 1", "dangerous: true"),
        ("harmless: 1", "safe: dangerous"),
    ),
}
"""By the folder of `rules/`; a plain call for the others."""


def template(name: str, language: str, kind: str) -> str:
    """The text of a new rule file.

    Args:
        name: its id.
        language: a folder of `rulebook.FOLDERS`.
    """
    sample = _SAMPLES.get(language, _CALL)
    cwe = "\n  cwe: CWE-20" if kind == "security" else ""
    return (
        f"id: {name}\nlanguage: {DIALECTS[language].grammar or language}\n"
        "severity: warning  # error, warning or info; an error of high confidence stops a commit\n"
        "message: >-\n  Say what goes wrong.\nnote: >-\n  Say how to write it instead.\n"
        f"metadata:\n  kind: {kind}{cwe}\n  confidence: medium  # high, medium or low\n"
        f"# {_help(language)}\nrule:\n  {sample.rule}\n"
        f"examples:\n  match:\n{_block(sample, sample.match)}  clean:\n{_block(sample, sample.clean)}"
    )


def _help(language: str) -> str:
    """Where the form of a rule is told."""
    if DIALECTS[language].grammar:
        return "How to write a rule: https://ast-grep.github.io/guide/rule-config.html"
    return "How to write an expression: https://github.com/google/re2/wiki/Syntax"


def _block(sample: _Sample, parts: tuple[str, str]) -> str:
    codes = (sample.code.format(part).replace("\n", "\n      ") for part in parts)
    return "".join(f"    - |\n      {code}\n" for code in codes)
