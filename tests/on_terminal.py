"""A command on a terminal of its own, as a person uses it. POSIX only."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE = 120
"""Seconds without a word until the command counts as hanging."""


@dataclass
class OnTerminal:
    """The command, and what it said so far; to be left with `end`."""

    child: int
    terminal: int
    said: bytes = b""
    _over: bool = field(default=False)

    @staticmethod
    def start(folder: Path, *argv: str, size: tuple[int, int] = (24, 100)) -> OnTerminal:
        """Start it.

        Args:
            size: rows and columns of the terminal.
        """
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            os.environ["TERM"] = "xterm"
            os.chdir(folder)
            os.execvp(argv[0], argv)
        return OnTerminal(child, terminal)

    def until(self, words: bytes) -> None:
        """Wait until the last thing on the terminal is this.

        Raises:
            AssertionError: the command ended, or hangs.
        """
        while not self.said.endswith(words):
            assert self._read(), self.said

    def type(self, keys: bytes) -> None:
        os.write(self.terminal, keys)

    def answer(self, question: bytes, *answers: bytes, between: Callable[[], None] = lambda: None) -> None:
        """Type each answer when it is asked for.

        Args:
            between: is called after each question, before the answer.
        """
        for answer in answers:
            self.until(question)
            between()
            self.type(answer)

    def end(self) -> int:
        """Hear it out; the exit code, negative for a signal."""
        while self._read():
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        os.close(self.terminal)
        return code

    def _read(self) -> bool:
        if self._over:
            return False
        assert select.select([self.terminal], [], [], _PATIENCE)[0], self.said
        try:
            new = os.read(self.terminal, 65536)
        except OSError:
            new = b""
        self.said += new
        self._over = not new
        return bool(new)
