"""The wheel holds the package and its data, and nothing else at its top level."""

from __future__ import annotations

import sys
import zipfile

NEEDED = (
    "reviewer/cli.py",
    "reviewer/py.typed",
    "reviewer/hooks/shim.sh",
    "reviewer/models/catalogue.toml",
    "reviewer/review/prompts/review.txt",
    "reviewer/schemas/report.schema.json",
    "reviewer/schemas/config.schema.json",
    "reviewer/rules/analyzers/ruff_checks.toml",
)


def main(wheel: str) -> int:
    """Exit code 0 if all is as it must be."""
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    wrong = sorted(part for part in top if part != "reviewer" and not part.endswith(".dist-info"))
    missing = [name for name in NEEDED if name not in names]
    rules = sum(name.startswith("reviewer/rules/") and name.endswith(".yml") for name in names)
    sys.stdout.write(f"{len(names)} files, {rules} rule files; unexpected: {wrong}; missing: {missing}\n")
    return 1 if wrong or missing or rules < 40 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
