"""The published JSON Schemas."""

from __future__ import annotations

from importlib.resources import files


def read(name: str) -> str:
    """The text of a schema file of this folder, such as "report.schema.json".

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
