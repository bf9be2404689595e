"""list, explain, test and start rules: the shipped ones and the repository's own below .hunkgate/rules

'test' runs the examples that every rule file carries through the real engines: each 'match' example must be reported by its
rule, each 'clean' example must not be. It ends with 1 if one of them did not.

A rule of your own:
  hunkgate rules new no-print        writes .hunkgate/rules/local-no-print.yml
  hunkgate rules test .hunkgate      after you have filled it in
  git add .hunkgate && git commit    it judges every commit after this one
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reviewer import rulebook
from reviewer.commands._rule_page import block, explained, source
from reviewer.errors import ExitCode, GitError, StorageError, UsageError
from reviewer.git import Git
from reviewer.records import Kind
from reviewer.report._streams import complain, say
from reviewer.review import _examples, _local_rules
from reviewer.review._rule_template import template
from reviewer.rulebook.loading import read
from reviewer.rulebook.local import FOLDER, PREFIX

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="one line for every rule")
    listing.add_argument("--language", choices=rulebook.FOLDERS, help="only the rules for this language")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    explaining = actions.add_parser("explain", help="everything about one rule")
    explaining.add_argument("id", metavar="ID")
    testing = actions.add_parser("test", help="run the examples of all rules, or of these files")
    testing.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="a rule file, or a folder of them")
    starting = actions.add_parser("new", help="write a rule of your own to begin with")
    starting.add_argument("id", metavar="ID", help=f"its name; {PREFIX} is put in front if it is missing")
    starting.add_argument("--language", choices=rulebook.FOLDERS, default="python")
    starting.add_argument("--kind", choices=[kind.value for kind in Kind if kind is not Kind.SECRET], default=Kind.BUG.value)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1 if an example failed."""
    if args.action == "list":
        return _list(args.language, args.format)
    if args.action == "explain":
        return _explain(args.id)
    if args.action == "new":
        return _new(args.id, args.language, args.kind)
    return _test(args.paths)


def _top() -> Path:
    """The root of the work tree; this folder outside of one."""
    try:
        return Git().top()
    except GitError:
        return Path()


def _list(language: str | None, form: str) -> int:
    rules = [rulebook.load(path) for path in rulebook.rule_files([language] if language else rulebook.FOLDERS)]
    own = _local_rules.load_all(_local_rules.texts_below(_top()))
    rules += _local_rules.for_languages(own, [language]) if language else own
    if form == "json":
        say(json.dumps([_as_json(rule) for rule in rules], indent=2, ensure_ascii=False) + "\n")
    else:
        say("".join(_line(rule) for rule in rules))
    return ExitCode.OK


def _as_json(rule: rulebook.Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "language": rule.language,
        "kind": rule.kind.value,
        "severity": rule.severity.value,
        "confidence": rule.confidence.value,
        "cwe": rule.cwe,
        "message": rule.message,
        "remedy": rule.remedy,
        "fix": rule.fix,
        "source": source(rule),
    }


def _line(rule: rulebook.Rule) -> str:
    ranks = f"{rule.kind.value:<9}{rule.severity.value:<8} {rule.confidence.value:<7}"
    place = f"{rule.cwe or '-':<9}{source(rule):<8}"
    return f"{rule.id:<34} {rule.language:<11}{ranks}{place} {_first_sentence(rule.message)}\n"


def _first_sentence(text: str) -> str:
    sentence, dot, _ = text.partition(". ")
    return sentence + "." if dot else text


def _explain(wanted: str) -> int:
    files = {path.stem: path for path in rulebook.rule_files(rulebook.FOLDERS)}
    own = {Path(path).stem: (path, text) for path, text in _local_rules.texts_below(_top()).items()}
    if wanted in files:
        say(explained(rulebook.load(files[wanted])))
    elif wanted in own:
        say(explained(_local_rules.load_one(*own[wanted])))
    else:
        near = difflib.get_close_matches(wanted, [*files, *own], n=3) or ["hunkgate rules list"]
        raise UsageError(f"there is no rule {wanted!r}", todo="Did you mean: " + ", ".join(near) + "?")
    return ExitCode.OK


def _new(name: str, language: str, kind: str) -> int:
    wanted = name if name.startswith(PREFIX) else PREFIX + name
    if not _NAME.match(wanted):
        raise UsageError(f"{name!r} is no name for a rule", todo="Use small letters, digits and single hyphens.")
    path = _top() / FOLDER / f"{wanted}.yml"
    shown = Path(os.path.relpath(path)).as_posix()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(template(wanted, language, kind))
    except FileExistsError as error:
        raise UsageError("there is a rule of this name already", where=shown, todo="Choose another name.") from error
    except OSError as error:
        raise StorageError(f"cannot write the rule: {error.strerror}", where=shown, todo="Check the folder.") from error
    say(
        f"{shown} is written. It is a whole rule, about a function called dangerous.\n"
        f"  1. Write in it what you want to find, and examples of it. The form: docs/rules.md, or hunkgate rules explain ID\n"
        f"  2. hunkgate rules test {shown}\n"
        f"  3. Commit it. It judges every commit after that one.\n"
    )
    return ExitCode.OK


def _test(paths: Iterable[Path]) -> int:
    files = [file for path in paths for file in _rule_files(path)]
    rules = [_loaded(path) for path in files] if files else _all_rules()
    misses = _examples.misses(rules)
    for miss in misses:
        what = "should be reported and is not" if miss.expected else "should not be reported and is"
        complain(f"{miss.rule.path}: as {miss.grammar}, this example {miss.reason or what}:\n{block(miss.code)}\n")
    count = sum(len(rule.match) + len(rule.clean) for rule in rules)
    say(f"{_counted(len(rules), 'rule')}, {_counted(count, 'example')}, {len(misses)} failed\n")
    return ExitCode.BLOCK if misses else ExitCode.OK


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + "s" * (count != 1)


def _all_rules() -> list[rulebook.Rule]:
    own = _local_rules.texts_below(_top())
    shipped = [rulebook.load(path) for path in rulebook.rule_files(rulebook.FOLDERS)]
    return shipped + _local_rules.load_all(own)


def _loaded(path: Path) -> rulebook.Rule:
    """A rule file, held to the form of a repository's own if it lies where those lie.

    Raises:
        RuleError: it is malformed.
    """
    text = read(path)
    at = path.absolute().as_posix().rpartition(f"/{FOLDER}/")
    return _local_rules.load_one(f"{FOLDER}/{at[2]}", text) if at[0] else rulebook.load_text(text, path)


def _rule_files(path: Path) -> list[Path]:
    """The file itself, or the rule files below a folder.

    Raises:
        UsageError: there is none.
    """
    files = sorted(path.glob("**/*.y*ml")) if path.is_dir() else [path]
    if not files:
        raise UsageError("there is no rule file in this folder", where=str(path), todo="Name a file that ends in .yml.")
    return files
