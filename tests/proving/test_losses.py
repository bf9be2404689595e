"""Mends that make a finding go away and leave the code wrong are refused; what looks like them and is right is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from mending import a_candidate

from reviewer.fix.interface import Candidate, Result
from reviewer.proving.losses import UNDEFINED
from reviewer.proving.substance import does_not_dodge

LEAVES = b"def same(a, b):\n    if not a:\n        return False\n        if a == b:\n            return True\n    return None\n"
SUM = b"def f(d):\n    n = 10 * m + int(d)\n    return n\n"


def candidate(content: bytes, old: bytes, new: bytes, rule: str = "some-rule") -> Candidate:
    start = content.index(old)
    made = a_candidate(content, (start, start + len(old), new), language="python")
    return replace(made, finding=replace(made.finding, rule=rule))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (candidate(LEAVES, b"        return False\n", b"        if a == b:\n            return True\n"), "stands beside it"),
        (candidate(LEAVES, b"    return None\n", b"    if a == b:\n        return True\n"), "stands beside it"),
        (candidate(SUM, b"10 * m + int(d)", b"int(d)", UNDEFINED), "leaves the name out"),
        (candidate(b"def f(n):\n    return n * 2\n", b"f(n)", b"f(self)"), "what f takes"),
        (candidate(b"def f(n, *, m=1):\n    return n * m\n", b"n, *, m=1", b"n, m=1"), "what f takes"),
        (candidate(b"class A:\n    async def _f(self, *n):\n        return n\n", b"*n", b"n"), "what _f takes"),
    ],
)  # fmt: skip
def test_refused(one: Candidate, why: str) -> None:
    step = does_not_dodge(one)
    assert step.result is Result.FAILED
    assert why in step.said


@pytest.mark.parametrize(
    "one",
    [
        candidate(LEAVES, b"        if a == b:\n            return True\n", b"    if a == b:\n        return True\n"),
        candidate(SUM, b"10 * m", b"10 * d", UNDEFINED),
        candidate(b"def f(d):\n    return Math.min(d, 1)\n", b"Math.min", b"min", UNDEFINED),
        candidate(b"def f(d):\n    return get(d, verify=False)\n", b", verify=False", b""),
        candidate(b"def f(n=[]):\n    return n\n", b"n=[]", b"n=()"),
        candidate(b"def f(n):\n    return n\n", b"(n)", b"(n: int) -> int"),
        candidate(b"if a:\n    b()\nelse:\n    c()\n", b"    b()\n", b"    b(1)\n"),
    ],
)
def test_let_through(one: Candidate) -> None:
    assert does_not_dodge(one).result is Result.PASSED
