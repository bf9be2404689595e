"""The installed hooks, run by real git. Where only the script is under test, a recorder stands in for Python."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Repo

from reviewer.git import Git
from reviewer.installation import ALL, HOOKS, TELLING, chained, shared
from reviewer.installation.place import find_place
from reviewer.installation.shim import Interpreter, find_interpreter, interpreter_of, is_ours, render

RECORDER = """\
#!/bin/sh
{
    for word in "$@"; do printf '<%s>' "$word"; done
    printf '\\n'
    cat
} >> '@LOG@'
exit @CODE@
"""


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def recorder(folder: Path, code: int = 0) -> tuple[Interpreter, Path]:
    """A stand-in for Python that notes its words and its input, and the note."""
    log = folder / "log"
    text = RECORDER.replace("@LOG@", str(log)).replace("@CODE@", str(code))
    return Interpreter(script(folder / 'it\'s a "python" $HOME', text), "si te"), log


def run(repo: Repo, *args: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        args, cwd=repo.path, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, **(env or {})}
    )


def hooks_of(repo: Repo) -> Path:
    return repo.path / ".git" / "hooks"


def test_every_hook_gets_gits_words_and_input(repo: Repo, tmp_path: Path) -> None:
    interpreter, log = recorder(tmp_path)
    chained.install(hooks_of(repo), interpreter)
    run(repo, "git", "init", "-q", "--bare", str(tmp_path / "remote.git"))
    repo.stage("a", "a\n")
    assert run(repo, "git", "commit", "-qm", "one").returncode == 0
    oid = repo.git("rev-parse", "HEAD")
    assert run(repo, "git", "push", "-q", str(tmp_path / "remote.git"), "main").returncode == 0
    said = log.read_text()
    assert "<si te><hook><pre-commit>\n" in said
    assert "<hook><prepare-commit-msg><.git/COMMIT_EDITMSG><message>\n" in said
    assert "<hook><commit-msg><.git/COMMIT_EDITMSG>\n" in said
    remote = tmp_path / "remote.git"
    assert f"<hook><pre-push><{remote}><{remote}>\nrefs/heads/main {oid} refs/heads/main {'0' * 40}\n" in said
    assert said.startswith("<-I><-c>")


@pytest.mark.parametrize("name", [name for name in HOOKS if name not in TELLING])
def test_the_exit_code_is_passed_on(repo: Repo, tmp_path: Path, name: str) -> None:
    interpreter, _ = recorder(tmp_path, code=3)
    chained.install(hooks_of(repo), interpreter)
    done = subprocess.run([hooks_of(repo) / name, "a", "b"], cwd=repo.path, input=b"x y\n", check=False)
    assert done.returncode == 3


def test_the_earlier_hook_runs_first_and_both_read_the_push(repo: Repo, tmp_path: Path) -> None:
    interpreter, log = recorder(tmp_path)
    script(hooks_of(repo) / "pre-push", f"#!/bin/sh\necho \"first $1\" >> '{log}'\ncat >> '{log}'\n")
    chained.install(hooks_of(repo), interpreter)
    text = b"refs/a 1 refs/b 2\nrefs/c 3 refs/d 4\n"
    subprocess.run([".git/hooks/pre-push", "origin", "url"], cwd=repo.path, input=text, check=True)
    parts = log.read_text().partition("<-I>")
    assert parts[0] == "first origin\n" + text.decode()
    assert parts[2].endswith(text.decode())


def test_an_earlier_hook_that_ignores_a_long_push_does_no_harm(repo: Repo, tmp_path: Path) -> None:
    interpreter, log = recorder(tmp_path)
    script(hooks_of(repo) / "pre-push", "#!/bin/sh\nexit 0\n")
    chained.install(hooks_of(repo), interpreter)
    text = b"refs/a 1 refs/b 2\n" * 20_000
    done = subprocess.run([".git/hooks/pre-push", "origin", "url"], cwd=repo.path, input=text, check=False)
    assert done.returncode == 0
    assert log.read_bytes().endswith(text)


def test_a_failing_earlier_hook_stops_with_its_code(repo: Repo, tmp_path: Path) -> None:
    interpreter, log = recorder(tmp_path)
    script(hooks_of(repo) / "pre-commit", "#!/bin/sh\nexit 7\n")
    chained.install(hooks_of(repo), interpreter)
    assert run(repo, ".git/hooks/pre-commit").returncode == 7
    assert not log.exists()


@pytest.fixture
def after(repo: Repo, tmp_path: Path) -> tuple[Repo, Path]:
    """A commit made without hooks, then hooks with a recorder that fails."""
    repo.stage("a", "a\n")
    repo.commit("one")
    repo.stage("a", "b\n")
    repo.commit("two")
    interpreter, log = recorder(tmp_path, code=3)
    chained.install(hooks_of(repo), interpreter, ALL)
    return repo, log


def left(repo: Repo, folder: str, name: str = "1-2.json", **content: str) -> Path:
    return script(repo.path / ".git" / "hunkgate" / folder / name, json.dumps(content), 0o644)


def trees(repo: Repo) -> dict[str, str]:
    return {"tree": repo.git("rev-parse", "HEAD^{tree}"), "base": repo.git("rev-parse", "HEAD~1^{tree}"), "line": ""}


REFS = "1 2 refs/heads/main\n1 2 HEAD\n"


def hook(repo: Repo, *words: str, stdin: str = REFS) -> int:
    done = subprocess.run([hooks_of(repo) / words[0], *words[1:]], cwd=repo.path, input=stdin.encode(), check=False)
    return done.returncode


def test_hooks_that_run_often_end_before_python_starts(after: tuple[Repo, Path]) -> None:
    repo, log = after
    for words in (("post-commit",), ("post-rewrite", "amend"), *(("reference-transaction", state) for state in STATES)):
        assert hook(repo, *words) == 0
    left(repo, "attempts", tree="x")
    (repo.path / ".git" / "rebase-merge").mkdir()
    for words in (("post-commit",), ("reference-transaction", "prepared"), ("reference-transaction", "committed")):
        assert hook(repo, *words) == 0
    assert not log.exists()


STATES = ("prepared", "committed", "aborted")


@pytest.mark.parametrize("words", [("post-commit",), ("reference-transaction", "committed")])
def test_the_shell_confirms_what_was_attested(after: tuple[Repo, Path], words: tuple[str, ...]) -> None:
    repo, log = after
    waiting = left(repo, "waiting", **trees(repo))
    assert hook(repo, *words) == 0
    assert (waiting.exists(), log.exists()) == (False, False)


@pytest.mark.parametrize("key", ["tree", "base", "line"])
def test_python_starts_for_what_the_shell_cannot_confirm(after: tuple[Repo, Path], key: str) -> None:
    repo, log = after
    waiting = left(repo, "waiting", **{**trees(repo), key: "0" * 40})
    assert hook(repo, "post-commit") == 0
    assert waiting.exists()
    assert "<hook><post-commit>" in log.read_text()


@pytest.mark.parametrize(("folder", "name"), [("waiting", "1-2.note.json"), ("attempts", "1-2.json")])
def test_python_starts_for_a_note_and_for_a_commit_without_commit_msg(after: tuple[Repo, Path], folder: str, name: str) -> None:
    repo, log = after
    left(repo, folder, name, **trees(repo))
    assert hook(repo, "reference-transaction", "committed") == 0
    assert log.read_text().endswith(f"<hook><reference-transaction><committed>\n{REFS}")


def test_python_starts_at_the_end_of_a_rebase(after: tuple[Repo, Path]) -> None:
    repo, log = after
    assert hook(repo, "post-rewrite", "rebase", stdin="1 2\n") == 0
    assert log.read_text().endswith("<hook><post-rewrite><rebase>\n1 2\n")


def test_an_earlier_hook_keeps_its_say_about_refs(after: tuple[Repo, Path]) -> None:
    repo, log = after
    script(hooks_of(repo) / "reference-transaction.before-hunkgate", f"#!/bin/sh\ncat >> '{log}'\nexit 7\n")
    assert [hook(repo, "reference-transaction", state) for state in STATES] == [7, 7, 7]
    assert log.read_text() == REFS * 3
    left(repo, "attempts", tree="x")
    assert hook(repo, "reference-transaction", "committed") == 7
    assert log.read_text().endswith(f"{REFS}<-I>" + log.read_text().rpartition("<-I>")[2])
    assert log.read_text().endswith(f"<committed>\n{REFS}")


def test_a_lost_interpreter_stops_nothing_that_is_done(repo: Repo, tmp_path: Path) -> None:
    chained.install(hooks_of(repo), Interpreter(tmp_path / "gone"), ALL)
    left(repo, "attempts", tree="x")
    repo.git("update-ref", "refs/heads/x", repo.git("commit-tree", "-m", "x", repo.git("write-tree")))
    assert [hook(repo, name, word) for name, word in (("post-commit", ""), ("post-rewrite", "rebase"))] == [0, 0]


def test_an_earlier_hook_that_git_would_not_run_is_not_run(repo: Repo, tmp_path: Path) -> None:
    interpreter, log = recorder(tmp_path)
    script(hooks_of(repo) / "pre-commit", "#!/bin/sh\nexit 7\n", 0o644)
    chained.install(hooks_of(repo), interpreter)
    assert run(repo, ".git/hooks/pre-commit").returncode == 0
    assert log.exists()


@pytest.mark.parametrize("name", ["plain", "with space", 'it\'s "quoted" $HOME `x`'])
def test_repositories_of_any_name(make_repo, tmp_path: Path, name: str) -> None:
    made = make_repo(name)
    interpreter, log = recorder(tmp_path)
    script(hooks_of(made) / "pre-commit", f"#!/bin/sh\necho first >> '{log}'\n")
    chained.install(hooks_of(made), interpreter)
    made.stage("a", "a\n")
    assert run(made, "git", "commit", "-qm", "one").returncode == 0
    assert log.read_text().startswith("first\n<-I>")


def test_in_a_worktree(repo: Repo, tmp_path: Path) -> None:
    repo.commit()
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    tree = Repo(tmp_path / "tree")
    interpreter, log = recorder(tmp_path)
    chained.install(find_place(Git(tree.path)).folder, interpreter)
    tree.stage("a", "a\n")
    assert run(tree, "git", "commit", "-qm", "one").returncode == 0
    assert "<hook><pre-commit>" in log.read_text()


@pytest.mark.parametrize("text", [None, "cat > /dev/null; echo theirs\n", "echo theirs\n"])
def test_shared_hooks_run_theirs_and_ours(repo: Repo, tmp_path: Path, text: str | None) -> None:
    repo.git("config", "core.hooksPath", ".husky")
    interpreter, log = recorder(tmp_path)
    if text:
        for name in HOOKS:
            script(repo.path / ".husky" / name, text)
    shared.install(find_place(Git(repo.path)), interpreter)
    repo.stage("a", "a\n")
    committed = run(repo, "git", "commit", "-qm", "one")
    assert committed.returncode == 0, committed.stderr
    run(repo, "git", "init", "-q", "--bare", str(tmp_path / "remote.git"))
    pushed = run(repo, "git", "push", "-q", str(tmp_path / "remote.git"), "main")
    said = log.read_text()
    assert "<hook><commit-msg><.git/COMMIT_EDITMSG>" in said
    assert f"refs/heads/main {repo.git('rev-parse', 'HEAD')} refs/heads/main" in said
    assert pushed.stderr.count("theirs") + pushed.stdout.count("theirs") == (1 if text else 0)


def test_a_shared_push_hook_still_gets_its_input(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "core.hooksPath", ".husky")
    interpreter, _ = recorder(tmp_path)
    script(repo.path / ".husky" / "pre-push", f"#!/bin/sh\ncat > '{tmp_path}/theirs'\n")
    shared.install(find_place(Git(repo.path)), interpreter)
    text = b"refs/a 1 `x` $HOME\n"
    subprocess.run([".husky/pre-push", "origin", "url"], cwd=repo.path, input=text, check=True)
    assert (tmp_path / "theirs").read_bytes() == text


def test_ours_stops_a_shared_hook(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "core.hooksPath", ".husky")
    interpreter, _ = recorder(tmp_path, code=1)
    shared.install(find_place(Git(repo.path)), interpreter)
    repo.stage("a", "a\n")
    assert run(repo, "git", "commit", "-qm", "one").returncode == 1


def test_lost_interpreter_falls_back_to_the_command_on_path(repo: Repo, tmp_path: Path) -> None:
    chained.install(hooks_of(repo), Interpreter(tmp_path / "gone"))
    script(tmp_path / "b in" / "hunkgate", '#!/bin/sh\necho "found $* ${PYTHONPATH-unset}"\nexit 5\n')
    script(repo.path / "hunkgate", "#!/bin/sh\necho hostile\n")
    path = f".::{tmp_path}/b in:/usr/bin:/bin"
    done = run(repo, ".git/hooks/commit-msg", "file", env={"PATH": path, "PYTHONPATH": "."})
    assert (done.returncode, done.stdout) == (5, "found hook commit-msg file unset\n")


def test_lost_interpreter_and_no_command_says_how_to_mend(repo: Repo, tmp_path: Path) -> None:
    script(hooks_of(repo) / "commit-msg", "#!/bin/sh\n")
    chained.install(hooks_of(repo), Interpreter(tmp_path / "gone"))
    for name, way in (("pre-commit", "rm '.git/hooks/pre-commit'"), ("commit-msg", "mv '.git/hooks/commit-msg.before-hunkgate'")):
        done = run(repo, f".git/hooks/{name}", env={"PATH": "/usr/bin:/bin"})
        assert done.returncode == 1
        assert "nothing was reviewed" in done.stderr
        assert "hunkgate init" in done.stderr
        assert way in done.stderr


def test_a_python_without_hunkgate_says_so_without_a_traceback(repo: Repo, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    chained.install(hooks_of(repo), Interpreter(bare / "bin" / "python"))
    done = run(repo, ".git/hooks/pre-commit")
    assert done.returncode == 1
    assert "hunkgate init" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_of_the_repository_is_imported(repo: Repo, tmp_path: Path) -> None:
    """A hostile repository, and a user whose PYTHONPATH lets Python import from the current folder."""
    mark = tmp_path / "mark"
    evil = f"open({str(mark)!r}, 'a').write(__name__)\n"
    modules = ("json", "rich", "sitecustomize", "usercustomize", "argparse", "reviewer/__init__", "reviewer/cli")
    for name in modules:
        repo.write(f"{name}.py", evil)
    assert repo.hunkgate("init", "--no-config").returncode == 0
    repo.stage("a.py", "A = 1\n")
    done = run(repo, "git", "commit", "-m", "one", env={"PYTHONPATH": ".", "PYTHONSTARTUP": "json.py"})
    assert done.returncode == 0, done.stderr
    assert "attested" in done.stderr
    assert not mark.exists()
    # The same folder is dangerous to a Python that is not isolated.
    run(repo, sys.executable, "-c", "import rich", env={"PYTHONPATH": "."})
    assert mark.exists()


def test_the_hook_reaches_the_program(repo: Repo) -> None:
    assert repo.hunkgate("init", "--no-config").returncode == 0
    hook = hooks_of(repo) / "pre-commit"
    renamed = hook.read_text().replace("name='pre-commit'", "name='no-such-hook'")
    done = run(repo, script(hook, renamed))
    assert done.returncode == 2
    assert "no 'no-such-hook' among the hooks" in done.stderr


def test_the_interpreter_that_runs_is_found() -> None:
    found = find_interpreter(Path("/"))
    assert str(found.python) == sys.executable
    done = subprocess.run([found.python, "-I", "-c", "import reviewer.cli"], check=False)
    assert (done.returncode == 0) == (found.site == "")


def test_packages_outside_of_isolated_python_are_found(tmp_path: Path) -> None:
    """As after `pip install --user`: isolated Python does not look into that folder."""
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    packages = tmp_path / "user site"
    shutil.copytree(
        Path(find_interpreter.__code__.co_filename).parents[1],
        packages / "reviewer",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    code = "from pathlib import Path; from reviewer.installation.shim import find_interpreter as f; print(f(Path('/repo')).site)"
    python = bare / "bin" / "python"
    env = {**os.environ, "PYTHONPATH": str(packages)}
    done = subprocess.run([python, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(packages)
    hook = script(tmp_path / "pre-commit", render("pre-commit", Interpreter(python, str(packages))).decode())
    done = subprocess.run([hook], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert "cannot run it any more" not in done.stderr


def test_the_script_tells_its_interpreter(tmp_path: Path) -> None:
    python = tmp_path / "it's" / "python"
    hook = tmp_path / "hook"
    hook.write_bytes(render("pre-commit", Interpreter(python)))
    assert is_ours(hook)
    assert interpreter_of(hook) == str(python)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "busybox"])
def test_the_script_is_plain_shell(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    hook = script(tmp_path / "hook", render("pre-push", Interpreter(tmp_path / "it's")).decode())
    words = [shell, "sh"] if shell == "busybox" else [shell]
    assert subprocess.run([*words, "-n", str(hook)], check=False).returncode == 0
    assert stat.S_IMODE(hook.stat().st_mode) == 0o755
