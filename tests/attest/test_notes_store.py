"""Writing, merging and pruning notes: by real git, in both object formats, by several at once, and where something is broken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from attested_history import attest_files, attested, change_files, head_tree, proof_of, statement_about
from conftest import Repo
from hypothesis import given
from hypothesis import strategies as st

from reviewer.attest import envelope, notes_merge, notes_prune, notes_read, notes_store
from reviewer.attest.delta import between
from reviewer.attest.envelope import Envelope
from reviewer.attest.notes import REF, tracking_ref
from reviewer.attest.proof import Class
from reviewer.errors import AttestError, GitError
from reviewer.git import Git
from reviewer.objects.command import CommandReader

APPEND = """
import sys
from reviewer.attest import notes_store
from reviewer.git import Git
for number in range(int(sys.argv[2])):
    notes_store.append(Git(), sys.argv[1], f"{sys.argv[3]} {number}".encode())
"""

LIMITED = """
import resource, sys
from reviewer.attest import notes_store
from reviewer.errors import HunkgateError
from reviewer.git import Git
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    notes_store.append(Git(), sys.argv[1], b"second")
except HunkgateError as error:
    sys.stdout.write(str(error))
"""


@pytest.fixture(params=["sha1", "sha256"])
def any_repo(request: pytest.FixtureRequest, make_repo: Callable[..., Repo]) -> Repo:
    made = make_repo("any", f"--object-format={request.param}")
    made.stage("a.txt", "0\n")
    made.commit("start")
    return made


def noted(repo: Repo, tree: str, ref: str = REF) -> list[str]:
    """The lines of a note, as stock git reads them."""
    return repo.git("notes", f"--ref={ref}", "show", tree, check=False).split("\n")


def line_about(repo: Repo, key: Path, base: str, tree: str) -> bytes:
    item = attested(repo, statement_about(base, tree), key)
    assert item.signature is not None
    change = between(CommandReader(Git(repo.path)), base, tree)
    return envelope.write(Envelope(item.statement, change, "", item.signature))


def note_head(repo: Repo, key: Path) -> str:
    tree = head_tree(repo)
    notes_store.append(Git(repo.path), tree, line_about(repo, key, head_tree(repo, "HEAD~1"), tree))
    return tree


def test_stock_git_reads_what_is_written_and_we_what_git_wrote(any_repo: Repo) -> None:
    git, tree = Git(any_repo.path), head_tree(any_repo)
    assert notes_store.append(git, tree, b'{"b": 1}\n')
    assert not notes_store.append(git, tree, b'{"b": 1}')
    assert notes_store.append(git, tree, b'{"a": 1}\n')
    assert noted(any_repo, tree) == ['{"a": 1}', '{"b": 1}']
    any_repo.git("notes", f"--ref={REF}", "append", "-m", '{"c": 1}', tree)
    assert notes_store.append(git, tree, b'{"d": 1}')
    assert noted(any_repo, tree) == [f'{{"{name}": 1}}' for name in "abcd"]
    assert any_repo.git("status", "--porcelain") == ""
    assert any_repo.git("log", "-1", "--format=%an %cn", REF) == "hunkgate hunkgate"


def test_notes_that_git_spread_over_folders(any_repo: Repo) -> None:
    git, tree = Git(any_repo.path), head_tree(any_repo)
    for path in (tree, f"{tree[:2]}/{tree[2:4]}/{tree[4:]}"):
        any_repo.write("note", f"from {len(path)}\n")
        blob = any_repo.git("hash-object", "-w", "note")
        any_repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    made = any_repo.git("commit-tree", any_repo.git("write-tree"), "-m", "notes")
    any_repo.git("update-ref", REF, made)
    assert notes_store.append(git, tree, b"new")
    assert sorted(noted(any_repo, tree)) == sorted([f"from {len(tree)}", f"from {len(tree) + 2}", "new"])
    names = any_repo.git("ls-tree", "-r", "--name-only", REF).split()
    assert f"{tree[:2]}/{tree[2:]}" in names
    assert tree not in names


def test_several_hooks_at_once_lose_nothing(repo: Repo) -> None:
    repo.commit()
    tree = head_tree(repo)
    words = [sys.executable, "-c", APPEND, tree, "5"]
    processes = [subprocess.Popen([*words, name], cwd=repo.path) for name in ("one", "two", "three")]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    assert noted(repo, tree) == sorted(f"{name} {number}" for name in ("one", "two", "three") for number in range(5))


def test_a_lock_that_nobody_releases_is_said(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit()
    monkeypatch.setattr(notes_store, "_ATTEMPTS", 2)
    lock = repo.path / ".git" / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("")
    with pytest.raises(AttestError, match="others keep writing the notes") as raised:
        notes_store.append(Git(repo.path), head_tree(repo), b"x")
    assert "review-attestations.lock" in raised.value.todo
    lock.unlink()
    assert notes_store.append(Git(repo.path), head_tree(repo), b"x")


def test_a_ref_that_is_no_commit_is_left_alone(repo: Repo) -> None:
    repo.stage("a", "1\n")
    repo.commit()
    blob = repo.git("rev-parse", "HEAD:a")
    repo.git("update-ref", REF, blob)
    with pytest.raises(AttestError, match="not at a commit"):
        notes_store.append(Git(repo.path), head_tree(repo), b"x")
    assert repo.git("rev-parse", REF) == blob


def test_a_ref_that_is_damaged_is_left_alone(repo: Repo) -> None:
    repo.commit()
    file = repo.path / ".git" / REF
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("damaged\n")
    with pytest.raises((AttestError, GitError)):
        notes_store.append(Git(repo.path), head_tree(repo), b"x")
    assert file.read_text() == "damaged\n"


def test_no_room_leaves_the_notes_as_they_were(repo: Repo) -> None:
    """A limit on the size of files is the nearest to a full disk that a test can have."""
    repo.commit()
    tree = head_tree(repo)
    notes_store.append(Git(repo.path), tree, b"first")
    done = subprocess.run([sys.executable, "-B", "-c", LIMITED, tree], cwd=repo.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Git is ended by SIGXFSZ, or says "File too large".
    assert done.stdout.startswith("git failed: ")
    assert noted(repo, tree) == ["first"]
    assert "garbage: 0" in repo.git("count-objects", "-v")


def test_a_partial_clone_says_what_is_missing(any_repo: Repo, tmp_path: Path) -> None:
    tree = head_tree(any_repo)
    notes_store.append(Git(any_repo.path), tree, b"one")
    any_repo.git("config", "uploadpack.allowFilter", "true")
    words = ["git", "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{any_repo.path}", str(tmp_path / "clone")]
    subprocess.run(words, check=True, capture_output=True)
    clone = Repo(tmp_path / "clone")
    clone.git("fetch", "-q", "origin", f"+{REF}:{REF}")
    with pytest.raises(GitError, match=r"not in this repository|not here"):
        notes_store.append(Git(clone.path), tree, b"two")
    other = clone.git("hash-object", "-t", "tree", "/dev/null")
    assert notes_store.append(Git(clone.path), other, b"three")
    assert noted(clone, other) == ["three"]


@pytest.fixture
def two(any_repo: Repo, tmp_path: Path) -> tuple[Repo, list[str]]:
    """A repository whose own notes and those of a remote have grown apart, and four trees."""
    git, trees = Git(any_repo.path), []
    for number in range(4):
        any_repo.stage("a.txt", f"{number}\n")
        any_repo.commit()
        trees.append(head_tree(any_repo))
    for tree in trees[:3]:
        notes_store.append(git, tree, b"common")
    any_repo.git("update-ref", tracking_ref("origin"), REF)
    notes_store.append(git, trees[0], b"mine")
    notes_store.append(git, trees[1], b"mine")
    any_repo.git("update-ref", "refs/keep", REF)
    any_repo.git("update-ref", REF, tracking_ref("origin"))
    notes_store.append(git, trees[0], b"theirs")
    notes_store.append(git, trees[3], b"theirs")
    notes_store.update(git, lambda _: notes_store.Edit(removed=[trees[2]]))
    any_repo.git("update-ref", tracking_ref("origin"), REF)
    any_repo.git("update-ref", REF, "refs/keep")
    return any_repo, trees


def test_merge_does_what_git_notes_merge_does(two: tuple[Repo, list[str]]) -> None:
    repo, trees = two
    repo.git("update-ref", "refs/notes/by-git", REF)
    repo.git("notes", "--ref=refs/notes/by-git", "merge", "-q", "-s", "cat_sort_uniq", tracking_ref("origin"))
    merged = notes_merge.merge(Git(repo.path), tracking_ref("origin"))
    assert merged.changed
    assert merged.about == {trees[0], trees[2], trees[3]}
    ours, gits = ([noted(repo, tree, ref) for tree in trees] for ref in (REF, "refs/notes/by-git"))
    assert ours == gits == [["common", "mine", "theirs"], ["common", "mine"], [""], ["theirs"]]
    for side in ("refs/keep", tracking_ref("origin")):
        repo.git("merge-base", "--is-ancestor", side, REF)
    assert not notes_merge.merge(Git(repo.path), tracking_ref("origin")).changed


def test_merge_of_notes_without_a_common_past(repo: Repo) -> None:
    repo.commit()
    git, tree = Git(repo.path), head_tree(repo)
    notes_store.append(git, tree, b"theirs")
    repo.git("update-ref", tracking_ref("o"), REF)
    repo.git("update-ref", "-d", REF)
    assert notes_merge.merge(git, tracking_ref("none")).about == set()
    notes_store.append(git, tree, b"mine")
    assert notes_merge.merge(git, tracking_ref("o")).about == {tree}
    assert noted(repo, tree) == ["mine", "theirs"]


def test_fetched_notes_prove_without_being_merged(repo: Repo, key: Path) -> None:
    change_files(repo, {"a.txt": "0\n"})
    repo.commit("start")
    change_files(repo, {"a.txt": "1\n"})
    repo.commit("reviewed")
    assert proof_of(repo).klass is Class.RESIDUAL
    tree = note_head(repo, key)
    repo.git("update-ref", tracking_ref("some/where"), REF)
    repo.git("update-ref", "-d", REF)
    proof = proof_of(repo)
    assert (proof.klass, proof.used[0].source) == (Class.EXACT, f"a note about tree {tree[:12]}")


def test_prune_keeps_commits_and_the_parts_of_a_squash(repo: Repo, key: Path) -> None:
    change_files(repo, {"a.txt": "0\n"})
    repo.commit("start")
    parts = []
    for content in ("1\n", "2\n", "3\n"):
        change_files(repo, {"a.txt": content})
        repo.commit("part")
        parts.append(note_head(repo, key))
    change_files(repo, {"a.txt": "thrown away\n"})
    repo.commit("thrown away")
    lost = note_head(repo, key)
    git = Git(repo.path)
    assert notes_prune.prune(git, dry_run=False).dropped == ()
    repo.git("reset", "-q", "--soft", "HEAD~4")
    repo.git("read-tree", parts[-1])
    repo.commit("squash")
    assert notes_prune.prune(git, dry_run=False).dropped == ()
    repo.git("reflog", "expire", "--expire=now", "--all")
    planned = notes_prune.prune(git, dry_run=True)
    assert (planned.dropped, planned.kept) == ((lost,), 3)
    assert noted(repo, lost) != [""]
    assert notes_prune.prune(git, dry_run=False).dropped == (lost,)
    assert noted(repo, lost) == [""]
    proof = proof_of(repo)
    assert (proof.klass, len(proof.used)) == (Class.COMPOSED, 3)


def test_prune_leaves_what_a_remote_has_and_what_cannot_be_told(repo: Repo, key: Path, tmp_path: Path) -> None:
    repo.commit("start")
    attest_files(repo, key, {"a.txt": "1\n"})
    note_head(repo, key)
    repo.git("update-ref", tracking_ref("origin"), REF)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.git("reflog", "expire", "--expire=now", "--all")
    pruned = notes_prune.prune(Git(repo.path), dry_run=False)
    assert (pruned.dropped, pruned.remote) == ((), 1)
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{repo.path}", str(tmp_path / "clone")], check=True)
    with pytest.raises(AttestError, match="shallow clone"):
        notes_prune.prune(Git(tmp_path / "clone"), dry_run=False)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20), st.sets(st.integers(0, 9)))
def test_needed_is_what_lies_between(edges: list[tuple[int, int]], reachable: set[int]) -> None:
    """Every tree that is kept is reachable, or has a way from and to one that is; and none of these is missing."""
    steps: dict[str, set[str]] = {}
    for tree, base in edges:
        steps.setdefault(str(tree), set()).add(str(base))
    start = {str(number) for number in reachable}
    kept = notes_prune.needed(start, steps)

    def leads(one: str, other: set[str], seen: frozenset[str] = frozenset()) -> bool:
        return one in other or any(leads(base, other, seen | {one}) for base in steps.get(one, ()) if base not in seen | {one})

    for number in map(str, range(10)):
        between_ = leads(number, start) and any(leads(one, {number}) for one in start)
        assert (number in kept) == (number in start or between_)


def test_what_is_noted_is_read_with_its_problems(repo: Repo, key: Path) -> None:
    repo.commit("start")
    attest_files(repo, key, {"a.txt": "1\n"})
    tree = note_head(repo, key)
    notes_store.append(Git(repo.path), tree, b'{"payload": "cut')
    about = notes_read.about(Git(repo.path), tree)
    assert [noted.envelope.statement.tree for noted in about.noted] == [tree]
    assert "is refused" in about.problems[0]
    assert notes_read.about(Git(repo.path), head_tree(repo, "HEAD~1")).noted == ()


def test_a_ref_that_appears_in_this_very_moment_is_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit()
    git = Git(repo.path)
    notes_store.append(git, head_tree(repo), b"x")
    known, asked = git.commit_of(REF), []

    def late(ref: str) -> str | None:
        asked.append(ref)
        return known if len(asked) > 1 else None

    monkeypatch.setattr(git, "commit_of", late)
    assert notes_store.tip(git) == known
    assert asked == [REF, REF]
