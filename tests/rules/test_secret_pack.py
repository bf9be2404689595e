"""Every detector proves itself on its own examples, and the reader of the pack agrees with a real YAML parser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from reviewer import rulebook
from reviewer.errors import RuleError
from reviewer.review import _secret_pack
from reviewer.review._secret_checks import CHECKS
from reviewer.review._secret_examples import expand
from reviewer.review._secret_scan import Scanner, compiled

FOLDER = rulebook.folder() / "secrets"
PACK = _secret_pack.shipped()
DETECTORS = [entry.read() for entry in PACK.entries]
SCANNER = Scanner(PACK)
RAW = {
    detector["id"]: detector
    for path in sorted(FOLDER.glob("*.yml"))
    for detector in yaml.safe_load(path.read_text(encoding="utf-8"))["detectors"]
}


def _ids(text: str) -> set[str]:
    return {hit.detector.id for hit in SCANNER.scan(text.encode()).hits}


def test_pack_is_read_as_yaml_reads_it():
    assert [detector.id for detector in DETECTORS] == list(RAW)
    for detector in DETECTORS:
        raw = RAW[detector.id]
        named = raw["keywords"] == [_secret_pack.NAMED]
        assert named or [word.decode() for word in detector.keywords] == [str(word) for word in raw["keywords"]]
        assert detector.message == raw["message"]
        assert detector.remedy == raw["remedy"]
        assert detector.severity.value == raw["severity"]
        assert detector.confidence.value == raw["confidence"]
        assert detector.min_entropy == raw.get("min_entropy", 0)
        assert detector.span == raw.get("span", 0)
        assert detector.rank == raw.get("rank", 1)
        assert detector.check == raw.get("check", "" if "pattern" in raw else "keyed")
        before, _, behind = raw.get("pattern", detector.pattern).partition(_secret_pack.NAMED)
        assert detector.pattern.startswith(before)
        assert detector.pattern.endswith(behind)
        assert str(raw.get("value", "")) in detector.pattern
        assert str(raw.get("near", "")) in detector.pattern


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.id)
def test_detector_is_well_formed(detector: _secret_pack.Detector):
    assert re.fullmatch(r"secret-[a-z0-9-]+", detector.id)
    assert detector.check in CHECKS
    assert detector.rank in (0, 1, 2)
    assert compiled(detector.pattern).groups >= 1
    assert all(word == word.lower() and len(word) >= 2 for word in detector.keywords)
    assert detector.pattern.isprintable()
    assert {"match", "clean"} <= set(RAW[detector.id]["examples"])


@pytest.mark.parametrize("name", RAW)
def test_examples_that_are_secrets_are_found(name: str):
    for example in RAW[name]["examples"]["match"]:
        assert name in _ids(expand(example)), example


@pytest.mark.parametrize("name", RAW)
def test_examples_that_are_none_are_left_alone(name: str):
    for example in RAW[name]["examples"]["clean"]:
        assert name not in _ids(expand(example)), example


def test_only_surely_secret_formats_may_block():
    """A guess from a name alone never stops a commit."""
    guesses = [detector for detector in DETECTORS if detector.rank == 0]
    assert len(guesses) >= 5
    assert all(detector.severity.value == "warning" and detector.confidence.value != "high" for detector in guesses)


def test_no_file_of_the_pack_holds_what_it_looks_for():
    """A forge's own scanner would stop the push of such a file."""
    for path in FOLDER.glob("*.yml"):
        blocking = [hit for hit in SCANNER.scan(path.read_bytes()).hits if hit.severity.value == "error"]
        assert not blocking, (path.name, [hit.detector.id for hit in blocking])


def test_ids_can_be_read_as_text():
    found = re.findall(r"^  - id: (\S+)$", "".join(path.read_text() for path in sorted(FOLDER.glob("*.yml"))), re.MULTILINE)
    assert found == [detector.id for detector in DETECTORS]


def _write(folder: Path, text: str) -> Path:
    (folder / "x.yml").write_text(text)
    return folder


GOOD = """detectors:
  - id: secret-x
    keywords: [abc, 'd,e']
    pattern: 'it''s (\\d+)'
    severity: error
    confidence: high
    message: Says: what
    remedy: do
"""


def test_load_reads_quotes_and_colons(tmp_path: Path):
    text = GOOD.replace("[abc, 'd,e']", "[abc, 'd e']")
    (entry,) = _secret_pack.load(_write(tmp_path, text)).entries
    detector = entry.read()
    assert detector.keywords == (b"abc", b"d e")
    assert detector.pattern == "it's (\\d+)"
    assert detector.message == "Says: what"


def test_load_digest_follows_content(tmp_path: Path):
    before = _secret_pack.load(_write(tmp_path, GOOD)).digest
    after = _secret_pack.load(_write(tmp_path, GOOD.replace("high", "medium"))).digest
    assert before != after


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    message: Says: what\n", "", "lacks message"),
        ("severity: error", "severity: awful", "makes no sense"),
        ("[abc, 'd,e']", "abc", "must begin with its id"),
        ("    confidence", "   confidence", "must begin with its id"),
        ("    remedy: do\n", "    remedy\n", "name: value"),
        ("    pattern: 'it''s (\\d+)'\n", "", "makes no sense"),
    ],
)
def test_load_names_the_line_of_a_malformed_file(tmp_path: Path, old: str, new: str, said: str):
    assert old in GOOD
    folder = _write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(RuleError, match=said) as caught:
        [entry.read() for entry in _secret_pack.load(folder).entries]
    assert caught.value.where.startswith("x.yml:")


def test_load_refuses_one_id_twice(tmp_path: Path):
    with pytest.raises(RuleError, match="twice"):
        _secret_pack.load(_write(tmp_path, GOOD + GOOD.removeprefix("detectors:\n")))
