"""A server on this machine that answers as it was recorded, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Any
"""JSON; or a status and JSON; or a function of the request that returns one of them; or bytes."""


@dataclass
class Recorded:
    """What was asked of the server."""

    url: str = ""
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """Path and JSON of each request, in order; None for a GET."""
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def last(self, path: str) -> Any:
        return next(body for asked, body in reversed(self.asked) if asked == path)


@contextmanager
def recorded_server(replies: Mapping[str, Reply]) -> Iterator[Recorded]:
    """Serve on a free loopback port until left.

    Args:
        replies: by path.
    """
    record = Recorded()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(replies, record))
    server.daemon_threads = True
    record.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield record
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(replies: Mapping[str, Reply], record: Recorded) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            record.asked.append((self.path, body))
            record.headers.append(dict(self.headers))
            status, data = _told(replies.get(self.path, (404, {"error": "not found"})), body)
            try:
                self.send_response(status)
                self.send_header("Location", "http://192.0.2.1/elsewhere")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except BrokenPipeError:
                pass

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _told(reply: Reply, body: Any) -> tuple[int, bytes]:
    if isinstance(reply, Callable):  # type: ignore[arg-type]
        return _told(reply(body), body)
    if isinstance(reply, tuple):
        return reply[0], json.dumps(reply[1]).encode()
    return 200, reply if isinstance(reply, bytes) else json.dumps(reply).encode()
