"""Shows what the taint engine says about a piece of code."""

from __future__ import annotations

from reviewer.taint import engine, triggers
from reviewer.taint.languages import LANGUAGES
from reviewer.taint.text import Text


def followed(language: str, code: str) -> list[str]:
    """The flows as "class@line of the sink", sorted; every line counts as added. Fails if anything could not be analyzed."""
    content = code.encode()
    analysis = engine.analyze(language, content, range(1, code.count("\n") + 2))
    assert not analysis.failures, analysis.failures
    text = Text(content)
    assert not analysis.flows or triggers.Triggers(LANGUAGES[language][0], content), (
        "the words of the file would have hidden this"
    )
    return sorted(f"{flow.harm}@{text.line_of(flow.stops[-1].at[0])}" for flow in analysis.flows)


def classes(language: str, code: str) -> set[str]:
    """The classes of harm that are found."""
    return {flow.partition("@")[0] for flow in followed(language, code)}
