"""Every row of the hooks table of docs/attestation.md, by real git: what is attested is the tree that was committed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from attested_history import head_tree, proofs_of
from attesting import REMEMBER, new_key, python_hook, run, use_key
from conftest import Repo
from documented_table import assert_documented

from reviewer.attest import notes_read
from reviewer.attest.proof import Class
from reviewer.attest.trailer import Attested, found
from reviewer.git import Git
from reviewer.installation import INSTALLED, ON_REQUEST, chained
from reviewer.installation.shim import find_interpreter
from reviewer.objects.command import CommandReader

DOCS = Path(__file__).parents[2] / "docs" / "attestation.md"
START, END = "<!-- hooks: start -->\n", "<!-- hooks: end -->\n"

Env = Mapping[str, str]


@dataclass
class World:
    """A repository with hooks, three attested commits on main, and a branch `topic` with two of its own."""

    repo: Repo
    told: str = ""
    """What hooks said since the world was made."""

    def git(self, *words: str, env: Env | None = None, at: Repo | None = None, ok: bool = True) -> None:
        done = run(at or self.repo, "git", *words, env=dict(env or {}))
        assert not ok or done.returncode == 0, done.stderr
        self.told += done.stderr

    def write(self, path: str, content: str) -> None:
        self.repo.write(path, content)

    def stage(self, path: str, content: str) -> None:
        self.repo.stage(path, content)


def commit(w: World) -> str:
    w.stage("new.txt", "1\n")
    w.git("commit", "-qm", "x")
    return "HEAD"


def commit_root(w: World) -> str:
    w.repo.git("checkout", "-q", "--orphan", "other")
    w.git("commit", "-qm", "x")
    return "HEAD"


def commit_empty(w: World) -> str:
    w.git("commit", "-qm", "x", "--allow-empty")
    return "HEAD"


def commit_all(w: World) -> str:
    w.write("a.txt", "all\n")
    w.git("commit", "-qam", "x")
    return "HEAD"


def commit_include(w: World) -> str:
    w.stage("new.txt", "1\n")
    w.write("a.txt", "included\n")
    w.git("commit", "-qm", "x", "-i", "a.txt")
    return "HEAD"


def commit_path(w: World) -> str:
    w.stage("new.txt", "must not be in it\n")
    w.write("a.txt", "only\n")
    w.git("commit", "-qm", "x", "--", "a.txt")
    assert "new.txt" not in w.repo.git("ls-tree", "--name-only", "HEAD")
    return "HEAD"


def commit_editor(w: World) -> str:
    w.stage("new.txt", "1\n")
    w.git("commit", "-q", "-v", env={"GIT_EDITOR": "sed -i 1s/^/subject/"})
    return "HEAD"


def commit_while_staging(w: World) -> str:
    w.stage("new.txt", "1\n")
    w.write("sneaky.txt", "must not be in it\n")
    w.git("commit", "-q", env={"GIT_EDITOR": "git add sneaky.txt && echo subject >"})
    assert "sneaky.txt" not in w.repo.git("ls-tree", "--name-only", "HEAD")
    return "HEAD"


def commit_subdirectory(w: World) -> str:
    w.stage("deep/er/new.txt", "1\n")
    w.git("commit", "-qm", "x", at=Repo(w.repo.path / "deep" / "er"))
    return "HEAD"


def commit_worktree(w: World) -> str:
    w.repo.git("worktree", "add", "-q", "-b", "side", str(w.repo.path.parent / "side"))
    side = Repo(w.repo.path.parent / "side")
    side.stage("new.txt", "1\n")
    w.git("commit", "-qm", "x", at=side)
    return "side"


def amend(w: World) -> str:
    w.stage("a.txt", "amended\n")
    w.git("commit", "-q", "--amend", "--no-edit")
    return "HEAD"


def no_verify(w: World) -> str:
    w.stage("new.txt", "1\n")
    w.git("commit", "-qnm", "x")
    return "HEAD"


def reword_no_verify(w: World) -> str:
    message = w.repo.git("log", "-1", "--format=%B").partition("\n")[2]
    w.git("commit", "-qn", "--amend", "-m", f"other words\n{message}")
    return "HEAD"


def merge(w: World) -> str:
    w.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    return "HEAD"


def merge_no_verify(w: World) -> str:
    w.git("merge", "-q", "--no-ff", "--no-verify", "-m", "merge", "topic")
    return "HEAD"


def cherry_pick(w: World) -> str:
    w.git("cherry-pick", "topic~1")
    return "HEAD"


def cherry_pick_unreviewed(w: World) -> str:
    w.repo.git("checkout", "-q", "-b", "bare", "topic")
    w.stage("new.txt", "1\n")
    w.repo.commit("nobody saw it")
    w.repo.git("checkout", "-q", "main")
    w.git("cherry-pick", "bare")
    return "HEAD"


def revert(w: World) -> str:
    w.git("revert", "--no-edit", "HEAD")
    return "HEAD"


def rebase(w: World) -> str:
    w.git("rebase", "-q", "main", "topic")
    return "main..topic"


def rebase_apply(w: World) -> str:
    w.git("rebase", "-q", "--apply", "main", "topic")
    return "main..topic"


def interactively(w: World, script: str) -> str:
    env = {"GIT_SEQUENCE_EDITOR": f"sed -i {script}", "GIT_EDITOR": "sed -i 1s/^/reworded/"}
    w.git("rebase", "-q", "-i", "main", "topic", env=env)
    return "main..topic"


def squash(w: World) -> str:
    return interactively(w, "2s/pick/squash/")


def fixup(w: World) -> str:
    return interactively(w, "2s/pick/fixup/")


def reword(w: World) -> str:
    return interactively(w, "2s/pick/reword/")


def apply_mail(w: World) -> str:
    w.repo.git("format-patch", "-q", "-1", "topic~1", "-o", str(w.repo.path.parent / "mail"))
    w.git("am", "-q", *(str(file) for file in (w.repo.path.parent / "mail").iterdir()))
    return "HEAD"


def fast_forward(w: World) -> str:
    w.repo.git("checkout", "-q", "-b", "behind", "main~1")
    w.git("merge", "-q", "--ff-only", "main")
    return "HEAD"


def commit_tree(w: World) -> str:
    w.stage("new.txt", "1\n")
    made = w.repo.git("commit-tree", w.repo.git("write-tree"), "-p", "HEAD", "-m", "x")
    w.git("update-ref", "HEAD", made)
    return "HEAD"


def stash(w: World) -> str:
    w.write("a.txt", "not yet\n")
    w.git("stash", "-q")
    w.git("stash", "pop", "-q")
    return "HEAD"


@dataclass(frozen=True)
class Row:
    """What becomes of one operation."""

    name: str
    make: Callable[[World], str]
    attested: int
    """Commits that are attested anew."""
    classes: str
    """What `verify` says of the commits that it made, or left."""
    told: tuple[str, ...] = ()
    """Beginnings of what is told, beside that a commit is attested."""


UNSEEN = "this commit is not attested: it was made without commit-msg"

ROWS = [
    Row("`commit -m`", commit, 1, "EXACT"),
    Row("a first commit", commit_root, 1, "EXACT"),
    Row("`commit --allow-empty`", commit_empty, 1, "EXACT"),
    Row("`commit -a`", commit_all, 1, "EXACT"),
    Row("`commit -i PATH`", commit_include, 1, "EXACT"),
    Row("`commit -- PATH`", commit_path, 1, "EXACT"),
    Row("`commit -v`, in an editor", commit_editor, 1, "EXACT"),
    Row(
        "`commit`, more is staged while the editor is open", commit_while_staging, 0, "RESIDUAL",
        ("this commit is not attested: what is staged changed while the message was written",),
    ),
    Row("`commit` in a subdirectory", commit_subdirectory, 1, "EXACT"),
    Row("`commit` in a worktree", commit_worktree, 1, "EXACT"),
    Row("`commit --amend`", amend, 1, "EXACT"),
    Row("`commit --no-verify`", no_verify, 0, "RESIDUAL", (UNSEEN,)),
    Row(
        "`commit --amend --no-verify`, a reword", reword_no_verify, 0, "EXACT",
        ("made without commit-msg, and still proven to be reviewed (EXACT)",),
    ),
    Row("`merge --no-ff`", merge, 0, "CLEAN-MERGE", ("this commit is not attested: it is a merge",)),
    Row("`merge --no-ff --no-verify`", merge_no_verify, 0, "CLEAN-MERGE"),
    Row(
        "`cherry-pick` of an attested commit", cherry_pick, 0, "DELTA",
        ("made without commit-msg, and still proven to be reviewed (DELTA)",),
    ),
    Row("`cherry-pick` of another one", cherry_pick_unreviewed, 0, "RESIDUAL", (UNSEEN,)),
    Row("`revert`", revert, 0, "RESIDUAL", (UNSEEN,)),
    Row("`rebase`", rebase, 0, "DELTA, DELTA", ("2 rewritten commits: still proven to be reviewed",)),
    Row("`rebase --apply`", rebase_apply, 0, "DELTA, DELTA", ("2 rewritten commits: still proven to be reviewed",)),
    Row("`rebase -i`, squash", squash, 0, "COMPOSED", ("the rewritten commit: still proven to be reviewed",)),
    Row("`rebase -i`, fixup", fixup, 0, "COMPOSED", ("the rewritten commit: still proven to be reviewed",)),
    Row("`rebase -i`, reword", reword, 1, "DELTA, EXACT", ("2 rewritten commits: still proven to be reviewed",)),
    Row("`am`", apply_mail, 0, "DELTA"),
    Row("`merge --ff-only`", fast_forward, 0, "EXACT"),
    Row("`commit-tree`, `update-ref`", commit_tree, 0, "RESIDUAL"),
    Row("`stash`, `stash pop`", stash, 0, "EXACT"),
]  # fmt: skip


def installed(repo: Repo, *more: str) -> None:
    """Our hooks as `hunkgate init` installs them; but the review is one that takes no time."""
    interpreter = find_interpreter(repo.path)
    chained.install(repo.path / ".git" / "hooks", interpreter, [*INSTALLED, *more])
    python_hook(repo, "pre-commit", REMEMBER.format(tests=str(Path(__file__).parents[1])))


@pytest.fixture(scope="module", params=["sha1", "sha256"])
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The world's folder, to be copied, and the key."""
    home = tmp_path_factory.mktemp("world")
    patch = pytest.MonkeyPatch()
    patch.setenv("HOME", str(home))
    for role in ("AUTHOR", "COMMITTER"):
        patch.setenv(f"GIT_{role}_NAME", "A Developer")
        patch.setenv(f"GIT_{role}_EMAIL", "dev@example.org")
    key = new_key(home / "keys")
    use_key(key)
    (home / "repo").mkdir()
    repo = Repo(home / "repo")
    repo.git("init", "-q", "-b", "main", f"--object-format={request.param}")
    repo.stage(".hunkgate.toml", '[attest]\nstore = "both"\n')
    repo.commit("settings")
    installed(repo)
    for path in ("a.txt", "b.txt"):
        repo.stage(path, "0\n")
        repo.git("commit", "-qm", path)
    repo.git("checkout", "-q", "-b", "topic", "main~1")
    for content in ("1\n", "2\n"):
        repo.stage("t.txt", content)
        repo.git("commit", "-qm", "topic")
    repo.git("checkout", "-q", "main")
    patch.undo()
    return home / "repo", key


@pytest.fixture
def world(template: tuple[Path, Path], tmp_path: Path) -> World:
    folder, key = template
    use_key(key)
    subprocess.run(["cp", "-a", str(folder), str(tmp_path / "repo")], check=True)
    return World(Repo(tmp_path / "repo"))


def oids_of(repo: Repo, span: str) -> list[str]:
    return repo.git("rev-list", "--reverse", *([] if ".." in span else ["-1"]), span).split()


def assert_attested_is_committed(repo: Repo, oid: str) -> None:
    """The commit's own statement is about its tree and base, and so is what is noted about the tree."""
    commit_object = CommandReader(Git(repo.path)).commit(oid)
    (item,) = [item for item in found(commit_object.message) if isinstance(item, Attested)]
    base = head_tree(repo, commit_object.parents[0]) if commit_object.parents else Git(repo.path).empty_tree()
    assert (item.statement.base, item.statement.tree) == (base, commit_object.tree)
    about = notes_read.about(Git(repo.path), commit_object.tree)
    assert about.problems == ()
    assert item.statement in [noted.envelope.statement for noted in about.noted]
    assert [noted for noted in about.noted if noted.findings is not None and noted.envelope.statement.base == base]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.make.__name__)
def test_row(row: Row, world: World) -> None:
    before = set(world.repo.git("rev-list", "--all").split())
    span = row.make(world)
    lines = [line for line in world.told.split("\n") if line.startswith("hunkgate: ")]
    attested = [line for line in lines if line.startswith("hunkgate: attested pass, signed with ")]
    others = [line for line in lines if line not in attested]
    assert len(attested) == row.attested, world.told
    assert len(others) == len(row.told), world.told
    assert [line for line, told in zip(others, row.told, strict=True) if not line.startswith(f"hunkgate: {told}")] == []
    proofs = proofs_of(world.repo, span)
    assert ", ".join(proof.klass.value for proof in proofs) == row.classes, [proof.reasons for proof in proofs]
    new = [oid for oid in oids_of(world.repo, span) if oid not in before]
    for oid, proof in zip(oids_of(world.repo, span), proofs, strict=True):
        if row.attested and oid in new and proof.klass is Class.EXACT:
            assert_attested_is_committed(world.repo, oid)
    assert list((world.repo.path / ".git" / "hunkgate").glob("waiting/*")) == []


def test_with_reference_transaction_a_merge_without_hooks_is_told_too(world: World) -> None:
    installed(world.repo, *ON_REQUEST)
    merge_no_verify(world)
    assert "hunkgate: made without commit-msg, and still proven to be reviewed (CLEAN-MERGE)" in world.told
    commit(world)
    assert world.told.count("hunkgate: ") == 2
    assert_attested_is_committed(world.repo, world.repo.git("rev-parse", "HEAD"))
    no_verify_again = World(world.repo)
    no_verify_again.stage("more.txt", "1\n")
    no_verify_again.git("commit", "-qnm", "x")
    assert no_verify_again.told.count(UNSEEN) == 1


def table() -> str:
    """The table as the documentation has it."""
    lines = ["| operation | attested anew | class | said beside that |", "|---|---|---|---|"]
    for row in ROWS:
        told = "; ".join(row.told)
        lines.append(f"| {row.name} | {'yes' if row.attested else ''} | {row.classes} | {told} |")
    return "\n".join(lines) + "\n"


def test_table_of_the_documentation() -> None:
    assert_documented(DOCS, START, table(), END)
