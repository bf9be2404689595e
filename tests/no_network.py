"""Runs a program that, with all its children, can open no socket but Unix ones: argv is the program and its arguments.

A seccomp filter (seccomp(2)) is inherited by every child, native threads included, and cannot be taken off again. Whoever asks
for a socket of another kind, or for io_uring (which can open sockets past the filter), is killed by SIGSYS on the spot.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

NUMBERS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: AUDIT_ARCH_* of linux/audit.h, and the number of socket(2)."""

_IO_URING_SETUP = 425
_X32 = 0x40000000
_AF_UNIX = 1
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_PR_SET_SECCOMP, _FILTER, _PR_SET_NO_NEW_PRIVS = 22, 2, 38


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def shut() -> None:
    """Install the filter in this process, for good."""
    arch, socket = NUMBERS[platform.machine()]
    # struct seccomp_data: number at 0, architecture at 4, first argument at 16 (little-endian).
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 0, 7, arch),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 5, 0, _X32),
        (_EQUAL, 4, 0, _IO_URING_SETUP),
        (_EQUAL, 0, 2, socket),
        (_LOAD, 0, 0, 16),
        (_EQUAL, 0, 1, _AF_UNIX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _KILL_PROCESS),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    shut()
    os.execvp(sys.argv[1], sys.argv[1:])
