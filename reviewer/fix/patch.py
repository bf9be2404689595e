"""A patch as `git apply` reads it (git-diff(1), "Generating patch text with -p"): bytes in, bytes out, no diff algorithm.

The replacements say which lines change, so a patch of a file with 20,000 lines is made as fast as that of a short one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reviewer.fix.edits import applied
from reviewer.records import Replacement

CONTEXT = 3
"""Lines around a change."""

_NO_END = b"\\ No newline at end of file\n"

_ESCAPED = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r", 34: b'"', 92: b"\\"}


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines that give way to others. Numbers count lines from 0."""

    start: int
    old: tuple[bytes, ...]
    """With their line feeds."""
    new: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PatchHunk:
    """Blocks that are so close together that their context meets."""

    blocks: tuple[Block, ...]
    before: tuple[bytes, ...]
    """The lines around and between: of the file, from `start` to `end`."""
    start: int
    """0-based line of the file."""
    shift: int
    """Lines that the hunks above add."""

    def rows(self) -> Iterator[tuple[bytes, bytes]]:
        """Sign and line of every row."""
        at = self.start
        for block in self.blocks:
            yield from ((b" ", line) for line in self.before[at - self.start : block.start - self.start])
            yield from ((b"-", line) for line in block.old)
            yield from ((b"+", line) for line in block.new)
            at = block.start + len(block.old)
        yield from ((b" ", line) for line in self.before[at - self.start :])

    @property
    def growth(self) -> int:
        """Lines that it adds."""
        return sum(len(block.new) - len(block.old) for block in self.blocks)

    def head(self) -> bytes:
        """The line that begins with @@."""
        old, new = len(self.before), len(self.before) + self.growth
        first, second = self.start + (old > 0), self.start + self.shift + (new > 0)
        return f"@@ -{first},{old} +{second},{new} @@\n".encode()


def lines_of(content: bytes) -> list[bytes]:
    """The lines with their line feeds; only a line feed ends one."""
    lines = content.split(b"\n")
    ended = [line + b"\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def blocks(content: bytes, replacements: Sequence[Replacement]) -> list[Block]:
    """The whole lines that the replacements change; what stays the same at the edges of a block is left out of it."""
    lines = lines_of(content)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found: list[Block] = []
    for first, last, group in _groups(replacements, lines):
        moved = [_moved(one, starts[first]) for one in group]
        new = lines_of(applied(content[starts[first] : starts[last]], moved))
        block = _trimmed(first, lines[first:last], new)
        if block.old or block.new:
            found.append(block)
    return found


def hunks(content: bytes, replacements: Sequence[Replacement]) -> list[PatchHunk]:
    """The hunks of the patch."""
    lines = lines_of(content)
    together: list[list[Block]] = []
    for block in blocks(content, replacements):
        close = together and block.start - (together[-1][-1].start + len(together[-1][-1].old)) <= 2 * CONTEXT
        if close:
            together[-1].append(block)
        else:
            together.append([block])
    found: list[PatchHunk] = []
    for group in together:
        start = max(0, group[0].start - CONTEXT)
        end = min(len(lines), group[-1].start + len(group[-1].old) + CONTEXT)
        shift = sum(hunk.growth for hunk in found)
        found.append(PatchHunk(tuple(group), tuple(lines[start:end]), start, shift))
    return found


def file_patch(path: bytes, mode: int, oid: str, content: bytes, replacements: Sequence[Replacement]) -> bytes:
    """The patch of one file; empty if nothing changes.

    Args:
        oid: of the blob with this content, which tells the hash of the repository by its length.
    """
    found = hunks(content, replacements)
    if not found:
        return b""
    new = blob_oid(applied(content, replacements), len(oid))
    old_name, new_name = _quoted(b"a/" + path), _quoted(b"b/" + path)
    head = b"diff --git %s %s\nindex %s..%s %06o\n" % (old_name, new_name, oid.encode(), new.encode(), mode)
    # Behind a name with a blank git ends the line with a tab, as patch(1) wants it.
    names = b"--- %s%s\n+++ %s%s\n" % (old_name, _tab(old_name), new_name, _tab(new_name))
    return head + names + b"".join(part for hunk in found for part in _hunk(hunk))


def blob_oid(content: bytes, length: int) -> str:
    """What git calls a blob (gitformat-loose(5)); 40 hex digits for SHA-1, 64 for SHA-256."""
    digest = hashlib.new("sha256" if length == 64 else "sha1", usedforsecurity=False)
    digest.update(b"blob %d\0" % len(content) + content)
    return digest.hexdigest()


def _hunk(hunk: PatchHunk) -> Iterator[bytes]:
    yield hunk.head()
    for sign, line in hunk.rows():
        yield sign + line
        if not line.endswith(b"\n"):
            yield b"\n" + _NO_END


def _groups(replacements: Sequence[Replacement], lines: Sequence[bytes]) -> Iterator[tuple[int, int, list[Replacement]]]:
    """Replacements that touch common lines, with the first of these lines and the one behind the last, from 0."""
    group: list[Replacement] = []
    first = last = 0
    for one in replacements:
        begin, end = min(one.start_line - 1, len(lines)), min(one.end_line, len(lines))
        if group and begin >= last:
            yield first, last, group
            group = []
        if not group:
            first, last = begin, max(begin, end)
        group.append(one)
        last = max(last, end)
    if group:
        yield first, last, group


def _moved(one: Replacement, by: int) -> Replacement:
    return Replacement(one.start - by, one.end - by, one.text, 0, 0, 0, 0)


def _trimmed(start: int, old: Sequence[bytes], new: Sequence[bytes]) -> Block:
    head = next((place for place, (mine, its) in enumerate(zip(old, new, strict=False)) if mine != its), min(len(old), len(new)))
    old, new = old[head:], new[head:]
    pairs = enumerate(zip(reversed(old), reversed(new), strict=False))
    tail = next((place for place, (mine, its) in pairs if mine != its), min(len(old), len(new)))
    return Block(start + head, tuple(old[: len(old) - tail]), tuple(new[: len(new) - tail]))


def _quoted(name: bytes) -> bytes:
    """A name as git writes it with core.quotePath: in C's way if it holds anything but plain ASCII."""
    if all(32 <= byte < 127 and byte not in _ESCAPED for byte in name):
        return name
    parts = (
        b"\\" + _ESCAPED[byte] if byte in _ESCAPED else b"%c" % byte if 32 <= byte < 127 else b"\\%03o" % byte for byte in name
    )
    return b'"' + b"".join(parts) + b'"'


def _tab(name: bytes) -> bytes:
    return b"\t" if b" " in name and not name.startswith(b'"') else b""
