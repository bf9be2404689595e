"""A key that attested what blocks: from then on all its commits are looked at again, whatever the client says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attested_history import attested, head_tree, statement_about
from attesting import new_key, use_key
from ci_job import Model, Target, attest, ci, make_target, plain, table
from conftest import Repo
from hypothesis import given
from hypothesis import strategies as st

from reviewer.attest.sshsig import NAMESPACE
from reviewer.attest.trailer import trailers
from reviewer.ci.former import Mark
from reviewer.ci.marks import mark_json, mark_of
from reviewer.ci.rows import Why

SETTINGS = 'mode = "block"\nreviewers = ["rules", "models"]\n'
FINE = "def area(width, height):\n    return width * height\n"
BAD = "def f():\n    return eval(input())\n"


@pytest.fixture
def target(repo: Repo, tmp_path: Path) -> Target:
    return make_target(repo, tmp_path, SETTINGS)


@pytest.fixture(params=["folder", "folder with a secret", "notes"])
def kept(request: pytest.FixtureRequest, target: Target, tmp_path: Path) -> dict[str, Any]:
    """Where the server keeps what it knows."""
    if request.param == "notes":
        use_key(new_key(tmp_path / "server"))
        return {"summaries": True}
    return {"state": tmp_path / "state", "secret": b"s" if "secret" in request.param else b""}


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    return Model(monkeypatch)


def whys(target: Target, kept: dict[str, Any], **fields: Any) -> list[Why]:
    return [one.row.why for one in ci(target, **kept, **fields).table.done]


def missed(target: Target) -> str:
    """An attested commit with what blocks, and a later one that takes it away."""
    oid = attest(target, "bad.py", BAD)
    attest(target, "bad.py", FINE)
    return oid


def test_a_false_pass_in_the_sample_marks_its_key(target: Target, kept: dict[str, Any]) -> None:
    oid = missed(target)
    assert whys(target, kept) == [Why.NOT] * 2
    outcome = ci(target, **kept, share=1.0)
    (note,) = [note for note in outcome.verdict.notes if "attested commit" in note]
    assert f"attested commit {oid[:12]}, in which python-eval-input in bad.py blocks" in note
    assert "all its commits are looked at again from now on" in note
    assert whys(target, kept) == [Why.WATCHED] * 2
    # Also in what comes later.
    target.repo.git("checkout", "-q", "-B", "later", "main")
    attest(target, "c.py", FINE)
    assert whys(target, kept) == [Why.WATCHED]


def test_a_false_pass_that_blocks_the_range_marks_its_key_without_a_sample(target: Target, kept: dict[str, Any]) -> None:
    attest(target, "a.py", FINE)
    attest(target, "bad.py", BAD)
    assert ci(target, **kept).code == 1
    assert whys(target, kept) == [Why.WATCHED] * 2


def test_only_the_key_that_signed_it_is_marked(target: Target, kept: dict[str, Any], tmp_path: Path) -> None:
    other = new_key(tmp_path / "other")
    words = other.read_text().split()
    target.repo.git("checkout", "-q", "main")
    known = (target.repo.path / ".hunkgate/allowed_signers").read_text()
    target.repo.stage(".hunkgate/allowed_signers", f'{known}two@example.org namespaces="{NAMESPACE}" {words[0]} {words[1]}\n')
    target.repo.commit("another developer")
    target.repo.git("checkout", "-q", "-B", "topic", "main")
    attest(Target(target.repo, other), "bad.py", FINE)
    attest(target, "bad.py", f"{FINE}\n{BAD}")
    ci(target, **kept)
    assert whys(target, kept) == [Why.NOT, Why.WATCHED]


def test_what_nobody_attested_marks_nobody(target: Target, kept: dict[str, Any]) -> None:
    attest(target, "bad.py", FINE)
    plain(target, "bad.py", f"{FINE}\n{BAD}")
    assert ci(target, **kept).code == 1
    assert whys(target, kept) == [Why.NOT, Why.RESIDUAL]


def test_an_honest_waiver_is_no_false_pass(target: Target, kept: dict[str, Any]) -> None:
    for name in ("first", "second"):
        target.repo.stage("bad.py" if name == "first" else "more.py", BAD if name == "first" else FINE)
        if name == "first":
            report = json.loads(target.repo.hunkgate("review", "--reviewers", "rules", "--format", "json").stdout)
            target.repo.hunkgate("dismiss", report["findings"][0]["fingerprint"], "--why", "a calculator")
        base, tree = head_tree(target.repo), target.repo.git("write-tree")
        policy = ci(target, base="main", head="main").verdict.policy
        lines = trailers(attested(target.repo, statement_about(base, tree, policy=policy), target.key))
        target.repo.commit("change\n\n" + "\n".join(lines) + "\n")
    assert ci(target, **kept, share=1.0).code == 0
    assert whys(target, kept) == [Why.NOT] * 2


def test_a_key_can_be_forgiven(target: Target, kept: dict[str, Any]) -> None:
    missed(target)
    outcome = ci(target, **kept, share=1.0)
    assert whys(target, kept) == [Why.WATCHED] * 2
    (key,) = {used.item.signature.key_digest for used in outcome.table.done[0].row.proof.used if used.item.signature}
    assert whys(target, kept, forgiven=(key,)) == [Why.NOT] * 2
    assert whys(target, kept) == [Why.NOT] * 2


def test_a_mark_without_our_signature_is_none(target: Target, tmp_path: Path) -> None:
    missed(target)
    ci(target, state=tmp_path / "state", secret=b"another", share=1.0)
    assert whys(target, {"state": tmp_path / "state", "secret": b"s"}) == [Why.NOT] * 2


def test_a_mark_signed_by_a_developer_is_none(target: Target, tmp_path: Path) -> None:
    missed(target)
    ci(target, summaries=True, share=1.0)
    use_key(new_key(tmp_path / "server"))
    assert whys(target, {"summaries": True}) == [Why.NOT] * 2


def test_without_a_place_that_is_said(target: Target) -> None:
    missed(target)
    outcome = ci(target, share=1.0)
    assert any("nothing is kept of this" in note for note in outcome.verdict.notes)


def test_marks_stay_when_old_summaries_go(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reviewer.ci import folder_shelf

    monkeypatch.setattr(folder_shelf, "_KEPT", 0)
    missed(target)
    ci(target, state=tmp_path / "state", share=1.0)
    plain(target, "d.py", FINE)
    ci(target, state=tmp_path / "state")
    assert [name.name[:4] for name in (tmp_path / "state").iterdir()] == ["key-"]


def test_the_table_and_the_options_of_the_command(target: Target, tmp_path: Path) -> None:
    missed(target)
    words = ("--state", str(tmp_path / "state"))
    _, _, first = table(target, tmp_path / "one", *words, "--full-share", "100%")
    assert "all its commits are looked at again from now on" in first
    _, rows, text = table(target, tmp_path / "two", *words, "--full-share", "0")
    assert {row["why_again"] for row in rows} == {"its key attested what blocks"}
    assert "why: its key once attested what blocks" in text
    key = rows[0]["signer"]
    _, rows, _ = table(target, tmp_path / "three", *words, "--full-share", "0", "--forgive", key)
    assert {row["why_again"] for row in rows} == {None}
    done = target.repo.hunkgate("ci", "--base", "main", "--forgive", "ana@example.org")
    assert (done.returncode, "no fingerprint of a key" in done.stderr) == (2, True)


@given(
    st.builds(
        Mark,
        st.text("0123456789abcdef", min_size=64, max_size=64),
        st.text("0123456789abcdef"),
        st.just("r"),
        st.binary(),
        st.text("0123456789:TZ-"),
    )
)
def test_a_mark_is_read_back(mark: Mark) -> None:
    assert mark_of(json.loads(json.dumps(mark_json(mark)))) == mark


@pytest.mark.parametrize("change", [{"form": 2}, {"key": "../../x"}, {"key": 3}, {"path": None}, {"rule": ["x"]}])
def test_a_mark_of_another_form_is_none(change: dict[str, Any]) -> None:
    mark = Mark("0" * 64, "1" * 40, "r", b"p", "2026-11-22T00:00:00Z")
    assert mark_of({**mark_json(mark), **change}) is None
