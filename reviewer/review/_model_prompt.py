"""What the model is shown of a hunk: windows of lines that fit its attention, fenced as data, with a letter per new line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from reviewer.records import Hunk, Line, LineKind, printable
from reviewer.review._model_taxonomy import TAXONOMY, Defect

LETTERS = "ABCDEFGHIJKLMNOPQRST"
"""One per new line of a window. A letter is one token; a line number is one per digit."""

WINDOW_TOKENS = 500
"""Tokens of a window's lines; with instructions, frame and question at most 800. A longer prompt costs precision and time."""

LONGEST_LINE = 300
"""Characters of a line that the model sees."""

NOTHING = "File: file\n<diff>\n</diff>\n"
"""A hunk without content: what the model answers to it is its bias."""


@dataclass(frozen=True, slots=True)
class Window:
    """Some lines of a hunk, in order."""

    hunk: Hunk
    lines: tuple[Line, ...]

    @property
    def lettered(self) -> dict[str, Line]:
        """The new lines that are not blank, by the letter the model knows them by."""
        new = [line for line in self.lines if line.kind is LineKind.ADDED and line.text.strip()]
        return dict(zip(LETTERS, new, strict=False))

    @property
    def material(self) -> str:
        """The window as text. The fence is named after the content, so no line in it can close it."""
        letters = {id(line): letter for letter, line in self.lettered.items()}
        body = "\n".join(f"{letters.get(id(line), ' ')} {line.kind.value} {shown(line)}" for line in self.lines)
        section = _one_line(self.hunk.section)
        fence = "diff-" + hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        head = f"File: {_one_line(printable(self.hunk.path))}" + (f"\nIn: {section}" if section else "")
        return f"{head}\n<{fence}>\n{body}\n</{fence}>\n"


def windows(hunk: Hunk, count: Callable[[Sequence[str]], Sequence[int]]) -> list[Window]:
    """Cut a hunk into windows that together hold every new line; those without a new line that is not blank are left out.

    Args:
        count: tokens of each of some texts.
    """
    sizes = count([shown(line) for line in hunk.lines])
    groups: list[list[Line]] = [[]]
    tokens = added = 0
    for line, size in zip(hunk.lines, sizes, strict=True):
        # A letter, a sign and the line feed are about three tokens more.
        cost, new = size + 3, line.kind is LineKind.ADDED
        if groups[-1] and (tokens + cost > WINDOW_TOKENS or added + new > len(LETTERS)):
            groups.append([])
            tokens = added = 0
        groups[-1].append(line)
        tokens, added = tokens + cost, added + new
    made = [Window(hunk, tuple(group)) for group in groups]
    return [window for window in made if window.lettered]


def shown(line: Line) -> str:
    """A line as the model sees it."""
    text = line.text.decode("utf-8", "replace").rstrip("\r")
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE] + " ..."


@cache
def template(name: str) -> str:
    """The text of prompts/NAME.txt, without the last line feed."""
    file = resources.files("reviewer.review").joinpath("prompts", f"{name}.txt")
    return file.read_text(encoding="utf-8").removesuffix("\n")


def kind_question() -> str:
    """Asks for one of the taxonomy's names."""
    return template("kind").format(kinds="\n".join(f"{defect.name}: {defect.hint}" for defect in TAXONOMY))


def line_question(window: Window, defect: Defect) -> str:
    """Asks for one of the window's letters."""
    return template("line").format(kind=f"{defect.name} ({defect.hint})", letters=", ".join(window.lettered))


def digest() -> str:
    """12 hex digits that change with anything the model is told besides the hunk."""
    parts = [template(name) for name in ("review", "verdict", "kind", "line")]
    parts += [kind_question(), NOTHING, LETTERS, str(WINDOW_TOKENS), str(LONGEST_LINE)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
