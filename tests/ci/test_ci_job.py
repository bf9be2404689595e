"""The job on real repositories: what is proven, what is reviewed again, and whose word counts."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from attested_history import attest_staged, attested, head_tree
from attesting import git_of, new_key, verdict_of
from ci_job import PLAIN, Model, Target, attest, ci, make_target, plain, table
from conftest import Repo
from make_verdict import TOKEN, make_finding

from reviewer.attest import delta, envelope
from reviewer.attest.canonical import canonical_json
from reviewer.attest.summary import findings_json, statement_of
from reviewer.attest.trailer import trailers
from reviewer.ci.rows import Standing, Why
from reviewer.errors import ExitCode, GitError, UsageError
from reviewer.objects.command import CommandReader
from reviewer.records import Confidence, CoverageEntry, Disposition, Result, Severity, State

BAD = "import sqlite3\n\n\ndef find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")\n"
FINE = "def area(width, height):\n    return width * height\n"
BLOCKING = 'mode = "block"\n'


@pytest.fixture
def target(repo: Repo, tmp_path: Path) -> Target:
    return make_target(repo, tmp_path)


def results(target: Target, **fields: object) -> list[str]:
    return [one.standing.value for one in ci(target, **fields).table.done]


def test_a_model_looks_at_what_is_not_proven_and_at_nothing_else(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    attest(target, "proven.py", FINE)
    plain(target, "other.py", FINE)
    outcome = ci(target)
    assert [one.standing for one in outcome.table.done] == [Standing.PROVEN, Standing.HERE]
    assert model.asked == [[b"other.py"]]
    assert outcome.table.done[1].seen == (b"other.py",)
    entries = {(entry.path, entry.state) for entry in outcome.verdict.coverage if entry.reviewer == "models"}
    assert entries == {(b"proven.py", State.SKIPPED), (b"other.py", State.REVIEWED)}


def test_the_deterministic_reviewers_see_everything_again(target: Target) -> None:
    attest(target, "app.py", BAD)
    outcome = ci(target)
    assert outcome.table.done[0].standing is Standing.PROVEN
    assert "python-sql" in " ".join(judged.finding.rule for judged in outcome.verdict.findings)


def test_a_proven_commit_that_blocks_here_blocks(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, BLOCKING)
    # A process with the key can sign a false pass.
    attest(target, "app.py", BAD)
    outcome = ci(target)
    assert (outcome.code, outcome.table.done[0].standing) == (ExitCode.BLOCK, Standing.PROVEN)
    assert outcome.stops == ("the reviewers found what the settings block",)


def test_without_a_model_what_is_not_proven_stays_open_and_is_said(target: Target, tmp_path: Path) -> None:
    plain(target, "other.py", FINE)
    code, rows, said = table(target, tmp_path / "out")
    assert code == 0
    assert (rows[0]["class"], rows[0]["result"], rows[0]["reviewed_again"]) == ("RESIDUAL", "NOT PROVEN", [])
    assert "is not installed" in rows[0]["not_looked_at"]["other.py"]
    assert "1 commit: 1 NOT PROVEN" in said
    assert "NOT looked at by a model: other.py" in said


def test_proof_can_be_demanded_by_the_command_line_and_by_the_target(target: Target, tmp_path: Path) -> None:
    plain(target, "other.py", FINE)
    code, _, said = table(target, tmp_path / "out", "--require-proof")
    assert code == 1
    assert "STOPS: 1 commit neither proven nor reviewed here, and proof is wanted by --require-proof" in said


def test_the_targets_settings_demand_proof(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, '[attest]\npre_push = "block"\n')
    plain(target, "other.py", FINE)
    assert ci(target).code is ExitCode.BLOCK


def test_documentation_needs_no_model_and_is_not_called_reviewed(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    plain(target, "docs/a.md", "text\n")
    (one,) = ci(target, require_proof=True).table.done
    assert (one.standing, one.seen, one.idle) == (Standing.IDLE, (), {b"docs/a.md": "documentation"})
    assert model.asked == []


def test_settings_of_the_pushed_commits_do_not_count(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, BLOCKING)
    target.repo.stage(".hunkgate.toml", 'mode = "advise"\n')
    plain(target, "app.py", BAD)
    assert ci(target).code is ExitCode.BLOCK


def test_settings_that_only_the_pushed_commits_have_do_not_count(target: Target, tmp_path: Path) -> None:
    target.repo.stage(".hunkgate.toml", 'reviewers = ["secrets"]\n[attest]\nrepository = "elsewhere"\n')
    target.repo.commit("settings")
    plain(target, "app.py", BAD)
    outcome = ci(target)
    assert any(judged.finding.reviewer == "rules" for judged in outcome.verdict.findings)
    assert outcome.table.policy == outcome.verdict.policy.digest
    assert "the defaults count" in " ".join(outcome.verdict.notes)


def test_malformed_settings_of_the_pushed_commits_do_no_harm(target: Target) -> None:
    target.repo.stage(".hunkgate.toml", "[[[")
    target.repo.commit("settings")
    assert results(target) == ["NOT PROVEN"]


def test_signers_of_the_pushed_commits_do_not_count(target: Target, tmp_path: Path) -> None:
    stranger = new_key(tmp_path / "stranger")
    words = stranger.read_text().split()
    signers = (target.repo.path / ".hunkgate/allowed_signers").read_text()
    target.repo.stage(".hunkgate/allowed_signers", signers + f"me@example.org {words[0]} {words[1]}\n")
    target.repo.stage("app.py", FINE)
    attest_staged(target.repo, stranger)
    assert results(target) == ["NOT PROVEN"]
    # Naming the file of the work tree makes it no better: that came with the commits.
    _, rows, _ = table(target, tmp_path / "out", "--allowed-signers", ".hunkgate/allowed_signers")
    assert rows[0]["class"] == "RESIDUAL"
    own = tmp_path / "signers"
    own.write_text(f"me@example.org {words[0]} {words[1]}\n")
    _, rows, _ = table(target, tmp_path / "out", "--allowed-signers", str(own))
    assert (rows[0]["class"], rows[0]["principal"]) == ("EXACT", "me@example.org")


def test_a_key_that_only_this_machine_vouches_for_does_not_count(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path)
    target.repo.git("checkout", "-q", "main")
    target.repo.git("rm", "-q", ".hunkgate/allowed_signers")
    target.repo.commit("nobody")
    target.repo.git("checkout", "-q", "-b", "other")
    attest(target, "app.py", FINE)
    outcome = ci(target)
    assert [one.standing for one in outcome.table.done] == [Standing.OPEN]
    assert "nobody is trusted" in " ".join(outcome.verdict.notes)


def test_a_key_that_the_target_revoked_since_does_not_count(target: Target) -> None:
    attest(target, "app.py", FINE)
    target.repo.git("checkout", "-q", "main")
    target.repo.stage(".hunkgate/revoked_keys", target.key.read_text())
    target.repo.commit("revoke")
    target.repo.git("checkout", "-q", "topic")
    outcome = ci(target)
    assert outcome.table.done[0].row.proof.reasons[0] == "the key is revoked"


def test_dismissals_and_own_rules_of_the_pushed_commits_do_not_count_as_old(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, BLOCKING)
    plain(target, "app.py", BAD)
    fingerprint = next(j.finding.fingerprint for j in ci(target).verdict.findings if j.disposition is Disposition.BLOCKS)
    target.repo.hunkgate("dismiss", fingerprint, "--why", "it is ours")
    target.repo.git("add", "-A")
    target.repo.commit("dismissed")
    (judged,) = [j for j in ci(target).verdict.findings if j.finding.fingerprint == fingerprint]
    assert judged.finding.dismissed is not None
    assert judged.finding.dismissed.by_change


def test_a_secret_that_a_later_commit_removes_is_found_in_the_history(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, BLOCKING)
    first = plain(target, "app.py", f'token = "{TOKEN}"\n')
    plain(target, "app.py", "token = read()\n")
    code, _, said = table(target, tmp_path / "out")
    assert code == 1
    assert f"{first[:12]}:app.py" in said
    assert "stays in the history" in said
    assert TOKEN not in said + "".join(file.read_text() for file in (tmp_path / "out").iterdir())


def test_a_secret_that_a_merge_brings_and_a_later_commit_removes_is_found(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, BLOCKING)
    plain(target, "mine.py", FINE)
    target.repo.git("checkout", "-q", "main")
    target.repo.stage("theirs.py", FINE)
    target.repo.commit("theirs")
    target.repo.git("checkout", "-q", "topic")
    target.repo.git("merge", "-q", "--no-commit", "main")
    target.repo.stage("app.py", f'token = "{TOKEN}"\n')
    merge = target.repo.commit("evil")
    plain(target, "app.py", "token = read()\n")
    outcome = ci(target)
    assert outcome.code is ExitCode.BLOCK
    paths = [judged.finding.path for judged in outcome.verdict.findings if judged.disposition is Disposition.BLOCKS]
    assert paths == [f"{merge[:12]}:app.py".encode()]


def test_settings_without_deterministic_reviewers(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_target(repo, tmp_path, 'reviewers = ["models"]\n')
    model = Model(monkeypatch)
    plain(target, "app.py", FINE)
    assert (results(target), model.asked) == (["reviewed here"], [[b"app.py"]])


def test_settings_without_models(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_target(repo, tmp_path, 'reviewers = ["rules", "secrets"]\n')
    model = Model(monkeypatch)
    plain(target, "app.py", FINE)
    outcome = ci(target, state=tmp_path / "state")
    assert outcome.table.done[0].idle == {b"app.py": "the settings ask for no model"}
    assert model.asked == []
    assert not any(entry.reviewer == "models" for entry in outcome.verdict.coverage)


def test_a_bare_repository_works(target: Target, tmp_path: Path) -> None:
    attest(target, "app.py", FINE)
    bare = tmp_path / "bare.git"
    target.repo.git("clone", "-q", "--bare", ".", str(bare))
    done = Repo(bare).hunkgate("ci", "--base", "main", "--head", "topic", "--full-share", "0")
    assert done.returncode == 0, done.stderr
    assert "1 commit: 1 proven" in done.stdout


def test_a_sampled_commit_is_looked_at_again_and_stays_proven(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    attest(target, "app.py", FINE)
    (one,) = ci(target, share=1.0).table.done
    assert (one.standing, one.row.why, one.seen) == (Standing.PROVEN, Why.SAMPLED, (b"app.py",))
    assert model.asked == [[b"app.py"]]


def test_a_partial_review_is_finished(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    target.repo.stage("app.py", FINE)
    attest_staged(target.repo, target.key, result=Result.INCOMPLETE)
    assert results(target) == ["NOT PROVEN"]
    model = Model(monkeypatch)
    assert results(target) == ["reviewed here"]
    assert model.asked == [[b"app.py"]]


def partial_with_findings(target: Target, coverage: list[CoverageEntry], *, honest: bool = True) -> None:
    """A partial review of two files, with a note that says what it left open."""
    for name in ("a.py", "b.py"):
        target.repo.stage(name, FINE)
    base, tree = head_tree(target.repo), target.repo.git("write-tree")
    verdict = replace(verdict_of(base, tree, Result.INCOMPLETE), coverage=tuple(coverage))
    statement = statement_of(verdict, datetime.now(timezone.utc).replace(microsecond=0))
    item = attested(target.repo, statement, target.key)
    target.repo.commit("change\n\n" + "\n".join(trailers(item)) + "\n")
    change = delta.between(CommandReader(git_of(target.repo)), base, tree)
    told = verdict if honest else replace(verdict, coverage=tuple(coverage[:1]))
    assert item.signature is not None
    line = envelope.write(envelope.Envelope(statement, change, "", item.signature), canonical_json(findings_json(told)))
    note = target.repo.write("../note", line)
    target.repo.git("notes", "--ref=refs/notes/review-attestations", "add", "-F", str(note), tree)


PUT_OFF = [
    CoverageEntry(b"a.py", 1, "models", State.DEFERRED, "time"),
    CoverageEntry(b"b.py", 1, "models", State.REVIEWED),
]


def test_of_a_partial_review_only_what_it_put_off_is_looked_at(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    partial_with_findings(target, PUT_OFF)
    assert results(target) == ["reviewed here"]
    assert model.asked == [[b"a.py"]]


def test_a_note_with_other_findings_than_were_signed_says_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    put_off = [PUT_OFF[0], replace(PUT_OFF[0], path=b"b.py")]
    partial_with_findings(target, put_off, honest=False)
    results(target)
    assert model.asked == [[b"a.py", b"b.py"]]


def test_a_note_about_other_paths_says_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    partial_with_findings(target, [replace(PUT_OFF[0], path=b"elsewhere.py"), PUT_OFF[1]])
    results(target)
    assert model.asked == [[b"a.py", b"b.py"]]


def test_a_partial_review_in_the_sample_is_looked_at_whole(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    partial_with_findings(target, PUT_OFF)
    assert results(target, share=1.0) == ["NOT PROVEN"]
    model = Model(monkeypatch)
    assert results(target, share=1.0) == ["reviewed here"]
    assert model.asked == [[b"a.py", b"b.py"]]


def test_a_squash_with_a_smuggled_file_is_looked_at_for_that_file(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(monkeypatch)
    attest(target, "a.py", FINE)
    attest(target, "b.py", FINE)
    messages = target.repo.git("log", "--format=%B", "main..")
    target.repo.git("reset", "-q", "--soft", "main")
    target.repo.stage("evil.py", FINE)
    target.repo.commit(messages)
    (one,) = ci(target).table.done
    assert (one.standing, one.row.paths, model.asked) == (Standing.HERE, (b"evil.py",), [[b"evil.py"]])


def test_a_submodule_is_never_called_reviewed(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(monkeypatch)
    target.repo.git("update-index", "--add", "--cacheinfo", f"160000,{target.base},sub")
    target.repo.commit("sub")
    (one,) = ci(target).table.done
    assert (one.standing, dict(one.unseen)) == (Standing.OPEN, {b"sub": "nobody can look into a submodule"})


def test_a_blocked_change_gets_no_model(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_target(repo, tmp_path, BLOCKING)
    model = Model(monkeypatch)
    plain(target, "app.py", BAD)
    (one,) = ci(target).table.done
    assert (model.asked, dict(one.unseen)) == ([], {b"app.py": "the change is blocked already"})


def test_a_rename_is_found_by_its_old_and_its_new_name(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_target(repo, tmp_path, files={"old.py": FINE * 5})
    Model(monkeypatch)
    target.repo.git("mv", "old.py", "new.py")
    plain(target, "new.py", FINE * 5 + "print(area(1, 2))\n")
    (one,) = ci(target).table.done
    assert (one.standing, sorted(one.seen)) == (Standing.HERE, [b"new.py", b"old.py"])


def test_models_opinions_warn_and_do_not_repeat_a_rule(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    said = make_finding(
        b"other.py", 2, rule="model-logic", reviewer="models/fake", snippet="    return width * height", end_column=0,
        start_column=1, confidence=Confidence.LOW, severity=Severity.WARNING, cwe="",
    )  # fmt: skip
    Model(monkeypatch, [said])
    plain(target, "other.py", FINE)
    (judged,) = ci(target).verdict.findings
    assert (judged.finding.rule, judged.disposition) == ("model-logic", Disposition.NOTES)


def test_nothing_to_verify_says_so(target: Target, tmp_path: Path) -> None:
    code, rows, said = table(target, tmp_path / "out", "--head", "main")
    assert (code, rows) == (0, [])
    assert "0 commits: nothing to verify" in said


def test_unrelated_histories_are_reviewed_from_nothing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(monkeypatch)
    target.repo.git("checkout", "-q", "--orphan", "island")
    target.repo.git("rm", "-rfq", ".")
    plain(target, "island.py", FINE)
    outcome = ci(target)
    assert (outcome.table.commits.fork, outcome.table.done[0].seen) == ("", (b"island.py",))


def test_what_the_target_got_meanwhile_is_not_part_of_the_change(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    Model(monkeypatch)
    plain(target, "mine.py", FINE)
    target.repo.git("checkout", "-q", "main")
    target.repo.stage("theirs.py", FINE)
    target.repo.commit("theirs")
    target.repo.git("checkout", "-q", "topic")
    assert [file.path for file in ci(target).verdict.change.files] == [b"mine.py"]
    target.repo.git("merge", "-q", "--no-edit", "main")
    outcome = ci(target)
    assert [file.path for file in outcome.verdict.change.files] == [b"mine.py"]
    assert [one.row.proof.klass.value for one in outcome.table.done] == ["RESIDUAL", "CLEAN-MERGE"]


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_says_what_to_fetch(target: Target, tmp_path: Path, depth: int) -> None:
    for number in range(4):
        plain(target, "app.py", f"x = {number}\n")
    clone = tmp_path / "clone"
    words = ["git", "clone", "-q", f"--depth={depth}", "--no-single-branch", f"file://{target.repo.path}", str(clone)]
    subprocess.run(words, check=True)
    shallow = Repo(clone)
    done = shallow.hunkgate("ci", "--base", "origin/main", "--head", "origin/topic")
    assert done.returncode == 3
    assert "this clone is shallow" in done.stderr
    assert "git fetch --unshallow origin" in done.stderr
    shallow.git("fetch", "-q", "--unshallow", "origin")
    assert shallow.hunkgate("ci", "--base", "origin/main", "--head", "origin/topic").returncode == 0


def test_a_base_that_is_missing_is_an_error_with_a_way_out(target: Target) -> None:
    with pytest.raises(UsageError, match="there is no commit 'nowhere'"):
        ci(target, base="nowhere")
    lost = PLAIN.__class__("github", ("1" * 40,), ("HEAD",), fetch="Give the checkout step: with: { fetch-depth: 0 }")
    with pytest.raises(GitError) as caught:
        ci(target, base="", place=lost)
    assert (caught.value.where, caught.value.exit_code) == (f"github: {'1' * 40}", ExitCode.UNABLE)
    assert "fetch-depth" in caught.value.todo
    with pytest.raises(UsageError, match="does not say the base"):
        ci(target, base="")


@pytest.mark.parametrize("name", ["--all", "--output=evil", "-p", "main..topic", "a\nb", "$(touch evil)"])
def test_revisions_of_the_command_line_are_no_options(target: Target, name: str) -> None:
    done = target.repo.hunkgate("ci", f"--base={name}")
    assert done.returncode == 2
    assert not (target.repo.path / "evil").exists()


def test_sha256_repositories_work(make_repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = make_target(make_repo("wide", "--object-format=sha256"), tmp_path)
    Model(monkeypatch)
    attest(target, "a.py", FINE)
    plain(target, "b.py", FINE)
    assert results(target, state=tmp_path / "state") == ["proven", "reviewed here"]
    assert results(target, state=tmp_path / "state") == ["proven", "reviewed by a former run"]


def test_paths_that_are_no_text_go_through(target: Target, tmp_path: Path) -> None:
    target.repo.stage(b"\xff\nodd|`.py", FINE)
    target.repo.commit("odd")
    code, rows, said = table(target, tmp_path / "out")
    assert code == 0
    assert rows[0]["paths"] == ["\\xff\\nodd|`.py"]
    assert "\\xff\\nodd|`.py" in said
