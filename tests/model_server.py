"""The real server that llama-cpp-python ships, on a free port of this machine."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from real_model import real_model

from reviewer.backends.interface import ChatFormat, ModelFiles
from reviewer.records import Dialect, Endpoint

PATIENCE = 120.0


@contextmanager
def model_server(folder: Path) -> Iterator[tuple[Path, ModelFiles]]:
    """An interpreter that can ask it, and what it is to load."""
    store, model, python = real_model("llama_cpp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    argv = [python, "-I", "-m", "llama_cpp.server", "--model", store.weights(model), "--model_alias", model.name]
    argv += ["--port", str(port), "--n_ctx", "1024", "--logits_all", "true", "--embedding", "true", "--verbose", "false"]
    with (folder / "server.log").open("wb") as log, subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder) as server:
        try:
            _wait(server, url)
            endpoint = Endpoint("served", url, model.name, Dialect.LLAMA_CPP_PYTHON, timeout=PATIENCE, context=1024)
            yield python, ModelFiles("served", Path(), "", Path(), ChatFormat("", "", "", ""), endpoint)
        finally:
            server.kill()


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + PATIENCE
    while not _answers(url):
        if server.poll() is not None or time.monotonic() > end:
            pytest.fail("the server of llama-cpp-python did not start; is it installed with its extra [server]?")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/v1/models", timeout=5):
        return True
    return False
