from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from make_hunk import make_file, make_hunk

from reviewer.classify.answers import Asked, answers
from reviewer.classify.ranks import rank
from reviewer.classify.sensitive import sensitive
from reviewer.errors import BackendError
from reviewer.records import Complexity


@dataclass(frozen=True)
class Told:
    probabilities: tuple[float, float, float] = (0.2, 0.7, 0.1)
    risk: float = 0.9
    task: str = "fix"
    sure: bool = True


def asked(path: bytes, *lines: str) -> Asked:
    hunk = make_hunk(path, *lines)
    return Asked(hunk, make_file(hunk))


def test_answers_ask_the_model_about_source_only() -> None:
    seen: list[bytes] = []

    def judge(given: Sequence[Asked]) -> list[Told]:
        seen.extend(one.hunk.path for one in given)
        return [Told() for _ in given]

    found = answers([asked(b"README.md", "+x"), asked(b"src/a.py", "+x = 1"), asked(b"tests/test_a.py", "+x = 1")], judge)
    assert seen == [b"src/a.py"]
    assert [one.task for one in found] == ["docs", "fix", "test"]
    assert [one.risk for one in found] == [None, 0.9, None]
    assert found[1].probabilities == {"feature": 0.2, "fix": 0.7, "refactor": 0.1}
    assert not found[1].abstained
    assert found[1].complexity is Complexity.SIMPLE
    assert found[1].reasons[0] == "looks like a fix (70%)"


def test_answers_do_not_ask_the_model_when_rules_decided() -> None:
    def judge(_: Sequence[Asked]) -> list[Told]:
        pytest.fail("there is no source among them")

    assert answers([asked(b"README.md", "+x"), asked(b"go.sum", "+x")], judge)[1].task == "lock"
    assert answers([], judge) == []


def test_answers_without_a_model_say_why() -> None:
    def judge(_: Sequence[Asked]) -> list[Told]:
        raise BackendError("OpenVINO is not installed", todo="Install it with: pip install 'hunkgate[classifier]'")

    (found,) = answers([asked(b"src/a.py", "+x = 1")], judge)
    assert (found.task, found.abstained, found.risk, found.probabilities) == ("code", True, None, None)
    assert "pip install 'hunkgate[classifier]'" in found.reasons[-1]


def test_answers_that_are_not_sure_abstain() -> None:
    (found,) = answers([asked(b"src/a.py", "+x = 1")], lambda _: [Told(sure=False)])
    assert found.abstained
    assert found.task == "fix"
    assert "not sure" in found.reasons[0]


@pytest.mark.parametrize(
    ("path", "line", "words"),
    [
        (b"src/a.py", "+user = login(name, password)", "signing in and passwords (login)"),
        (b"src/a.py", "-subprocess.run(command)", "starting programs (subprocess)"),
        (b"src/a.c", "+memcpy(to, from, size);", "memory by hand (memcpy)"),
        (b"pkg/auth/a.go", "+x := 1", "the path says auth"),
        (b"src/a.js", "+node.innerHTML = text", "running text as code (innerHTML)"),
    ],
)
def test_sensitive_says_what_it_touches(path: bytes, line: str, words: str) -> None:
    assert words in sensitive(make_hunk(path, line))


@pytest.mark.parametrize("line", ["+authors = 3", "+total = price * count", "+evaluation = 1", " password = 1"])
def test_sensitive_is_silent_about_the_rest(line: str) -> None:
    assert sensitive(make_hunk(b"src/author.py", line, "+x = 1")) == ""


def test_sensitive_reads_a_huge_hunk_quickly() -> None:
    assert sensitive(make_hunk(b"a.py", *["+" + "pass" * 200_000] * 3)) == ""


def test_rank_is_the_share_below() -> None:
    reference = [1.0, 2.0, 3.0, 4.0]
    assert [rank(score, reference) for score in (0, 2.5, 9)] == [0, 0.5, 1]
    assert rank(2.0, reference) == 0.375
