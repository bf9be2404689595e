"""The shipped rules: which files there are, what a rule file says, and the text of it that ast-grep reads.

A rule file is a native ast-grep rule (https://ast-grep.github.io/reference/yaml.html) with one more block, `examples:`, at
its very end. Reviewing a change needs no YAML parser: the block is cut off as text. `load` reads a file in full and checks it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from reviewer.errors import RuleError
from reviewer.records import Confidence, Kind, Severity

if TYPE_CHECKING:
    import yaml

_E = TypeVar("_E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the files of one language are scanned."""

    folder: str
    """The folder of `rules/` with its rules."""
    grammar: str
    """Ast-grep's name for it; empty for a language that is matched line by line."""
    endings: tuple[str, ...]
    """Endings by which ast-grep knows such a file; the first is used for copies of our own."""
    also: tuple[str, ...] = ()
    """More folders of `rules/` whose rules are true here: C++ has all the traps of C."""

    @property
    def folders(self) -> tuple[str, ...]:
        """All folders of `rules/` with rules for this language."""
        return (self.folder, *self.also)


_SHELL = Dialect("shell", "bash", (".sh", ".bash"))
DIALECTS: Mapping[str, Dialect] = {
    "python": Dialect("python", "python", (".py",)),
    "javascript": Dialect("javascript", "javascript", (".js", ".jsx", ".mjs", ".cjs")),
    "jsx": Dialect("javascript", "javascript", (".js", ".jsx", ".mjs", ".cjs")),
    "typescript": Dialect("javascript", "typescript", (".ts", ".mts", ".cts")),
    "tsx": Dialect("javascript", "tsx", (".tsx",)),
    "go": Dialect("go", "go", (".go",)),
    "shell": _SHELL,
    "bash": _SHELL,
    "dockerfile": Dialect("dockerfile", "", ()),
    "java": Dialect("java", "java", (".java",)),
    "ruby": Dialect("ruby", "ruby", (".rb",)),
    "php": Dialect("php", "php", (".php",)),
    "c": Dialect("c", "c", (".c", ".h")),
    "cpp": Dialect("cpp", "cpp", (".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx"), also=("c",)),
    "csharp": Dialect("csharp", "csharp", (".cs",)),
    "kotlin": Dialect("kotlin", "kotlin", (".kt", ".kts")),
    "rust": Dialect("rust", "rust", (".rs",)),
    "terraform": Dialect("terraform", "hcl", (".tf", ".hcl")),
    "yaml": Dialect("yaml", "yaml", (".yml", ".yaml")),
    "sql": Dialect("sql", "", ()),
}
"""By `Hunk.language`. The endings are those of ast-grep 0.51."""

FOLDERS = tuple(dict.fromkeys(dialect.folder for dialect in DIALECTS.values()))
"""The folders of `rules/` that hold rules of this format."""

_LANGUAGE_LINE = re.compile(r"^language: *\w+", re.MULTILINE)
_SECRET_ID = re.compile(r"^\s*-? *id: *(secret-[\w-]+)", re.MULTILINE)
_CWE = re.compile(r"CWE-[1-9][0-9]*\Z")
_REQUIRED = ("id", "language", "severity", "message", "note", "metadata", "rule", "examples")
_OPTIONAL = ("constraints", "utils", "transform", "fix")
_FORM = "See docs/rules.md for the form of a rule file."


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, read in full."""

    id: str
    language: str
    """The folder of `rules/` it lies in, such as "shell"."""
    kind: Kind
    cwe: str
    """Such as "CWE-89"; empty if none applies."""
    severity: Severity
    confidence: Confidence
    message: str
    """What goes wrong."""
    remedy: str
    """How to write it instead: the file's `note`."""
    fix: str
    """Text that always safely takes the place of the match; empty if there is none."""
    regex: str
    """The pattern of a rule for a language without a grammar; empty for an ast-grep rule."""
    unless: str
    """What the same instruction must not hold, as a regular expression; empty if anything may stand there."""
    match: tuple[str, ...]
    """Code that the rule reports."""
    clean: tuple[str, ...]
    """Code that looks similar and that it does not report."""
    path: Path
    text: str = field(repr=False)
    """The whole file."""


@cache
def folder() -> Path:
    """Where the shipped rules lie."""
    return Path(str(importlib.import_module("reviewer.rules").__file__)).parent


def rule_files(languages: Iterable[str]) -> list[Path]:
    """The rule files for these languages (names as in `Hunk.language`), sorted; none for a language without rules."""
    folders = {name for language in languages if language in DIALECTS for name in DIALECTS[language].folders}
    return sorted(path for name in folders for path in (folder() / name).glob("*/*.yml"))


def known_ids() -> frozenset[str]:
    """The ids of all shipped rules: from the file names, and of secrets from the text, where a file holds several."""
    ids = {path.stem for path in rule_files(FOLDERS)}
    for path in (folder() / "secrets").glob("*.yml"):
        ids.update(_SECRET_ID.findall(path.read_text(encoding="utf-8")))
    return frozenset(ids)


def ast_grep_text(text: str, grammar: str) -> str:
    """What ast-grep reads of a rule file: without the examples, for the grammar asked for; empty if it does not apply to it.

    Rules about JSX nodes do not apply to plain TypeScript, whose grammar has none.
    """
    body = text.partition("\nexamples:")[0]
    if grammar == "typescript" and "jsx_" in body:
        return ""
    body = _QUOTED_REGEX.sub(lambda found: f"regex: '{_ascii_classes(found[1])}'", body)
    return _LANGUAGE_LINE.sub(f"language: {grammar}", body, count=1) + "\n"


_QUOTED_REGEX = re.compile(r"regex: '((?:[^']|'')*)'")
_CLASS_TOKEN = re.compile(r"\\.|\[\^?\]?|\]", re.DOTALL)
_ASCII = {r"\w": "0-9A-Za-z_", r"\d": "0-9", r"\s": r"\t\n\r "}


def _ascii_classes(regex: str) -> str:
    r"""The expression with \w, \d, \s and \b for ASCII alone.

    Compiling the tables of Unicode takes ast-grep most of the time of a review: 66 rules 51 ms with and 32 ms without them.
    """
    inside = False
    parts: list[str] = []
    end = 0
    for found in _CLASS_TOKEN.finditer(regex):
        token = found[0]
        if token in _ASCII:
            changed = _ASCII[token] if inside else f"[{_ASCII[token]}]"
        else:
            changed = r"(?-u:\b)" if token == r"\b" and not inside else token
        inside = (not inside or token[-1] != "]") if token[0] == "[" else inside and token != "]"
        parts += regex[end : found.start()], changed
        end = found.end()
    return "".join([*parts, regex[end:]])


def load(path: Path) -> Rule:
    """Read a rule file in full and check its form; whether its patterns are sound only running its examples can tell.

    Raises:
        RuleError: what is wrong, with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RuleError(f"cannot read the rule file: {error.strerror}", where=str(path), todo="Check its path.") from error
    except UnicodeDecodeError as error:
        raise RuleError("the rule file is not UTF-8", where=str(path), todo="Save it as UTF-8.") from error
    return load_text(text, path)


def load_text(text: str, path: Path) -> Rule:
    """The same for text that was read already.

    Args:
        path: where the text stands; its last three parts must be <language>/<kind>/<id>.yml. Nothing is read from it.

    Raises:
        RuleError: what is wrong, with file and line.
    """
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        node = loader.get_single_node()
        top = _Table(path, 1, node, loader, required=_REQUIRED, optional=_OPTIONAL)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleError(f"this is not YAML: {error.problem}", where=f"{path}:{line}", todo=_FORM) from error
    except yaml.YAMLError as error:
        raise RuleError(f"this is not YAML: {error}", where=f"{path}:1", todo=_FORM) from error
    return _rule(path, top, text)


def load_line_rule(path: Path) -> Rule:
    """`load` for a shipped rule that needs no grammar, without a YAML parser where the file is written as plainly as ours are.

    Examples are not read.

    Raises:
        RuleError: what is wrong, with file and line.
    """
    text = path.read_text(encoding="utf-8")
    try:
        said = _plainly(text)
        return Rule(
            id=path.stem,
            language=path.parent.parent.name,
            kind=Kind(said["kind"]),
            cwe=said.get("cwe", ""),
            severity=Severity(said["severity"]),
            confidence=Confidence(said["confidence"]),
            message=said["message"],
            remedy=said["note"],
            fix="",
            regex=said["regex"],
            unless=said.get("unless", ""),
            match=(),
            clean=(),
            path=path,
            text=text,
        )
    except (KeyError, ValueError):
        return load(path)


_PLAIN_FIELD = re.compile(r"(?: {2})?(\w+): (>-|'(?:[^']|'')*'|[^\s'\"\[{>|&*!%@`][^#]*)\Z")


def _plainly(text: str) -> dict[str, str]:
    """The fields of a rule file by name, wherever they stand; ValueError for a file that uses more of YAML than that."""
    fields: dict[str, str] = {}
    folded = ""
    for line in text.partition("\nexamples:")[0].split("\n"):
        found = _PLAIN_FIELD.match(line)
        if found and (not folded or not line.startswith(" ")):
            name, value = found.groups()
            folded = name if value == ">-" else ""
            fields[name] = "" if folded else value[1:-1].replace("''", "'") if value.startswith("'") else value.strip()
        elif folded and line.startswith("  "):
            fields[folded] = f"{fields[folded]} {line.strip()}".strip()
        elif line.endswith(":"):
            folded = ""
        else:
            raise ValueError(line)
    return fields


def _rule(path: Path, top: _Table, text: str) -> Rule:
    language = _checked_place(path, top)
    metadata = top.table("metadata", required=("kind", "confidence"), optional=("cwe",))
    kind = metadata.choice("kind", Kind)
    if kind.value != path.parent.name:
        raise metadata.wrong("kind", f"the kind is {kind.value!r}, but the file lies in the folder {path.parent.name!r}", _MOVE)
    cwe = metadata.text("cwe") if "cwe" in metadata.values else ""
    if (kind is Kind.SECURITY or cwe) and not _CWE.match(cwe):
        raise metadata.wrong("cwe" if cwe else "kind", f"a {kind.value} rule needs a cwe such as CWE-89, not {cwe!r}", _FORM)
    examples = top.table("examples", required=("match", "clean"))
    if list(top.values)[-1] != "examples":
        raise top.wrong("examples", "the examples are not the last block", "Move them to the end of the file.")
    return Rule(
        id=top.text("id"),
        language=language,
        kind=kind,
        cwe=cwe,
        severity=top.choice("severity", Severity),
        confidence=metadata.choice("confidence", Confidence),
        message=top.text("message"),
        remedy=top.text("note"),
        fix=top.text("fix") if "fix" in top.values else "",
        **_expressions(top, language),
        match=examples.texts("match"),
        clean=examples.texts("clean"),
        path=path,
        text=text,
    )


_MOVE = "Move the file, or correct it: a rule is rules/<language>/<kind>/<id>.yml."


def _checked_place(path: Path, top: _Table) -> str:
    """The rule's folder name, once the id and the language agree with where the file lies."""
    if top.text("id") != path.stem:
        raise top.wrong("id", f"the id is {top.text('id')!r}, but the file is called {path.name!r}", _MOVE)
    place = path.parent.parent.name
    grammars = {dialect.grammar or name for name, dialect in DIALECTS.items() if dialect.folder == place}
    if top.text("language") not in grammars - {"typescript", "tsx"}:
        raise top.wrong("language", f"the language is {top.text('language')!r}, but the file lies in the folder {place!r}", _MOVE)
    return place


def _expressions(top: _Table, language: str) -> dict[str, str]:
    """What `regex` and `unless` of the rule are; both empty for a language with a grammar."""
    if DIALECTS[language].grammar:
        return {"regex": "", "unless": ""}
    table = top.table("rule", required=("regex",), optional=("unless",))
    return {"regex": _expression(table, "regex"), "unless": _expression(table, "unless") if "unless" in table.values else ""}


def _expression(table: _Table, key: str) -> str:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(table.text(key), options)
    except re2.error as error:
        raise table.wrong(key, f"this is not a regular expression of RE2: {error}", _FORM) from error
    return table.text(key)


class _Table:
    """A YAML mapping that knows the line of every key.

    Raises:
        RuleError: it is no mapping, or a key is missing, unknown, or there twice.
    """

    def __init__(
        self,
        path: Path,
        line: int,
        node: yaml.Node | None,
        loader: yaml.SafeLoader,
        *,
        required: Iterable[str],
        optional: Iterable[str] = (),
    ) -> None:
        import yaml

        self.path = path
        self.line = line
        self.loader = loader
        self.lines: dict[str, int] = {}
        self.values: dict[str, object] = {}
        self.nodes: dict[str, yaml.Node] = {}
        known = (*required, *optional)
        if not isinstance(node, yaml.MappingNode):
            raise RuleError("there is no mapping of keys to values here", where=f"{path}:{line}", todo=_FORM)
        for key_node, value_node in node.value:
            key = str(key_node.value)
            at = key_node.start_mark.line + 1
            if key not in known or key in self.values:
                what = f"{key!r} is there twice" if key in self.values else f"there is no key {key!r}"
                raise RuleError(what, where=f"{path}:{at}", todo="Choose among: " + ", ".join(known) + ".")
            self.lines[key], self.nodes[key] = at, value_node
            self.values[key] = loader.construct_object(value_node, deep=True)
        for key in required:
            if key not in self.values:
                raise RuleError(f"the key {key!r} is missing", where=f"{path}:{line}", todo=_FORM)

    def wrong(self, key: str, what: str, todo: str) -> RuleError:
        """The error for what is wrong at a key."""
        return RuleError(what, where=f"{self.path}:{self.lines[key]}", todo=todo)

    def text(self, key: str) -> str:
        """A text that is not empty, without white space around it."""
        value = self.values[key]
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"{key!r} must be a text", _FORM)
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or more."""
        value = self.values[key]
        if not isinstance(value, list) or not value:
            raise self.wrong(
                key, f"there is no {key!r} example", "Add code that shows what the rule reports and what it does not."
            )
        if not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(key, f"every {key!r} example must be a text", "Write each as a block: '- |' and the code below it.")
        return tuple(value)

    def choice(self, key: str, choices: type[_E]) -> _E:
        """A value of a closed list."""
        for choice in choices:
            if choice.value == self.values[key]:
                return choice
        known = ", ".join(str(choice.value) for choice in choices)
        raise self.wrong(key, f"{key!r} cannot be {self.values[key]!r}", f"Choose one of: {known}.")

    def table(self, key: str, *, required: Iterable[str], optional: Iterable[str] = ()) -> _Table:
        """The mapping below a key."""
        return _Table(self.path, self.lines[key], self.nodes[key], self.loader, required=required, optional=optional)
