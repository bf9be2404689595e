"""Hooks: where git looks for them in this repository, who else manages them, how ours go in and come out again."""

HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "pre-push")
"""The hooks of git that a repository needs, whoever manages them."""

ALSO = ("post-rewrite",)
"""Those that `hunkgate init` installs, too. The pre-commit framework does not pass on what git says to them."""

ON_REQUEST = ("reference-transaction",)
"""Git runs it twice for each ref that changes: a fetch of 1,000 new branches takes 3 s longer, whatever the hook does."""

TELLING = frozenset({"post-commit", "post-rewrite", "reference-transaction"})
"""They run when all is done. Where one of these cannot be installed, the others are."""

INSTALLED = (*HOOKS, *ALSO)

ALL = (*INSTALLED, *ON_REQUEST)
