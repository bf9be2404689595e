"""list, explain and test the shipped rules

'test' runs the examples that every rule file carries through the real engines: each 'match' example must be reported by its
rule, each 'clean' example must not be. It ends with 1 if one of them did not.
"""

from __future__ import annotations

import argparse
import difflib
import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from reviewer import rulebook
from reviewer.errors import ExitCode, UsageError
from reviewer.report._streams import complain, say
from reviewer.review import _examples


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


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1 if an example failed."""
    if args.action == "list":
        return _list(args.language, args.format)
    if args.action == "explain":
        return _explain(args.id)
    return _test(args.paths)


def _list(language: str | None, form: str) -> int:
    rules = [rulebook.load(path) for path in rulebook.rule_files([language] if language else rulebook.FOLDERS)]
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
    }


def _line(rule: rulebook.Rule) -> str:
    ranks = f"{rule.kind.value:<9}{rule.severity.value:<8} {rule.confidence.value:<7}"
    return f"{rule.id:<34} {rule.language:<11}{ranks}{rule.cwe or '-':<9} {_first_sentence(rule.message)}\n"


def _first_sentence(text: str) -> str:
    sentence, dot, _ = text.partition(". ")
    return sentence + "." if dot else text


def _explain(wanted: str) -> int:
    files = {path.stem: path for path in rulebook.rule_files(rulebook.FOLDERS)}
    if wanted not in files:
        near = difflib.get_close_matches(wanted, files, n=3) or ["hunkgate rules list"]
        raise UsageError(f"there is no rule {wanted!r}", todo="Did you mean: " + ", ".join(near) + "?")
    say(_explained(rulebook.load(files[wanted])))
    return ExitCode.OK


def _explained(rule: rulebook.Rule) -> str:
    facts = [rule.language, rule.kind.value, f"severity {rule.severity.value}", f"confidence {rule.confidence.value}"]
    parts = [f"{rule.id}  ({', '.join(facts + [rule.cwe] * bool(rule.cwe))})", _wrapped(rule.message), _wrapped(rule.remedy)]
    if rule.fix:
        parts.append("Always safe to write instead:\n\n" + textwrap.indent(rule.fix, "    "))
    parts += ["Reported:\n\n" + _block(code) for code in rule.match]
    parts += ["Not reported:\n\n" + _block(code) for code in rule.clean]
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, width=100, break_long_words=False, break_on_hyphens=False)


def _block(code: str) -> str:
    return textwrap.indent(code.rstrip("\n"), "    ")


def _test(paths: Iterable[Path]) -> int:
    files = [file for path in paths for file in _rule_files(path)] or rulebook.rule_files(rulebook.FOLDERS)
    rules = [rulebook.load(path) for path in files]
    misses = _examples.misses(rules)
    for miss in misses:
        what = "should be reported and is not" if miss.expected else "should not be reported and is"
        complain(f"{miss.rule.path}: as {miss.grammar}, this example {miss.reason or what}:\n{_block(miss.code)}\n")
    count = sum(len(rule.match) + len(rule.clean) for rule in rules)
    say(f"{len(rules)} rules, {count} examples, {len(misses)} failed\n")
    return ExitCode.BLOCK if misses else ExitCode.OK


def _rule_files(path: Path) -> list[Path]:
    """The file itself, or the rule files below a folder.

    Raises:
        UsageError: there is none.
    """
    files = sorted(path.glob("**/*.yml")) if path.is_dir() else [path]
    if not files:
        raise UsageError("there is no rule file in this folder", where=str(path), todo="Name a file that ends in .yml.")
    return files
