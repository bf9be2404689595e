"""The kinds of defect that a model may name, and what a finding says for each. A model can say nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from reviewer.records import Kind


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of defect."""

    name: str
    """What the model answers; the rule id is "model-" and this."""
    hint: str
    """A few words that tell the model what the name means."""
    kind: Kind
    cwe: str
    phrase: str
    """Completes "suspects ..."."""
    remedy: str


TAXONOMY = (
    Defect(
        "injection",
        "outside text in a query or command",
        Kind.SECURITY,
        "CWE-74",
        "that outside text becomes part of a command or query",
        "Pass values as parameters or arguments, not as part of the text.",
    ),
    Defect(
        "path-traversal",
        "outside text chooses a file",
        Kind.SECURITY,
        "CWE-22",
        "that outside text chooses a path outside its folder",
        "Resolve the path and check that it is still below the intended folder.",
    ),
    Defect(
        "missing-check",
        "a needed check is missing",
        Kind.BUG,
        "CWE-754",
        "that a needed check is missing",
        "Check the precondition before the value is used.",
    ),
    Defect(
        "off-by-one",
        "loop or index bound",
        Kind.BUG,
        "CWE-193",
        "an off-by-one error",
        "Check the first and the last round of the loop or range.",
    ),
    Defect(
        "wrong-operator",
        "wrong condition or variable",
        Kind.BUG,
        "CWE-480",
        "a wrong operator, condition or variable",
        "Check the expression against a case on each side of it.",
    ),
    Defect(
        "resource-leak",
        "file or lock never released",
        Kind.BUG,
        "CWE-772",
        "that a resource is not released on every way out",
        "Release it in a with, defer, using or finally.",
    ),
    Defect(
        "swallowed-error",
        "exception ignored",
        Kind.BUG,
        "CWE-390",
        "that an error is swallowed",
        "Handle the error, or pass it on.",
    ),
    Defect(
        "race",
        "shared state without lock",
        Kind.BUG,
        "CWE-362",
        "a race for shared state",
        "Guard the shared state, or share none.",
    ),
    Defect(
        "hard-coded-secret",
        "password or token in the code",
        Kind.SECRET,
        "CWE-798",
        "a hard-coded secret",
        "Read it from the environment or a secret store.",
    ),
    Defect(
        "weak-crypto",
        "md5, sha1, des",
        Kind.SECURITY,
        "CWE-327",
        "weak or misused cryptography",
        "Use a current algorithm through its safe interface.",
    ),
    Defect(
        "null-dereference",
        "missing value used",
        Kind.BUG,
        "CWE-476",
        "that a missing value is used",
        "Handle the case that the value is missing.",
    ),
    Defect("other", "anything else", Kind.BUG, "", "a defect", "Read the line again with that in mind."),
)
"""In the order in which the model is offered them."""


def worded(defect: Defect) -> str:
    """A defect as one model tells it to another."""
    return f"{defect.name}: {defect.hint}."
