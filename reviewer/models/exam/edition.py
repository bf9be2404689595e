"""Which exam this is, without reading it: a hook must know it and has no time for that."""

from __future__ import annotations

QUESTIONS = "26cf868f0ae04794257917a6b9fe12a17f7e6153dd2863afdbd3f87e4410ca7f"
"""`Exam.digest` of the shipped questions; a test compares the two."""

BARS = "cc290e42ffdcb08efea3f6c3dba3d09e6b007f8bcd31c38affaeb5a2475cf79e"
"""`passing.digest()` of the bars; a test compares the two."""
