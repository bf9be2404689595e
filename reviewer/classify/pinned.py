"""What belongs to the shipped weights. Written by `training/`, never by hand."""

from __future__ import annotations

MODEL_SHA256 = "c85af9c2e0681fcfd95e896285966a28315fc755b9a438946f75e0bc6188f253"
REFERENCE_SHA256 = "f25187d0a6770231a5ecd8445c0c1fba5ad86618d494f2fb9d65d21f84947c33"

SURE = 0.59
"""The probability from which on a task is believed: set on validation data (see docs/classifier.md)."""
