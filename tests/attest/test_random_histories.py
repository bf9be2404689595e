"""Random histories of attested and smuggled changes, rewritten by git: nothing unreviewed is covered, nothing honest residual.

HUNKGATE_TEST_HISTORIES sets how many (default 12), HUNKGATE_TEST_SEED the first seed. A failure names its seed.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from attested_history import head_tree, paths_of, proofs_of, trailers_for
from attesting import new_key, use_key
from conftest import Repo

from reviewer.attest.proof import Class, Proof
from reviewer.attest.target import Options
from reviewer.git import Git
from reviewer.objects.command import CommandReader

COUNT = int(os.environ.get("HUNKGATE_TEST_HISTORIES", "12"))
FIRST = int(os.environ.get("HUNKGATE_TEST_SEED", "1"))

PATHS = [f"f{number}.txt" for number in range(6)] + [f"d/f{number}.txt" for number in range(6)]
SPARE = [f"new{number}.txt" for number in range(12)]
LINES = 24

Entry = tuple[int, str]


@dataclass
class History:
    """A repository under random work, and what was reviewed in it."""

    repo: Repo
    key: Path
    chance: random.Random
    edges: defaultdict[bytes, set[tuple[Entry, Entry]]] = field(default_factory=lambda: defaultdict(set))
    """By path: the transitions that somebody reviewed."""
    lines: set[bytes] = field(default_factory=set)
    """Those that reviewed changes brought."""
    serial: int = 0

    def git(self, *words: str) -> str:
        return self.repo.git(*words)

    def start(self) -> None:
        for path in self.chance.sample(PATHS, 9):
            self.repo.write(path, "".join(f"{path} {number}\n" for number in range(LINES)))
        self.git("add", "-A")
        self.repo.commit("start")
        self.git("branch", "start")

    def operate(self) -> None:
        """One to three random operations on files, staged."""
        for _ in range(self.chance.randint(1, 3)):
            present = self.git("ls-files").split("\n")
            path = self.chance.choice(present)
            self.chance.choices((self.edit, self.move, self.remove, self.toggle, self.add), (8, 1, 1, 1, 1))[0](path)
        self.git("add", "-A")

    def edit(self, path: str) -> None:
        file = self.repo.path / path
        lines = file.read_text().splitlines(keepends=True)
        lines[self.chance.randrange(len(lines))] = self.token()
        file.write_text("".join(lines))

    def move(self, path: str) -> None:
        target = self.free()
        self.git("mv", path, target)
        if self.chance.random() < 0.5:
            self.edit(target)
        self.git("add", "-A")

    def remove(self, path: str) -> None:
        if len(self.git("ls-files").split("\n")) > 4:
            self.git("rm", "-q", "-f", path)

    def toggle(self, path: str) -> None:
        file = self.repo.path / path
        file.chmod(file.stat().st_mode ^ 0o111)

    def add(self, path: str) -> None:
        self.repo.write(self.free(), "".join(self.token() for _ in range(LINES)))
        self.git("add", "-A")

    def free(self) -> str:
        taken = set(self.git("ls-files").split("\n"))
        return self.chance.choice([name for name in [*PATHS, *SPARE] if name not in taken])

    def token(self) -> str:
        self.serial += 1
        return f"token {self.serial}\n"

    def reviewed(self) -> None:
        """Commit what is staged with an attestation."""
        base, tree = head_tree(self.repo), self.git("write-tree")
        self.repo.commit(f"reviewed {self.serial}\n\n{trailers_for(self.repo, self.key, base, tree)}")
        reader = CommandReader(Git(self.repo.path))
        for change in reader.tree_changes(base, tree):
            self.edges[change.path].add(((change.old_mode, change.old_oid), (change.new_mode, change.new_oid)))
            old = set(reader.blob(change.old_oid).split(b"\n")) if change.old_mode else set()
            self.lines |= set(reader.blob(change.new_oid).split(b"\n")) - old if change.new_mode else set()

    def reachable(self, path: bytes, old: Entry, new: Entry) -> bool:
        """Whether reviewed transitions of the path lead from one entry to the other."""
        seen, waiting = {old}, [old]
        while waiting:
            now = waiting.pop()
            for before, after in self.edges[path]:
                if before == now and after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return new in seen


def topic(history: History, smuggled: bool) -> None:
    """A branch of reviewed commits; one that nobody reviewed may be among them."""
    history.git("checkout", "-q", "-b", "topic", "start")
    count = history.chance.randint(2, 4)
    hidden = history.chance.randrange(count) if smuggled else -1
    for number in range(count):
        history.operate()
        if number == hidden:
            history.repo.commit("nobody looked")
        elif history.git("diff", "--cached", "--name-only"):
            history.reviewed()
    history.git("branch", "old")


def upstream(history: History) -> None:
    history.git("checkout", "-q", "main")
    for _ in range(history.chance.randint(0, 2)):
        history.operate()
        history.repo.commit("upstream")
    history.git("checkout", "-q", "topic")


# Each returns the range to verify, empty if git met a conflict.


def rebase(history: History) -> str:
    done = history.repo.git("rebase", "-q", "main", check=False)
    return "" if in_trouble(history) or "CONFLICT" in done else "main..topic"


def interactive(history: History) -> str:
    """Squash and fixup some commits while rebasing, perhaps onto the old base."""
    words = "".join(f"{number}s/^pick/{history.chance.choice(('pick', 'squash', 'fixup'))}/;" for number in range(2, 6))
    onto = history.chance.choice(("main", "start"))
    env = {"GIT_SEQUENCE_EDITOR": f"sed -i '{words}'", "GIT_EDITOR": "true"}
    history.repo.git("rebase", "-q", "-i", onto, check=False, env=env)
    return "" if in_trouble(history) else f"{onto}..topic"


def squash(history: History) -> str:
    history.git("checkout", "-q", "main")
    history.repo.git("merge", "-q", "--squash", "topic", check=False)
    if history.git("ls-files", "-u") or not history.git("diff", "--cached", "--name-only"):
        return ""
    history.git("commit", "-q", "--no-verify", "--no-edit")
    return "main~1..main"


def forge_squash(history: History) -> str:
    made = squash(history)
    if made:
        history.git("commit", "-q", "--amend", "--no-verify", "-m", "Feature (#1)")
    return made


def cherry_pick(history: History) -> str:
    commits = history.git("rev-list", "--reverse", "start..topic").split("\n")
    chosen = [commit for commit in commits if history.chance.random() < 0.7] or commits[:1]
    history.git("checkout", "-q", "-b", "picked", "main")
    history.repo.git("cherry-pick", *chosen, check=False)
    return "" if in_trouble(history) else "main..picked"


def merge(history: History) -> str:
    history.git("checkout", "-q", "main")
    history.repo.git("merge", "-q", "--no-ff", "--no-verify", "-m", "merge", "topic", check=False)
    if history.git("ls-files", "-u") or history.git("status", "--porcelain"):
        return ""
    return "main~1..main"


OPERATIONS: tuple[Callable[[History], str], ...] = (rebase, interactive, squash, forge_squash, cherry_pick, merge)


def in_trouble(history: History) -> bool:
    folder = history.repo.path / ".git"
    return any((folder / name).exists() for name in ("rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "MERGE_HEAD"))


def tamper(history: History) -> None:
    """Change the last commit, keeping its message."""
    history.operate()
    history.git("commit", "-q", "--amend", "--no-verify", "--no-edit", "--allow-empty")


def assert_sound(history: History, proof: Proof, told: str) -> None:
    """Every path that counts as covered was reviewed."""
    reader = CommandReader(Git(history.repo.path))
    commit = reader.commit(proof.commit)
    trees = [reader.commit(parent).tree for parent in commit.parents]
    known = {line for tree in trees for line in tree_lines(reader, tree)}
    for change in reader.tree_changes(trees[0], commit.tree):
        if change.path in proof.residual:
            continue
        brought = set(reader.blob(change.new_oid).split(b"\n")) - known if change.new_mode else set()
        if len(trees) > 1:
            assert not brought, f"{told}: the merge brings lines of its own in {change.path!r}"
            continue
        old, new = (change.old_mode, change.old_oid), (change.new_mode, change.new_oid)
        if not history.reachable(change.path, old, new):
            replayed = proof.klass is Class.REPLAY or (proof.klass is Class.RESIDUAL and proof.used)
            assert replayed, f"{told}: {change.path!r} was never reviewed"
            assert brought <= history.lines, f"{told}: {change.path!r} holds lines that nobody reviewed"


def tree_lines(reader: CommandReader, tree: str) -> Iterator[bytes]:
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904" if len(tree) == 40 else \
        "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"  # fmt: skip
    for change in reader.tree_changes(empty, tree):
        yield from reader.blob(change.new_oid).split(b"\n")


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_random_history(seed: int, make_repo: Callable[..., Repo], tmp_path: Path) -> None:
    chance = random.Random(seed)
    key = new_key(tmp_path / "keys")
    use_key(key)
    repo = make_repo("repo", f"--object-format={chance.choice(('sha1', 'sha1', 'sha256'))}")
    history = History(repo, key, chance)
    history.start()
    evil = chance.choice(("none", "none", "hidden", "tampered"))
    topic(history, evil == "hidden")
    upstream(history)
    operation = chance.choice(OPERATIONS)
    span = operation(history)
    if not span:
        pytest.skip("git met a conflict")
    if evil == "tampered":
        tamper(history)
    proofs = proofs_of(repo, span, Options(statements_from=["old"]))
    told = f"seed {seed}, {operation.__name__}, {evil}"
    for proof in proofs:
        assert_sound(history, proof, told)
        if evil == "none":
            assert proof.proven, f"{told}: {paths_of(proof)} {proof.klass} {proof.reasons}"
