"""A model server on this machine that suspects everything and writes something, and keeps what it was told.

Its address decides what it counts as: 0.0.0.0 is no loopback address, so that it is taken for another machine, and a connection
to it arrives at this one all the same (Linux, macOS).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recorded_server import Recorded, recorded_server

ELSEWHERE, HERE = "0.0.0.0", "127.0.0.1"

MODEL = "served"


@contextmanager
def answering_server(settings: Path, host: str, code: str = "def f():\n    return 1\n") -> Iterator[Recorded]:
    """Serve until left, and write a user's file that names the server as the model for everything.

    Args:
        host: under which the gate is to ask it.
        code: what it generates.
    """

    def chat(body: Any) -> Any:
        if "logprobs" in body:
            return _completion("reject", [("reject", -0.1), ("approve", -3.0), ("{", -4.0), ("yes", -0.2), ("no", -3.0)])
        return _completion(json.dumps(_written(body, code)))

    replies = {"/v1/models": {"data": [{"id": "m"}]}, "/v1/chat/completions": chat}
    with recorded_server(replies) as record:
        url = record.url.replace(HERE, host)
        settings.write_text(
            f'model = "{MODEL}"\nengine = "off"\ncache = "0 B"\nforced_roles = ["screen", "review", "triage", "confirm"]\n'
            f'[[endpoints]]\nname = "{MODEL}"\nurl = "{url}"\nmodel = "m"\ndialect = "openai"\n',
            encoding="utf-8",
        )
        yield record


def conversations(record: Recorded) -> list[tuple[str, str]]:
    """What it was told as the system and as the user, of each question that it got."""
    return [
        (body["messages"][0]["content"], body["messages"][1]["content"])
        for path, body in record.asked
        if path == "/v1/chat/completions"
    ]


def _written(body: Any, code: str) -> dict[str, Any]:
    """Something that the schema admits."""
    known = body["response_format"]["json_schema"]["schema"]["properties"]
    if "code" in known:
        return {"code": code}
    if "text" in known:
        return {"text": "It goes wrong."}
    if "first" in known:
        line = int(re.findall(r"Problem in line (\d+)", body["messages"][1]["content"])[-1])
        return {"first": line, "last": line, "lines": ["    return requests.get(url, timeout=9)"]}
    return {"verdict": "fine"} if "defects" not in known else {"verdict": "defect", "defects": []}


def _completion(content: str, top: list[tuple[str, float]] | None = None) -> dict[str, Any]:
    told = [{"token": token, "logprob": value} for token, value in top or []]
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    if told:
        choice["logprobs"] = {"content": [{**told[0], "top_logprobs": told}]}
    return {"choices": [choice], "usage": {"completion_tokens": 9}}
