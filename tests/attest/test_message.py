from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from attesting import git_of
from conftest import Repo

from reviewer.attest import message
from reviewer.commit_call import CommitCall, parse_commit
from reviewer.errors import StorageError

CUT = b"# ------------------------ >8 ------------------------\n# Do not modify\ndiff --git a/a b/a\n"
EDITOR = parse_commit([])
NO_EDITOR = parse_commit(["-m", "x"])


@pytest.mark.parametrize(
    ("text", "call", "abandoned"),
    [
        (b"", EDITOR, True),
        (b"\n  \n# comment\n", EDITOR, True),
        (b"# comment\n", None, True),
        (b"# comment\n", NO_EDITOR, False),
        (b"#42 fixed\n", parse_commit(["-m", "x", "-e"]), True),
        (b"subject\n# comment\n", EDITOR, False),
        (b"\nSigned-off-by: A <a@b>\n# comment\n", EDITOR, True),
        (b"\n" + CUT, parse_commit(["-v"]), True),
        (CUT, parse_commit(["--cleanup=scissors"]), True),
        (b"subject\n" + CUT, parse_commit(["-v"]), False),
        (b"# kept\n" + CUT, parse_commit(["--cleanup=scissors"]), False),
        (b"# kept\n", parse_commit(["--cleanup=whitespace"]), False),
        (b"# kept\n", parse_commit(["--cleanup=verbatim"]), False),
        (b"", parse_commit(["--cleanup=verbatim"]), True),
        (b"# comment\n", parse_commit(["-m", "x", "--cleanup=strip"]), True),
    ],
)
def test_is_abandoned(repo: Repo, text: bytes, call: CommitCall | None, abandoned: bool) -> None:
    assert message.is_abandoned(git_of(repo), text, call) is abandoned


def test_is_abandoned_honours_gits_settings(repo: Repo) -> None:
    repo.git("config", "commit.cleanup", "whitespace")
    assert not message.is_abandoned(git_of(repo), b"# kept\n", EDITOR)
    repo.git("config", "commit.cleanup", "strip")
    repo.git("config", "core.commentChar", ";")
    assert not message.is_abandoned(git_of(repo), b"# kept\n", EDITOR)
    assert message.is_abandoned(git_of(repo), b"; comment\n", EDITOR)


def test_is_abandoned_honours_the_settings_of_the_command(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.commentchar=%' 'other.key'='it'\\''s'")
    assert message.is_abandoned(git_of(repo), b"% comment\n", EDITOR)
    assert not message.is_abandoned(git_of(repo), b"# kept\n", EDITOR)


def test_is_abandoned_with_a_comment_character_of_gits_choice(repo: Repo) -> None:
    repo.git("config", "core.commentChar", "auto")
    assert message.is_abandoned(git_of(repo), b"\n; Please enter the message\n;\n; On branch main\n", EDITOR)
    assert not message.is_abandoned(git_of(repo), b"#1 fixed\n; Please enter\n", EDITOR)
    assert message.comment_prefix(git_of(repo), b"#1 fixed\n; Please enter\n") == b";"


def test_is_abandoned_with_an_untouched_template(repo: Repo) -> None:
    repo.write("template.txt", "Subject: \n\n# what and why\n")
    call = parse_commit(["-t", "template.txt"])
    assert message.is_abandoned(git_of(repo), b"Subject:\n\n# what and why\n# comment\n", call)
    assert message.is_abandoned(git_of(repo), b"Subject:\n\nSigned-off-by: A <a@b>\n", call)
    assert not message.is_abandoned(git_of(repo), b"Subject: mine\n", call)
    repo.git("config", "commit.template", "template.txt")
    assert message.is_abandoned(git_of(repo), b"Subject:\n", EDITOR)


TRAILERS = ("Review-Attestation: v1 pass\n tree=1", "Review-Signature: none (x)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"subject\n", b"subject\n\nReview-Attestation: v1 pass\n tree=1\nReview-Signature: none (x)\n"),
        (b"s\n\nb\n---\nc\n", b"s\n\nb\n---\nc\n\nReview-Attestation: v1 pass\n tree=1\nReview-Signature: none (x)\n"),
        (b"s\n\nA-b: c\n", b"s\n\nA-b: c\nReview-Attestation: v1 pass\n tree=1\nReview-Signature: none (x)\n"),
        (b"s\n# comment\n", b"s\n\nReview-Attestation: v1 pass\n tree=1\nReview-Signature: none (x)\n# comment\n"),
        (b"s\n" + CUT, b"s\n\nReview-Attestation: v1 pass\n tree=1\nReview-Signature: none (x)\n" + CUT),
        (b"\xff\xfe\n", b"\xff\xfe\n\nReview-Attestation: v1 pass\n tree=1\nReview-Signature: none (x)\n"),
    ],
)
def test_with_trailers(repo: Repo, text: bytes, expected: bytes) -> None:
    assert message.with_trailers(git_of(repo), text, TRAILERS) == expected


def test_with_trailers_does_not_obey_the_users_rules_for_trailers(repo: Repo) -> None:
    expected = message.with_trailers(git_of(repo), b"s\n\nReview-Signature: x\n", TRAILERS)
    for setting in ("separators #", "where start", "ifexists doNothing", "ifmissing doNothing"):
        repo.git("config", *f"trailer.{setting}".split())
    assert message.with_trailers(git_of(repo), b"s\n\nReview-Signature: x\n", TRAILERS) == expected


def test_write_keeps_the_mode_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_bytes(b"old")
    file.chmod(0o640)
    message.write(file, b"new")
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_write_that_fails_leaves_the_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_bytes(b"old")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left"):
        message.write(file, b"new")
    monkeypatch.undo()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_stock_git_reads_the_trailers(repo: Repo) -> None:
    text = message.with_trailers(git_of(repo), b"subject\n\nbody\n", TRAILERS)
    words = ["git", "interpret-trailers", "--parse", "--no-divider"]
    parsed = subprocess.run(words, cwd=repo.path, input=text, capture_output=True, check=True).stdout
    assert parsed == b"Review-Attestation: v1 pass tree=1\nReview-Signature: none (x)\n"
