"""Which function a finding stands in, whether a mend stays in it, and whether what others call looks as before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reviewer.errors import ToolError
from reviewer.fix.interface import Candidate, Step, failed, passed, unchecked
from reviewer.fix.patch import blocks
from reviewer.proving.reading import FRESH, Readings
from reviewer.records import Replacement

if TYPE_CHECKING:
    from tree_sitter import Node

SCOPE, SIGNATURES = "changes only the finding's function", "public signatures unchanged"

_FUNCTION = re.compile(
    r"function_(definition|declaration|expression)|generator_function(_declaration)?|arrow_function|method(_definition|_declaration)?"
    r"|singleton_method|constructor_declaration|local_function_statement|func_literal"
)
_CLASS = re.compile(r"class(_definition|_declaration)?|(interface|struct|record|enum|trait)_declaration|module")
_BODY = re.compile(r"module|program|source_file|compilation_unit|class_body|declaration_list|body_statement|block|interface_body")
"""Nodes of the grammars of reviewer/taint/grammar.py."""

_PLAIN = re.compile(
    r"(?!function_expression|arrow_function).*expression(_statement)?|.*(literal|arguments?|parameters?|comment)|argument_list"
    r"|assignment|call|import.*|return_statement|string"
)
"""What holds no function that others can name; most of a file."""

_HEAD = re.compile(rb"\b(?:def|class|function|func|interface|struct|trait)\s+(\w+)")

_FOREIGN = "what it puts in does not all belong to it"

_IMPORTS = re.compile(rb"(?:(?:import|from)[ \t]+[\w.]+[^\n\\(]*\r?\n)+\Z")


def stays_inside(candidate: Candidate, read: Readings = FRESH) -> Step:
    """Whether all that changes lies on the finding's lines or in its function. A new Python import may stand outside."""
    first, last = candidate.finding.start_line, candidate.finding.end_line
    outside = [one for one in candidate.fix.replacements if not first <= one.start_line <= _last(one) <= last]
    if not outside and not candidate.by_model:
        return passed(SCOPE, "only the finding's lines")
    if candidate.language == "python":
        outside = [one for one in outside if not _adds_imports(one)]
    try:
        root = read.tree(candidate.language, candidate.content)
        after = read.tree(candidate.language, candidate.mended) if candidate.by_model else None
    except ToolError as error:
        return failed(SCOPE, f"this cannot be checked: {error}")
    if root is not None and root.has_error and not outside:
        # Nothing tells where its function ends; so it may not become longer, or leave its margin.
        return passed(SCOPE, "only the finding's lines") if _is_no_wider(candidate) else failed(SCOPE, _FOREIGN)
    if root is None:
        return failed(SCOPE, "it changes other lines than the finding's, and there is no grammar to tell the function")
    node = _enclosing(root, candidate)
    if node is None or not all(node.start_byte <= one.start and one.end <= _end(node, candidate.content) for one in outside):
        return failed(SCOPE, "it changes code outside of it")
    if candidate.by_model and (after is None or not _ends_where_it_did(node, after, candidate)):
        return failed(SCOPE, _FOREIGN)
    name = _name(node)
    return passed(SCOPE, f"only {name}" if name else "only its statement")


def keeps_signatures(candidate: Candidate, read: Readings = FRESH) -> Step:
    """Whether functions and classes that others may use have the heads that they had, unless the finding is about one."""
    try:
        old, new = (read.tree(candidate.language, content) for content in (candidate.content, candidate.mended))
    except ToolError as error:
        return failed(SIGNATURES, f"this cannot be checked: {error}")
    if old is None or new is None:
        return unchecked(SIGNATURES, f"there is no grammar for {candidate.language or 'this kind of file'}")
    if old.has_error and not new.has_error:
        before_names, after_names = (Counter(_HEAD.findall(content)) for content in (candidate.content, candidate.mended))
        if before_names == after_names:
            return passed(SIGNATURES, "by their names: the file could not be read before")
        return failed(SIGNATURES, "it defines other names than before")
    before, after = _all_heads(old, candidate, candidate.content, read), _all_heads(new, candidate, candidate.mended, read)
    lost = Counter(text for text, _, _ in before) - Counter(text for text, _, _ in after)
    gained = Counter(text for text, _, _ in after) - Counter(text for text, _, _ in before)
    if not lost and not gained:
        return passed(SIGNATURES)
    finding = candidate.finding
    about = [text for text, first, last in before if first <= finding.end_line and finding.start_line <= last]
    if set(lost) <= set(about) and sum(gained.values()) <= sum(lost.values()):
        return passed(SIGNATURES, "but the one that the finding is about")
    return failed(SIGNATURES, f"it changes {next(iter(lost or gained))[:80]!r}")


def _is_no_wider(candidate: Candidate) -> bool:
    """Whether lines give way to as many or fewer, none of which stands further left than the first one did."""
    for block in blocks(candidate.content, candidate.fix.replacements):
        margins = [len(line) - len(line.lstrip(b" \t")) for line in block.new if line.strip()]
        least = len(block.old[0]) - len(block.old[0].lstrip(b" \t")) if block.old else 0
        if len(block.new) > len(block.old) or any(margin < least for margin in margins):
            return False
    return True


def _ends_where_it_did(node: Node, after: Node, candidate: Candidate) -> bool:
    """Whether all that is new is part of the function or statement: what a rule puts in was read by somebody, this was not."""
    start = node.start_byte + sum(
        len(one.text) - one.end + one.start for one in candidate.fix.replacements if one.end < node.start_byte
    )
    end = len(candidate.mended) - (len(candidate.content) - node.end_byte)
    found = after.descendant_for_byte_range(start, max(start, end - 1))
    while found is not None and found.start_byte == start and found.end_byte <= end:
        if found.end_byte == end and found.type == node.type:
            return True
        found = found.parent
    return False


def _last(one: Replacement) -> int:
    """The last line that it changes: one that ends before the first character of a line does not change that line."""
    return one.end_line - (one.end_column == 1 and one.end_line > one.start_line and (one.text[-1:] in (b"\n", b"")))


def _adds_imports(one: Replacement) -> bool:
    return one.start == one.end and one.start_column == 1 and _IMPORTS.match(one.text) is not None


def _end(node: Node, content: bytes) -> int:
    """The end of the node's last line."""
    found = content.find(b"\n", node.end_byte)
    return len(content) if found < 0 else found + 1


def _enclosing(root: Node, candidate: Candidate) -> Node | None:
    """The innermost function around the finding; outside of functions the statement in the module or class body."""
    finding = candidate.finding
    line = candidate.content.split(b"\n")[finding.start_line - 1 : finding.start_line] or [b""]
    column = len(line[0]) - len(line[0].lstrip())
    node = root.descendant_for_point_range((finding.start_line - 1, column), (finding.start_line - 1, column))
    statement = None
    while node is not None:
        if _FUNCTION.fullmatch(node.type):
            return node
        if statement is None and node.parent is not None and _BODY.fullmatch(node.parent.type):
            statement = node
        node = node.parent
    return statement


def _all_heads(root: Node, candidate: Candidate, content: bytes, read: Readings) -> list[tuple[str, int, int]]:
    return read.once(f"heads {candidate.language}", content, lambda: list(_heads(root, content)))


def _heads(root: Node, content: bytes) -> Iterator[tuple[str, int, int]]:
    """What stands before the body of each public function and class, white space aside, with its lines."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += [child for child in node.named_children if child.child_count > 1 and not _PLAIN.fullmatch(child.type)]
        body, name = node.child_by_field_name("body"), _name(node)
        kept = _FUNCTION.fullmatch(node.type) or _CLASS.fullmatch(node.type)
        if body is not None and kept and name and not name.startswith("_"):
            head = content[node.start_byte : body.start_byte].decode("utf-8", "replace").rstrip()
            first = node.start_point[0] + 1
            yield " ".join(head.split()), first, first + head.count("\n")


def _name(node: Node) -> str:
    found = node.child_by_field_name("name")
    return found.text.decode("utf-8", "replace") if found is not None and found.text else ""
