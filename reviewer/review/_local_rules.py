"""Rules that a repository brings along: `.hunkgate/rules/<language>/<kind>/local-<name>.yml`.

They come from the tree that a change is based on, never from the change itself, and can only add findings: an id of theirs begins
with "local-", which no shipped rule does, so none can be replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from reviewer.errors import RuleError
from reviewer.review import _examples
from reviewer.rulebook import DIALECTS, FOLDERS, Rule, load_text

FOLDER = ".hunkgate/rules"
"""Where they lie, from the top of the repository."""

PREFIX = "local-"
"""How their ids begin."""

_PARTS = len(PurePosixPath(FOLDER).parts) + 3
_PLACE = f"Put it at {FOLDER}/<language>/<kind>/{PREFIX}<name>.yml."


def is_rule(path: str) -> bool:
    """Whether a path in a repository is the place of such a rule, well or badly named."""
    return path.startswith(f"{FOLDER}/") and path.endswith((".yml", ".yaml"))


def texts_below(top: Path) -> dict[str, str]:
    """The rule files in a work tree by their path from its top, for commands that help to write them. A review never reads these.

    Raises:
        RuleError: a file cannot be read.
    """
    found = {}
    for path in sorted((top / FOLDER).rglob("*.y*ml")):
        name = path.relative_to(top).as_posix()
        try:
            found[name] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise RuleError("cannot read the rule file", where=name, todo="Make it a readable file in UTF-8.") from error
    return found


def load_all(texts: Mapping[str, str]) -> list[Rule]:
    """Read the rules, sorted by id.

    Args:
        texts: what the files say, by their path from the top of the repository.

    Raises:
        RuleError: one of them is malformed or badly placed; with file and line.
    """
    rules: dict[str, Rule] = {}
    for path in sorted(texts):
        rule = load_one(path, texts[path])
        if rule.id in rules:
            raise RuleError(
                f"the id {rule.id!r} is also that of {rules[rule.id].path.as_posix()}", where=f"{path}:1", todo=_PLACE
            )
        rules[rule.id] = rule
    return [rules[name] for name in sorted(rules)]


def load_one(path: str, text: str) -> Rule:
    """Read one rule.

    Raises:
        RuleError: it is malformed or badly placed; with file and line.
    """
    place = PurePosixPath(path)
    if len(place.parts) != _PARTS or place.suffix != ".yml" or not is_rule(path) or place.parts[-3] not in FOLDERS:
        raise RuleError("this is not the place of a rule", where=f"{path}:1", todo=_PLACE)
    if not place.name.startswith(PREFIX):
        raise RuleError(f"the id of a rule of your own must begin with {PREFIX!r}", where=f"{path}:1", todo=_PLACE)
    return load_text(text, Path(path))


def prove(rules: Sequence[Rule]) -> None:
    """Run the rules' examples, so that none silently matches nothing.

    Raises:
        RuleError: the pattern of one is refused by ast-grep, or an example does not do what it says; with file and line.
        ToolError: ast-grep is missing.
    """
    if not _examples.misses(rules):
        return
    # One at a time: a pattern that ast-grep refuses makes it refuse the others as well.
    for rule in rules:
        for miss in _examples.misses([rule]):
            what = "should be reported and is not" if miss.expected else "should not be reported and is"
            example = miss.code.strip().partition("\n")[0][:60]
            todo = "Correct it, then run: hunkgate rules test " + rule.path.as_posix()
            raise RuleError(
                f"as {miss.grammar}, the rule does not do what its examples say: "
                + (miss.reason.strip().replace("\n", " ") or f"{example!r} {what}"),
                where=f"{rule.path.as_posix()}:{_example_line(rule, miss.code)}",
                todo=todo,
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
