"""The repository's own rules out of a tree: which there are, what cannot be one, and what a change does to them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conftest import Repo

from reviewer.errors import GitError
from reviewer.git import Git
from reviewer.intake import changes, local_rules
from reviewer.records import Change
from reviewer.rulebook.local import FOLDER, LocalRules

LOCAL = ".hunkgate/rules/local-a.yml"
NOTHING = Change("nothing", "", "", ())


def _read(repo: Repo, change: Change = NOTHING) -> LocalRules:
    git = Git(repo.path)
    return local_rules.read(git, git.tree_of("HEAD") or git.empty_tree(), change)


def _staged(repo: Repo) -> Change:
    git = Git(repo.path)
    return changes.staged(git, base_tree=git.tree_of("HEAD") or git.empty_tree(), tree=repo.git("write-tree"))


def test_repository_without_rules_has_none(repo: Repo) -> None:
    assert _read(repo) == LocalRules()
    repo.stage("a.py", "x = 1\n")
    repo.commit()
    assert _read(repo) == LocalRules()


def test_rules_are_those_of_the_tree_and_of_nothing_else(repo: Repo) -> None:
    repo.stage(LOCAL, "committed\n")
    repo.stage(".hunkgate/rules/deep/er/local-b.yaml", "too\n")
    repo.stage(".hunkgate/rules/README.md", "no rule\n")
    repo.stage("rules/local-c.yml", "elsewhere\n")
    repo.commit()
    repo.stage(LOCAL, "staged\n")
    repo.write(LOCAL, "in the work tree\n")
    (repo.path / "sub").mkdir()
    wanted = {LOCAL: "committed\n", ".hunkgate/rules/deep/er/local-b.yaml": "too\n"}
    assert _read(repo).texts == wanted
    assert _read(Repo(repo.path / "sub")).texts == wanted


def test_rules_of_a_sha256_repository_are_read(make_repo) -> None:
    repo = make_repo("big", "--object-format=sha256")
    repo.stage(LOCAL, "x\n")
    repo.commit()
    assert _read(repo).texts == {LOCAL: "x\n"}


def test_empty_rule_and_equal_rules_are_read(repo: Repo) -> None:
    texts = {LOCAL: "", ".hunkgate/rules/local-b.yml": "same", ".hunkgate/rules/local-c.yml": "same"}
    for path, text in texts.items():
        repo.stage(path, text)
    repo.commit()
    assert _read(repo).texts == texts


def test_what_is_no_plain_small_utf8_file_is_refused_with_its_place(repo: Repo) -> None:
    repo.stage(".hunkgate/rules/local-large.yml", "#" * 70_000)
    repo.stage(".hunkgate/rules/local-bytes.yml", b"id: a\n\xff\n")
    for name in ("link", "dangling"):
        (repo.path / f".hunkgate/rules/local-{name}.yml").symlink_to("/etc/passwd" if name == "link" else "nowhere")
    repo.git("add", "-A")
    repo.stage("x", "x")
    first = repo.commit()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},.hunkgate/rules/local-module.yml")
    repo.git("commit", "-q", "--no-verify", "-m", "module")
    found = _read(repo)
    assert found.texts == {}
    said = {path.removeprefix(".hunkgate/rules/local-"): (error.what, error.where) for path, error in found.refused.items()}
    assert set(said) == {"large.yml", "bytes.yml", "link.yml", "dangling.yml", "module.yml"}
    assert said["bytes.yml"] == ("the rule file is not UTF-8", ".hunkgate/rules/local-bytes.yml:2")
    assert "70000 bytes" in said["large.yml"][0]
    assert all("plain file" in said[name][0] for name in ("link.yml", "dangling.yml", "module.yml"))


def test_folder_that_is_a_link_is_refused(repo: Repo) -> None:
    (repo.path / ".hunkgate").mkdir()
    (repo.path / ".hunkgate/rules").symlink_to("/")
    repo.git("add", "-A")
    repo.commit()
    assert "plain file" in _read(repo).refused[FOLDER].what


def _commit_many(repo: Repo, names: list[str], content: bytes) -> None:
    oid = repo.git("hash-object", "-w", "--", str(repo.write("content", content)))
    rows = "".join(f"100644 {oid}\t{name}\n" for name in names)
    (repo.path / "rows").write_text(rows)
    with (repo.path / "rows").open("rb") as stdin:
        subprocess.run(["git", "update-index", "--index-info"], cwd=repo.path, stdin=stdin, check=True)
    repo.commit()


def test_ten_thousand_rules_are_refused_at_once(repo: Repo) -> None:
    _commit_many(repo, [f".hunkgate/rules/local-{number:05d}.yml" for number in range(10_000)], b"id: a\n")
    found = _read(repo)
    assert found.texts == {}
    assert "more than 500 rules" in found.refused[FOLDER].what


def test_listing_without_end_is_refused(repo: Repo) -> None:
    _commit_many(repo, [f".hunkgate/rules/{'x' * 200}/{number:05d}.txt" for number in range(20_000)], b"")
    assert "more than 500 rules" in _read(repo).refused[FOLDER].what


def test_rules_of_a_megabyte_together_are_refused(repo: Repo) -> None:
    _commit_many(repo, [f".hunkgate/rules/local-{number}.yml" for number in range(20)], b"#" * 60_000)
    assert "1048576 bytes together" in _read(repo).refused[FOLDER].what


def test_huge_rule_is_never_read(repo: Repo) -> None:
    repo.stage(".hunkgate/rules/local-huge.yml", b"\0" * 50_000_000)
    repo.commit()
    found = _read(repo)
    assert found.texts == {}
    assert "bytes" in next(iter(found.refused.values())).what


def test_rule_whose_content_is_not_here_is_an_error(repo: Repo) -> None:
    repo.stage(LOCAL, "x\n")
    repo.commit()
    oid = repo.git("rev-parse", f"HEAD:{LOCAL}")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    with pytest.raises(GitError, match="not in this"):
        _read(repo)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_rule_of_an_odd_name_is_shown_readably(repo: Repo) -> None:
    repo.stage(b".hunkgate/rules/local-\xff\n.yml", "x")
    repo.commit()
    assert list(_read(repo).texts) == [".hunkgate/rules/local-\\xff\\n.yml"]


def test_change_names_the_rules_that_it_edits(repo: Repo) -> None:
    repo.stage(LOCAL, "one\ntwo\nthree\n")
    repo.stage(".hunkgate/rules/local-b.yml", "gone\n")
    repo.commit()
    repo.git("mv", LOCAL, ".hunkgate/rules/local-moved.yml")
    repo.git("rm", "-q", ".hunkgate/rules/local-b.yml")
    repo.stage(".hunkgate/rules/local-new.yml", "new\n")
    repo.stage("other.py", "x = 1\n")
    found = _read(repo, _staged(repo))
    assert found.edited == {f".hunkgate/rules/local-{name}.yml" for name in ("a", "b", "moved", "new")}
    assert set(found.texts) == {LOCAL, ".hunkgate/rules/local-b.yml"}
    (note,) = local_rules.note(found)
    assert "and 1 more" in note
    assert "from before it" in note


def test_change_of_other_files_needs_no_note(repo: Repo, tmp_path: Path) -> None:
    repo.stage("a.py", "x = 1\n")
    assert local_rules.note(_read(repo, _staged(repo))) == ()
