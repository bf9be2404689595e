"""What of a file's text a mend has to keep: its encoding, its line ends, its end, and how it is indented."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from reviewer.fix.interface import Candidate, Step, failed, passed
from reviewer.fix.patch import Block, blob_oid, blocks

APPLIES, FORMATTING = "applies", "formatting follows the file"


def applies(candidate: Candidate) -> Step:
    """Whether the patch fits the staged blob, and leaves encoding and line ends as they are."""
    before = candidate.content
    try:
        after = candidate.mended
    except ValueError as error:
        return failed(APPLIES, f"it does not fit the staged file: {error}")
    if blob_oid(before, len(candidate.oid)) != candidate.oid:
        return failed(APPLIES, "it was made for another version of the file")
    if after == before:
        return failed(APPLIES, "it changes nothing")
    said = _encoding(before, after) or _line_ends(before, after)
    return failed(APPLIES, said) if said else passed(APPLIES, "encoding and line ends are kept")


def formatting(candidate: Candidate) -> Step:
    """Whether the new lines are indented like the file, and end without blanks unless the old ones did."""
    changed = blocks(candidate.content, candidate.fix.replacements)
    tabs, blanks = _indents(candidate.content)
    for block in changed:
        for line in _new_lines(block):
            indent = line[: len(line) - len(line.lstrip(b" \t"))]
            if (b"\t" in indent and blanks and not tabs) or (b" " in indent and tabs and not blanks):
                return failed(FORMATTING, "it indents in another way than the file")
            if line.rstrip() != line.rstrip(b"\r\n") and not any(old.rstrip() != old.rstrip(b"\r\n") for old in block.old):
                return failed(FORMATTING, "it leaves blanks at the end of a line")
    return passed(FORMATTING)


def _encoding(before: bytes, after: bytes) -> str:
    """What is wrong with the encoding; empty if nothing is."""
    if _is_utf8(before) and not _is_utf8(after):
        return "the file would not be UTF-8 any more"
    if before.startswith(codecs.BOM_UTF8) != after.startswith(codecs.BOM_UTF8):
        return "the mark at the beginning of the file would change"
    if b"\0" in after and b"\0" not in before:
        return "the file would become a binary one"
    return ""


def _line_ends(before: bytes, after: bytes) -> str:
    """What is wrong with the line ends; empty if nothing is."""
    if set(_kinds(after)) - set(_kinds(before)) and b"\n" in before:
        return "it brings another kind of line end"
    if before.endswith(b"\n") != after.endswith(b"\n") and before and after:
        return "it changes whether the file ends with a line feed"
    return ""


def _kinds(content: bytes) -> Iterator[str]:
    pairs = content.count(b"\r\n")
    if pairs:
        yield "CR LF"
    if content.count(b"\n") > pairs:
        yield "LF"
    if content.count(b"\r") > pairs:
        yield "CR"


def _indents(content: bytes) -> tuple[bool, bool]:
    """Whether lines of the file begin with tabs, and with blanks."""
    return content.startswith(b"\t") or b"\n\t" in content, content.startswith(b" ") or b"\n " in content


def _new_lines(block: Block) -> Iterator[bytes]:
    return (line for line in block.new if line not in block.old)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
