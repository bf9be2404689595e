"""What commits say of generated code: through `hunkgate generate`, real hooks and real git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from attesting import attesting, commit, git_of, run
from conftest import Repo
from generating import HAND, forget_records, generated, writing_model

from reviewer.attest.assisted import Assisted, digest_of, found
from reviewer.attest.trailer import Attested
from reviewer.attest.trailer import found as attestations
from reviewer.objects import open_reader


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    return writing_model(tmp_path, monkeypatch)


@pytest.fixture
def gated(repo: Repo, key: Path) -> Repo:
    repo.stage("first.txt", "1\n")
    repo.commit("first")
    return attesting(repo)


def marks(repo: Repo, revision: str = "HEAD") -> list[Assisted]:
    """What a commit says, after a look at its attestation, which has the digest of it with the files."""
    text = repo.git("log", "-1", "--format=%B", revision).encode()
    said = list(found(text))
    (item,) = attestations(text)
    assert isinstance(item, Attested)
    assert item.generated is not None
    assert item.statement.generated == digest_of(item.generated)
    assert sorted(one.line for one in item.generated) == sorted(one.line for one in said)
    return said


def committed(repo: Repo, *paths: str, args: tuple[str, ...] = ()) -> list[Assisted]:
    repo.git("add", "--", *paths)
    done = commit(repo, "-m", "change", *args)
    assert done.returncode == 0, done.stderr
    return marks(repo)


def formatted(repo: Repo, path: str, *args: str) -> None:
    subprocess.run(["ruff", "format", "--isolated", "-q", *args, path], cwd=repo.path, check=True, timeout=60)


def test_generated_code_says_so_in_the_commit(gated: Repo, model: str) -> None:
    generated(gated)
    (mark,) = committed(gated, "prices.py")
    assert (mark.model, mark.digest, mark.lines) == ("tiny", model, mark.of)
    trailers = gated.git("log", "-1", "--format=%(trailers:key=Assisted-by)")
    assert trailers.strip() == f"Assisted-by: tiny {model} generated={mark.of}/{mark.of}"


def test_edited_formatted_and_split_over_two_commits(gated: Repo, model: str) -> None:
    """The acceptance case: both commits carry the trailer with the right share, a third one does not."""
    generated(gated)
    file = gated.path / "prices.py"
    text = file.read_text().replace("> 0]", ">= minimum]").replace("articles, limit", "articles, minimum, limit")
    file.write_text(text + HAND)
    formatted(gated, "prices.py", "--line-length", "70")
    whole = file.read_text()
    assert 'currency="EUR"' in whole
    cut, hand = whole.index("def cheapest"), whole.index("def greeting")
    file.write_text(whole[:cut])
    (first,) = committed(gated, "prices.py")
    assert first.lines == first.of
    file.write_text(whole)
    (second,) = committed(gated, "prices.py")
    assert (first.by, second.by) == (("tiny", model), ("tiny", model))
    by_hand = 3
    generated_lines = [line for line in whole[cut:hand].split("\n") if line.strip(" ()[]{},")]
    assert second.of - second.lines >= by_hand, "what was written by hand is not claimed"
    assert second.lines >= 0.7 * len(generated_lines)
    assert second.lines <= len(generated_lines)
    gated.write("hello.py", HAND)
    assert committed(gated, "hello.py") == []


def test_a_commit_with_none_of_the_lines_says_nothing(gated: Repo, model: str) -> None:
    generated(gated)
    gated.stage("other.py", HAND + "\n\ndef main():\n    return None\n\n\nif __name__ == '__main__':\n    main()\n")
    assert commit(gated, "-m", "by hand").returncode == 0
    assert marks(gated) == []


def test_lines_in_another_order_and_another_file(gated: Repo, model: str) -> None:
    generated(gated)
    text = (gated.path / "prices.py").read_text()
    cut = text.index("def cheapest")
    head = text.index("def read_prices")
    gated.write("b.py", text[cut:] + "\n\n" + text[head:cut])
    (mark,) = committed(gated, "b.py")
    assert mark.lines == mark.of


def test_printed_code_counts_as_well(gated: Repo, model: str) -> None:
    done = gated.hunkgate("generate", "read prices", "--language", "python")
    gated.write("prices.py", done.stdout)
    (mark,) = committed(gated, "prices.py")
    assert mark.lines == mark.of


def test_amend_keeps_it_and_counts_anew(gated: Repo, model: str) -> None:
    generated(gated)
    (before,) = committed(gated, "prices.py")
    assert committed(gated, "prices.py", args=("--amend",)) == [before]
    gated.write("hello.py", HAND)
    (after,) = committed(gated, "hello.py", args=("--amend",))
    assert (after.lines, after.of) == (before.lines, before.of + 3)
    gated.git("rm", "-q", "-f", "prices.py")
    assert committed(gated, "hello.py", args=("--amend",)) == []


def test_amend_without_the_record_keeps_what_was_said(gated: Repo, model: str) -> None:
    generated(gated)
    before = committed(gated, "prices.py")
    forget_records(gated)
    gated.write("hello.py", HAND)
    assert committed(gated, "hello.py", args=("--amend",)) == before, "with a new message"
    assert commit(gated, "--amend", "--no-edit").returncode == 0
    assert marks(gated) == before, "with the old one"
    text = gated.git("log", "-1", "--format=%B")
    assert text.count("Assisted-by:") == 1


def test_rebase_and_reword_keep_it(gated: Repo, model: str) -> None:
    generated(gated)
    before = committed(gated, "prices.py")
    gated.git("checkout", "-q", "-b", "side", "HEAD~1")
    gated.write("upstream.txt", "x\n")
    committed(gated, "upstream.txt")
    forget_records(gated)
    done = run(gated, "git", "rebase", "-q", "side", "main")
    assert done.returncode == 0, done.stderr
    assert marks(gated) == before
    reword = run(gated, "git", "commit", "--amend", "-q", "-m", "in other words")
    assert reword.returncode == 0, reword.stderr
    assert marks(gated) == before


def test_in_a_linked_work_tree(gated: Repo, model: str, tmp_path: Path) -> None:
    generated(gated)
    gated.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repo(tmp_path / "side")
    side.write("prices.py", (gated.path / "prices.py").read_bytes())
    (mark,) = committed(side, "prices.py")
    assert mark.lines == mark.of


def test_without_attestation_and_without_review_it_is_said_too(gated: Repo, model: str) -> None:
    gated.stage(".hunkgate.toml", "[attest]\nenabled = false\n")
    gated.commit("policy")
    generated(gated)
    gated.git("add", "prices.py")
    assert commit(gated, "-m", "x").returncode == 0
    text = gated.git("log", "-1", "--format=%B").encode()
    assert len(found(text)) == 1
    assert attestations(text) == ()


def test_notes_alone_leave_the_message_as_it_is(gated: Repo, model: str) -> None:
    gated.stage(".hunkgate.toml", '[attest]\nstore = "notes"\n')
    gated.commit("policy")
    generated(gated)
    gated.git("add", "prices.py")
    done = commit(gated, "-m", "x")
    assert "added lines were generated by tiny" in done.stderr
    assert gated.git("log", "-1", "--format=%B").strip() == "x"


def test_an_empty_message_stays_empty(gated: Repo, model: str) -> None:
    generated(gated)
    gated.git("add", "prices.py")
    head = gated.git("rev-parse", "HEAD")
    done = commit(gated, env={"GIT_EDITOR": "true"})
    assert done.returncode != 0
    assert gated.git("rev-parse", "HEAD") == head


def test_verbose_editor_and_signature(gated: Repo, model: str) -> None:
    generated(gated)
    gated.git("add", "prices.py")
    done = commit(gated, "-v", env={"GIT_EDITOR": "sed -i 1s/^/subject/"})
    assert done.returncode == 0, done.stderr
    assert len(marks(gated)) == 1
    reader = open_reader(git_of(gated))
    (item,) = attestations(reader.commit("HEAD").message)
    assert isinstance(item, Attested)
    assert item.signature is not None


def test_damaged_records_are_passed_over(gated: Repo, model: str) -> None:
    generated(gated)
    folder = gated.path / ".git/hunkgate/generated"
    (folder / "a.json").write_text("{")
    (folder / "b.json").write_text('{"version": 1, "shingle": 5, "tokens": -1}')
    (folder / "c.json").write_bytes(b"\xff" * 10)
    (folder / "d.json").symlink_to("/etc/passwd")
    (mark,) = committed(gated, "prices.py")
    assert mark.lines == mark.of
