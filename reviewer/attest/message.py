"""Adding trailers to a commit message without turning a commit that git would abort into a real one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from reviewer.attest import settings
from reviewer.commit_call import CommitCall
from reviewer.errors import StorageError
from reviewer.git import Git

_SCISSORS = " ------------------------ >8 ------------------------"
"""After the comment character: git cuts the message here (git-commit(1), --cleanup=scissors and --verbose)."""

_COMMENT_CHARACTERS = "#;@!$%^&|:"
"""Those that git chooses from under core.commentChar=auto (builtin/commit.c, adjust_comment_line_char)."""

_SIGN_OFF = b"Signed-off-by: "


def is_abandoned(git: Git, message: bytes, call: CommitCall | None) -> bool:
    """Whether git will abort the commit because of its message: nothing in it but comments and sign-offs, or an untouched
    template. In doubt (the command cannot be seen) the message is cleaned as after an editor.

    Raises:
        GitError
    """
    text = _cleaned(git, message, call)
    if _says_nothing(text):
        return True
    template = _template(git, call)
    if not template:
        return False
    start = _cleaned(git, template, call)
    return text.startswith(start) and _says_nothing(text[len(start) :])


def with_trailers(git: Git, message: bytes, trailers: Sequence[str]) -> bytes:
    """The message with trailers added after its own, before git's comments.

    Raises:
        GitError
    """
    # A body with "---" would hide the trailers without --no-divider; the user's own rules for trailers are not for ours.
    flags = ["--no-divider", "--where=end", "--if-exists=add", "--if-missing=add"]
    added = [word for trailer in trailers for word in ("--trailer", trailer)]
    options = ("-c", "trailer.separators=:", *_comment_option(git, message))
    return git.run(*options, "interpret-trailers", *flags, *added, stdin=message)


def comment_prefix(git: Git, message: bytes) -> bytes:
    """What a line of the message starts with if it is a comment."""
    marked = git.run(*_comment_option(git, message), "stripspace", "--comment-lines", stdin=b"x\n")
    return marked.removesuffix(b"\n").removesuffix(b"x").rstrip(b" ")


def write(path: Path, message: bytes) -> None:
    """Replace the message file, whole or not at all.

    Raises:
        StorageError: it cannot be written; the file is as it was.
    """
    target = path.resolve()
    partial = target.with_name(f"{target.name}.{os.getpid()}.hunkgate")
    try:
        partial.write_bytes(message)
        partial.chmod(target.stat().st_mode & 0o777)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write the commit message: {error.strerror}", where=str(path), todo="Free some space."
        ) from error


def _cleaned(git: Git, message: bytes, call: CommitCall | None) -> bytes:
    """The message as git will take it."""
    cleanup = (call.cleanup if call else None) or settings.value(git, "commit.cleanup") or "default"
    text = _before_scissors(message, comment_prefix(git, message))
    if cleanup == "verbatim":
        return text
    editor = call.editor if call else True
    strip = cleanup == "strip" or (cleanup not in ("whitespace", "scissors") and editor)
    return git.run(*_comment_option(git, message), "stripspace", *(["--strip-comments"] if strip else []), stdin=text)


def _before_scissors(message: bytes, prefix: bytes) -> bytes:
    line = prefix + _SCISSORS.encode("ascii") + b"\n"
    if message.startswith(line):
        return b""
    return message.partition(b"\n" + line)[0] + b"\n" if b"\n" + line in message else message


def _says_nothing(text: bytes) -> bool:
    """Git's own test (builtin/commit.c, rest_is_empty)."""
    return all(not line.strip() or line.startswith(_SIGN_OFF) for line in text.split(b"\n"))


def _template(git: Git, call: CommitCall | None) -> bytes:
    """Content of the template that the message started from; empty if there is none."""
    of_command = call.template if call else None
    name = of_command or settings.path(git, "commit.template")
    if not name:
        return b""
    folder = git.top() / (os.environ.get("GIT_PREFIX", "") if of_command else "")
    try:
        return (folder / name).read_bytes()
    except OSError:
        return b""


def _comment_option(git: Git, message: bytes) -> tuple[str, ...]:
    """What our own git must be told of comments: the setting of the running command, or what "auto" came to."""
    # core.commentString is git 2.45's name; an older git does not know it and ignores it.
    for key in ("core.commentString", "core.commentChar"):
        text = settings.value(git, key)
        if text == "auto":
            last = message.rstrip().rpartition(b"\n")[2][:1].decode("ascii", "replace")
            return ("-c", f"core.commentChar={last if last and last in _COMMENT_CHARACTERS else '#'}")
        if text:
            return ("-c", f"{key}={text}")
    return ()
