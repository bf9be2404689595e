"""Where a review of the server starts: two trees, and the rules, dismissals and settings of the target."""

from __future__ import annotations

from reviewer.ci.standards import Standards
from reviewer.git import Git
from reviewer.intake import changes, contents, local_rules
from reviewer.knowledge.known import Known
from reviewer.knowledge.memory import Memory
from reviewer.records import Change
from reviewer.sources import Sourced


def sourced(git: Git, base_tree: str, tree: str, name: str, standards: Standards) -> Sourced:
    """What lies between two trees.

    Args:
        name: what to call it in a report.

    Raises:
        GitError: an object is not in this clone.
    """
    return of_change(git, changes.between(git, base_tree=base_tree, tree=tree, source=name), standards)


def of_change(git: Git, change: Change, standards: Standards, tree: str = "") -> Sourced:
    """A change that is known already.

    Args:
        tree: whose rules and dismissals count; empty: the target's.

    Raises:
        GitError: an object is not in this clone.
    """
    new, old = contents.from_git(git, change, limit=standards.policy.max_file_bytes)
    known = Known(git, change, {path: content.data for path, content in new.items()}, tree or standards.tree)
    own = local_rules.read(git, tree or standards.tree, change)
    return Sourced(change, new, old, standards.policy, local_rules.note(own), Memory(known), own)
