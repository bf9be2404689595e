"""Rules that a repository brings along, below `.hunkgate/rules`: read, held to their form, and proven by their examples.

They come from the tree that a change is based on, never from the change itself, and can only add findings: an id of theirs begins
with "local-", which no shipped rule does, so none can be replaced.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from reviewer.errors import RuleError
from reviewer.review import _examples
from reviewer.rulebook import DIALECTS, Rule, load_text
from reviewer.rulebook.local import FOLDER, PREFIX, decoded, entry_error, is_rule, size_error, too_many

PROOF_TIMEOUT = 10.0
"""Seconds for the examples of all rules of a repository; a hundred rules take about one."""


def texts_below(top: Path) -> dict[str, str]:
    """The rule files in a work tree by their path from its top, for commands that help to write them. A review never reads these.

    Raises:
        RuleError: a file is too large or cannot be read.
    """
    found: dict[str, str] = {}
    if any((top / part).is_symlink() for part in (FOLDER, PurePosixPath(FOLDER).parts[0])):
        raise RuleError("this is a symbolic link, which may lead anywhere", where=FOLDER, todo="Replace it by a folder.")
    for path in sorted((top / FOLDER).rglob("*")):
        name = path.relative_to(top).as_posix()
        if not is_rule(name):
            continue
        text = _file_text(path, name)
        found[name] = text
        error = too_many(len(found), sum(map(len, found.values())))
        if error:
            raise error
    return found


def _file_text(path: Path, name: str) -> str:
    """The text of one file; neither a link nor a pipe is followed, for either may never end."""
    try:
        state = path.lstat()
        error = entry_error(name, 0o100644 if stat.S_ISREG(state.st_mode) else 0, state.st_size)
        text = error or decoded(name, path.read_bytes())
    except OSError as error:
        raise RuleError(f"cannot read the rule file: {error.strerror}", where=name, todo="Make it readable.") from error
    if isinstance(text, RuleError):
        raise text
    return text


def load_all(texts: Mapping[str, str]) -> list[Rule]:
    """Read the rules, sorted by id.

    Args:
        texts: what the files say, by their path from the top of the repository.

    Raises:
        RuleError: one of them is malformed or badly named; with file and line.
    """
    rules: dict[str, Rule] = {}
    for path in sorted(texts):
        rule = load_one(path, texts[path])
        if rule.id in rules:
            what = f"the id {rule.id!r} is also that of {rules[rule.id].path.as_posix()}"
            raise RuleError(what, where=f"{path}:1", todo="Rename one of the two files, and its id.")
        rules[rule.id] = rule
    return [rules[name] for name in sorted(rules)]


def load_one(path: str, text: str) -> Rule:
    """Read one rule.

    Raises:
        RuleError: it is malformed, too large or badly named; with file and line.
    """
    place = PurePosixPath(path)
    if not is_rule(path):
        raise RuleError("this is not the place of a rule", where=f"{path}:1", todo=f"Put it at {FOLDER}/{PREFIX}<name>.yml.")
    if not place.stem.startswith(PREFIX):
        todo = f"Rename the file to {place.with_name(PREFIX + place.name)}, and write in it: id: {PREFIX}{place.stem}"
        raise RuleError(f"the id of a rule of your own must begin with {PREFIX!r}", where=f"{path}:1", todo=todo)
    error = size_error(path, len(text.encode()))
    if error:
        raise error
    return load_text(text, Path(path), anywhere=True)


def prove(rules: Sequence[Rule], *, timeout: float = PROOF_TIMEOUT) -> None:
    """Run the rules' examples, so that none silently matches nothing.

    Args:
        timeout: seconds for all of it.

    Raises:
        RuleError: the pattern of one is refused by ast-grep, an example does not do what it says, or time ran out; with file
            and line.
        ToolError: ast-grep is missing.
    """
    deadline = time.monotonic() + timeout
    if not rules or not _examples.misses(rules, timeout=timeout):
        return
    # One at a time: a pattern that ast-grep refuses makes it refuse the others as well.
    for rule in rules:
        for miss in _examples.misses([rule], timeout=max(0.0, deadline - time.monotonic())):
            raise _disproof(miss)


def _disproof(miss: _examples.Miss) -> RuleError:
    what = "should be reported and is not" if miss.expected else "should not be reported and is"
    example = miss.code.strip().partition("\n")[0][:60]
    return RuleError(
        f"as {miss.grammar}, the rule does not do what its examples say: "
        + (miss.reason.strip().replace("\n", " ") or f"{example!r} {what}"),
        where=f"{miss.rule.path.as_posix()}:{_example_line(miss.rule, miss.code)}",
        todo="Correct it, then run: hunkgate rules test " + miss.rule.path.as_posix(),
    )


def for_languages(rules: Iterable[Rule], languages: Iterable[str]) -> list[Rule]:
    """The rules that are about these languages (names as in `Hunk.language`)."""
    folders = {name for language in languages if language in DIALECTS for name in DIALECTS[language].folders}
    return [rule for rule in rules if rule.language in folders]


def _example_line(rule: Rule, code: str) -> int:
    """The line at which an example begins; that of all examples if it is not written as a block."""
    lines = rule.text.split("\n")
    start = next((number for number, line in enumerate(lines, 1) if line.startswith("examples:")), 1)
    first = code.strip().partition("\n")[0].strip()
    return next((number for number, line in enumerate(lines, 1) if number > start and line.strip() == first), start)
