"""What the pages say of the catalogue and of the exam is what the program has."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.models import catalogue
from reviewer.models.catalogue import Entry
from reviewer.models.exam.loading import load
from reviewer.models.exam.passing import BARS

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = catalogue.read(Path(catalogue.__file__).with_name("catalogue.toml"))


@pytest.mark.parametrize("model", SHIPPED.values(), ids=SHIPPED)
def test_models_page_has_every_model_of_the_catalogue(model: Entry) -> None:
    (row,) = (line for line in (ROOT / "docs" / "models.md").read_text().split("\n") if line.startswith(f"| {model.name} |"))
    assert f"{model.size / 1e9:.1f} GB" in row
    assert model.license in row
    assert ("pinned" if model.sha256 else "locked") in row


def test_qualify_page_has_the_counts_and_bars_of_the_exam() -> None:
    text, exam = (ROOT / "docs" / "qualify.md").read_text(), load()
    for name, items in (("pairs", exam.pairs), ("injections", exam.injections), ("alarms", exam.alarms)):
        assert f"| {name} | {len(items)} |" in text
    for bar in BARS:
        (row,) = (line for line in text.split("\n") if line.startswith(f"| {bar.role}: "))
        figures = [bar.auc, bar.precision, *(each for each in (bar.recall, bar.clean_pass) if each)]
        assert all(f"{figure:.2f}".removeprefix("0") in row for figure in figures), row
