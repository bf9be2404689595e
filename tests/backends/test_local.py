"""What all runtimes in this process share, over one without weights."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_runtime import FILES, ToyRuntime

from reviewer.backends._local import LocalModel
from reviewer.backends._schema import admits
from reviewer.backends._time import Ceiling
from reviewer.backends.interface import Piece
from reviewer.errors import AbandonedError, BackendError, OutOfTimeError

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["approve", "reject", "日本", "日光"]},
        "lines": {"type": "array", "maxItems": 2, "items": {"type": "integer", "minimum": 1, "maximum": 12}},
        "why": {"type": "string", "maxLength": 6},
    },
}
LONG = "some words that are longer than one reading of the runtime"
TEXT = st.sampled_from(["", "a", "apple", LONG, "<s>", "é日"])
QUESTIONS: list[Callable[[LocalModel], Any]] = [
    lambda model: model.choose("system", LONG, "q?", ("apple", "approve", "x"), Ceiling(60)),
    lambda model: model.choose("system", LONG, "another?", ("yes", "no"), Ceiling(60)),
    lambda model: model.choose("system", "", "q?", ("apple", "approve"), Ceiling(60)),
    lambda model: model.choose("another " + LONG, "m", "q?", ("one", "one more", "two"), Ceiling(60)),
    lambda model: model.score([Piece("<s>", True), Piece(LONG)], ["apple", "", LONG, "ap"], Ceiling(60)),
    lambda model: model.score([Piece("x")], ["yz"], Ceiling(60)),
    lambda model: model.write("system", LONG, "q?", SCHEMA, 200, Ceiling(60)),
    lambda model: model.write("system", "m", "q?", SCHEMA, 5, Ceiling(60)),
    lambda model: model.embed([LONG, "a"], Ceiling(60)),
]


def _model(*args: Any, **settings: Any) -> LocalModel:
    return LocalModel(ToyRuntime(*args, **settings), FILES)


class Patience(Ceiling):
    """Given up at one of the looks at it."""

    def __init__(self, looks: int) -> None:
        super().__init__(60, self._is_over)
        self._looks = looks
        self.seen = 0

    def _is_over(self) -> bool:
        self.seen += 1
        return self.seen > self._looks


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(range(len(QUESTIONS))), min_size=1, max_size=6))
def test_an_answer_does_not_depend_on_what_was_asked_before(order: list[int]) -> None:
    model = _model()
    for number in order:
        assert QUESTIONS[number](model) == QUESTIONS[number](_model())


def test_choose_reads_nothing_twice() -> None:
    runtime = ToyRuntime()
    model = LocalModel(runtime, FILES)
    model.choose("system" * 5, LONG, "q?", ("yes", "no"), Ceiling(60))
    first = runtime.read_tokens
    model.choose("system" * 5, LONG, "q?", ("yes", "no"), Ceiling(60))
    assert runtime.read_tokens - first == len("q?") + 1


def test_choose_comes_back_to_a_system_text_without_reading_it() -> None:
    runtime = ToyRuntime()
    model = LocalModel(runtime, FILES)
    for number in range(4):
        model.choose(f"system {number} {LONG}", "m", "q?", ("yes", "no"), Ceiling(60))
    before = runtime.read_tokens
    model.choose(f"system 0 {LONG}", "m", "q?", ("yes", "no"), Ceiling(60))
    assert runtime.read_tokens - before < len("q?") + 4


def test_score_gives_each_token_its_probability() -> None:
    model = _model()
    found = model.score([Piece("<s>", True), Piece("before ")], ["apple", "", "x", "apple"], Ceiling(60))
    assert [len(one) for one in found] == [4, 0, 1, 4]
    assert found[0] == found[3]
    assert all(value < 0 for one in found for value in one)
    everything = model.score([Piece("b")], [chr(code) for code in range(32, 127)], Ceiling(60))
    assert sum(math.exp(one[0]) for one in everything) < 1


def test_score_tells_special_tokens_from_text() -> None:
    special, text = (_model().score([Piece("<s>", flag), Piece("b")], ["x"], Ceiling(60)) for flag in (True, False))
    assert special != text
    assert len(_model().score([Piece("b")], ["<s>"], Ceiling(60))[0]) == 3


@pytest.mark.parametrize("prefix", [[], [Piece("")], [Piece("", True), Piece("")]])
def test_score_without_a_prefix_is_refused(prefix: list[Piece]) -> None:
    with pytest.raises(BackendError, match="nothing before"):
        _model().score(prefix, ["x"], Ceiling(60))


@settings(deadline=None)
@given(st.integers(0, 10**9), TEXT)
def test_write_stays_in_the_grammar_whatever_the_model_wants(seed: int, material: str) -> None:
    wants = [b'"', b"}", b"]", b"x", b"\xff", b"\xe6", b"1", b"a", b" []", b'": ', b"\n"]
    written = _model(lambda cache, entry: 5.0 * ((seed >> (wants.index(entry) * 2)) % 4) if entry in wants else 0.0).write(
        "s", material, "q", SCHEMA, 300, Ceiling(60)
    )
    assert written.finished
    assert admits(SCHEMA, written.text)
    assert written.tokens > 0


def test_write_takes_what_the_model_likes_best() -> None:
    liked = [b"reject", b"[]", b"n"]

    def taste(cache: bytes, entry: bytes) -> float:
        if cache.endswith(b'"why": '):
            return 50.0 if entry == b'"' else 0.0
        if entry == b'"}':
            return 60.0 if cache.endswith(b"no") else 0.0
        if entry == b"o":
            return 50.0 if cache.endswith(b"n") else 0.0
        return 30.0 + liked.index(entry) if entry in liked and not cache.endswith(entry) else 0.0

    written = _model(taste).write("s", "m", "q", SCHEMA, 300, Ceiling(60))
    assert json.loads(written.text) == {"verdict": "reject", "lines": [], "why": "no"}


def test_write_can_choose_a_token_that_holds_more_than_what_must_follow() -> None:
    """`[]` is one token; had `[` been read before the choice, the model could not have written it."""
    seen: list[bytes] = []

    def taste(cache: bytes, entry: bytes) -> float:
        seen.append(cache)
        return 50.0 if entry == b"[]" else 0.0

    assert '"lines": []' in _model(taste).write("s", "m", "q", SCHEMA, 300, Ceiling(60)).text
    assert any(cache.endswith(b'"lines": ') for cache in seen)


@given(st.integers(1, 60))
@settings(deadline=None)
def test_write_ends_at_its_ceiling(most: int) -> None:
    whole = _model().write("s", "m", "q", SCHEMA, 300, Ceiling(60))
    cut = _model().write("s", "m", "q", SCHEMA, most, Ceiling(60))
    assert cut.tokens <= most
    assert cut.finished == (most >= whole.tokens)
    assert whole.text.startswith(cut.text)


def test_embed_is_of_length_one() -> None:
    (first, second) = _model().embed(["apple", LONG], Ceiling(60))
    assert math.hypot(*first) == pytest.approx(1)
    assert math.hypot(*second) == pytest.approx(1)
    assert _model().embed([LONG], Ceiling(60)) == [second]
    with pytest.raises(BackendError, match="empty"):
        _model().embed([""], Ceiling(60))


@pytest.mark.parametrize("question", QUESTIONS)
def test_out_of_time_leaves_the_model_usable(question: Callable[[LocalModel], Any]) -> None:
    model = _model(slow=0.004)
    with pytest.raises(OutOfTimeError):
        model.choose("system", LONG * 4, "q?", ("yes", "no"), Ceiling(0.02))
    assert question(model) == question(_model())


@pytest.mark.parametrize("question", QUESTIONS)
def test_given_up_at_any_moment_leaves_the_model_usable(question: Callable[[LocalModel], Any]) -> None:
    for looks in range(0, 40, 3):
        model = _model()
        with suppress(AbandonedError):
            model.write("system", LONG * 2, "q?", SCHEMA, 200, Patience(looks))
        assert question(model) == question(_model())


@pytest.mark.parametrize(
    "asked",
    [
        lambda model, ceiling: model.choose("system", LONG, "q?", ("apple", "approve", "x"), ceiling),
        lambda model, ceiling: model.score([Piece("<s>", True), Piece(LONG)], ["apple", "", LONG, "ap"], ceiling),
        lambda model, ceiling: model.write("system", LONG, "q?", SCHEMA, 200, ceiling),
        lambda model, ceiling: model.embed([LONG, "a"], ceiling),
    ],
)
def test_it_is_looked_before_every_reading_whether_the_answer_is_still_wanted(asked: Callable[..., Any]) -> None:
    runtime = Counting()
    patience = Patience(10**6)
    asked(LocalModel(runtime, FILES), patience)
    assert 1 < runtime.readings <= patience.seen
    for looks in range(patience.seen):
        runtime = Counting()
        with pytest.raises(AbandonedError):
            asked(LocalModel(runtime, FILES), Patience(looks))
        assert runtime.readings <= looks


class Counting(ToyRuntime):
    """Counts how often something is read."""

    readings = 0

    def read(self, rows: Sequence[tuple[int, ...]], start: int, *, every: bool = False) -> None:
        self.readings += 1
        super().read(rows, start, every=every)


def test_out_of_time_after_a_slow_moment_does_not_last() -> None:
    runtime = ToyRuntime(slow=0.5)
    model = LocalModel(runtime, FILES)
    model.choose("system", LONG, "q?", ("yes", "no"), Ceiling(60))
    runtime.slow = 0.0
    answers: list[list[float]] = []
    for _ in range(10):
        with suppress(OutOfTimeError):
            answers.append(model.choose("system", LONG, "another?", ("yes", "no"), Ceiling(0.4)))
    assert answers


@pytest.mark.parametrize(
    "question",
    [
        lambda model: model.choose("s", "x" * 500, "q", ("a", "b"), Ceiling(60)),
        lambda model: model.score([Piece("x" * 390)], ["y" * 20], Ceiling(60)),
        lambda model: model.embed(["x" * 500], Ceiling(60)),
        lambda model: model.write("s", "x" * 390, "q", SCHEMA, 300, Ceiling(60)),
    ],
)
def test_longer_than_the_context_is_refused_and_the_model_lives_on(question: Callable[[LocalModel], Any]) -> None:
    model = _model()
    with pytest.raises(BackendError, match="more than the 400 of the context"):
        question(model)
    assert QUESTIONS[0](model) == QUESTIONS[0](_model())


def test_a_failed_reading_is_forgotten() -> None:
    runtime = ToyRuntime()
    model = LocalModel(runtime, FILES)
    model.choose("system", LONG, "q?", ("yes", "no"), Ceiling(60))
    read, runtime.read = runtime.read, _broken  # type: ignore[method-assign]
    with pytest.raises(BackendError, match="broken"):
        model.choose("system", LONG, "another?", ("yes", "no"), Ceiling(60))
    runtime.read = read  # type: ignore[method-assign]
    assert QUESTIONS[1](model) == QUESTIONS[1](_model())


def _broken(*args: Any, **settings: Any) -> None:
    raise BackendError("the runtime is broken")


def test_digest_and_close() -> None:
    runtime = ToyRuntime()
    model = LocalModel(runtime, FILES)
    assert model.digest() == "ab" * 32
    assert model.count(["approve", "<s>", ""]) == [1, 3, 0]
    model.close()
    assert runtime.closed
