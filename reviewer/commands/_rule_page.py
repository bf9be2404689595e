"""Everything about one rule, for a person."""

from __future__ import annotations

import textwrap

from reviewer.rulebook import Rule
from reviewer.rulebook.local import PREFIX


def explained(rule: Rule) -> str:
    """What it says, how to write it instead, and what is reported and what not."""
    facts = [rule.language, rule.kind.value, f"severity {rule.severity.value}", f"confidence {rule.confidence.value}"]
    facts += [rule.cwe] * bool(rule.cwe) + [source(rule)]
    parts = [f"{rule.id}  ({', '.join(facts)})", wrapped(rule.message), wrapped(rule.remedy)]
    if rule.fix:
        parts.append("Always safe to write instead:\n\n" + textwrap.indent(rule.fix, "    "))
    parts += ["Reported:\n\n" + block(code) for code in rule.match]
    parts += ["Not reported:\n\n" + block(code) for code in rule.clean]
    return "\n\n".join(parts) + "\n"


def source(rule: Rule) -> str:
    """Whose rule it is."""
    return "local" if rule.id.startswith(PREFIX) else "shipped"


def wrapped(text: str) -> str:
    """In lines of at most 100 columns."""
    return textwrap.fill(text, width=100, break_long_words=False, break_on_hyphens=False)


def block(code: str) -> str:
    """Code, indented."""
    return textwrap.indent(code.rstrip("\n"), "    ")
