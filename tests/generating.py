"""For tests of provenance: a model that always writes the same code, and the code."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Repo
from scripted_model import scripted_model

CODE = '''import csv
from pathlib import Path


def read_prices(path, currency='EUR'):
    """Prices by article, in one currency."""
    prices = {}
    with Path(path).open(newline='', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            if row['currency'] == currency: prices[row['article']] = float(row['price'])
    return prices


def cheapest(prices, articles, limit = 10, fallback = None):
    """The articles with the lowest prices, the cheapest first."""
    known = [(prices[article], article) for article in articles if article in prices and prices[article] > 0]
    if not known: return fallback
    return [article for price, article in sorted(known)[:limit]]
'''
HAND = """

def greeting(customer, hour):
    word = "Good morning" if hour < 12 else "Good evening"
    return f"{word}, {customer.title} {customer.surname}!"
"""


def writing_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install it as this user's model; returns the first digits of its digest."""
    made = scripted_model(folder / "model", monkeypatch, {"rules": [{"contains": "", "write": {"code": CODE}}]})
    made.install()
    settings = folder / "hunkgate.toml"
    settings.write_text('model = "tiny"\nengine = "off"\n', encoding="utf-8")
    monkeypatch.setenv("HUNKGATE_CONFIG", str(settings))
    return made.entry.sha256[:12]


def generated(repo: Repo, path: str = "prices.py") -> None:
    """Let it write a file."""
    done = repo.hunkgate("generate", "read prices", "--file", path, "--write")
    assert done.returncode == 0, done.stderr


def forget_records(repo: Repo) -> None:
    """As on another machine."""
    for file in (repo.path / ".git/hunkgate/generated").iterdir():
        file.unlink()
