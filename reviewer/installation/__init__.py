"""Hooks: where git looks for them in this repository, who else manages them, how ours go in and come out again."""

HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "pre-push")
"""The hooks of git that `hunkgate init` installs."""
