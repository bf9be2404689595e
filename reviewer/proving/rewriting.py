"""From a model's answer to a fix: its lines take the place of those in the file, indented and ended as these are."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Sequence

from reviewer.fix.edits import applied
from reviewer.fix.patch import lines_of
from reviewer.proving.python_parts import PythonFile, parts
from reviewer.proving.reading import FRESH, Readings
from reviewer.records import Fix, Replacement
from reviewer.review._model_fix import Rewrite, UnfitError

MODULES = frozenset(
    re.findall(
        r"\w+",
        "ast base64 binascii bisect collections contextlib datetime functools hashlib heapq hmac html io ipaddress itertools "
        "json logging math operator os pathlib re secrets shlex shutil ssl stat subprocess sys tempfile threading time urllib "
        "uuid",
    )
)
"""Of the standard library: those that are imported for code that names them. Own choice: what nobody calls a variable."""


class UnchangedError(UnfitError):
    """The lines are what stands there."""


def fix_of(rewrite: Rewrite, content: bytes, language: str, source: str, read: Readings = FRESH) -> Fix:
    """The fix that an answer asks for.

    Args:
        content: the whole file.
        source: who proposes it.

    Raises:
        UnchangedError: it changes nothing.
        UnfitError: it cannot be done, or brings characters that the lines do not have.
    """
    lines = lines_of(content)
    old = lines[rewrite.first - 1 : rewrite.last]
    new = _ended(_unpadded(_indented(rewrite.lines, old), old), old)
    _check_characters(b"".join(old), b"".join(new))
    offset = sum(map(len, lines[: rewrite.first - 1]))
    edits = list(_blocks(content, offset, old, new))
    if language == "python" and read.python_error(content) is None:
        edits += _imports(content, lines, edits, read)
    fix = Fix.of(edits, source)
    if fix is None:
        raise UnchangedError("it changes nothing")
    return fix


def _blocks(content: bytes, offset: int, old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Replacement]:
    """Only the lines that differ."""
    starts = [offset]
    for line in old:
        starts.append(starts[-1] + len(line))
    for kind, first, last, begin, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Replacement.least(content, starts[first], starts[last], b"".join(new[begin:end]))


def _indented(new: Sequence[str], old: Sequence[bytes]) -> list[bytes]:
    """The new lines, where the first one has no margin, moved right by that of the first old one: models often forget it."""
    written = [line.encode("utf-8", "surrogatepass") for line in new]
    first = next((line for line in written if line.strip()), None)
    if first is None:
        raise UnfitError("it only deletes")
    wanted, given = _margin(next(line for line in old if line.strip())), _margin(first)
    return written if given else [wanted + line if line.strip() else b"" for line in written]


def _margin(line: bytes) -> bytes:
    return line[: len(line) - len(line.lstrip(b" \t"))]


def _unpadded(new: Sequence[bytes], old: Sequence[bytes]) -> list[bytes]:
    """Without blanks at the ends of lines, but where an old line has them."""
    kept = {line.rstrip(): line.rstrip(b"\r\n") for line in old}
    return [kept.get(line.rstrip(), line.rstrip()) for line in new]


def _ended(new: Sequence[bytes], old: Sequence[bytes]) -> list[bytes]:
    """With the line ends of the old lines; the last one has none if the last old one has none."""
    end = b"\r\n" if old[0].endswith(b"\r\n") else b"\n"
    made = [line + end for line in new]
    return made if old[-1].endswith(b"\n") else [*made[:-1], made[-1].removesuffix(end)]


def _check_characters(old: bytes, new: bytes) -> None:
    """Nothing that cannot be seen, and no letters in an encoding that may not be the file's."""
    before = set(old.decode("utf-8", "replace"))
    for character in new.decode("utf-8", "surrogatepass"):
        if character not in before and (character > "~" or (character < " " and character not in "\t\r\n")):
            raise UnfitError(f"it brings the character U+{ord(character):04X}")


def _imports(content: bytes, lines: Sequence[bytes], edits: Sequence[Replacement], read: Readings) -> Iterator[Replacement]:
    """Of modules of the standard library that the new code names and the file does not know, above its first import."""
    missing = sorted(_new_names(content, edits, read)) if edits else []
    if not missing:
        return
    line = _place(content, read)
    end = b"\r\n" if lines[0].endswith(b"\r\n") else b"\n"
    start = sum(map(len, lines[: line - 1]))
    yield Replacement.at(content, start, start, b"".join(b"import %s%s" % (one.encode(), end) for one in missing))


def _new_names(content: bytes, edits: Sequence[Replacement], read: Readings) -> frozenset[str]:
    """Names of `MODULES` that the file names only with the edits in it."""
    file = read.python(content)
    changed = parts(file, edits) if file is not None else None
    if changed is not None:
        new = _names(ast.Module(list(changed.after), []))
    else:
        after = PythonFile.read(applied(content, edits))
        new = _names(after.tree) if after is not None else frozenset()
    return new and new - read.once("names", content, lambda: _names(file.tree) if file is not None else frozenset())


def _names(tree: ast.Module) -> frozenset[str]:
    """Names of `MODULES` that are bound or used at all."""
    nodes = list(ast.walk(tree))
    found = {node.id for node in nodes if isinstance(node, ast.Name)}
    found |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    found |= {
        alias.asname or alias.name.partition(".")[0]
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return MODULES & found


def _place(content: bytes, read: Readings) -> int:
    """The line where imports can be put in.

    Raises:
        UnfitError: Python does not read the file, or counts its lines in another way than git.
    """
    file = read.python(content)
    if file is None or content.count(b"\r") != content.count(b"\r\n") or b"\x0c" in content:
        raise UnfitError("it needs an import, and there is no telling where to put it")
    behind = 1
    for statement in file.tree.body:
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not future and not docstring:
            return statement.lineno if isinstance(statement, (ast.Import, ast.ImportFrom)) else behind
        behind = (statement.end_lineno or statement.lineno) + 1
    return behind
