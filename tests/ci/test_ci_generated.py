"""Generated code on the server: demanded to be told, forbidden at paths, reviewed again; and ways around it that are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from attested_history import attested, head_tree, statement_about
from attesting import git_of
from ci_job import PLAIN, Model, Target, attest, ci, make_target, plain, table
from conftest import Repo

from reviewer import config
from reviewer.attest.generated import NOTHING, Assisted, Part, digest_of
from reviewer.attest.trailer import trailers
from reviewer.ci.job import Outcome, Request, run
from reviewer.ci.rows import Standing, Why
from reviewer.errors import ExitCode
from reviewer.records import Machine
from reviewer.review.interface import Job
from reviewer.review.interface import Outcome as Said

CODE = "".join(f"def price_{number}(rows):\n    return sum(row.cost * {number} for row in rows)\n" for number in range(6))
FORBID = 'reviewers = ["rules"]\n[generated]\nforbid = ["src/crypto/**"]\n'


def by_hand(target: Target, paths: dict[str | bytes, str], marks: Sequence[Assisted] | None, drop: str = "") -> str:
    """Commit files (and what is staged) with an attestation that says this of generated code; None: nothing at all."""
    for path, content in paths.items():
        target.repo.write(path, content)
        target.repo.git("--literal-pathspecs", "add", "--", path)
    base, tree = head_tree(target.repo), target.repo.git("write-tree")
    policy = config.load_policy(git_of(target.repo), target.base).policy
    digest = "" if marks is None else digest_of(marks) or NOTHING
    statement = replace(statement_about(base, tree, policy=policy), generated=digest)
    item = replace(attested(target.repo, statement, target.key), generated=tuple(marks or ()))
    lines = [mark.line for mark in marks or ()] + [text for text in trailers(item) if not drop or not text.startswith(drop)]
    return target.repo.commit("change\n\n" + "\n".join(lines) + "\n")


def share(*paths: str | bytes, elsewhere: int = 0) -> Assisted:
    names = sorted(path.encode() if isinstance(path, str) else path for path in paths)
    parts = tuple(Part(path, 12, 12) for path in names)
    lines = 12 * len(parts) + elsewhere
    return Assisted("tiny", "ab" * 6, lines, lines, parts)


def wrote(target: Target, *paths: str | bytes, also: dict[str | bytes, str] | None = None) -> str:
    """A commit that says so of its files."""
    return by_hand(target, {**dict.fromkeys(paths, CODE), **(also or {})}, [share(*paths)])


@pytest.fixture
def guarded(repo: Repo, tmp_path: Path) -> Target:
    """Nothing generated may be below src/crypto."""
    return make_target(repo, tmp_path, FORBID, {"app.py": "x = 1\n", "src/crypto/old.py": "y = 2\n"})


def forbidden(outcome: Outcome) -> list[bytes]:
    """What is forbidden, after a look at what is said of it."""
    found = [landed.path for one in outcome.table.done for landed in one.row.ruling.forbidden]
    told = any("generated code lies where none may be (generated.forbid)" in stop for stop in outcome.stops)
    assert told == bool(found)
    assert any("none may be here" in note for note in outcome.verdict.notes) == bool(found)
    assert (outcome.code is ExitCode.BLOCK) == bool(found)
    return found


def test_generated_code_below_a_forbidden_path(guarded: Target) -> None:
    wrote(guarded, "src/crypto/keys.py")
    outcome = ci(guarded)
    assert forbidden(outcome) == [b"src/crypto/keys.py"]
    assert outcome.table.done[0].standing is Standing.PROVEN, "it was reviewed; that is another matter"


def test_generated_code_elsewhere_and_other_code_there(guarded: Target) -> None:
    wrote(guarded, "src/util.py", also={"src/crypto/old.py": "y = 3\n"})
    by_hand(guarded, {"src/crypto/new.py": "z = 4\n"}, [])
    by_hand(guarded, {"src/crypto/old.py": "y = 5\n"}, None)
    assert forbidden(ci(guarded)) == []


@pytest.mark.parametrize("name", ["SRC/Crypto/keys.py", "src/crypto/deep/er/keys.py"])
def test_attack_another_spelling_of_the_folder(guarded: Target, name: str) -> None:
    wrote(guarded, name)
    assert forbidden(ci(guarded)) == [name.encode()]


@pytest.mark.parametrize(
    "name", [b"src/crypto/new\nline.py", b"src/crypto/\xff=1/2.py", b"src/crypto/:(top)x.py", b"src/crypto/ *.py"]
)
def test_attack_hostile_names(guarded: Target, tmp_path: Path, name: bytes) -> None:
    wrote(guarded, name)
    outcome = ci(guarded)
    assert forbidden(outcome) == [name]
    code, _, said = table(guarded, tmp_path / "out", "--full-share", "0", "--no-state")
    assert (code, said.count("\nSTOPS:"), said.count("    FORBIDDEN: ")) == (1, 1, 1)


def test_attack_moved_there_by_a_later_commit(guarded: Target) -> None:
    wrote(guarded, "src/util.py")
    guarded.repo.git("mv", "src/util.py", "src/crypto/util.py")
    by_hand(guarded, {}, [])
    outcome = ci(guarded)
    assert forbidden(outcome) == [b"src/crypto/util.py"]
    assert "moved from src/util.py" in outcome.table.done[1].row.ruling.forbidden[0].how


def test_attack_moved_there_in_steps_with_edits(guarded: Target) -> None:
    wrote(guarded, "a.py")
    guarded.repo.git("mv", "a.py", "b.py")
    by_hand(guarded, {"b.py": CODE + "x = 1\n"}, [])
    guarded.repo.git("mv", "b.py", "src/crypto/b.py")
    by_hand(guarded, {"src/crypto/b.py": CODE.replace("cost", "weight", 2) + "x = 1\n"}, [])
    assert forbidden(ci(guarded)) == [b"src/crypto/b.py"]


def test_attack_copied_there(guarded: Target) -> None:
    wrote(guarded, "src/util.py")
    by_hand(guarded, {"src/crypto/util.py": CODE + "# mine\n"}, [])
    assert forbidden(ci(guarded)) == [b"src/crypto/util.py"]


def test_attack_moved_there_after_it_has_landed(guarded: Target) -> None:
    """The first merge request brings the file, a later one moves it."""
    wrote(guarded, "src/util.py")
    plain(guarded, "src/more.py", "z = 1\n")
    guarded.repo.git("branch", "-f", "main", "topic")
    guarded.repo.git("mv", "src/util.py", "src/crypto/util.py")
    guarded.repo.git("mv", "src/more.py", "src/crypto/more.py")
    by_hand(guarded, {}, [])
    assert forbidden(ci(guarded)) == [b"src/crypto/util.py"]


def test_what_is_gone_in_the_end_is_not_there(guarded: Target) -> None:
    wrote(guarded, "src/crypto/keys.py")
    guarded.repo.git("rm", "-q", "src/crypto/keys.py")
    by_hand(guarded, {}, [])
    assert forbidden(ci(guarded)) == []


def test_attack_files_that_are_not_named(guarded: Target) -> None:
    """A huge list is cut: what it does not name may be anywhere in the commit."""
    by_hand(guarded, {"src/util.py": CODE, "src/crypto/keys.py": CODE}, [share("src/util.py", elsewhere=12)])
    assert forbidden(ci(guarded)) == [b"src/crypto/keys.py"]


def test_attack_list_taken_out_of_the_message(guarded: Target) -> None:
    by_hand(guarded, {"src/crypto/keys.py": CODE}, [share("src/crypto/keys.py")], drop="Review-Generated")
    outcome = ci(guarded)
    assert forbidden(outcome) == [b"src/crypto/keys.py"]
    assert any("has the digest of what was generated" in note for note in outcome.verdict.notes)


def test_what_nobody_signed_counts_against_its_author(guarded: Target) -> None:
    guarded.repo.stage("src/crypto/keys.py", CODE)
    guarded.repo.commit("plain\n\nAssisted-by: tiny generated=12/12\n")
    assert forbidden(ci(guarded)) == [b"src/crypto/keys.py"]


def test_attack_settings_of_the_branch(guarded: Target) -> None:
    attest(guarded, ".hunkgate.toml", 'reviewers = ["rules"]\n')
    wrote(guarded, "src/crypto/keys.py")
    assert forbidden(ci(guarded)) == [b"src/crypto/keys.py"]


def test_attack_other_files_are_claimed(guarded: Target) -> None:
    """A signer may lie about the file; then one is named that is not in the change, and that is said."""
    by_hand(guarded, {"src/crypto/keys.py": CODE}, [share("docs/keys.md")])
    outcome = ci(guarded)
    assert "docs/keys.md were generated, which it does not change" in " ".join(outcome.verdict.notes)
    assert not outcome.table.done[0].row.ruling.generation.holds


@pytest.mark.parametrize(("word", "code", "said"), [("off", 0, False), ("warn", 0, True), ("block", 1, True)])
def test_commits_that_do_not_say_it(repo: Repo, tmp_path: Path, word: str, code: int, said: bool) -> None:
    target = make_target(repo, tmp_path, f'reviewers = ["rules"]\n[generated]\nrequire = "{word}"\n')
    by_hand(target, {"a.py": "a = 1\n"}, [])
    wrote(target, "b.py")
    silent = [by_hand(target, {"c.py": "c = 1\n"}, None), plain(target, "d.py", "d = 1\n")]
    outcome = ci(target)
    assert outcome.code == code
    told = f"2 commits without proof of what was generated: {silent[0][:12]}, {silent[1][:12]}"
    assert (told in outcome.verdict.notes) is said
    assert (f'{told}, and the settings demand it (generated.require = "block")' in outcome.stops) is bool(code)


def test_a_clean_merge_says_enough(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, 'reviewers = ["rules"]\n[generated]\nrequire = "block"\n')
    by_hand(target, {"a.py": "a = 1\n"}, [])
    target.repo.git("checkout", "-q", "-b", "side", "main")
    by_hand(target, {"b.py": "b = 1\n"}, [])
    target.repo.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    outcome = ci(target)
    assert (outcome.code, outcome.stops) == (ExitCode.OK, ())


def reviewing(repo: Repo, folder: Path, word: str) -> Target:
    return make_target(repo, folder, f'reviewers = ["rules", "models"]\n[generated]\nreview = "{word}"\n')


class Named(Model):
    """Notes as well which model it is, and may be absent."""

    absent = ""

    def review(self, job: Job) -> Said:
        self.names = [*getattr(self, "names", []), job.machine.model]
        if job.machine.model == self.absent:
            from reviewer.records import State
            from reviewer.review.interface import cover

            return Said([], cover(job.hunks, "models", State.SKIPPED, f"model {self.absent} is not installed"), {})
        return super().review(job)


def job_with(target: Target, machine: Machine, **fields: Any) -> Outcome:
    return run(git_of(target.repo), Request(PLAIN, base="main", share=0.0, **fields), machine)


def test_usual_review_leaves_what_is_proven(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Named(monkeypatch)
    target = reviewing(repo, tmp_path, "usual")
    wrote(target, "a.py")
    assert ci(target).code is ExitCode.OK
    assert model.asked == []


def test_generated_files_are_reviewed_again(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Named(monkeypatch)
    target = reviewing(repo, tmp_path, "again")
    wrote(target, "a.py", also={"by_hand.py": CODE})
    by_hand(target, {"b.py": CODE}, [])
    outcome = ci(target)
    assert model.asked == [[b"a.py"]]
    first, second = outcome.table.done
    assert (first.row.why, first.standing, first.seen, first.unmet) == (Why.GENERATED, Standing.PROVEN, (b"a.py",), {})
    assert second.row.why is Why.NOT


def test_what_a_former_run_looked_at_is_not_looked_at_again(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Named(monkeypatch)
    target = reviewing(repo, tmp_path, "larger")
    wrote(target, "a.py")
    small = Machine(model="small")
    assert job_with(target, small, state=tmp_path / "state").table.done[0].unmet, "the smaller model's look is not what is wanted"
    both = Machine(model="small", larger_model="large")
    for _ in range(2):
        assert not job_with(target, both, state=tmp_path / "state").table.done[0].unmet
    assert model.names == ["small", "large"]


def test_the_larger_model_takes_them(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Named(monkeypatch)
    target = reviewing(repo, tmp_path, "larger")
    wrote(target, "a.py")
    plain(target, "b.py", CODE)
    outcome = job_with(target, Machine(model="small", larger_model="large"))
    assert (model.names, model.asked) == (["large", "small"], [[b"a.py"], [b"b.py"]])
    assert [one.standing for one in outcome.table.done] == [Standing.PROVEN, Standing.HERE]
    assert all(not one.unmet and not one.unseen for one in outcome.table.done)


@pytest.mark.parametrize(("larger", "reason"), [("", "no larger model is set"), ("large", "model large is not installed")])
def test_without_a_larger_model_it_is_not_reviewed(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, larger: str, reason: str
) -> None:
    """The usual one looks all the same, as it would at what is not proven; that is not what the settings want."""
    model = Named(monkeypatch)
    model.absent = "large"
    target = reviewing(repo, tmp_path, "larger")
    wrote(target, "a.py")
    outcome = job_with(target, Machine(model="small", larger_model=larger))
    (one,) = outcome.table.done
    assert model.names[-1] == "small"
    assert (one.standing, one.seen) == (Standing.PROVEN, (b"a.py",))
    assert reason in one.unmet[b"a.py"]
    told = "generated lines NOT reviewed as the settings want it (generated.review): a.py: "
    assert any(note.startswith(told) and reason in note for note in outcome.verdict.notes)
    assert outcome.code is ExitCode.OK
    strict = job_with(target, Machine(model="small", larger_model=larger), require_proof=True)
    assert strict.stops == ("1 commit with generated lines not reviewed as the settings want it",)
    assert strict.code is ExitCode.BLOCK


def test_documentation_needs_no_model(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Named(monkeypatch)
    target = reviewing(repo, tmp_path, "larger")
    wrote(target, "README.md")
    (one,) = job_with(target, Machine(model="small", larger_model="large")).table.done
    assert (dict(one.unmet), list(one.idle)) == ({}, [b"README.md"])
    (one,) = job_with(target, Machine(model="small")).table.done
    assert (dict(one.unmet), list(one.idle)) == ({}, [b"README.md"])


def test_the_table_and_the_reports_say_it(repo: Repo, tmp_path: Path) -> None:
    target = make_target(repo, tmp_path, FORBID + 'require = "warn"\n')
    oid = wrote(target, "src/crypto/keys.py")
    code, (row,), said = table(target, tmp_path / "out", "--full-share", "0", "--no-state")
    assert code == 1
    assert "    generated: 12 of 12 added lines were generated by tiny abababababab (signed)\n" in said
    assert "    FORBIDDEN: src/crypto/keys.py: 12 of 12 added lines generated by tiny (generated.forbid: src/crypto/**)\n" in said
    assert "STOPS: generated code lies where none may be (generated.forbid): src/crypto/keys.py\n" in said
    mark = {"model": "tiny", "digest": "ab" * 6, "lines": 12, "of": 12}
    assert row["generated"] == {
        "said": "proven",
        "models": [{**mark, "paths": [{"path": "src/crypto/keys.py", "lines": 12, "of": 12}]}],
        "problems": [],
        "forbidden": {"src/crypto/keys.py": "12 of 12 added lines generated by tiny (src/crypto/**)"},
        "not_reviewed": {},
    }
    for name in ("hunkgate.json", "hunkgate.sarif", "hunkgate.md"):
        assert f"commit {oid[:12]}: src/crypto/keys.py: 12 of 12" in (tmp_path / "out" / name).read_text(), name
