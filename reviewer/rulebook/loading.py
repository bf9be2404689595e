"""Reads a rule file in full and checks its form."""

from __future__ import annotations

import re
from pathlib import Path

from reviewer.errors import RuleError
from reviewer.records import Confidence, Kind, Severity
from reviewer.rulebook.dialects import DIALECTS
from reviewer.rulebook.rule import Rule
from reviewer.rulebook.table import FORM, Table

_CWE = re.compile(r"CWE-[1-9][0-9]*\Z")
_REQUIRED = ("id", "language", "severity", "message", "note", "metadata", "rule", "examples")
_OPTIONAL = ("constraints", "utils", "transform", "fix")

_MOVE = "Move the file, or correct it: a rule is rules/<language>/<kind>/<id>.yml."

_MANY_OPENINGS, _DEEPEST = 1000, 100
"""A text with so many brackets, dashes and question marks is measured first: the YAML parser in C dies at some 10,000 levels."""


def load(path: Path) -> Rule:
    """Read a shipped rule, or a draft of one, and check its form; whether its patterns are sound only running its examples tells.

    Raises:
        RuleError: what is wrong, with file and line.
    """
    return load_text(read(path), path)


def read(path: Path) -> str:
    """The text of a rule file.

    Raises:
        RuleError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise RuleError(f"cannot read the rule file: {error.strerror}", where=str(path), todo="Check its path.") from error
    except UnicodeDecodeError as error:
        raise RuleError("the rule file is not UTF-8", where=str(path), todo="Save it as UTF-8.") from error


def load_text(text: str, path: Path, *, anywhere: bool = False) -> Rule:
    """The same for text that was read already.

    Args:
        path: where the text stands; its last three parts must be <language>/<kind>/<id>.yml. Nothing is read from it.
        anywhere: only the last part counts: the rule is of the language and kind that it says.

    Raises:
        RuleError: what is wrong, with file and line.
    """
    return _rule(path, _top(text, path), text, anywhere=anywhere)


def _top(text: str, path: Path) -> Table:
    import yaml

    try:
        _check_depth(text, path)
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        return Table(path, 1, loader.get_single_node(), loader, required=_REQUIRED, optional=_OPTIONAL)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RuleError(f"this is not YAML: {error.problem}", where=f"{path}:{line}", todo=FORM) from error
    except (yaml.YAMLError, ValueError) as error:
        # A ValueError is a date or a number that YAML knows and Python does not, such as 2026-99-99.
        raise RuleError(f"this is not YAML: {error}", where=f"{path}:1", todo=FORM) from error


def _check_depth(text: str, path: Path) -> None:
    """Refuse what no parser survives.

    Raises:
        RuleError: it is nested too deeply.
    """
    if sum(map(text.count, "[{-?")) < _MANY_OPENINGS:
        return
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise RuleError(f"this is nested more than {_DEEPEST} levels deep", where=f"{path}:{line}", todo=FORM)


def _rule(path: Path, top: Table, text: str, *, anywhere: bool) -> Rule:
    if top.text("id") != path.stem:
        raise top.wrong("id", f"the id is {top.text('id')!r}, but the file is called {path.name!r}", "Make them the same.")
    language = _named_language(top) if anywhere else _language_of_place(path, top)
    metadata = top.table("metadata", required=("kind", "confidence"), optional=("cwe",))
    kind = _kind(path, metadata, anywhere=anywhere)
    examples = top.table("examples", required=("match", "clean"))
    if list(top.values)[-1] != "examples":
        raise top.wrong("examples", "the examples are not the last block", "Move them to the end of the file.")
    return Rule(
        id=top.text("id"),
        language=language,
        kind=kind,
        cwe=_cwe(kind, metadata),
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


def _language_of_place(path: Path, top: Table) -> str:
    """The rule's folder name, once the language agrees with where the file lies."""
    place = path.parent.parent.name
    grammars = {dialect.grammar or name for name, dialect in DIALECTS.items() if dialect.folder == place}
    if top.text("language") not in grammars - {"typescript", "tsx"}:
        raise top.wrong("language", f"the language is {top.text('language')!r}, but the file lies in the folder {place!r}", _MOVE)
    return place


def _named_language(top: Table) -> str:
    """The folder of `rules/` for the language that the rule says; its own name counts as well as that of the grammar."""
    folders = {dialect.folder: dialect.folder for dialect in DIALECTS.values()}
    folders |= {d.grammar: d.folder for d in DIALECTS.values() if d.grammar and d.grammar not in ("typescript", "tsx")}
    said = top.text("language")
    if said not in folders:
        also = " A rule for javascript is used for TypeScript too." if said.lower() in ("typescript", "tsx", "jsx") else ""
        todo = f"Choose one of: {', '.join(sorted(folders))}.{also}"
        raise top.wrong("language", f"there are no rules for the language {said!r}", todo)
    return folders[said]


def _kind(path: Path, metadata: Table, *, anywhere: bool) -> Kind:
    kind = metadata.choice("kind", Kind)
    if kind is Kind.SECRET:
        raise metadata.wrong("kind", "secrets are found by rules of another form", "Choose one of: security, bug, style.")
    if kind.value != path.parent.name and not anywhere:
        raise metadata.wrong("kind", f"the kind is {kind.value!r}, but the file lies in the folder {path.parent.name!r}", _MOVE)
    return kind


def _cwe(kind: Kind, metadata: Table) -> str:
    cwe = metadata.text("cwe") if "cwe" in metadata.values else ""
    if (kind is Kind.SECURITY or cwe) and not _CWE.match(cwe):
        raise metadata.wrong("cwe" if cwe else "kind", f"a {kind.value} rule needs a cwe such as CWE-89, not {cwe!r}", FORM)
    return cwe


def _expressions(top: Table, language: str) -> dict[str, str]:
    """What `regex` and `unless` of the rule are; both empty for a language with a grammar."""
    if DIALECTS[language].grammar:
        return {"regex": "", "unless": ""}
    table = top.table("rule", required=("regex",), optional=("unless",))
    return {"regex": _expression(table, "regex"), "unless": _expression(table, "unless") if "unless" in table.values else ""}


def _expression(table: Table, key: str) -> str:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(table.text(key), options)
    except re2.error as error:
        raise table.wrong(key, f"this is not a regular expression of RE2: {error}", FORM) from error
    return table.text(key)
