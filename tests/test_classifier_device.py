"""A whole review whose classifier is placed on a stick, as a user runs it: what it says, and that no hunk is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Repo
from scripted_stick import answers, load_in_engine, scripted_stick

from reviewer.classify import pinned
from reviewer.engine import place

pytest.importorskip("openvino")

FILES = 40
"""More than a batch."""


class Desk:
    """A repository with staged hunks, and the settings of a machine."""

    def __init__(self, repo: Repo, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo, self.store, self._own = repo, folder / "store", folder / "own.toml"
        monkeypatch.setenv("HUNKGATE_CONFIG", str(self._own))
        repo.commit("first")
        for number in range(FILES):
            repo.stage(f"src/part_{number}.py", f"def area_{number}(r):\n    return {number} * r * r\n")

    def configure(self, device: str, *, ranking: str = "on") -> None:
        self._own.write_text(
            f'classifier = "{ranking}"\nclassifier_device = "{device}"\nmodel = ""\nstore = "{self.store}"\n'
            + ('larger_model = "none"\n' if ranking == "auto" else "")
        )

    def review(self, device: str, *, ranking: str = "on", form: str = "json") -> str:
        self.configure(device, ranking=ranking)
        done = self.repo.hunkgate("review", "--format", form, "--reviewers", "rules")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def document(self, device: str, *, ranking: str = "on") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.review(device, ranking=ranking))
        assert len(found["profiles"]) == FILES
        assert all(0 <= one["risk"] <= 1 for one in found["profiles"])
        return found

    def plug_in(self, **script: Any) -> None:
        """And have the engine load the network."""
        scripted_stick(self.store, **script)
        load_in_engine(place.find(), self.store)


@pytest.fixture
def desk(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(repo, tmp_path, monkeypatch)


def who(document: dict[str, Any]) -> str:
    return str(document["identities"]["classifier"])


def test_the_report_says_which_device_classified(desk: Desk) -> None:
    assert who(desk.document("cpu")) == f"hunkgate-classifier {pinned.MODEL_SHA256} on CPU"
    desk.plug_in()
    found = desk.document("ncs2")
    assert who(found) == f"hunkgate-classifier {pinned.MODEL_SHA256} on MYRIAD"
    assert {one["purpose"] for one in found["profiles"]} == {"feature"}
    assert found["notes"] == []


@pytest.mark.parametrize(
    ("script", "why", "ranking"),
    [
        ({"misbehave": {"infer": "crash"}, "after": {"infer": 1}}, "SIGSEGV", "on"),
        ({"misbehave": {"infer": "garbage"}, "after": {"infer": 1}}, "sent garbage", "auto"),
        ({"answers": answers((float("nan"), 0.5, 0.5))}, "no probabilities", "on"),
        ({"answers": answers(rows=31)}, "no risk of each hunk", "on"),
    ],
)
def test_a_stick_that_goes_wrong_costs_a_note_and_no_hunk(script: dict[str, Any], why: str, ranking: str, desk: Desk) -> None:
    expected = desk.document("cpu")
    desk.plug_in(**script)
    found = desk.document("ncs2", ranking=ranking)
    (note,) = (one for one in found["notes"] if "classified" in one)
    assert note.startswith("hunks were classified on CPU, not on MYRIAD: ")
    assert why in note
    assert found["profiles"] == expected["profiles"]
    assert (found["result"], who(found)) == ("pass", who(expected))


def test_a_person_reads_it_too(desk: Desk) -> None:
    desk.plug_in(misbehave={"infer": "exit"})
    said = desk.review("ncs2", form="terminal")
    assert "note: hunks were classified on CPU, not on MYRIAD: the device's process ended with code 3" in said


def test_detect_says_it_as_well(desk: Desk) -> None:
    desk.plug_in(misbehave={"infer": "exit"})
    desk.configure("ncs2")
    hunk = {"id": 1, "path": "src/a.py", "hunk": "@@ -1 +1 @@\n-x = 1\n+x = 2\n"}
    done = desk.repo.hunkgate("detect", "--jsonl", stdin=json.dumps(hunk).encode())
    found = json.loads(done.stdout)
    assert found["device"] == "CPU"
    assert "not on MYRIAD" in found["reasons"][-1]


def test_devices_say_what_the_configuration_names(desk: Desk) -> None:
    desk.review("cpu")
    document = json.loads(desk.repo.hunkgate("devices", "--format", "json").stdout)
    role = document["roles"]["classify"]
    assert (role["device"], role["why"]) == ("CPU", "your configuration names it")
    assert role["in_reviews"] == {"device": "CPU", "why": "your configuration names it"}
