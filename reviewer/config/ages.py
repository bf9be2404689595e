"""The kind of setting that is a length of time in hours, days or weeks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_AGE = r"[0-9]{1,4}[hdw]"


@dataclass(frozen=True, slots=True)
class Age:
    """Such as "12h", "14d" or "2w"; or empty."""

    def read(self, value: object) -> str:
        """The text itself.

        Raises:
            ValueError: it is something else.
        """
        if not isinstance(value, str) or (value and not re.fullmatch(_AGE, value)):
            raise ValueError('must be a length of time such as "12h", "14d" or "2w", or empty')
        return value

    def write(self, value: object) -> str:
        """As TOML."""
        return json.dumps(value)

    def schema(self) -> dict[str, object]:
        """The JSON Schema of the TOML value."""
        return {"type": "string", "pattern": f"^({_AGE})?$"}
