"""What git makes of attested commits, and the class each gets: the table of docs/attestation.md, made by real git."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from attested_history import attest_files, change_files, paths_of, proofs_of, trailers_for
from attesting import new_key, use_key
from conftest import Repo
from documented_table import assert_documented

from reviewer.attest.proof import Class
from reviewer.attest.target import Options

DOCS = Path(__file__).parents[2] / "docs" / "attestation.md"
START, END = "<!-- operations: start -->\n", "<!-- operations: end -->\n"

LINES = [f"line {number}\n" for number in range(1, 31)]


def text(**changed: str) -> str:
    """A file of thirty lines, some of them changed: text(l3="new")."""
    return "".join(f"{changed[f'l{number}']}\n" if f"l{number}" in changed else line for number, line in enumerate(LINES, 1))


@dataclass(frozen=True)
class World:
    """A repository whose branch `topic` has attested commits on `main`."""

    repo: Repo
    key: Path

    def git(self, *words: str) -> str:
        return self.repo.git(*words)

    def attested(self, **files: str | None) -> str:
        return attest_files(self.repo, self.key, {name.replace("_", "."): content for name, content in files.items()})

    def upstream(self, **files: str | None) -> None:
        """An attested commit on main, while topic is checked out."""
        self.git("checkout", "-q", "main")
        self.attested(**files)
        self.git("checkout", "-q", "topic")

    def rebased(self) -> str:
        self.git("rebase", "-q", "main")
        return "main..topic"


Made = str | tuple[str, Options]
"""The range to verify."""


@dataclass(frozen=True)
class Operation:
    """A row of the table."""

    name: str
    make: Callable[[World], Made]
    classes: tuple[Class, ...]
    residual: tuple[str, ...] = ()
    note: str = ""


def reword(w: World) -> Made:
    w.git("commit", "-q", "--amend", "--no-verify", "-m", "other words\n" + w.git("log", "-1", "--format=%B").partition("\n")[2])
    return "topic~1..topic"


def apply_mail(w: World) -> Made:
    w.git("format-patch", "-q", "-1", "-o", str(w.repo.path.parent))
    w.git("reset", "-q", "--hard", "HEAD~1")
    w.git("am", "-q", *(str(file) for file in w.repo.path.parent.glob("*.patch")))
    return "topic~1..topic"


def rebase_elsewhere(w: World) -> Made:
    w.upstream(other_txt="upstream\n")
    return w.rebased()


def rebase_same_file(w: World) -> Made:
    w.upstream(a_txt=text(l28="upstream"))
    return w.rebased()


def rebase_over_a_rename(w: World) -> Made:
    w.git("checkout", "-q", "main")
    w.git("mv", "a.txt", "moved.txt")
    w.repo.commit("move")
    w.git("checkout", "-q", "topic")
    return w.rebased()


def cherry_pick(w: World) -> Made:
    w.upstream(other_txt="upstream\n")
    w.git("checkout", "-q", "main")
    w.git("cherry-pick", "topic~1")
    return "main~1..main"


def amend(w: World) -> Made:
    w.repo.stage("evil.txt", "not reviewed\n")
    w.git("commit", "-q", "--amend", "--no-verify", "--no-edit")
    return "topic~1..topic"


def amend_the_same_file(w: World) -> Made:
    w.repo.stage("b.txt", "not reviewed\n")
    w.git("commit", "-q", "--amend", "--no-verify", "--no-edit")
    return "topic~1..topic"


def squash(w: World) -> Made:
    w.git("checkout", "-q", "main")
    w.git("merge", "-q", "--squash", "topic")
    w.git("commit", "-q", "--no-verify", "--no-edit")
    return "main~1..main"


def squash_interactively(w: World) -> Made:
    w.repo.git("rebase", "-q", "-i", "main", env={"GIT_SEQUENCE_EDITOR": "sed -i 2,\\$s/pick/squash/", "GIT_EDITOR": "true"})
    return "main..topic"


def squash_after_upstream(w: World) -> Made:
    w.upstream(a_txt=text(l28="upstream"))
    return squash(w)


def squash_with_a_smuggled_file(w: World) -> Made:
    w.git("checkout", "-q", "main")
    w.git("merge", "-q", "--squash", "topic")
    w.repo.stage("evil.txt", "not reviewed\n")
    w.git("commit", "-q", "--no-verify", "--no-edit")
    return "main~1..main"


def soft_reset(w: World) -> Made:
    message = w.git("log", "--format=%B", "main..topic")
    w.git("reset", "-q", "--soft", "main")
    w.repo.commit(message)
    return "main..topic"


def autosquash(w: World) -> Made:
    change_files(w.repo, {"a.txt": text(l3="topic", l9="fixed")})
    w.repo.commit(f"fixup! first\n\n{trailers_for(w.repo, w.key, w.git('rev-parse', 'HEAD^{tree}'), w.git('write-tree'))}\n")
    w.git("branch", "old")
    w.repo.git("rebase", "-q", "-i", "--autosquash", "main", env={"GIT_SEQUENCE_EDITOR": "true", "GIT_EDITOR": "true"})
    return "main..topic", Options(statements_from=["old"])


def autosquash_without_the_old_commits(w: World) -> Made:
    autosquash(w)
    return "main..topic"


def merge_queue(w: World) -> Made:
    """A server makes the commits again: other committer, other message, other parent."""
    w.upstream(other_txt="upstream\n")
    w.git("checkout", "-q", "-b", "queue", "main")
    server = {"GIT_COMMITTER_NAME": "server", "GIT_COMMITTER_EMAIL": "server@example.org"}
    for commit in ("topic~1", "topic"):
        w.repo.git("cherry-pick", commit, env=server)
        w.repo.git("commit", "-q", "--amend", "--no-verify", "-m", f"merged {commit} (#7)", env=server)
    return "main..queue", Options(statements_from=["topic"])


def forge_squash(w: World) -> Made:
    """A server squashes a pull request whose target has moved on, and writes a message of its own."""
    w.upstream(a_txt=text(l28="upstream"))
    w.git("checkout", "-q", "main")
    w.git("merge", "-q", "--squash", "topic")
    w.git("commit", "-q", "--no-verify", "-m", "Feature (#7)")
    return "main~1..main", Options(statements_from=["topic"])


def revert(w: World) -> Made:
    w.git("revert", "--no-edit", "HEAD")
    return "topic~1..topic"


def partial_revert(w: World) -> Made:
    w.attested(b_txt="b 2\n", c_txt="c\n")
    w.git("revert", "--no-commit", "HEAD")
    w.git("checkout", "-q", "HEAD", "--", "c.txt")
    w.repo.commit("partial revert")
    return "topic~1..topic"


def revert_of_a_revert(w: World) -> Made:
    w.git("revert", "--no-edit", "HEAD")
    w.git("revert", "--no-edit", "HEAD")
    return "topic~3..topic"


def update_branch(w: World) -> Made:
    w.upstream(a_txt=text(l28="upstream"))
    w.git("merge", "-q", "--no-ff", "--no-verify", "-m", "Merge branch 'main' into topic", "main")
    return "topic"


def merge_with_a_resolved_conflict(w: World) -> Made:
    w.upstream(a_txt=text(l3="upstream"), other_txt="upstream\n")
    w.repo.git("merge", "-q", "main", check=False)
    w.repo.stage("a.txt", text(l3="both"))
    w.git("commit", "-q", "--no-verify", "-m", "merge")
    return "topic"


def evil_merge(w: World) -> Made:
    w.upstream(other_txt="upstream\n")
    w.git("merge", "-q", "--no-commit", "--no-ff", "main")
    w.repo.stage("evil.txt", "not reviewed\n")
    w.git("commit", "-q", "--no-verify", "-m", "merge")
    return "topic"


def octopus(w: World) -> Made:
    for name in ("one", "two"):
        w.git("checkout", "-q", "-b", name, "main")
        w.attested(**{f"{name}_txt": "1\n"})
    w.git("checkout", "-q", "topic")
    w.git("merge", "-q", "--no-verify", "-m", "octopus", "one", "two")
    return "topic"


def submodule_bump(w: World) -> Made:
    w.git("update-index", "--add", "--cacheinfo", f"160000,{w.git('rev-parse', 'main')},sub")
    w.repo.write("c.txt", "c\n")
    w.git("add", "c.txt")
    message = trailers_for(w.repo, w.key, w.git("rev-parse", "HEAD^{tree}"), w.git("write-tree"))
    w.repo.commit(f"bump\n\n{message}\n")
    return "topic~1..topic"


E, D, C, R, M, X = (Class(name) for name in ("EXACT", "DELTA", "COMPOSED", "REPLAY", "CLEAN-MERGE", "RESIDUAL"))

OPERATIONS = [
    Operation("reword, `commit --amend -m`", reword, (E,)),
    Operation("`git am` onto the same tree", apply_mail, (E,)),
    Operation("rebase, upstream touched other files", rebase_elsewhere, (D, D)),
    Operation("rebase, upstream touched the same file elsewhere", rebase_same_file, (R, D)),
    Operation("rebase, upstream renamed the file", rebase_over_a_rename, (R, D)),
    Operation("cherry-pick", cherry_pick, (D,)),
    Operation("amend that adds a file nobody reviewed", amend, (X,), ("evil.txt",)),
    Operation("amend of the reviewed file, unreviewed", amend_the_same_file, (X,), ("b.txt",)),
    Operation("`merge --squash`", squash, (C,)),
    Operation("`rebase -i`, squash", squash_interactively, (C,)),
    Operation("`reset --soft` and commit, with the old messages", soft_reset, (C,)),
    Operation("squash, upstream touched the same file elsewhere", squash_after_upstream, (R,)),
    Operation("squash with a smuggled file", squash_with_a_smuggled_file, (X,), ("evil.txt",)),
    Operation("`rebase --autosquash` of an attested fixup", autosquash, (C, D), (), "notes, or `--statements-from`"),
    Operation("the same, and the old commits are unknown", autosquash_without_the_old_commits, (X, D), ("a.txt",)),
    Operation("merge queue: other committer, message, parent", merge_queue, (D, D), (), "`--statements-from` the head"),
    Operation("squash by a forge, target moved on", forge_squash, (R,), (), "`--statements-from` the head"),
    Operation("revert", revert, (X,), ("b.txt",)),
    Operation("partial revert", partial_revert, (X,), ("b.txt",)),
    Operation("revert of a revert", revert_of_a_revert, (E, X, E), ("b.txt",), "the statement of the first commit counts"),
    Operation("\"update branch\", a clean merge", update_branch, (M,)),
    Operation("merge, somebody resolved a conflict", merge_with_a_resolved_conflict, (X,), ("a.txt",)),
    Operation("evil merge", evil_merge, (X,), ("evil.txt",)),
    Operation("octopus merge", octopus, (X,), ("one.txt", "two.txt")),
    Operation("submodule bump beside an attested file", submodule_bump, (X,), ("sub",)),
]  # fmt: skip


@pytest.fixture(params=["sha1", "sha256"])
def world(request: pytest.FixtureRequest, make_repo: Callable[..., Repo], tmp_path: Path) -> World:
    key = new_key(tmp_path / "keys")
    use_key(key)
    repo = make_repo("repo", f"--object-format={request.param}")
    change_files(repo, {"a.txt": text(), "b.txt": "b\n"})
    repo.commit("start")
    repo.git("checkout", "-q", "-b", "topic")
    made = World(repo, key)
    attest_files(repo, key, {"a.txt": text(l3="topic")}, "first")
    attest_files(repo, key, {"b.txt": "b 1\n"}, "second")
    return made


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.make.__name__)
def test_class_of(operation: Operation, world: World) -> None:
    made = operation.make(world)
    span, options = made if isinstance(made, tuple) else (made, Options())
    proofs = proofs_of(world.repo, span, options)
    told = [(proof.klass, proof.reasons) for proof in proofs]
    assert tuple(klass for klass, _ in told) == operation.classes, told
    assert sorted(path for proof in proofs for path in paths_of(proof)) == sorted(operation.residual)
    for proof in proofs:
        assert bool(proof.reasons) == (proof.klass is Class.RESIDUAL)
        assert proof.proven != bool(proof.residual)


def table() -> str:
    """The table as the documentation has it."""
    lines = ["| operation on attested commits | class of the commits it makes | reviewed again | needs |", "|---|---|---|---|"]
    for operation in OPERATIONS:
        classes = ", ".join(klass.value for klass in operation.classes)
        lines.append(f"| {operation.name} | {classes} | {', '.join(operation.residual)} | {operation.note} |")
    return "\n".join(lines) + "\n"


def test_table_of_the_documentation() -> None:
    assert_documented(DOCS, START, table(), END)
