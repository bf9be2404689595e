"""Hunkgate's machine: what happens to a change between `git commit` and the commit."""

__version__ = "0.1.0"
