from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from attesting import git_of, verdict_of
from conftest import Repo

from reviewer.attest import _files, ledger
from reviewer.attest.canonical import canonical_json
from reviewer.attest.summary import ENGINE, findings_json, statement_of
from reviewer.errors import AttestError, StorageError
from reviewer.git import Git
from reviewer.records import (
    Change,
    Confidence,
    CoverageEntry,
    Disposition,
    FileChange,
    Finding,
    JudgedFinding,
    Kind,
    Policy,
    Result,
    Severity,
    State,
    Status,
    Verdict,
)
from reviewer.records.statement import Word

BASE, TREE = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("result", "word"), [(Result.PASS, Word.PASS), (Result.WARN, Word.WARN), (Result.INCOMPLETE, Word.PARTIAL)]
)
def test_what_is_remembered_is_recalled(repo: Repo, result: Result, word: Word) -> None:
    verdict = verdict_of(BASE, TREE, result)
    ledger.remember(git_of(repo), verdict)
    statement = ledger.recall(git_of(repo), BASE, TREE)
    assert statement is not None
    assert (statement.result, statement.base, statement.tree, statement.engine) == (word, BASE, TREE, ENGINE)
    assert statement == statement_of(verdict, statement.at)
    assert statement.policy == Policy().digest
    assert ledger.recall(git_of(repo), TREE, BASE) is None


def test_a_blocking_verdict_makes_a_former_one_forgotten(repo: Repo) -> None:
    ledger.remember(git_of(repo), verdict_of(BASE, TREE))
    ledger.remember(git_of(repo), verdict_of(BASE, TREE, Result.BLOCK))
    assert ledger.recall(git_of(repo), BASE, TREE) is None


def test_the_last_verdict_counts(repo: Repo) -> None:
    for result in (Result.PASS, Result.WARN):
        ledger.remember(git_of(repo), verdict_of(BASE, TREE, result))
    found = ledger.recall(git_of(repo), BASE, TREE)
    assert found is not None
    assert found.result is Word.WARN


def test_patch_text_cannot_be_attested(repo: Repo) -> None:
    with pytest.raises(AttestError):
        ledger.remember(git_of(repo), verdict_of("", ""))


def test_worktrees_have_ledgers_of_their_own(repo: Repo, tmp_path: Path) -> None:
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "side"))
    ledger.remember(Git(tmp_path / "side"), verdict_of(BASE, TREE))
    assert ledger.recall(Git(tmp_path / "side"), BASE, TREE) is not None
    assert ledger.recall(git_of(repo), BASE, TREE) is None
    assert repo.git("status", "--porcelain") == ""


def test_few_are_kept(repo: Repo) -> None:
    for number in range(ledger.KEPT + 5):
        ledger.remember(git_of(repo), verdict_of(BASE, f"{number:040x}"))
    folder = repo.path / ".git/hunkgate/reviews"
    assert len(list(folder.iterdir())) == ledger.KEPT
    assert ledger.recall(git_of(repo), BASE, f"{ledger.KEPT + 4:040x}") is not None
    assert ledger.recall(git_of(repo), BASE, f"{0:040x}") is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"result": 1}', b'{"result": "block"}', b"\xff" * 10, b"[" * 100000])
def test_a_damaged_note_is_no_review(repo: Repo, damage: bytes) -> None:
    ledger.remember(git_of(repo), verdict_of(BASE, TREE))
    (file,) = (repo.path / ".git/hunkgate/reviews").iterdir()
    file.write_bytes(damage)
    assert ledger.recall(git_of(repo), BASE, TREE) is None


def test_a_note_under_another_name_is_no_review(repo: Repo) -> None:
    ledger.remember(git_of(repo), verdict_of(BASE, TREE))
    (file,) = (repo.path / ".git/hunkgate/reviews").iterdir()
    file.rename(file.with_name(f"{BASE}-{'3' * 40}.json"))
    assert ledger.recall(git_of(repo), BASE, "3" * 40) is None


def test_hooks_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    errors: list[Exception] = []

    def work(start: int) -> None:
        try:
            for number in range(start, start + 40):
                _files.save(tmp_path / "notes" / f"{number}.json", {"a": "b" * 100}, keep=5)
        except StorageError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(list((tmp_path / "notes").iterdir())) <= 5
    assert all(_files.load(file) == {"a": "b" * 100} for file in (tmp_path / "notes").iterdir())


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_files.json, "dump", full)
    with pytest.raises(StorageError, match="No space left"):
        _files.save(tmp_path / "notes" / "a.json", {"a": "b"}, keep=5)
    assert list((tmp_path / "notes").iterdir()) == []


def finding(**changes: object) -> JudgedFinding:
    values: dict[str, object] = {
        "rule": "r", "kind": Kind.BUG, "severity": Severity.ERROR, "confidence": Confidence.HIGH, "path": b"\xff",
        "start_line": 1, "end_line": 1, "start_column": 1, "end_column": 0, "snippet": "x \udcff", "message": "m",
        "remedy": "", "cwe": "", "reviewer": "rules",
    }  # fmt: skip
    return JudgedFinding(Finding(**{**values, **changes}), Disposition.SUPPRESSED)  # type: ignore[arg-type]  # named above


def full_verdict(findings: tuple[JudgedFinding, ...], coverage: tuple[CoverageEntry, ...], opaque: str = "binary") -> Verdict:
    file = FileChange(b"b\xff", Status.ADDED, b"b\xff", 0, 0o100644, "0" * 40, "1" * 40, "", (), opaque)
    return Verdict(Result.PASS, Change("x", BASE, TREE, (file,)), Policy(), findings, coverage, {})


def test_everything_that_was_found_and_looked_at_is_in_the_digest() -> None:
    one, two = (CoverageEntry(path, 1, "rules", State.REVIEWED) for path in (b"a", b"b"))
    verdicts = [
        full_verdict((finding(),), (one, two)),
        full_verdict((), (one, two)),
        full_verdict((finding(suppressed="known"),), (one, two)),
        full_verdict((finding(snippet="y"),), (one, two)),
        full_verdict((finding(),), (one,)),
        full_verdict((finding(),), (one, CoverageEntry(b"b", 1, "rules", State.DEFERRED, "budget"))),
        full_verdict((finding(),), (one, two), opaque=""),
    ]
    texts = {canonical_json(findings_json(verdict)) for verdict in verdicts}
    assert len(texts) == len(verdicts)
    assert findings_json(verdicts[0]) == findings_json(full_verdict((finding(),), (two, one)))


def test_suppressed_findings_that_would_not_block_waive_nothing(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("suppressed")
    ledger.remember(git_of(repo), full_verdict((finding(suppressed="known"),), ()))
    found = ledger.recall(git_of(repo), BASE, TREE)
    assert found is not None
    assert (found.result, found.waiver) == (Word.PASS, "")
    assert ledger.waivers_of(git_of(repo), found) == ()
