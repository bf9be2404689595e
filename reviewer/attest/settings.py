"""Git's own settings, those of the running command included: `git -c key=value commit` tells its hooks by a variable."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from reviewer.git import Git


def value(git: Git, key: str) -> str | None:
    """A setting of git, None if it is unset.

    Args:
        key: such as "user.signingKey"; the case of its letters does not matter.
    """
    of_command = [text for name, text in _of_command() if name.lower() == key.lower()]
    return of_command[-1] if of_command else git.config(key)


def path(git: Git, key: str) -> str | None:
    """A setting that names a file, with "~/" resolved; None if it is unset or empty."""
    text = value(git, key)
    return os.path.expanduser(text) if text else None  # noqa: PTH111 - an unknown ~user stays as it is, as in git


def _of_command() -> Iterator[tuple[str, str]]:
    """See GIT_CONFIG_COUNT in git-config(1); GIT_CONFIG_PARAMETERS is what `git -c` passes on: quoted for a shell."""
    count = os.environ.get("GIT_CONFIG_COUNT", "")
    for number in range(int(count) if count.isdecimal() else 0):
        yield os.environ.get(f"GIT_CONFIG_KEY_{number}", ""), os.environ.get(f"GIT_CONFIG_VALUE_{number}", "")
    try:
        words = shlex.split(os.environ.get("GIT_CONFIG_PARAMETERS", ""))
    except ValueError:
        return
    for word in words:
        name, _, text = word.partition("=")
        yield name, text
