"""The trailers of real commits, through real hooks."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from attesting import attesting, commit, gate_hook, git_of, python_hook, run, signed_commit, verdict_of
from conftest import Repo
from model_service import in_service
from reviewer.hooks import commit_msg
from scripted_model import NAME

from reviewer.attest import delta, ledger, sshsig
from reviewer.attest.statement import signed_bytes
from reviewer.attest.trailer import ATTESTATION, SIGNATURE, Attested, found, parse_attestation
from reviewer.git import EMPTY_TREE
from reviewer.objects import open_reader


@pytest.fixture
def gated(repo: Repo, key: Path) -> Repo:
    """A repository with a first commit, hooks and a signing key."""
    repo.stage("first.txt", "1\n")
    repo.commit("first")
    return attesting(repo)


def attested(repo: Repo, revision: str = "HEAD") -> Attested:
    """The one attestation of a commit, which is about exactly this commit."""
    commit_object = open_reader(git_of(repo)).commit(revision)
    (item,) = found(commit_object.message)
    assert isinstance(item, Attested)
    parents = commit_object.parents
    base = repo.git("rev-parse", f"{parents[0]}^{{tree}}") if parents else EMPTY_TREE[len(commit_object.tree)]
    assert (item.statement.base, item.statement.tree) == (base, commit_object.tree)
    return item


def assert_not_attested(repo: Repo, done: subprocess.CompletedProcess[str], why: str) -> None:
    assert done.returncode == 0, done.stderr
    assert f"hunkgate: this commit is not attested: {why}" in done.stderr
    assert ATTESTATION not in repo.git("log", "-1", "--format=%B")


def test_stock_tools_agree(gated: Repo, key: Path, tmp_path: Path) -> None:
    signed_commit(gated, "a b.py", "x = 1\n", message="subject\n\nbody\n---\nmore")
    item = attested(gated)
    parsed = gated.git("log", "-1", "--format=%(trailers:only,unfold)").split("\n")
    assert [line.partition(":")[0] for line in parsed if line] == [ATTESTATION, SIGNATURE]
    raw = gated.git("log", "-1", "--format=%B").encode()
    words = ["git", "interpret-trailers", "--parse", "--no-divider"]
    printed = subprocess.run(words, cwd=gated.path, input=raw, capture_output=True, check=True).stdout.decode()
    assert parse_attestation(printed.splitlines()[0].removeprefix(f"{ATTESTATION}: ")) == item.statement
    assert item.signature is not None
    change = delta.between(open_reader(git_of(gated)), item.statement.base, item.statement.tree)
    (tmp_path / "sig").write_bytes(item.signature.armored)
    (tmp_path / "allowed").write_text(f"dev@example.org {key.read_text()}")
    verify = ["ssh-keygen", "-Y", "verify", "-n", sshsig.NAMESPACE, "-I", "dev@example.org", "-s", "sig", "-f", "allowed"]
    payload = signed_bytes(item.statement, change, "")
    assert subprocess.run(verify, cwd=tmp_path, input=payload, capture_output=True, check=False).returncode == 0
    assert subprocess.run(verify, cwd=tmp_path, input=payload + b" ", capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    "words", [["-m", "x"], ["-a", "-m", "x"], ["-i", "first.txt", "-m", "x"], ["-m", "x", "--", "first.txt"]]
)
def test_every_way_to_commit(gated: Repo, words: list[str]) -> None:
    gated.stage("other.txt", "staged\n")
    gated.write("first.txt", "changed\n")
    done = commit(gated, *words)
    assert done.returncode == 0, done.stderr
    assert attested(gated).signature is not None
    assert "hunkgate: attested pass, signed with SHA256:" in done.stderr


def test_amend_replaces_the_attestation(gated: Repo) -> None:
    signed_commit(gated, "a.txt", "1\n", message="subject\n\nSigned-off-by: A <a@b>")
    old = attested(gated)
    signed_commit(gated, "a.txt", "2\n", "--amend")
    assert attested(gated).statement.tree != old.statement.tree
    done = commit(gated, "--amend", "--no-edit")
    assert done.returncode == 0
    assert attested(gated).statement.tree == gated.git("rev-parse", "HEAD^{tree}")


def test_amend_keeps_the_rest_of_the_message(gated: Repo) -> None:
    text = "subject\n\nbody\n\nSigned-off-by: A <a@b>"
    signed_commit(gated, "a.txt", "1\n", message=text)
    gated.stage("a.txt", "2\n")
    assert commit(gated, "--amend", "--no-edit").returncode == 0
    lines = gated.git("log", "-1", "--format=%B").split("\n")
    kept = [line for line in lines if not line.startswith((" ", ATTESTATION, SIGNATURE))]
    assert "\n".join(kept).rstrip("\n") == text


def test_worktree_and_subdirectory(gated: Repo, tmp_path: Path) -> None:
    gated.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repo(tmp_path / "side")
    signed_commit(side, "deep/er/a.txt", "1\n")
    assert attested(side).signature is not None
    side.write("deep/er/a.txt", "2\n")
    assert run(side, "git", "-C", "deep/er", "commit", "-qam", "x").returncode == 0
    assert attested(side).signature is not None


def test_root_commit_and_sha256(make_repo: Callable[..., Repo], key: Path) -> None:
    repo = attesting(make_repo("strong", "--object-format=sha256"))
    signed_commit(repo, "a.txt", "1\n")
    assert attested(repo).statement.base == EMPTY_TREE[64]
    signed_commit(repo, "a.txt", "2\n")
    assert attested(repo).signature is not None
    assert max(len(line) for line in repo.git("log", "-1", "--format=%B").split("\n")) <= 72


def test_with_an_editor_and_a_diff_in_it(gated: Repo) -> None:
    gated.stage("a.txt", "1\n")
    done = commit(gated, "-v", env={"GIT_EDITOR": "sed -i 1s/^/subject/"})
    assert done.returncode == 0, done.stderr
    assert attested(gated).signature is not None
    text = gated.git("log", "-1", "--format=%B")
    assert text.startswith("subject\n\nReview-Attestation")
    assert "diff --git" not in text


@pytest.mark.parametrize(
    "words", [["-v"], ["--cleanup=scissors"], ["-s"], ["--cleanup=whitespace", "-m", ""], ["-t", "template.txt"]]
)
def test_an_aborted_commit_stays_aborted(gated: Repo, words: list[str]) -> None:
    gated.stage("a.txt", "1\n")
    gated.write("template.txt", "Subject:\n\n# why\n")
    head = gated.git("rev-parse", "HEAD")
    done = commit(gated, *words, env={"GIT_EDITOR": "true"})
    assert done.returncode != 0
    assert "not attested: its message is empty" in done.stderr
    assert gated.git("rev-parse", "HEAD") == head


@pytest.mark.parametrize(
    "setting", ["core.commentChar=;", "core.commentChar=auto", "commit.cleanup=scissors", "trailer.separators=#"]
)
def test_settings_of_the_running_command(gated: Repo, setting: str) -> None:
    gated.stage("a.txt", "1\n")
    env = {"GIT_EDITOR": "sed -i '1s/^/subject/'"}
    done = run(gated, "git", "-c", setting, "commit", "-q", env=env)
    assert done.returncode == 0, done.stderr
    assert attested(gated).signature is not None
    assert gated.git("log", "-1", "--format=%B").startswith("subject\n\nReview-Attestation")
    head = gated.git("rev-parse", "HEAD")
    gated.stage("a.txt", "2\n")
    assert run(gated, "git", "-c", setting, "commit", "-q", env={"GIT_EDITOR": "true"}).returncode != 0
    assert gated.git("rev-parse", "HEAD") == head


def test_merge_is_not_attested(gated: Repo) -> None:
    gated.git("checkout", "-qb", "side")
    signed_commit(gated, "side.txt", "1\n")
    gated.git("checkout", "-q", "main")
    signed_commit(gated, "main.txt", "1\n")
    done = run(gated, "git", "merge", "-q", "--no-ff", "-m", "merge", "side")
    assert_not_attested(gated, done, "it is a merge")


def test_unreviewed_change_is_not_attested(gated: Repo) -> None:
    (gated.path / ".git/hooks/pre-commit").unlink()
    gated.stage("a.txt", "1\n")
    assert_not_attested(gated, commit(gated, "-m", "x"), "exactly this change was not reviewed")


def test_review_of_another_base_does_not_count(gated: Repo) -> None:
    """The tree was reviewed, but as a change of another commit."""
    python_hook(gated, "pre-commit", "")
    gated.stage("a.txt", "1\n")
    ledger.remember(git_of(gated), verdict_of(EMPTY_TREE[40], gated.git("write-tree")))
    assert_not_attested(gated, commit(gated, "-m", "x"), "exactly this change was not reviewed")


def test_blocked_verdict_is_not_attested(gated: Repo) -> None:
    gated.stage("a.txt", "1\n")
    done = commit(gated, "-m", "x", env={"TEST_RESULT": "block"})
    assert_not_attested(gated, done, "exactly this change was not reviewed")


def test_partial_and_warn(gated: Repo) -> None:
    for result, word in (("incomplete", "partial"), ("warn", "warn")):
        gated.stage("a.txt", result)
        done = commit(gated, "-m", "x", env={"TEST_RESULT": result})
        assert f"attested {word}" in done.stderr
        assert attested(gated).statement.result.value == word


def test_staging_more_while_the_editor_is_open_is_noticed(gated: Repo) -> None:
    gated.stage("a.txt", "1\n")
    gated.write("sneaky.txt", "1\n")
    done = commit(gated, env={"GIT_EDITOR": "git add sneaky.txt && echo subject >"})
    assert_not_attested(gated, done, "what is staged changed while the message was written")
    assert "sneaky.txt" not in gated.git("ls-tree", "--name-only", "HEAD")


def test_a_pre_commit_hook_that_stages_more_after_the_review(gated: Repo) -> None:
    hook = gated.path / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace("exec ", "") + "echo 1 > late.txt; git add late.txt\n")
    gated.stage("a.txt", "1\n")
    assert_not_attested(gated, commit(gated, "-m", "x"), "exactly this change was not reviewed")


def test_no_verify_leaves_no_note_for_the_next_commit(gated: Repo) -> None:
    gated.stage("a.txt", "1\n")
    assert commit(gated, "-m", "x", "--no-verify").returncode == 0
    signed_commit(gated, "a.txt", "2\n")
    assert attested(gated).signature is not None


@pytest.mark.parametrize(("setting", "reason"), [(None, "no signing key"), ("0123456789ABCDEF", "no SSH signing key")])
def test_without_a_key_it_says_unsigned(repo: Repo, setting: str | None, reason: str) -> None:
    if setting:
        repo.git("config", "user.signingKey", setting)
    attesting(repo).stage("a.txt", "1\n")
    done = commit(repo, "-m", "x")
    assert f"hunkgate: attested pass, unsigned ({reason})" in done.stderr
    assert attested(repo).unsigned == reason
    assert f"Review-Signature: none ({reason})" in repo.git("log", "-1", "--format=%B")


def test_policy_can_switch_it_off(gated: Repo) -> None:
    gated.stage(".hunkgate.toml", "[attest]\nenabled = false\n")
    gated.commit("policy")
    gated.stage("a.txt", "1\n")
    done = commit(gated, "-m", "x")
    assert (done.returncode, "hunkgate" in done.stderr) == (0, False)
    assert ATTESTATION not in gated.git("log", "-1", "--format=%B")


@pytest.mark.parametrize(("on_error", "code"), [("warn", 0), ("block", 1)])
def test_an_error_leaves_the_message_as_it_was(gated: Repo, on_error: str, code: int) -> None:
    """The staged file's content is gone, so its digest cannot be bound."""
    gated.stage(".hunkgate.toml", f'on_error = "{on_error}"\n')
    gated.commit("policy")
    gated.stage("a.txt", "lost\n")
    base, tree = gated.git("rev-parse", "HEAD^{tree}"), gated.git("write-tree")
    ledger.remember(git_of(gated), verdict_of(base, tree))
    oid = gated.git("rev-parse", ":a.txt")
    (gated.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    file = gated.write(".git/COMMIT_EDITMSG", b"subject\n\xff")
    done = gated.hunkgate("hook", "commit-msg", str(file))
    assert done.returncode == code
    assert f"hunkgate: this commit is not attested: object {oid} is not in this repository" in done.stderr
    assert file.read_bytes() == b"subject\n\xff"


def test_a_message_file_that_is_missing_is_explained(
    gated: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(gated.path)
    tree = gated.git("rev-parse", "HEAD^{tree}")
    ledger.remember(git_of(gated), verdict_of(tree, tree))
    assert commit_msg.run(["no-such-file"]) == 0
    assert "cannot read the commit message" in capsys.readouterr().err


def test_without_arguments_it_takes_gits_own_message_file(gated: Repo) -> None:
    python_hook(gated, "commit-msg", "import sys; from reviewer.hooks import commit_msg; sys.exit(commit_msg.run([]))")
    signed_commit(gated, "a.txt", "1\n")
    assert attested(gated).signature is not None


def test_nothing_is_left_in_the_git_folder(gated: Repo) -> None:
    before = {path.name for path in (gated.path / ".git").iterdir()}
    signed_commit(gated, "a.txt", "1\n")
    after = {path.name for path in (gated.path / ".git").iterdir()}
    assert after - before <= {"hunkgate", "COMMIT_EDITMSG"}
    assert list((gated.path / ".git/hunkgate/attempts").iterdir()) == []


def test_through_pre_commit(gated: Repo) -> None:
    hooks = "".join(
        f"  - {{id: {name}, name: {name}, language: system, stages: [{name}], always_run: true, pass_filenames: {names}, "
        f"entry: hunkgate hook {name}}}\n"
        for name, names in (("prepare-commit-msg", "false"), ("commit-msg", "true"))
    )
    reviewing = gated.path / ".git/hooks/reviewing"
    (gated.path / ".git/hooks/pre-commit").rename(reviewing)
    always = "language: system, always_run: true, pass_filenames: false"
    review = f"  - {{id: r, name: r, stages: [pre-commit], {always}, entry: {reviewing}}}\n"
    gated.stage(".pre-commit-config.yaml", f"repos:\n- repo: local\n  hooks:\n{review}{hooks}")
    gated.commit("configuration")
    for name in ("prepare-commit-msg", "commit-msg"):
        (gated.path / ".git/hooks" / name).unlink()
    types = ("pre-commit", "prepare-commit-msg", "commit-msg")
    assert run(gated, "pre-commit", "install", *(f"--hook-type={name}" for name in types)).returncode == 0
    signed_commit(gated, "a.txt", "1\n")
    assert attested(gated).signature is not None
    signed_commit(gated, "a.txt", "2\n", "--amend")
    assert attested(gated).signature is not None


def test_prepare_hook_that_cannot_write_does_not_stop_the_commit(gated: Repo) -> None:
    gated.write(".git/hunkgate", "in the way")
    (gated.path / ".git/hooks/pre-commit").unlink()
    gate_hook(gated, "prepare-commit-msg")
    gated.stage("a.txt", "1\n")
    done = commit(gated, "-m", "x")
    assert done.returncode == 0
    assert "cannot note what is being committed" in done.stderr


def test_a_role_that_was_forced_on_a_model_is_named(
    repo: Repo, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_service(tmp_path / "m", monkeypatch)
    settings = tmp_path / "own.toml"
    settings.write_text(f'model = "{NAME}"\nengine = "off"\nforced_roles = ["screen", "review"]\n')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(settings))
    assert repo.hunkgate("init").returncode == 0
    repo.stage("app.py", "x = 1\n")
    repo.git("commit", "-q", "-m", "one")
    assert attested(repo).statement.forced == ("review", "screen")
    assert re.search(r"\bforced=review\+screen$", repo.git("log", "-1", "--format=%B"), re.MULTILINE)
