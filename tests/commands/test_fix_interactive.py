"""`hunkgate fix --interactive` on a real terminal, and all that can go on around it while it asks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from conftest import Repo
from mending import staged
from on_terminal import OnTerminal

CODE = "import yaml\n\n\ndef load(stream):\n    return yaml.load(stream)\n\n\ndef same(a):\n    return a is 3\n"
FIRST = CODE.replace("yaml.load", "yaml.safe_load")
SECOND = CODE.replace("a is 3", "a == 3")
BOTH = FIRST.replace("a is 3", "a == 3")
ASKS = b"[y,n,q,a,?]? "


@pytest.fixture
def repo(repo: Repo) -> Repo:
    repo.stage("a.py", CODE)
    return repo


def _start(repo: Repo, size: tuple[int, int] = (24, 100)) -> OnTerminal:
    return OnTerminal.start(repo.path, "hunkgate", "fix", "--interactive", size=size)


def _clean(repo: Repo, index: str, work: str) -> None:
    """What the index and the work tree hold, and that nothing else was left there."""
    assert staged(repo, b"a.py") == index.encode()
    assert (repo.path / "a.py").read_bytes() == work.encode()
    assert sorted(path.name for path in repo.path.iterdir()) == [".git", "a.py"]
    assert not [path.name for path in (repo.path / ".git").iterdir() if "lock" in path.name or path.name.startswith("hunkgate-")]


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        ((b"y\n", b"n\n"), FIRST), ((b"n\n", b"y\n"), SECOND), ((b"a\n",), BOTH), ((b"q\n",), CODE), ((b"y\n", b"q\n"), FIRST),
        ((b"YES\n", b" n \n"), FIRST), ((b"\n", b"huh\n", b"\xe9\xff\n", b"y\n", b"y\n"), BOTH), ((b"y\n", b"\x04"), FIRST),
        ((b"\x04",), CODE), ((b"y" * 3000 + b"\n", b"q\n"), FIRST),
    ],
)  # fmt: skip
def test_every_answer(repo: Repo, answers: tuple[bytes, ...], result: str) -> None:
    asked = _start(repo)
    asked.answer(ASKS, *answers)
    assert asked.end() == 0
    _clean(repo, result, result)


def test_finding_hunk_and_proof_stand_above_the_question(repo: Repo) -> None:
    asked = _start(repo)
    asked.until(ASKS)
    said = asked.said.decode()
    order = [
        "a.py:5  python-yaml-load",
        "-    return yaml.load(stream)",
        "+    return yaml.safe_load(stream)",
        "proven: ",
        "(1/2) Mend",
    ]
    places = [said.index(part) for part in order]
    assert places == sorted(places)
    asked.type(b"q\n")
    assert asked.end() == 0


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (24, 7), (500, 60000)])
def test_a_terminal_of_any_size(repo: Repo, size: tuple[int, int]) -> None:
    asked = _start(repo, size)
    asked.answer(ASKS, b"a\n")
    assert asked.end() == 0
    assert b"Traceback" not in asked.said
    assert b"yaml.safe_load" in asked.said
    _clean(repo, BOTH, BOTH)


@pytest.mark.parametrize("answers", [(b"\x03",), (b"y\n", b"\x03")])
def test_an_interruption_changes_nothing(repo: Repo, answers: tuple[bytes, ...]) -> None:
    asked = _start(repo)
    asked.answer(ASKS, *answers)
    assert asked.end() == 130
    assert b"Traceback" not in asked.said
    _clean(repo, CODE, CODE)


def test_a_terminal_that_goes_away_changes_nothing(repo: Repo) -> None:
    asked = _start(repo)
    asked.answer(ASKS, b"y\n")
    asked.until(ASKS)
    os.close(asked.terminal)
    assert os.waitpid(asked.child, 0)[0] == asked.child
    assert staged(repo, b"a.py") in (CODE.encode(), FIRST.encode())
    assert not (repo.path / ".git/index.lock").exists()


def test_an_index_that_moved_meanwhile_is_left_alone(repo: Repo) -> None:
    later = CODE + "# staged later\n"
    asked = _start(repo)
    asked.answer(ASKS, b"a\n", between=lambda: repo.stage("a.py", later))
    assert asked.end() == 3
    assert b"staged anew since the review" in asked.said
    _clean(repo, later, later)


def test_another_file_that_is_staged_meanwhile_stays_staged(repo: Repo) -> None:
    asked = _start(repo)
    asked.answer(ASKS, b"a\n", between=lambda: repo.stage("b.py", "x = 1\n"))
    assert asked.end() == 0
    assert (staged(repo, b"a.py"), staged(repo, b"b.py")) == (BOTH.encode(), b"x = 1\n")


def test_what_is_edited_meanwhile_stays_in_the_work_tree(repo: Repo) -> None:
    mine = CODE + "\n\ndef mine():\n    return 1\n"
    asked = _start(repo)
    asked.answer(ASKS, b"a\n", between=lambda: (repo.path / "a.py").write_text(mine) and None)
    assert asked.end() == 0
    _clean(repo, BOTH, BOTH + "\n\ndef mine():\n    return 1\n")


def test_a_line_that_is_edited_meanwhile_is_not_touched(repo: Repo) -> None:
    mine = CODE.replace("yaml.load(stream)", "yaml.load(stream, Loader)")
    asked = _start(repo)
    asked.answer(ASKS, b"y\n", b"n\n", between=lambda: (repo.path / "a.py").write_text(mine) and None)
    assert asked.end() == 0
    assert b"the work tree was left as it is" in asked.said
    _clean(repo, FIRST, mine)


def test_a_file_that_is_gone_meanwhile_stays_gone(repo: Repo) -> None:
    asked = _start(repo)
    asked.answer(ASKS, b"a\n", between=lambda: (repo.path / "a.py").unlink())
    assert asked.end() == 0
    assert staged(repo, b"a.py") == BOTH.encode()
    assert not (repo.path / "a.py").exists()


def test_another_git_at_work_is_waited_for_by_the_person(repo: Repo) -> None:
    lock = repo.path / ".git/index.lock"
    asked = _start(repo)
    asked.answer(ASKS, b"a\n", between=lambda: lock.write_bytes(b"theirs") and None)
    assert asked.end() == 3
    assert b"another git is changing the index" in asked.said
    assert lock.read_bytes() == b"theirs"
    lock.unlink()
    _clean(repo, CODE, CODE)


@pytest.mark.parametrize("streams", ["</dev/null", "<&-", "| cat", "<&- >&-"])
def test_without_a_terminal_it_says_what_to_do(repo: Repo, streams: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"hunkgate fix --interactive {streams}"],
        cwd=repo.path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert b"hunkgate fix --apply" in done.stderr
    assert b"Traceback" not in done.stderr
    _clean(repo, CODE, CODE)


def test_mends_that_no_longer_hold_by_themselves_are_not_written(repo: Repo, tmp_path: Path) -> None:
    """Of two mends that are proven together the one that was chosen is proven once more."""
    asked = _start(repo)
    asked.answer(ASKS, b"n\n", b"y\n")
    assert asked.end() == 0
    assert asked.said.count(b"Mend this") == 2
    _clean(repo, SECOND, SECOND)
