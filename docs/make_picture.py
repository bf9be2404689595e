"""Draws docs/terminal.svg: what `git commit` shows when the demo's bad change is blocked.

FORCE_COLOR=1 hunkgate demo | python docs/make_picture.py > docs/terminal.svg
"""

from __future__ import annotations

import io
import re
import sys

from rich.console import Console
from rich.text import Text


def main() -> None:
    """Standard input: the demo's output in colour. Standard output: the picture of its blocked commit."""
    shown = re.search(r"(\$ git commit .*?)\n\n--- The gate blocked it", sys.stdin.read(), re.DOTALL)
    if shown is None:
        sys.exit("this is not the output of the demo")
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(shown[1]))
    svg = console.export_svg(title="git commit")
    # The fonts of the template come from another host; the picture must not load anything.
    sys.stdout.write(re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    main()
