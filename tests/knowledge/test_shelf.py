"""Which dismissals count for a change, and what becomes of malformed, huge, linked and expired ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import Repo
from dismissing import TODAY, dismiss, look, open_lines

from reviewer import sources
from reviewer.errors import GitError, StorageError
from reviewer.git import Git
from reviewer.knowledge import dismissals, folder, matching, recent, shelf
from reviewer.records import Dismissals, Policy

CODE = "def second(value):\n    danger(value)\n    return value\n"
BASE, CHANGE = Dismissals.BASE, Dismissals.CHANGE


@pytest.fixture
def waiting(repo: Repo) -> Repo:
    """Code with a finding is staged and was reviewed."""
    repo.stage("keep.py", "x = 1\n")
    repo.commit("base")
    repo.stage("app.py", CODE)
    assert open_lines(look(repo)) == [("app.py", 2)]
    return repo


def dismissed(repo: Repo, until: date | None = None) -> Path:
    (finding,) = look(repo).findings
    return dismiss(repo, finding, until=until)


def test_a_change_may_bring_its_dismissal_along_unless_the_policy_says_base(waiting: Repo) -> None:
    dismissed(waiting)
    assert open_lines(look(waiting, CHANGE)) == []
    recalled = look(waiting, BASE)
    assert open_lines(recalled) == [("app.py", 2)]
    assert 'dismissals = "base"' in recalled.notes[0]


def test_base_counts_what_was_committed_before(waiting: Repo) -> None:
    dismissed(waiting)
    waiting.git("rm", "-q", "--cached", "app.py")
    waiting.commit("the decision first")
    waiting.git("add", "app.py")
    recalled = look(waiting, BASE)
    assert open_lines(recalled) == []
    assert [f.dismissed.by_change for f in recalled.findings if f.dismissed] == [False]


@pytest.mark.parametrize("policy", [BASE, CHANGE])
def test_a_dismissal_that_the_change_removes_counts_no_longer(waiting: Repo, policy: Dismissals) -> None:
    file = dismissed(waiting)
    waiting.git("rm", "-q", "--cached", "app.py")
    waiting.commit("the decision first")
    waiting.git("add", "app.py")
    folder.remove(waiting.path, [file])
    assert open_lines(look(waiting, policy)) == [("app.py", 2)]


def test_an_edited_dismissal_is_one_of_the_change_and_base_takes_the_older(waiting: Repo) -> None:
    file = dismissed(waiting)
    waiting.git("rm", "-q", "--cached", "app.py")
    waiting.commit("the decision first")
    waiting.git("add", "app.py")
    name = file.relative_to(waiting.path).as_posix()
    waiting.stage(name, file.read_text().replace("looked at", "looked again"))
    decisions = [[f.dismissed for f in look(waiting, policy).findings] for policy in (CHANGE, BASE)]
    assert [(one.why, one.by_change) for (one,) in decisions if one] == [("looked again", True), ("looked at", False)]


def test_an_expired_dismissal_comes_back_with_a_note(waiting: Repo) -> None:
    file = dismissed(waiting, TODAY)
    assert open_lines(look(waiting)) == []
    text = file.read_text().replace(f'until = "{TODAY}"', f'until = "{TODAY - timedelta(days=1)}"')
    waiting.stage(file.relative_to(waiting.path).as_posix(), text)
    recalled = look(waiting)
    assert open_lines(recalled) == [("app.py", 2)]
    assert any("ended on" in note and "looked at" in note and "app.py:2" in note for note in recalled.notes)


def test_malformed_ones_are_refused_by_name_and_the_others_count(waiting: Repo) -> None:
    dismissed(waiting)
    waiting.stage(".hunkgate/dismissed/broken.toml", "why = 1\n")
    waiting.stage(".hunkgate/dismissed/huge.toml", "#" * (dismissals.MAX_BYTES + 1))
    (waiting.path / ".hunkgate/dismissed/link.toml").symlink_to("/etc/passwd")
    waiting.git("add", ".hunkgate")
    recalled = look(waiting)
    assert open_lines(recalled) == []
    for name, reason in (("broken.toml", "'fingerprint'"), ("huge.toml", "larger"), ("link.toml", "not a plain file")):
        assert any(f".hunkgate/dismissed/{name}" in note and reason in note for note in recalled.notes), recalled.notes


def test_a_malformed_one_alone_is_named_too(repo: Repo) -> None:
    repo.stage(".hunkgate/dismissed/broken.toml", "why = 1\n")
    assert "broken.toml" in look(repo).notes[0]


def test_a_change_without_findings_reads_no_dismissals(waiting: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    dismissed(waiting)
    waiting.commit("both")
    waiting.stage("keep.py", "x = 2\n")
    monkeypatch.setattr(shelf, "read", lambda *args: pytest.fail("read"))
    assert look(waiting).findings == ()


def test_a_dismissal_that_is_not_staged_is_named(waiting: Repo) -> None:
    dismissed(waiting)
    waiting.git("rm", "-rq", "--cached", ".hunkgate")
    recalled = look(waiting)
    assert open_lines(recalled) == [("app.py", 2)]
    assert any("git add .hunkgate/dismissed" in note for note in recalled.notes)


def test_patch_text_is_measured_by_what_is_committed(waiting: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    dismissed(waiting)
    patch = waiting.path / "x.diff"
    patch.write_text(waiting.git("diff", "--cached", "--", "app.py") + "\n")
    monkeypatch.chdir(waiting.path)
    finding = look(waiting).findings[0]
    finding = replace(finding, dismissed=None)
    assert sources.patch("x.diff").memory.recalled([finding], Policy()).findings[0].dismissed is None
    waiting.git("rm", "-q", "--cached", "app.py")
    waiting.commit("the decision")
    assert sources.patch("x.diff").memory.recalled([finding], Policy()).findings[0].dismissed is not None


def test_what_would_stop_every_review_cannot_be_dismissed(waiting: Repo) -> None:
    dismissed(waiting)
    finding = replace(look(waiting).findings[0], dismissed=None)
    sourced = sources.staged(Git(waiting.path))
    assert sourced.memory.recalled([finding], Policy()).findings[0].dismissed is not None
    malformed = replace(finding, rule="rules-malformed")
    assert sourced.memory.recalled([malformed], Policy()).findings == (malformed,)
    assert sourced.memory.remember([malformed], str) == ""
    assert len(recent.recall(Git(waiting.path))) == 1


def test_nothing_is_written_through_a_link(waiting: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (waiting.path / ".hunkgate").symlink_to(outside)
    with pytest.raises(StorageError, match="link"):
        dismissed(waiting)
    assert list(outside.iterdir()) == []
    assert shelf.in_work_tree(waiting.path) == {}


def test_what_is_staged_is_what_was_written_whatever_filters_say(waiting: Repo) -> None:
    waiting.write(".gitattributes", "* text eol=crlf filter=odd\n")
    waiting.git("config", "filter.odd.clean", "sed s/a/b/")
    file = dismissed(waiting)
    name = file.relative_to(waiting.path).as_posix()
    assert waiting.git("cat-file", "blob", f":{name}") + "\n" == file.read_text()


def test_a_locked_index_is_told_with_what_to_do(waiting: Repo) -> None:
    (waiting.path / ".git" / "index.lock").touch()
    with pytest.raises(GitError, match="written but not staged") as caught:
        dismissed(waiting)
    assert "git add .hunkgate/dismissed/" in caught.value.todo
    assert len(shelf.in_work_tree(waiting.path)) == 1


@pytest.mark.parametrize("path", [":(glob)**", "../outside", "/etc/passwd", ".", "a\\nb", "x" * 1999, ":/", "--help"])
def test_odd_paths_in_a_dismissal_fail_no_review(waiting: Repo, path: str) -> None:
    text = dismissed(waiting).read_text()
    assert 'path = "app.py"' in text
    name = ".hunkgate/dismissed/odd.toml"
    waiting.stage(
        name, text.replace('path = "app.py"', f'path = "{path}"').replace('fingerprint = "', 'fingerprint = "' + "0" * 32 + '" #')
    )
    waiting.git("rm", "-q", "--cached", "-r", ".hunkgate")
    waiting.git("add", name)
    # The only finding that it can be about is taken for one that moved: the file it names is not there.
    recalled = look(waiting)
    assert (open_lines(recalled), recalled.notes) == ([], ())


def test_a_path_with_a_nul_is_refused(waiting: Repo) -> None:
    text = dismissed(waiting).read_text().replace('path = "app.py"', 'path = "app.py"\npath_bytes = "YQBi"')
    waiting.stage(".hunkgate/dismissed/odd.toml", text)
    assert "NUL" in " ".join(look(waiting).notes)


def test_dismissals_for_very_many_files_are_not_all_looked_for(waiting: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_FILES", 3)
    text = dismissed(waiting).read_text()
    waiting.git("rm", "-q", "--cached", "-r", ".hunkgate")
    for number in range(6):
        waiting.stage(f"old{number}.py", "x = 1\n")
        changed = text.replace('path = "app.py"', f'path = "gone{number}.py"').replace('before = "', f'before = "{number}')
        waiting.stage(f".hunkgate/dismissed/{number}.toml", changed)
    waiting.write("app.py", CODE * 6)
    waiting.git("add", "app.py")
    assert 3 <= len(open_lines(look(waiting))) < 6


def test_thousands_are_read_in_one_go(waiting: Repo) -> None:
    text = dismissed(waiting).read_text()
    for number in range(300):
        name = f".hunkgate/dismissed/{number:04d}.toml"
        waiting.write(name, text.replace("line = 2", f"line = {number + 3}").replace("danger", f"danger{number}"))
    waiting.git("add", ".hunkgate")
    git = Git(waiting.path)
    tree = sources.staged(git).change.tree
    # All have one fingerprint: they are decisions about one finding.
    assert len(shelf.read(git, git.empty_tree(), tree, CHANGE).counted) == 1
    assert len(shelf.in_work_tree(waiting.path)) == 301
