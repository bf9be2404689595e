"""No secret leaves this machine: whole commands against a server that counts as another machine, and keeps what it is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from answering_server import ELSEWHERE, HERE, answering_server, conversations
from conftest import Repo
from recorded_server import Recorded

from reviewer.review._secret_examples import expand
from reviewer.review._secret_masking import MASK

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there 0.0.0.0 is nobody's address")

TOKENS = {
    "aws": "AKIA<base32:16>", "openai": "sk-<base62:20>T3BlbkFJ<base62:20>", "anthropic": "sk-ant-api03-<base64url:93>AA",
    "huggingface": "hf_<alpha:34>", "github": "<github:ghp_>", "gitlab": "glpat-<base62:20>", "npm": "npm_<base62:36>",
    "slack": "xoxb-<digit:12>-<digit:12>-<base62:24>", "stripe": "sk_live_<base62:24>", "jwt": "<jwt>",
    "sendgrid": "SG.<base64url:22>.<base64url:43>", "google": "AIza<base62:35>", "digitalocean": "dop_v1_<hex:64>",
    "shopify": "shpat_<hex:32>", "linear": "lin_api_<base62:40>", "postman": "PMAK-<hex:24>-<hex:34>",
    "pypi": "pypi-AgEIcHlwaS5vcmc<base64url:70>", "docker": "dckr_pat_<base64url:27>", "vault": "hvs.<base64url:90>",
    "doppler": "dp.pt.<base62:43>", "databricks": "dapi<hex:32>", "telegram": "<digit:9>:AA<base64url:33>",
}  # fmt: skip
SECRETS = {name: expand(example) for name, example in TOKENS.items()}
PASSWORD, URL_PASSWORD, ASKED = (expand(f"{number}<base62:22>") for number in (7, 8, 9))
PEM = ["-----BEGIN RSA PRIVATE KEY-----", *(expand(f"MII{n}<base62:60>")[:64] for n in range(9)), "-----END RSA PRIVATE KEY-----"]
EVERY = {**SECRETS, "password": PASSWORD, "password in a url": URL_PASSWORD, "key": PEM[4], "asked": ASKED}

LINES = [f"    {name} = '{value}'" for name, value in SECRETS.items()]
CODE = "\n".join([
    "import requests", "", "", "def fetch(url):", *LINES[:11], f"    password = '{PASSWORD}'",
    "    print(aws, openai)", "    return requests.get(url)", "", "", "def store(url):", *LINES[11:],
    f"    address = 'postgres://app:{URL_PASSWORD}@db.example.org/app'", "    key = '''", *PEM, "    '''",
    "    print(address, key)", "    return requests.get(url)", "",
])  # fmt: skip
REQUEST = f"a function that logs in with password = '{ASKED}'"


def _run(repo: Repo, *args: str) -> str:
    done = repo.hunkgate(*args)
    assert done.returncode in (0, 1), (args, done.stdout, done.stderr)
    return done.stdout


def _everything(repo: Repo) -> None:
    """Every command that asks a model."""
    repo.stage("app.py", CODE)
    review = json.loads(_run(repo, "review", "--format", "json", "--budget", "60s"))
    _run(repo, "fix", "--model")
    _run(repo, "generate", REQUEST, "--file", "app.py", "--insert-at", "16", "--context", "app.py")
    timeout = next(one["fingerprint"] for one in review["findings"] if one["rule"] == "ruff/S113")
    _run(repo, "explain", timeout, "--model")


@pytest.mark.parametrize("host", [ELSEWHERE, HERE])
def test_no_secret_reaches_another_machine_by_any_command(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HUNKGATE_CONFIG", str(tmp_path / "user.toml"))
    with answering_server(tmp_path / "user.toml", host) as record:
        _everything(repo)
    told = conversations(record)
    kinds = {marker for marker in ("Request: ", "Problem in line", "Explain it.") if any(marker in user for _, user in told)}
    assert kinds == {"Request: ", "Problem in line", "Explain it."}
    assert sum("return requests.get(url)" in user for _, user in told) >= 5
    reached = _reached(record)
    if host == ELSEWHERE:
        assert reached == set()
        assert sum(user.count(MASK) for _, user in told) > 60
    else:
        assert reached == set(EVERY)
        assert not any(MASK in user for _, user in told if "Explain it." not in user)


def _reached(record: Recorded) -> set[str]:
    """Names of the secrets of which more arrived than their kind: in bodies, paths and headers."""
    arrived = json.dumps([record.asked, [dict(one) for one in record.headers]])
    return {name for name, value in EVERY.items() if any(value[at : at + 10] in arrived for at in range(8, len(value) - 9))}
