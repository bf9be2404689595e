"""What kind of work a hunk is, and how complex."""

from reviewer.classify.profiles import classify, classify_change

__all__ = ["classify", "classify_change"]
