"""Generated code for a person and for a program: what was asked, who wrote it, and what the reviewers say."""

from __future__ import annotations

import json
import sys
from typing import Any

from reviewer import registry
from reviewer.generate.making import Made
from reviewer.generate.placing import difference
from reviewer.generate.writer import SAMPLING
from reviewer.records import printable
from reviewer.report import _streams
from reviewer.report._text import safe, well_formed

SCHEMA_VERSION = 1


def head(made: Made) -> str:
    """What stands above the code."""
    about, chosen = made.about, made.chosen
    where = "another machine, secrets are masked" if chosen.remote else chosen.opened.backend
    reasons = safe("; ".join(about.reasons), 200)
    lines = [
        f"hunkgate generate: {about.task}, {about.complexity.value} ({reasons}); {made.wanted.language}",
        f"  model: {safe(chosen.name, 100)} {made.digest[:12] or 'without a digest'} ({where}), because {safe(chosen.why, 200)}",
        f"  shown to it: {safe('; '.join(made.shown.files), 500) or 'the request alone'}",
        f"  {made.tokens} tokens, {made.seconds:.1f} s" + (f"; {safe(made.anew, 300)}" if made.anew else ""),
        *(f"  note: {safe(note)}" for note in made.notes),
    ]
    return "\n".join(lines) + "\n"


def body(made: Made) -> str:
    """The code, or the diff of its file."""
    return _difference(made) or made.draft.code


def tail(made: Made, record: str, *, written: bool, asked: bool) -> str:
    """What stands below the code: the findings, and what was written."""
    report = registry.load("reviewer.report", "terminal").render(made.verdict, _streams.view(stream=sys.stderr))
    lines = ["\n" + report]
    if made.draft.names:
        lines.append(f"names: {safe(made.draft.names, 300)}\n")
    place = made.wanted.place
    if place is not None and written:
        lines.append(f"written: {safe(printable(place.path), 200)}; look at it with: git diff\n")
    elif asked:
        lines.append("not written: a finding in it blocks\n")
    if not record:
        lines.append("no record is kept outside of a repository: a commit will not say that this was generated\n")
    return "".join(lines)


def document(made: Made, record: str, *, written: bool) -> str:
    """All of it as one JSON object, in ASCII."""
    place, there, endpoint = made.wanted.place, made.draft.placed, made.chosen.opened.entry.endpoint
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "task": made.about.task,
        "complexity": made.about.complexity.value,
        "reasons": list(made.about.reasons),
        "language": made.wanted.language,
        "model": {
            "name": made.chosen.name,
            "digest": made.digest,
            "backend": made.chosen.opened.backend,
            "endpoint": endpoint is not None,
            "why": made.chosen.why,
        },
        "sampling": SAMPLING,
        "context": [well_formed(one) for one in made.shown.files],
        "tokens": made.tokens,
        "seconds": round(made.seconds, 3),
        "written_anew": made.anew,
        "names": made.draft.names,
        "code": well_formed(made.draft.code),
        "file": printable(place.path) if place else None,
        "line": there.first if there else None,
        "diff": well_formed(_difference(made)),
        "written": written,
        "record": record,
        "notes": list(made.notes),
        "review": json.loads(registry.load("reviewer.report", "json").render(made.verdict, _streams.view())),
    }
    return json.dumps(content, indent=2) + "\n"


def _difference(made: Made) -> str:
    place, there = made.wanted.place, made.draft.placed
    return difference(place.path, place.content, there.content) if place and there else ""
