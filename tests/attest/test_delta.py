from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable

import pytest
from attesting import git_of
from conftest import Repo

from reviewer.attest import delta
from reviewer.git import EMPTY_TREE, Git
from reviewer.objects import open_reader
from reviewer.objects.command import CommandReader


def of_commit(repo: Repo, revision: str = "HEAD") -> delta.Delta:
    reader = open_reader(git_of(repo))
    commit = reader.commit(revision)
    base = reader.commit(commit.parents[0]).tree if commit.parents else EMPTY_TREE[len(commit.tree)]
    return delta.between(reader, base, commit.tree)


def test_digest_can_be_computed_with_stock_tools(repo: Repo) -> None:
    repo.stage("gone", "1")
    repo.stage("kept", "2")
    repo.commit()
    repo.git("rm", "-q", "gone")
    repo.stage("kept", "new")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repo.commit()
    flags = ["-r", "--raw", "-z", "--no-renames", "--no-abbrev"]
    raw = subprocess.run(["git", "diff-tree", *flags, "HEAD~1", "HEAD"], cwd=repo.path, check=True, capture_output=True).stdout
    parts = raw.split(b"\0")
    assert [parts[1], parts[3], parts[5]] == [b"gone", b"kept", b"module"]
    strong = hashlib.sha256(b"new").hexdigest().encode()
    expected = b"\0".join([*parts[:4], strong, *parts[4:]])
    assert of_commit(repo).digest == hashlib.sha256(expected).hexdigest()


def test_sha256_repositories_need_no_second_digest(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("strong", "--object-format=sha256")
    repo.stage("a", "1")
    repo.commit()
    found = of_commit(repo)
    assert [entry.sha256 for entry in found.entries] == [""]
    assert found.digest == hashlib.sha256(found.entries[0].change.record).hexdigest()


@pytest.mark.parametrize(
    "setting", ["diff.renames=copies", "diff.noprefix=true", "core.abbrev=4", "diff.orderFile=order", "diff.relative=true"]
)
def test_configuration_has_no_say(repo: Repo, setting: str) -> None:
    repo.stage("d/a", "content\n" * 20)
    repo.commit()
    repo.git("mv", "d/a", "b")
    repo.write("order", "b\n")
    repo.commit()
    before = of_commit(repo).digest
    repo.git("config", *setting.split("=", 1))
    reader = CommandReader(Git(repo.path))
    base, tree = (reader.commit(revision).tree for revision in ("HEAD~1", "HEAD"))
    assert delta.between(reader, base, tree).digest == before == of_commit(repo).digest


def test_attributes_have_no_say(repo: Repo) -> None:
    repo.stage(".gitattributes", "* -diff binary\n")
    repo.stage("a.py", "x = 1\n")
    repo.commit()
    assert [entry.change.path for entry in of_commit(repo).entries] == [b".gitattributes", b"a.py"]


def test_two_edits_that_differ_in_indentation_differ(repo: Repo) -> None:
    repo.stage("a.py", "if x:\n    y()\nz()\n")
    repo.commit()
    digests = set()
    for text in ("if x:\n    y()\n    z()\n", "if x:\n    y()\n  z()\n"):
        repo.stage("a.py", text)
        repo.commit("x", *(["--amend"] if digests else []))
        digests.add(of_commit(repo).digest)
    assert len(digests) == 2
