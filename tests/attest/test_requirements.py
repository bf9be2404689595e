"""What is asked of statements beside a signature."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from reviewer.attest.requirements import Requirements, parse_age, parse_engine
from reviewer.errors import UsageError
from reviewer.records.statement import Statement, Word

NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
STATEMENT = Statement(Word.PASS, "a" * 40, "b" * 40, "hunkgate/1.2.3", "c" * 64, "d" * 64, "e" * 64, NOW)


def objections(requirements: Requirements, engine: str = "hunkgate/1.2.3") -> str:
    told = Statement(*(getattr(STATEMENT, name) if name != "engine" else engine for name in Statement.__slots__))
    return "; ".join(requirements.objections(told))


@pytest.mark.parametrize(
    ("engine", "minimum", "counts"),
    [
        ("hunkgate/1.2.3", "hunkgate/1.2.3", True),
        ("hunkgate/1.10", "hunkgate/1.9.9", True),
        ("hunkgate/1.2", "hunkgate/1.2.0", True),
        ("hunkgate/1.2.0", "hunkgate/1.2.1", False),
        ("hunkgate/2.0rc1", "hunkgate/2.0", False),
        ("hunkgate/2.0+local", "hunkgate/2.0", True),
        ("hunkgate/2.0.post1", "hunkgate/2.0", True),
        ("hunkgate/x", "hunkgate/0.1", False),
        ("other/9.0", "hunkgate/0.1", False),
    ],
)
def test_engine(engine: str, minimum: str, counts: bool) -> None:
    assert (objections(Requirements(engine_minimum=minimum), engine) == "") is counts


def test_policy() -> None:
    assert objections(Requirements()) == ""
    assert objections(Requirements(policies=frozenset({"c" * 64, "f" * 64}))) == ""
    assert "another policy than that of main" in objections(Requirements(frozenset({"f" * 64}), "main"))


@pytest.mark.parametrize(("days", "counts"), [(0, True), (30, True), (31, False), (-1, True), (-2, False)])
def test_age(days: int, counts: bool) -> None:
    asked = Requirements(max_age=timedelta(days=30), at=NOW + timedelta(days=days))
    assert (objections(asked) == "") is counts


def test_parsing() -> None:
    assert parse_age("30d") == timedelta(days=30)
    assert parse_age("12h") == timedelta(hours=12)
    assert parse_engine("0.2") == "hunkgate/0.2"
    for text in ("30", "d", "-1d", "1 d", "9" * 30 + "w"):
        with pytest.raises(UsageError):
            parse_age(text)
    with pytest.raises(UsageError):
        parse_engine("new")
