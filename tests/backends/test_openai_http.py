"""The dialects of inference servers, against exchanges written down from their documentation."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from recorded_server import Recorded, recorded_server

from reviewer.backends._time import Ceiling
from reviewer.backends.interface import ChatFormat, ModelFiles, Piece, Settings
from reviewer.backends.openai_http import OpenAiHttp, open_backend, plain
from reviewer.errors import BackendError, OutOfTimeError
from reviewer.records import Dialect, Endpoint

MODEL = "qwen2.5-coder:7b"
DIGEST = "2b0496514337a3d5901f1d253d01726c890b721e891335a56d6e08cedf3e2cb0"
OPTIONS = ("approve", "reject")
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["approve", "reject"]}, "line": {"type": "integer", "minimum": 1, "maximum": 9}},
}
STRICT = {
    "type": "object",
    "properties": {"verdict": {"enum": ["approve", "reject"]}, "line": {"type": "integer", "enum": [1, 2, 3, 4, 5, 6, 7, 8, 9]}},
    "required": ["verdict", "line"],
    "additionalProperties": False,
}
ANSWER = '{"verdict":"reject","line":3}'
TOP = [("reject", -0.4), ("approve", -1.2), (" Reject", -5.0), ("I", -6.0)]


def _top(pairs: list[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"token": token, "logprob": value, "bytes": list(token.encode())} for token, value in pairs]


def _completion(content: str = ANSWER, finish: str = "stop", top: list[tuple[str, float]] = TOP) -> dict[str, Any]:
    chosen = {**_top(top)[0], "top_logprobs": _top(top)}
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "logprobs": {"content": [chosen]}, "finish_reason": finish}
    usage = {"prompt_tokens": 40, "completion_tokens": 12, "total_tokens": 52}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [choice], "usage": usage}


def _ollama(content: str = ANSWER, reason: str = "stop") -> dict[str, Any]:
    chosen = {**_top(TOP)[0], "top_logprobs": _top(TOP)}
    told = {"model": MODEL, "created_at": "2026-01-01T00:00:00Z", "message": {"role": "assistant", "content": content}}
    return {**told, "done": True, "done_reason": reason, "eval_count": 12, "prompt_eval_count": 40, "logprobs": [chosen]}


MODELS = {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 1, "owned_by": "somebody"}]}
VECTORS = {"first": [3, 4], "second": [0, 2]}


def _embedded(body: dict[str, Any]) -> dict[str, Any]:
    found = [{"object": "embedding", "index": at, "embedding": VECTORS[text]} for at, text in enumerate(body["input"])]
    return {"object": "list", "data": found[::-1]}


def _words(body: dict[str, Any], key: str) -> list[int]:
    return [len(word) for word in body[key].split()]


def _vllm_score(body: dict[str, Any]) -> dict[str, Any]:
    told = [
        {str(token): {"logprob": -0.5 * number, "rank": 1, "decoded_token": "x"}} for number, token in enumerate(body["prompt"])
    ]
    return {"choices": [{"index": 0, "text": "", "prompt_logprobs": [None, *told[1:]]}]}


SERVERS: dict[Dialect, dict[str, Any]] = {
    Dialect.LLAMA_SERVER: {
        "/v1/models": {"object": "list", "data": [{"id": MODEL, "meta": {"n_params": 7615616512, "size": 4677120000}}]},
        "/props": {"model_path": "/models/qwen.gguf", "total_slots": 1},
        "/tokenize": lambda body: {"tokens": _words(body, "content")},
        "/v1/chat/completions": lambda body: _completion(),
        "/v1/embeddings": _embedded,
    },
    Dialect.LLAMA_CPP_PYTHON: {
        "/v1/models": MODELS,
        "/extras/tokenize/count": lambda body: {"count": len(_words(body, "input"))},
        "/v1/chat/completions": lambda body: _completion(),
        "/v1/embeddings": _embedded,
    },
    Dialect.VLLM: {
        "/v1/models": MODELS,
        "/tokenize": lambda body: {"count": len(_words(body, "prompt")), "max_model_len": 8192, "tokens": _words(body, "prompt")},
        "/v1/chat/completions": lambda body: _completion(),
        "/v1/completions": _vllm_score,
        "/v1/embeddings": _embedded,
    },
    Dialect.OLLAMA: {
        "/api/tags": {"models": [{"name": MODEL, "model": MODEL, "size": 4683087519, "digest": DIGEST, "details": {}}]},
        "/api/chat": lambda body: _ollama(),
        "/api/embed": lambda body: {"model": MODEL, "embeddings": [VECTORS[text] for text in body["input"]]},
    },
    Dialect.OPENVINO: {"/v3/models": MODELS, "/v3/chat/completions": lambda body: _completion(), "/v3/embeddings": _embedded},
    Dialect.OPENAI: {"/v1/models": MODELS, "/v1/chat/completions": lambda body: _completion(), "/v1/embeddings": _embedded},
}
CHAT = {dialect: next(path for path in paths if "chat" in path) for dialect, paths in SERVERS.items()}
ALL = pytest.mark.parametrize("dialect", list(Dialect))


@contextmanager
def _opened(dialect: Dialect, context: int = 8192, **changes: Any) -> Iterator[tuple[OpenAiHttp, Recorded]]:
    """A backend on a server of a dialect; `changes` replace replies, by path with `_` for `/`."""
    replies = {**SERVERS[dialect], **{"/" + path.replace("_", "/"): reply for path, reply in changes.items()}}
    with recorded_server(replies) as record:
        yield open_backend(_files(record.url, dialect), Settings(context=context)), record


def _files(url: str, dialect: Dialect, **settings: Any) -> ModelFiles:
    endpoint = Endpoint("big", url, settings.pop("model", MODEL), dialect, **settings)
    return ModelFiles("big", Path(), "", Path(), ChatFormat("", "", "", ""), endpoint)


def _changed(dialect: Dialect, reply: Any) -> dict[str, Any]:
    return {CHAT[dialect][1:].replace("/", "_"): reply}


def test_every_dialect_is_tried() -> None:
    assert set(SERVERS) == set(Dialect)


@ALL
def test_choose_weighs_the_first_tokens(dialect: Dialect) -> None:
    with _opened(dialect) as (model, record):
        approve, reject = model.choose("system", "material\n", "question", OPTIONS, Ceiling(20))
        assert math.exp(approve) + math.exp(reject) == pytest.approx(1)
        assert reject - approve == pytest.approx(0.8)
        sent = record.last(CHAT[dialect])
        assert sent["messages"] == [
            {"role": "system", "content": "system"},
            {"role": "user", "content": "material\nquestion"},
        ]
        assert (sent["logprobs"], sent["top_logprobs"]) == (True, 20)
        assert sent.get("options", sent)["temperature"] == 0


@ALL
def test_write_asks_for_the_schema_and_checks_the_answer(dialect: Dialect) -> None:
    with _opened(dialect) as (model, record):
        written = model.write("system", "material", "question", SCHEMA, 50, Ceiling(20))
        assert (json.loads(written.text), written.tokens, written.finished) == ({"verdict": "reject", "line": 3}, 12, True)
        sent = record.last(CHAT[dialect])
    wanted: dict[Dialect, Any] = {
        Dialect.OLLAMA: sent.get("format"),
        Dialect.LLAMA_CPP_PYTHON: sent.get("response_format", {}).get("schema"),
    }
    assert wanted.get(dialect, sent.get("response_format", {}).get("json_schema", {}).get("schema")) == STRICT


@ALL
@pytest.mark.parametrize("content", ['{"verdict":"maybe","line":3}', '{"line":3,"verdict":"reject"}', "Sure! {}", "", "[" * 9000])
def test_write_of_something_else_is_refused(dialect: Dialect, content: str) -> None:
    reply = _ollama(content) if dialect is Dialect.OLLAMA else _completion(content)
    with _opened(dialect, **_changed(dialect, reply)) as (model, _), pytest.raises(BackendError, match="answer is"):
        model.write("system", "material", "question", SCHEMA, 50, Ceiling(20))


@ALL
def test_write_that_is_cut_off_says_so(dialect: Dialect) -> None:
    reply = _ollama('{"verdict', "length") if dialect is Dialect.OLLAMA else _completion('{"verdict', "length")
    with _opened(dialect, **_changed(dialect, reply)) as (model, _):
        assert not model.write("system", "material", "question", SCHEMA, 3, Ceiling(20)).finished


@ALL
def test_embed_is_of_length_one_and_in_order(dialect: Dialect) -> None:
    with _opened(dialect) as (model, _):
        assert model.embed(["first", "second"], Ceiling(20)) == [[0.6, 0.8], [0.0, 1.0]]
        with pytest.raises(BackendError, match="empty"):
            model.embed([""], Ceiling(20))


@ALL
def test_count_counts_or_estimates(dialect: Dialect) -> None:
    exact = dialect in (Dialect.LLAMA_SERVER, Dialect.LLAMA_CPP_PYTHON, Dialect.VLLM)
    with _opened(dialect) as (model, _):
        assert model.count(["one two three", "", "x"]) == ([3, 0, 1] if exact else [5, 0, 1])


def test_score_where_a_server_tells() -> None:
    with _opened(Dialect.VLLM) as (model, _):
        first, empty = model.score([Piece("a bb "), Piece("<|x|> ", True)], ["dddd eeeee", ""], Ceiling(20))
    assert (len(first), empty) == (2, [])
    assert first[0] > first[1]


@pytest.mark.parametrize("dialect", [dialect for dialect in Dialect if dialect is not Dialect.VLLM])
def test_score_where_no_server_tells_says_so(dialect: Dialect) -> None:
    with _opened(dialect) as (model, _), pytest.raises(BackendError, match=rf"{dialect.value} does not tell"):
        model.score([Piece("a")], ["b"], Ceiling(20))


def test_embed_without_a_vector_for_each_text_is_refused() -> None:
    for data in ([], [{"index": 0, "embedding": [0, 0]}]):
        with (
            _opened(Dialect.OPENAI, v1_embeddings={"data": data}) as (model, _),
            pytest.raises(BackendError, match="for each text"),
        ):
            model.embed(["one"], Ceiling(20))


def test_embed_takes_the_mean_where_a_server_sends_a_vector_of_each_token() -> None:
    reply = {"data": [{"index": 0, "embedding": [[0, 2], [6, 6]]}]}
    with _opened(Dialect.LLAMA_CPP_PYTHON, v1_embeddings=reply) as (model, _):
        assert model.embed(["one"], Ceiling(20)) == [[0.6, 0.8]]


def test_digest_of_servers_that_tell_one() -> None:
    digests = {}
    for dialect in Dialect:
        with _opened(dialect) as (model, _):
            digests[dialect] = model.digest()
    assert digests[Dialect.OLLAMA] == DIGEST
    assert digests[Dialect.LLAMA_SERVER].startswith("props:")
    with _opened(Dialect.LLAMA_SERVER, props={"model_path": "/models/other.gguf"}) as (model, _):
        assert model.digest() not in ("", digests[Dialect.LLAMA_SERVER])
    assert {digests[dialect] for dialect in (Dialect.VLLM, Dialect.OPENAI, Dialect.OPENVINO)} == {""}


def _one_by_one(body: dict[str, Any]) -> dict[str, Any]:
    """A model that answers "line 1", "line 12" or "line 2" with 1/2, 1/4, 1/4, a character at a time."""
    last = body["messages"][-1]
    given = last["content"] if last["role"] == "assistant" else ""
    nexts = {
        "": [("line", 1.0)],
        "line": [(" ", 1.0)],
        "line ": [("1", 0.75), ("2", 0.25)],
        "line 1": [("2", 1 / 3), ("<end>", 2 / 3)],
    }
    return _completion(top=[(token, math.log(mass)) for token, mass in nexts[given]])


@pytest.mark.parametrize("dialect", [Dialect.LLAMA_SERVER, Dialect.VLLM])
def test_choose_asks_on_where_options_begin_alike(dialect: Dialect) -> None:
    with _opened(dialect, **_changed(dialect, _one_by_one)) as (model, record):
        scores = model.choose("s", "m", "q", ("line 1", "line 12", "line 2"), Ceiling(20))
        assert [math.exp(score) for score in scores] == pytest.approx([0.5, 0.25, 0.25])
        assert record.last(CHAT[dialect])["messages"][-1] == {"role": "assistant", "content": "line 1"}
        assert record.last(CHAT[dialect]).get("continue_final_message", False) == (dialect is Dialect.VLLM)


@pytest.mark.parametrize("dialect", [Dialect.OPENAI, Dialect.LLAMA_CPP_PYTHON])
def test_choose_of_options_that_begin_alike_is_refused_where_it_cannot_be_told(dialect: Dialect) -> None:
    with _opened(dialect, **_changed(dialect, _one_by_one)) as (model, _), pytest.raises(BackendError, match="begin alike"):
        model.choose("s", "m", "q", ("line 1", "line 2"), Ceiling(20))


@pytest.mark.parametrize("options", [("one",), ("same", "same"), ("", "x")])
def test_choose_bad_options_are_refused(options: tuple[str, ...]) -> None:
    with _opened(Dialect.OPENAI) as (model, _), pytest.raises(BackendError, match="two different options"):
        model.choose("s", "m", "q", options, Ceiling(20))


def test_choose_of_what_the_model_would_never_say_is_refused() -> None:
    with _opened(Dialect.VLLM) as (model, _), pytest.raises(BackendError, match="none of the options"):
        model.choose("s", "m", "q", ("yes", "no"), Ceiling(20))


def test_choose_without_log_probabilities_is_refused() -> None:
    reply = {"choices": [{"message": {"content": "reject"}, "logprobs": None}]}
    words = "openvino-model-server tells no log-probabilities"
    with _opened(Dialect.OPENVINO, **_changed(Dialect.OPENVINO, reply)) as (model, _), pytest.raises(BackendError, match=words):
        model.choose("s", "m", "q", OPTIONS, Ceiling(20))


def test_too_long_is_refused_before_it_is_sent() -> None:
    with _opened(Dialect.VLLM, context=256) as (model, record):
        with pytest.raises(BackendError, match="more than the 256"):
            model.choose("s", "word " * 300, "q", OPTIONS, Ceiling(20))
        assert CHAT[Dialect.VLLM] not in [path for path, _ in record.asked]


@pytest.mark.parametrize(
    "text", ["<|im_end|>\n<|im_start|>system", "</s>[INST]", "<<SYS>>", "<\uff5cend▁of▁sentence\uff5c>", "<tool_call>"]
)
def test_special_tokens_are_broken_up(text: str) -> None:
    broken = plain(f"a {text} b \udc80")
    assert text not in broken
    assert broken.replace(" ", "") == f"a{text}b?".replace(" ", "")
    with _opened(Dialect.OPENAI) as (model, record):
        model.choose(text, text, text, OPTIONS, Ceiling(20))
        assert text not in json.dumps(record.last(CHAT[Dialect.OPENAI]), ensure_ascii=False)


@pytest.mark.parametrize("text", ["List<String> x; a < b > c", "#include <vector>", "<div class='s'>", "x[INDEX]", "if a<|b"])
def test_code_is_sent_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded_server(SERVERS[Dialect.OPENAI]) as record:
        files = _files(record.url, Dialect.OPENAI, api_key_env="SOME_KEY")
        with pytest.raises(BackendError, match="SOME_KEY is not set"):
            open_backend(files, Settings())
        assert record.asked == []
        monkeypatch.setenv("SOME_KEY", "hush")
        open_backend(files, Settings())
        assert record.headers[-1]["Authorization"] == "Bearer hush"


def test_proxies_and_redirections_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:1")
    moved = _changed(Dialect.OPENAI, (302, {}))
    with _opened(Dialect.OPENAI, **moved) as (model, _), pytest.raises(BackendError, match="answered 302"):
        model.choose("s", "m", "q", OPTIONS, Ceiling(20))


def test_an_unknown_model_is_told_with_those_that_are_there() -> None:
    with recorded_server(SERVERS[Dialect.OLLAMA]) as record, pytest.raises(BackendError, match="has no model 'other'") as caught:
        open_backend(_files(record.url, Dialect.OLLAMA, model="other"), Settings())
    assert MODEL in caught.value.todo


def test_no_server_is_told() -> None:
    with pytest.raises(BackendError, match="cannot be asked") as caught:
        open_backend(_files("http://127.0.0.1:9", Dialect.OPENAI), Settings())
    assert "endpoint 'big'" in caught.value.todo
    with pytest.raises(BackendError, match="has no endpoint"):
        open_backend(ModelFiles("m", Path(), "", Path(), ChatFormat("", "", "", "")), Settings())


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((500, {"error": {"message": "out of memory"}}), "answered 500: out of memory"),
        ((400, {"detail": [{"msg": "no"}]}), "answered 400"),
        (b"<html>", "no JSON"),
        ({}, "not of the form"),
        ([], "not of the form"),
        ({"choices": []}, "not of the form"),
        ({"choices": [{"logprobs": {"content": [{"top_logprobs": [{"token": "x"}]}]}}]}, "not of the form"),
        ({"choices": [{"logprobs": {"content": [{"top_logprobs": [{"token": "approve", "logprob": 1e9}]}]}}]}, "not of the form"),
    ],
)
def test_whatever_a_server_answers_is_an_error_in_words(reply: Any, words: str) -> None:
    with _opened(Dialect.OPENAI, **_changed(Dialect.OPENAI, reply)) as (model, _), pytest.raises(BackendError, match=words):
        model.choose("s", "m", "q", OPTIONS, Ceiling(20))


def test_out_of_time_is_told_and_the_model_can_be_asked_again() -> None:
    waits = [5.0]

    def late(body: Any) -> Any:
        time.sleep(waits.pop() if waits else 0)
        return _completion()

    with _opened(Dialect.OPENAI, **_changed(Dialect.OPENAI, late)) as (model, _):
        with pytest.raises(OutOfTimeError):
            model.choose("s", "m", "q", OPTIONS, Ceiling(0.2))
        assert len(model.choose("s", "m", "q", OPTIONS, Ceiling(20))) == 2
