"""Code that costs a rule engine most: long, deep, wide, or full of the words that rules look for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reviewer import rulebook


@dataclass(frozen=True, slots=True)
class _Forms:
    """How a language writes things; {} stands for what is inside."""

    whole: str
    """A file with statements in a function."""
    statement: str
    """A statement with an expression."""
    call: str = "{}({})"
    text: str = '"{}"'
    plus: str = " + "
    both: str = " && "
    link: str = ".{}()"
    block: str = "if (a) {{ {} }}"
    comment: str = "// {}\n"


_FORMS: Mapping[str, _Forms] = {
    "python": _Forms("def f(a):\n{}", "    x = {}\n", both=" and ", block="", comment="# {}\n"),
    "javascript": _Forms("function f(a) {{\n{}}}\n", "  x = {};\n"),
    "typescript": _Forms("function f(a: any) {{\n{}}}\n", "  x = {};\n"),
    "tsx": _Forms("function f(a: any) {{\n{}}}\n", "  x = {};\n"),
    "go": _Forms("package a\n\nfunc f(a bool) {{\n{}}}\n", "\tx = {}\n", block="if a {{ {} }}"),
    "java": _Forms("class A {{ void f(boolean a) {{\n{}}} }}\n", "    x = {};\n"),
    "ruby": _Forms("def f(a)\n{}end\n", "  x = {}\n", block="if a then {} end", comment="# {}\n"),
    "php": _Forms("<?php\nfunction f($a) {{\n{}}}\n", "  $x = {};\n", link="->{}()", plus=" . "),
    "c": _Forms("void f(int a)\n{{\n{}}}\n", "    x = {};\n"),
    "cpp": _Forms("void f(int a)\n{{\n{}}}\n", "    x = {};\n"),
    "csharp": _Forms("class A {{ void F(bool a) {{\n{}}} }}\n", "    x = {};\n"),
    "kotlin": _Forms("fun f(a: Boolean) {{\n{}}}\n", "    x = {}\n"),
    "rust": _Forms("fn f(a: bool) {{\n{}}}\n", "    x = {};\n", block="if a {{ {} }}"),
    "shell": _Forms(
        "f() {{\n{}}}\n", "  x={}\n", call="$({} {})", plus="", both="", link="", block="if a; then {} ; fi", comment="# {}\n"
    ),
    "terraform": _Forms('resource "a" "b" {{\n{}}}\n', "  x = {}\n", link=".{}", block="", comment="# {}\n"),
    "yaml": _Forms("a:\n{}", "  - x: {}\n", call="[{}, {}]", plus="", both="", link="", block="", comment="# {}\n"),
    "sql": _Forms("{}", "SELECT {};\n", both=" AND ", link="", block="BEGIN {} END", comment="-- {}\n", text="'{}'"),
    "dockerfile": _Forms("FROM a:1\n{}", "RUN x {}\n", call="$({} {})", both=" && ", link="", block="", comment="# {}\n"),
}


def words_of(language: str) -> list[str]:
    """Names that the rules of a language look for, and some that they do not."""
    folders = rulebook.DIALECTS[language].folders
    lines = (rulebook.folder() / "words.yml").read_text(encoding="utf-8").split("\n")
    mine = [line for line in lines if line.startswith(tuple(f"{folder}-" for folder in folders))]
    return sorted({word for line in mine for word in line.split()[2:] if word.isidentifier()} | {"abc", "value"})


def _line(forms: _Forms, words: list[str], size: int) -> str:
    return forms.whole.format(forms.statement.format(forms.text.format("a" * size)))


def _statements(forms: _Forms, words: list[str], size: int) -> str:
    one = [forms.statement.format(forms.call.format(word, number)) for number, word in enumerate(words)]
    return forms.whole.format("".join(one) * (size // max(1, len("".join(one))) + 1))


def _brackets(forms: _Forms, words: list[str], size: int) -> str:
    return forms.whole.format(forms.statement.format("(" * (size // 2) + "1" + ")" * (size // 2)))


def _open_brackets(forms: _Forms, words: list[str], size: int) -> str:
    return forms.whole.format(forms.statement.format("[(" * (size // 2)))


def _calls(forms: _Forms, words: list[str], size: int) -> str:
    opening, closing = forms.call.format("get", "\0").split("\0")
    count = size // len(opening + closing)
    return forms.whole.format(forms.statement.format(opening * count + "1" + closing * count))


def _blocks(forms: _Forms, words: list[str], size: int) -> str:
    if not forms.block:
        return ""
    opening, closing = forms.block.format("\0").split("\0")
    count = size // len(opening + closing)
    return forms.whole.format(opening * count + forms.statement.format("1").strip() + closing * count + "\n")


def _chained(joint: Callable[[_Forms], str]) -> Callable[[_Forms, list[str], int], str]:
    def shape(forms: _Forms, words: list[str], size: int) -> str:
        if not joint(forms):
            return ""
        part = forms.text.format("select") + joint(forms) + "name" + joint(forms)
        return forms.whole.format(forms.statement.format(part * (size // len(part)) + "last"))

    return shape


def _links(forms: _Forms, words: list[str], size: int) -> str:
    if not forms.link:
        return ""
    links = "".join(forms.link.format(word) for word in words)
    return forms.whole.format(forms.statement.format("a" + links * (size // len(links) + 1)))


def _text(forms: _Forms, words: list[str], size: int) -> str:
    content = " ".join(words)
    return forms.whole.format(forms.statement.format(forms.text.format(content * (size // len(content) + 1))))


def _comment(forms: _Forms, words: list[str], size: int) -> str:
    content = " ".join(words)
    return forms.comment.format(content * (size // len(content) + 1)) + forms.whole.format(forms.statement.format("1"))


def _separators(forms: _Forms, words: list[str], size: int) -> str:
    return ";a" * (size // 2)


SHAPES: Mapping[str, Callable[[_Forms, list[str], int], str]] = {
    "one long line": _line,
    "statements in one function": _statements,
    "brackets": _brackets,
    "brackets that are never closed": _open_brackets,
    "calls in calls": _calls,
    "blocks in blocks": _blocks,
    "a chain of texts": _chained(lambda forms: forms.plus),
    "a chain of conditions": _chained(lambda forms: forms.both),
    "a chain of methods": _links,
    "a huge text of trigger words": _text,
    "a huge comment of trigger words": _comment,
    "separators": _separators,
}


def hostile(language: str, shape: str, size: int) -> bytes:
    """About `size` bytes of code; empty if the language has no such thing."""
    forms = _FORMS.get(language)
    return SHAPES[shape](forms, words_of(language), size).encode() if forms else b""
