"""A hunk as numbers: what the trained classifier knows of it beside its words.

Nothing is looked up outside the hunk, so the same hunk always gives the same numbers. Counts are given as log(1 + count), shares
lie between 0 and 1. At most `TEXT_CHARS` of a hunk are read for its words; its size is always that of the whole.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import log1p

from reviewer.classify.comments import SYNTAX
from reviewer.classify.word_classes import CODE, CODE_CLASSES, COMMENT, COMMENT_CLASSES, PATH, PATH_CLASSES
from reviewer.records import Hunk, LineKind

TEXT_CHARS = 4000
LINE_CHARS = 600
"""As the training data were cut."""

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|===|!==|==|!=|<=|>=|&&|\|\||:=|->|::|\?\.|=>|[-+|]=|#\[|[^\s\w]")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.){0,400}\"|'(?:[^'\\\n]|\\.){0,400}'|`[^`\n]{0,400}`")
_WORD = re.compile(r"[A-Za-z]+:?")
_REFERENCE = re.compile(r"#\d{2,6}\b|https?://|\bGH-\d+")
_DEFINED = re.compile(
    r"\b(?:def|func|fn|function|fun|sub|class|struct|interface|trait|enum)\s+(?:\([^)]{0,80}\)\s*)?(?:self\.)?([A-Za-z_]\w*)"
    r"|^\s*(?:(?:public|private|protected|static|final|async|export|override|virtual|inline|const|abstract)\s+)+"
    r"[\w<>\[\],.*&\s]{0,60}?\b([A-Za-z_]\w*)\s*\(",
    re.MULTILINE,
)
_ANY_COMMENT = ("//", "#", "/*", "*", "--", ";;", "<!--", '"""', "'''")

GROUPS = (
    ("python", "cython", "starlark"), ("javascript", "typescript", "tsx", "vue", "svelte"), ("go",), ("rust",),
    ("java", "kotlin", "scala", "groovy"), ("c", "cpp", "objectivec"), ("php",), ("ruby", "perl", "lua"), ("csharp", "fsharp"),
    ("shell", "powershell"), ("html", "css", "scss", "xml"), ("terraform", "yaml", "json", "toml"), ("dart", "swift"),
)  # fmt: skip
_GROUP = {language: number for number, group in enumerate(GROUPS) for language in group}


@dataclass(slots=True)
class Side:
    """What stands on one side of a hunk."""

    lines: int = 0
    blank: int = 0
    remarks: int = 0
    """Lines that are a comment."""
    chars: int = 0
    code: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    """The text of its comments."""
    tokens: Counter[str] = field(default_factory=Counter)
    strings: int = 0


@dataclass(slots=True)
class Read:
    """A hunk, read once; its numbers and its words are taken from it."""

    path: str
    language: str
    added: Side
    removed: Side
    context: Side
    runs: int
    """Times that changed lines begin after a line of context."""
    swaps: int
    """Times that added lines follow removed ones."""
    rest: tuple[int, int]
    """Lines that the header counts and that are not there: of the old side, of the new."""
    old_start: int
    old_count: int
    new_start: int
    new_count: int
    section: str
    indent: int
    least_indent: int


def read(hunk: Hunk) -> Read:
    """Take a hunk apart; linear in its size."""
    syntax = SYNTAX.get(hunk.language)
    marks = tuple(mark.decode() for mark in (*syntax.line, *((syntax.opening, b"*") if syntax.opening else ()))) if syntax else ()
    marks = marks or _ANY_COMMENT
    sides = {LineKind.ADDED: Side(), LineKind.REMOVED: Side(), LineKind.CONTEXT: Side()}
    runs = swaps = indent = chars = 0
    least = 99
    last = LineKind.CONTEXT
    for line in hunk.lines:
        kind = line.kind
        side = sides[kind]
        side.lines += 1
        if kind is not last:
            runs += last is LineKind.CONTEXT
            swaps += last is LineKind.REMOVED and kind is LineKind.ADDED
            last = kind
        if chars >= TEXT_CHARS:
            continue
        text = line.text[:LINE_CHARS].decode("utf-8", "replace")
        chars += len(text) + 2
        bare = text.strip()
        if not bare:
            side.blank += 1
            continue
        side.chars += len(bare)
        if bare.startswith(marks):
            side.remarks += 1
            side.prose.append(bare)
            continue
        side.code.append(text)
        if kind is LineKind.ADDED:
            margin = _margin(text, bare)
            indent, least = max(indent, margin), min(least, margin)
    for kind, side in sides.items():
        text = "\n".join(side.code)
        side.tokens = Counter(_TOKEN.findall(text))
        # Nobody asks for the strings of the context.
        side.strings = len(_STRING.findall(text)) if kind is not LineKind.CONTEXT else 0
    old = sides[LineKind.CONTEXT].lines + sides[LineKind.REMOVED].lines
    new = sides[LineKind.CONTEXT].lines + sides[LineKind.ADDED].lines
    rest = (min(max(hunk.old_count - old, 0), 10**6), min(max(hunk.new_count - new, 0), 10**6))
    return Read(
        hunk.path.decode("utf-8", "replace"), hunk.language, sides[LineKind.ADDED], sides[LineKind.REMOVED],
        sides[LineKind.CONTEXT], runs, swaps, rest, hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count,
        hunk.section, indent, 0 if least == 99 else least,
    )  # fmt: skip


def _margin(text: str, bare: str) -> int:
    margin = text[: text.find(bare[0])]
    return margin.count("\t") * 4 + margin.count(" ")


def _size_names() -> tuple[str, ...]:
    return (
        "added", "removed", "net", "growth", "added_share", "context", "added_code", "removed_code", "added_blank",
        "added_remarks", "removed_remarks", "remark_share", "added_chars", "removed_chars", "width", "runs", "swaps", "one_swap",
        "pure_add", "pure_removal", "indent", "least_indent", "old_start", "at_top", "new_file", "gone_file", "has_section",
        "rest",
    )  # fmt: skip


def sizes(read: Read) -> tuple[float, float]:
    """Added and removed lines; of a hunk that was cut off, what its header lets expect."""
    old, new = read.rest
    shared = min(old, new) / 2
    return read.added.lines + new - shared, read.removed.lines + old - shared


def _size(read: Read) -> list[float]:
    added, removed = sizes(read)
    plus, minus = read.added, read.removed
    code_plus, code_minus = len(plus.code), len(minus.code)
    return [
        log1p(added), log1p(removed), _signed(added - removed), log1p(added) - log1p(removed), _share(added, added + removed),
        log1p(read.context.lines), log1p(code_plus), log1p(code_minus), log1p(plus.blank), log1p(plus.remarks),
        log1p(minus.remarks), _share(plus.remarks + minus.remarks, plus.lines + minus.lines), log1p(plus.chars),
        log1p(minus.chars), log1p(_share(plus.chars, plus.lines)), log1p(read.runs), log1p(read.swaps),
        float(added == removed == 1), float(not removed), float(not added), log1p(read.indent), log1p(read.least_indent),
        log1p(max(read.old_start, 0)), float(read.old_start <= 1), float(not read.old_count and read.old_start <= 1),
        float(not read.new_count and read.new_start <= 1), float(bool(read.section)), log1p(sum(read.rest)),
    ]  # fmt: skip


_CHANGE_NAMES = (
    "kept_of_removed", "kept_of_added", "new_tokens", "gone_tokens", "token_overlap", "lines_moved", "new_names", "gone_names",
    "new_names_share", "added_known_share", "renamed", "only_values", "only_signs", "strings_net", "defs_added", "defs_removed",
    "defs_new", "defs_gone", "defs_changed", "section_def", "references", "numbers_net", "same_code", "new_kinds",
)  # fmt: skip


def _change(read: Read) -> list[float]:
    plus, minus, context = read.added.tokens, read.removed.tokens, read.context.tokens
    here, gone = sum(plus.values()), sum(minus.values())
    kept = sum((plus & minus).values()) if plus and minus else 0
    names_plus, names_minus, names_context = names_of(plus), names_of(minus), names_of(context)
    new_names = names_plus - names_minus - names_context
    gone_names = names_minus - names_plus
    lines_plus, lines_minus = Counter(bare_lines(read.added.code)), Counter(bare_lines(read.removed.code))
    moved = sum((lines_plus & lines_minus).values())
    defs_plus, defs_minus = defined(read.added.code), defined(read.removed.code)
    differing = (plus.keys() - minus.keys()) | (minus.keys() - plus.keys()) if minus and plus else set()
    both = bool(plus) and bool(minus)
    return [
        _share(kept, gone), _share(kept, here), log1p(here - kept), log1p(gone - kept), _share(2 * kept, here + gone),
        _share(moved, sum(lines_minus.values())), log1p(len(new_names)), log1p(len(gone_names)),
        _share(len(new_names), len(names_plus)), _share(len(names_plus & (names_context | names_minus)), len(names_plus)),
        float(both and len(new_names) == len(gone_names) and 0 < len(new_names) <= 3),
        float(both and all(token[0].isdigit() for token in differing)),
        float(both and not any(token[0].isalnum() or token[0] == "_" for token in differing)),
        _signed(read.added.strings - read.removed.strings), log1p(len(defs_plus)), log1p(len(defs_minus)),
        log1p(len(defs_plus - defs_minus)), log1p(len(defs_minus - defs_plus)), log1p(len(defs_plus & defs_minus)),
        float(bool(_DEFINED.search(read.section[:200]))), log1p(_references(read)), _signed(_digits(plus) - _digits(minus)),
        float(both and plus == minus), log1p(len(plus.keys() - minus.keys() - context.keys())),
    ]  # fmt: skip


def names_of(tokens: Iterable[str]) -> set[str]:
    """The tokens that are names or keywords."""
    return {token for token in tokens if token[0].isalpha() or token[0] == "_"}


def bare_lines(lines: list[str]) -> list[str]:
    """Lines without their white space; those of three signs and fewer (closing brackets) are left out."""
    return [text for line in lines if len(text := "".join(line.split())) > 3]


def defined(lines: list[str]) -> set[str]:
    """Names of functions and types that are defined in them."""
    return {first or second for first, second in _DEFINED.findall("\n".join(lines))}


def _references(read: Read) -> int:
    return sum(len(_REFERENCE.findall(text)) for text in read.added.prose)


def _digits(tokens: Counter[str]) -> int:
    return sum(count for token, count in tokens.items() if token[0].isdigit())


def _class_names() -> tuple[str, ...]:
    sides = ("plus", "minus", "net")
    code = tuple(f"{name}_{side}" for side in sides for name in CODE_CLASSES)
    return code + tuple(f"says_{name}_{side}" for side in ("plus", "minus") for name in COMMENT_CLASSES)


def _classes(read: Read) -> list[float]:
    plus, minus = _counted(read.added.tokens), _counted(read.removed.tokens)
    code = [log1p(n) for n in plus] + [log1p(n) for n in minus] + [_signed(a - b) for a, b in zip(plus, minus, strict=True)]
    return code + _said(read.added.prose) + _said(read.removed.prose)


def _counted(tokens: Counter[str]) -> list[int]:
    found = [0] * len(CODE_CLASSES)
    for token, count in tokens.items():
        number = CODE.get(token)
        if number is not None:
            found[number] += count
    return found


def _said(prose: list[str]) -> list[float]:
    found = [0] * len(COMMENT_CLASSES)
    for word in _WORD.findall(" ".join(prose)):
        number = COMMENT.get(word.lower())
        if number is not None:
            found[number] += 1
    return [log1p(n) for n in found]


def _place(read: Read) -> list[float]:
    folders = read.path.lower().split("/")
    words = {part for folder in folders for part in re.split(r"[^a-z]+", folder)}
    flags = [0.0] * len(PATH_CLASSES)
    for word in words:
        number = PATH.get(word)
        if number is not None:
            flags[number] = 1.0
    group = [0.0] * (len(GROUPS) + 1)
    group[_GROUP.get(read.language, len(GROUPS))] = 1.0
    return [log1p(len(folders)), log1p(len(folders[-1])), *flags, *group]


NAMES: tuple[str, ...] = (
    *_size_names(), *_CHANGE_NAMES, *_class_names(), "depth", "name_length", *(f"in_{name}" for name in PATH_CLASSES),
    *(f"is_{group[0]}" for group in GROUPS), "is_other",
)  # fmt: skip
"""What each number is, in the order of `numbers`."""


def numbers(read: Read) -> list[float]:
    """The numbers of a hunk, in the order of `NAMES`."""
    return [*_size(read), *_change(read), *_classes(read), *_place(read)]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _signed(value: float) -> float:
    return log1p(value) if value >= 0 else -log1p(-value)
