"""The rules: which files there are, what a rule file says, and the text of it that ast-grep reads.

A rule file is a native ast-grep rule (https://ast-grep.github.io/reference/yaml.html) with one more block, `examples:`, at
its very end. Reviewing a change needs no YAML parser: the block is cut off as text. `load` reads a file in full and checks it.
"""

from reviewer.rulebook.dialects import DIALECTS, FOLDERS, Dialect
from reviewer.rulebook.engine_text import ast_grep_text
from reviewer.rulebook.loading import load, load_text
from reviewer.rulebook.plain import load_line_rule
from reviewer.rulebook.rule import Rule
from reviewer.rulebook.shipped import folder, known_ids, rule_files

__all__ = [
    "DIALECTS",
    "FOLDERS",
    "Dialect",
    "Rule",
    "ast_grep_text",
    "folder",
    "known_ids",
    "load",
    "load_line_rule",
    "load_text",
    "rule_files",
]
