"""What each kind of inference server calls things, and what it can do at all.

Sources: the README of llama.cpp's server, the documentation of llama-cpp-python's server, of vLLM's OpenAI-compatible server,
of Ollama's API, of OpenVINO Model Server and of OpenAI's chat completions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from reviewer.backends._http import Server
from reviewer.backends._time import Ceiling
from reviewer.errors import BackendError
from reviewer.records import Dialect

Messages = Sequence[Mapping[str, str]]

Alternatives = list[tuple[str, float]]
"""Texts of tokens that may come next, each with its log-probability."""

_BYTES_PER_TOKEN = 3
"""For servers that do not count: source code has 3 to 4 bytes to a token; the lower one keeps us inside of the context."""

_TOP = 20
"""Alternatives of a token that are asked for: the most that OpenAI, vLLM and Ollama allow."""


class OpenAi:
    """A server with chat completions as OpenAI has them, and nothing else."""

    root = "/v1"
    limit = "max_completion_tokens"
    prefill: Mapping[str, Any] | None = None
    """What makes the server continue a last message of the assistant; None if it cannot."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.model = server.endpoint.model

    def models(self, ceiling: Ceiling) -> list[str]:
        """What the server calls its models."""
        return [str(one["id"]) for one in self.server.get(f"{self.root}/models", ceiling)["data"]]

    def digest(self, ceiling: Ceiling) -> str:
        """What the server says of the model; empty if that tells it from no other."""
        return ""

    def count(self, text: str, ceiling: Ceiling) -> int:
        """Tokens of a text; about, unless a dialect counts."""
        return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)

    def next_tokens(self, messages: Messages, ceiling: Ceiling) -> Alternatives:
        """The likeliest first tokens of the answer, or of what follows a last message of the assistant."""
        wanted = {**self._asked(messages, 1), "logprobs": True, "top_logprobs": _TOP}
        choice = self._completed(wanted, ceiling)
        told = choice.get("logprobs") or {}
        if not told.get("content"):
            raise self._unable("tells no log-probabilities")
        return [(str(one["token"]), float(one["logprob"])) for one in told["content"][0]["top_logprobs"]]

    def write(self, messages: Messages, schema: Mapping[str, Any], most: int, ceiling: Ceiling) -> tuple[str, int, bool]:
        """JSON, its tokens, and whether it is whole."""
        wanted = {**self._asked(messages, most), "response_format": self._format(schema)}
        reply = self.server.post(f"{self.root}/chat/completions", wanted, ceiling)
        choice = reply["choices"][0]
        tokens = int((reply.get("usage") or {}).get("completion_tokens") or 0)
        return str(choice["message"]["content"] or ""), tokens, choice.get("finish_reason") != "length"

    def score(self, prefix: str, continuation: str, ceiling: Ceiling) -> list[float]:
        """Log-probabilities of the tokens of a text after another."""
        raise self._unable("does not tell the log-probabilities of a given text")

    def embed(self, texts: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        """Vectors, of any length."""
        reply = self.server.post(f"{self.root}/embeddings", {"model": self.model, "input": list(texts)}, ceiling)
        ordered = sorted(reply["data"], key=lambda one: int(one["index"]))
        return [_pooled(one["embedding"]) for one in ordered]

    def _asked(self, messages: Messages, most: int) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "messages": list(messages), "temperature": 0, "seed": 0, self.limit: most}
        return {**body, **(self.prefill or {})} if messages[-1]["role"] == "assistant" else body

    def _completed(self, body: Mapping[str, Any], ceiling: Ceiling) -> dict[str, Any]:
        choice: dict[str, Any] = self.server.post(f"{self.root}/chat/completions", body, ceiling)["choices"][0]
        return choice

    def _format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}

    def _unable(self, what: str) -> BackendError:
        endpoint = self.server.endpoint
        return BackendError(f"a server of the kind {endpoint.dialect.value} {what}", where=endpoint.url)


class LlamaServer(OpenAi):
    """llama.cpp's own server."""

    limit = "max_tokens"
    prefill: Mapping[str, Any] | None = {}

    def digest(self, ceiling: Ceiling) -> str:
        """Of what it says of the file: it tells the path and the model's size, not a digest."""
        path = self.server.get("/props", ceiling).get("model_path", "")
        listed = self.server.get("/v1/models", ceiling)["data"]
        meta: Any = next((one.get("meta") for one in listed if one.get("meta")), {})
        told = {"path": str(path), "meta": meta}
        return "props:" + hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest() if path or meta else ""

    def count(self, text: str, ceiling: Ceiling) -> int:
        wanted = {"content": text, "add_special": False, "parse_special": False}
        return len(self.server.post("/tokenize", wanted, ceiling)["tokens"])


class LlamaCppPython(OpenAi):
    """The server of llama-cpp-python. It tells log-probabilities only if it was started with --logits_all true.

    Those of a given text (`echo`) are one token off in 0.3.36: each token has the probability that it comes again after itself.
    So it does not score.
    """

    limit = "max_tokens"

    def count(self, text: str, ceiling: Ceiling) -> int:
        return int(self.server.post("/extras/tokenize/count", {"input": text}, ceiling)["count"]) if text else 0

    def embed(self, texts: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        # Of several texts in one question 0.3.36 sends garbage for all but the first.
        return [vector for text in texts for vector in super(LlamaCppPython, self).embed([text], ceiling)]

    def _format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        # The form of OpenAI is answered with 500.
        return {"type": "json_object", "schema": schema}


class Vllm(OpenAi):
    """vLLM."""

    limit = "max_tokens"
    prefill: Mapping[str, Any] | None = {"continue_final_message": True, "add_generation_prompt": False}

    def count(self, text: str, ceiling: Ceiling) -> int:
        return len(self._tokens(text, ceiling))

    def score(self, prefix: str, continuation: str, ceiling: Ceiling) -> list[float]:
        before, after = self._tokens(prefix, ceiling), self._tokens(continuation, ceiling)
        wanted = {"model": self.model, "prompt": before + after, "max_tokens": 1, "temperature": 0, "seed": 0}
        choice = self.server.post("/v1/completions", {**wanted, "prompt_logprobs": 0}, ceiling)["choices"][0]
        told = choice["prompt_logprobs"][len(before) :]
        return [float(one[str(token)]["logprob"]) for one, token in zip(told, after, strict=True)]

    def _tokens(self, text: str, ceiling: Ceiling) -> list[int]:
        if not text:
            return []
        wanted = {"model": self.model, "prompt": text, "add_special_tokens": False}
        return [int(token) for token in self.server.post("/tokenize", wanted, ceiling)["tokens"]]


class Ollama(OpenAi):
    """Ollama, by its own API: the compatible one tells less."""

    prefill: Mapping[str, Any] | None = {}

    def models(self, ceiling: Ceiling) -> list[str]:
        return list(self._digests(ceiling))

    def digest(self, ceiling: Ceiling) -> str:
        found = self._digests(ceiling)
        return found.get(self.model) or found.get(f"{self.model}:latest") or ""

    def next_tokens(self, messages: Messages, ceiling: Ceiling) -> Alternatives:
        reply = self.server.post("/api/chat", {**self._asked(messages, 1), "logprobs": True, "top_logprobs": _TOP}, ceiling)
        if not reply.get("logprobs"):
            raise self._unable("tells no log-probabilities before its version 0.12.11")
        return [(str(one["token"]), float(one["logprob"])) for one in reply["logprobs"][0]["top_logprobs"]]

    def write(self, messages: Messages, schema: Mapping[str, Any], most: int, ceiling: Ceiling) -> tuple[str, int, bool]:
        reply = self.server.post("/api/chat", {**self._asked(messages, most), "format": schema}, ceiling)
        return str(reply["message"]["content"]), int(reply.get("eval_count") or 0), reply.get("done_reason") != "length"

    def embed(self, texts: Sequence[str], ceiling: Ceiling) -> list[list[float]]:
        reply = self.server.post("/api/embed", {"model": self.model, "input": list(texts), "truncate": False}, ceiling)
        return [[float(value) for value in one] for one in reply["embeddings"]]

    def _asked(self, messages: Messages, most: int) -> dict[str, Any]:
        options = {"temperature": 0, "seed": 0, "num_predict": most, "num_ctx": self.server.endpoint.context}
        return {"model": self.model, "messages": list(messages), "stream": False, "options": options}

    def _digests(self, ceiling: Ceiling) -> dict[str, str]:
        return {str(one["name"]): str(one["digest"]) for one in self.server.get("/api/tags", ceiling)["models"]}


class OpenVinoModelServer(OpenAi):
    """OpenVINO Model Server."""

    root = "/v3"


DIALECTS: Mapping[Dialect, type[OpenAi]] = {
    Dialect.LLAMA_SERVER: LlamaServer,
    Dialect.LLAMA_CPP_PYTHON: LlamaCppPython,
    Dialect.VLLM: Vllm,
    Dialect.OLLAMA: Ollama,
    Dialect.OPENVINO: OpenVinoModelServer,
    Dialect.OPENAI: OpenAi,
}


def _pooled(embedding: Sequence[Any]) -> list[float]:
    """One vector of a text; a server that makes one of each token sends them all, and their mean is taken."""
    if not isinstance(embedding[0], list):
        return [float(value) for value in embedding]
    return [sum(float(value) for value in column) / len(embedding) for column in zip(*embedding, strict=True)]
