"""What belongs to the shipped weights. Written by `training/`, never by hand."""

from __future__ import annotations

MODEL_SHA256 = "fc9fed6996551ef6422a9dbffbbe61ffcd496f6a598e2f59f21bba042b0ab5f9"
REFERENCE_SHA256 = "d17b1ef9bf19a50269c6c555fa6ff30d984e90de86f29001335b684570ab9ca0"

SURE = 0.59
"""The probability from which on a task is believed: set on validation data (see docs/classifier.md)."""
