"""One contract over both readers, on the same real repositories: they must say the same, and say what git says."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Repo
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import GitError
from reviewer.git import EMPTY_TREE, Git
from reviewer.objects import ObjectReader, open_reader
from reviewer.objects.command import CommandReader
from reviewer.objects.libgit2 import LibGit2Reader

READERS: list[Callable[[Git], ObjectReader]] = [CommandReader, LibGit2Reader]


def raw_diff(repo: Repo, old: str, new: str) -> bytes:
    flags = ["-r", "--raw", "-z", "--no-renames", "--no-abbrev"]
    return subprocess.run(["git", "diff-tree", *flags, old, new], cwd=repo.path, check=True, capture_output=True).stdout


def assert_like_git(repo: Repo, reader: ObjectReader, old: str, new: str) -> None:
    changes = reader.tree_changes(old, new)
    assert b"".join(change.record for change in changes) == raw_diff(repo, old, new)
    for oid, content in reader.blobs([change.new_oid for change in changes if change.brings_blob]):
        assert content == subprocess.run(["git", "cat-file", "blob", oid], cwd=repo.path, check=True, capture_output=True).stdout


@pytest.fixture(params=READERS, ids=["command", "libgit2"])
def make_reader(request: pytest.FixtureRequest) -> Callable[[Git], ObjectReader]:
    made: Callable[[Git], ObjectReader] = request.param
    return made


@pytest.fixture
def rich(repo: Repo) -> Repo:
    """Two commits between which everything happens that can happen to a path."""
    for path in (
        b"plain.txt",
        b"gone.txt",
        b"mode.sh",
        b"kind",
        b"file-then-folder",
        b"folder/x",
        b"folder.c",
        b"with space",
        b"t\tab",
    ):
        repo.write(path, b"old " + path)
    repo.write(b"n\xff\xc3.bin", b"\0\xff")
    repo.git("add", "-A")
    repo.commit("first\n\nbody\n---\nmore")
    repo.write("plain.txt", "new")
    (repo.path / "gone.txt").unlink()
    (repo.path / "mode.sh").chmod(0o755)
    (repo.path / "kind").unlink()
    (repo.path / "kind").symlink_to("plain.txt")
    (repo.path / "file-then-folder").unlink()
    repo.write("file-then-folder/inner", "x")
    shutil.rmtree(repo.path / "folder")
    repo.write("folder", "now a file")
    repo.write(b"new\nline", b"")
    repo.git("add", "-A")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repo.commit("second")
    return repo


def test_tree_changes_are_those_of_git(rich: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    reader = make_reader(Git(rich.path))
    assert_like_git(rich, reader, rich.git("rev-parse", "HEAD~1^{tree}"), rich.git("rev-parse", "HEAD^{tree}"))
    assert_like_git(rich, reader, EMPTY_TREE[40], rich.git("rev-parse", "HEAD^{tree}"))
    statuses = {
        change.path: change.status
        for change in reader.tree_changes(*(rich.git("rev-parse", f"{r}^{{tree}}") for r in ("@~", "@")))
    }
    assert (statuses[b"kind"], statuses[b"module"], statuses[b"mode.sh"]) == ("T", "A", "M")
    assert (statuses[b"file-then-folder"], statuses[b"file-then-folder/inner"]) == ("D", "A")


def test_tree_changes_of_a_tree_to_itself_are_none(rich: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    tree = rich.git("rev-parse", "HEAD^{tree}")
    assert make_reader(Git(rich.path)).tree_changes(tree, tree) == ()


def test_commit_has_tree_parents_and_the_message_as_stored(rich: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    reader = make_reader(Git(rich.path))
    first = reader.commit("HEAD~1")
    assert first.message == b"first\n\nbody\n---\nmore\n"
    assert first.parents == ()
    head = reader.commit("HEAD")
    assert (head.oid, head.tree, head.parents) == (rich.git("rev-parse", "@"), rich.git("rev-parse", "@^{tree}"), (first.oid,))


def test_commit_message_of_any_bytes(repo: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    raw = b"tree %s\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\n\n\n\xff\xfe\r\n" % repo.git("mktree").encode()
    done = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"], cwd=repo.path, input=raw, capture_output=True, check=True
    )
    assert make_reader(Git(repo.path)).commit(done.stdout.decode().strip()).message == b"\n\n\xff\xfe\r\n"


def test_commits_come_oldest_first(rich: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    rich.git("checkout", "-qb", "side", "HEAD~1")
    rich.commit("side")
    rich.git("checkout", "-q", "main")
    rich.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    listed = make_reader(Git(rich.path)).commits("HEAD~1..HEAD")
    assert listed == (rich.git("rev-parse", "side"), rich.git("rev-parse", "HEAD"))


def test_new_commits_are_those_a_remote_lacks(rich: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    rich.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    reader, head = make_reader(Git(rich.path)), rich.git("rev-parse", "HEAD")
    assert reader.new_commits(head, "origin") == (head,)
    assert reader.new_commits(head, "") == (head,)
    assert len(reader.new_commits(head, "other")) == 2


@pytest.mark.parametrize("ask", ["commit", "blob", "tree_changes", "commits"])
def test_missing_objects_are_explained(repo: Repo, make_reader: Callable[[Git], ObjectReader], ask: str) -> None:
    repo.commit()
    reader, gone = make_reader(Git(repo.path)), "7" * 40
    calls = {
        "commit": lambda: reader.commit(gone),
        "blob": lambda: reader.blob(gone),
        "tree_changes": lambda: reader.tree_changes(EMPTY_TREE[40], gone),
        "commits": lambda: reader.commits(f"{gone}..HEAD"),
    }
    with pytest.raises(GitError):
        calls[ask]()


def test_an_object_of_another_kind_is_refused(rich: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    reader = make_reader(Git(rich.path))
    with pytest.raises(GitError, match=r"not a blob|is a commit"):
        reader.blob(rich.git("rev-parse", "HEAD"))
    with pytest.raises(GitError, match="no commit"):
        reader.commit("no-such-branch")


def test_a_range_cannot_be_an_option(repo: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    repo.commit()
    with pytest.raises(GitError):
        make_reader(Git(repo.path)).commits("--all")


def test_replacements_do_not_count(rich: Repo, make_reader: Callable[[Git], ObjectReader]) -> None:
    head, first = rich.git("rev-parse", "HEAD"), rich.git("rev-parse", "HEAD~1")
    rich.git("replace", head, first)
    assert make_reader(Git(rich.path)).commit(head).parents == (first,)


def test_worktree_and_environment_are_followed(
    rich: Repo, tmp_path: Path, make_reader: Callable[[Git], ObjectReader], monkeypatch: pytest.MonkeyPatch
) -> None:
    rich.git("worktree", "add", "-q", str(tmp_path / "tree"), "HEAD~1")
    assert make_reader(Git(tmp_path / "tree")).commit("HEAD").oid == rich.git("rev-parse", "HEAD~1")
    monkeypatch.setenv("GIT_DIR", str(rich.path / ".git"))
    assert make_reader(Git(tmp_path)).commit("HEAD").oid == rich.git("rev-parse", "HEAD")


def test_open_reader_takes_libgit2_where_it_can(rich: Repo) -> None:
    assert isinstance(open_reader(Git(rich.path)), LibGit2Reader)


def test_open_reader_falls_back_on_the_command_for_sha256(make_repo: Callable[..., Repo]) -> None:
    repo = make_repo("strong", "--object-format=sha256")
    repo.stage("a", "1")
    repo.commit()
    reader = open_reader(Git(repo.path))
    assert isinstance(reader, CommandReader)
    assert_like_git(repo, reader, EMPTY_TREE[64], reader.commit("HEAD").tree)


def test_open_reader_reads_a_repository_with_a_split_index(rich: Repo) -> None:
    rich.git("update-index", "--split-index")
    assert open_reader(Git(rich.path)).commit("HEAD").oid == rich.git("rev-parse", "HEAD")


def test_a_tree_that_names_an_entry_twice_is_refused(repo: Repo) -> None:
    repo.commit()
    entry = b"100644 a\0" + bytes.fromhex(EMPTY_TREE[40])
    done = subprocess.run(
        ["git", "hash-object", "--literally", "-t", "tree", "-w", "--stdin"],
        cwd=repo.path, input=entry + entry, capture_output=True, check=True,
    )  # fmt: skip
    with pytest.raises(GitError, match="malformed"):
        LibGit2Reader(Git(repo.path)).tree_changes(EMPTY_TREE[40], done.stdout.decode().strip())


NAMES = st.sampled_from(["a", "a.c", "a/b", "a/b/c", "a-b", "a0", "z", "sub/x", "sub.x", "sub/x y"])
TREES = st.dictionaries(
    NAMES, st.tuples(st.sampled_from(["100644", "100755", "120000", "160000"]), st.integers(0, 3)), max_size=8
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TREES, min_size=2, max_size=3))
def test_both_readers_agree_on_any_history(trees: list[dict[str, tuple[str, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = Repo(Path(folder))
        repo.git("init", "-q")
        oids = [_tree(repo, tree) for tree in trees]
        for reader in (make(Git(repo.path)) for make in READERS):
            for new in oids[1:]:
                assert_like_git(repo, reader, oids[0], new)


def _tree(repo: Repo, files: dict[str, tuple[str, int]]) -> str:
    """A tree out of paths; a path below a file is left out."""
    repo.git("read-tree", "--empty")
    blobs = [_blob(repo, str(number)) for number in range(4)]
    for path, (mode, number) in files.items():
        if not any(path.startswith(other + "/") for other in files):
            oid = f"{number + 1}" * 40 if mode == "160000" else blobs[number]
            repo.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
    return repo.git("write-tree")


def _blob(repo: Repo, text: str) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=repo.path, input=text.encode(), capture_output=True, check=True
    )
    return done.stdout.decode().strip()
