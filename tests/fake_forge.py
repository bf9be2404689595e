"""A code host on this machine: it keeps comments, records every call, and can be told to fail."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "secret-token-of-the-test"


@dataclass
class Call:
    method: str
    path: str
    body: Any
    headers: dict[str, str]


@dataclass
class Fake:
    """Its state; `answers` maps "METHOD path" to a list of (status, headers) that are given once each before the real answer."""

    kind: str
    url: str = ""
    calls: list[Call] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    inline: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    who: Any = field(default_factory=lambda: {"login": "robot", "id": 7, "uuid": "{7}"})
    refuse_lines: bool = False

    def made(self, method: str, part: str = "") -> list[Call]:
        return [call for call in self.calls if call.method == method and part in call.path]

    def add(self, where: list[dict[str, Any]], body: str, author: str = "robot", **more: Any) -> dict[str, Any]:
        number = 100 + len(self.comments) + len(self.inline)
        made: dict[str, Any] = {"id": number, "node_id": f"node{number}", "line": 1, "author_name": author, "body": body, **more}
        where.append(made)
        return made


@contextmanager
def fake_forge(kind: str) -> Iterator[Fake]:
    """Start it on a free port."""
    fake = Fake(kind)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            body = json.loads(raw) if raw else None
            path = urlsplit(self.path).path
            fake.calls.append(Call(self.command, self.path, body, dict(self.headers.items())))
            waiting = fake.answers.get(f"{self.command} {path}") or fake.answers.get("*")
            if waiting:
                status, headers = waiting.pop(0)
                return self._send(status, {"message": "no"}, headers)
            status, answer = ROUTES[fake.kind](fake, self.command, path, parse_qs(urlsplit(self.path).query), body)
            return self._send(status, answer, {})

        def _send(self, status: int, answer: Any, headers: dict[str, str]) -> None:
            data = json.dumps(answer).encode()
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_PATCH(self) -> None:
            self._answer()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _page(items: list[Any], query: dict[str, list[str]]) -> list[Any]:
    number = int(query.get("page", ["1"])[0])
    return items[(number - 1) * 100 : number * 100]


def _github(fake: Fake, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
    def shown(item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "user": {"login": item["author_name"]}}

    if path == "/user":
        return (200, fake.who) if fake.who else (403, {})
    if path == "/graphql":
        return 200, {"data": {}}
    if path == "/repos/o/r/issues/5/comments":
        if method == "POST":
            return 201, fake.add(fake.comments, body["body"])
        return 200, _page([shown(item) for item in fake.comments], query)
    if path == "/repos/o/r/pulls/5/comments":
        if method == "POST":
            return (422, {}) if fake.refuse_lines else (201, fake.add(fake.inline, body["body"]))
        return 200, _page([shown(item) for item in fake.inline], query)
    found = re.fullmatch(r"/repos/o/r/issues/comments/(\d+)", path)
    return _rewritten(fake, int(found[1]), body["body"]) if found and method == "PATCH" else (404, {})


def _gitea(fake: Fake, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
    if path == "/repos/o/r/issues/5/comments" and method == "GET":
        return 200, [{**item, "user": {"login": item["author_name"]}} for item in fake.comments]
    if path == "/repos/o/r/pulls/5/reviews":
        if method == "POST":
            if fake.refuse_lines:
                return 422, {}
            return 200, fake.add(fake.inline, body["comments"][0]["body"])
        return 200, _page([{"id": item["id"]} for item in fake.inline], query)
    found = re.fullmatch(r"/repos/o/r/pulls/5/reviews/(\d+)/comments", path)
    if found:
        return 200, [{**one, "user": {"login": one["author_name"]}} for one in fake.inline if one["id"] == int(found[1])]
    return _github(fake, method, path, query, body)


def _gitlab(fake: Fake, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
    root = "/projects/9/merge_requests/5"

    def shown(item: dict[str, Any], kind: str | None) -> dict[str, Any]:
        return {**item, "author": {"id": 7 if item["author_name"] == "robot" else 8}, "type": kind}

    if path == "/user":
        return (200, fake.who) if fake.who else (403, {})
    if path == root:
        return 200, {"diff_refs": {"base_sha": "b", "start_sha": "s", "head_sha": "h"}}
    if path == f"{root}/notes":
        if method == "POST":
            return 201, fake.add(fake.comments, body["body"])
        both = [shown(item, None) for item in fake.comments] + [shown(item, "DiffNote") for item in fake.inline]
        return 200, _page(both, query)
    if path == f"{root}/discussions":
        if method == "POST":
            return (400, {}) if fake.refuse_lines else (201, fake.add(fake.inline, body["body"]))
        return 200, _page([{"id": f"d{item['id']}", "notes": [shown(item, "DiffNote")]} for item in fake.inline], query)
    found = re.fullmatch(rf"{root}/discussions/d(\d+)", path)
    if found:
        item = next(one for one in fake.inline if one["id"] == int(found[1]))
        item["resolved"] = body["resolved"]
        return 200, {}
    found = re.fullmatch(rf"{root}/notes/(\d+)", path)
    return _rewritten(fake, int(found[1]), body["body"]) if found and method == "PUT" else (404, {})


def _bitbucket(fake: Fake, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
    root = "/repositories/o/r/pullrequests/5/comments"

    def shown(item: dict[str, Any]) -> dict[str, Any]:
        uuid = "{7}" if item["author_name"] == "robot" else "{8}"
        return {**item, "user": {"uuid": uuid}, "content": {"raw": item["body"]}}

    if path == "/user":
        return (200, fake.who) if fake.who else (403, {})
    if path == root and method == "POST":
        if "inline" not in body:
            return 201, fake.add(fake.comments, body["content"]["raw"])
        return (400, {}) if fake.refuse_lines else (201, fake.add(fake.inline, body["content"]["raw"], inline=body["inline"]))
    if path == root:
        both = [shown(item) for item in [*fake.comments, *fake.inline]]
        number = int(query.get("page", ["1"])[0])
        more = {"next": f"{fake.url}{root}?page={number + 1}"} if len(both) > number else {}
        return 200, {"values": both[number - 1 : number], **more}
    found = re.fullmatch(rf"{root}/(\d+)/resolve", path)
    if found:
        next(one for one in fake.inline if one["id"] == int(found[1]))["resolution"] = {"type": "x"}
        return 200, {}
    found = re.fullmatch(rf"{root}/(\d+)", path)
    return _rewritten(fake, int(found[1]), body["content"]["raw"]) if found and method == "PUT" else (404, {})


def _rewritten(fake: Fake, number: int, body: str) -> tuple[int, Any]:
    item = next(one for one in [*fake.comments, *fake.inline] if one["id"] == number)
    item["body"] = body
    return 200, item


ROUTES = {"github": _github, "gitea": _gitea, "gitlab": _gitlab, "bitbucket": _bitbucket}
