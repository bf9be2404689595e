from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Repo

from reviewer import config
from reviewer.git import Git
from reviewer.installation import HOOKS, INSTALLED
from reviewer.records import Mode

State = dict[str, tuple[str, int, bytes]]


def state(*folders: Path) -> State:
    """Every file below the folders: kind, mode, content."""
    found: State = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink():
                found[str(path)] = ("link", 0, os.fsencode(path.readlink()))
            elif path.is_file():
                found[str(path)] = ("file", stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    return found


def init(repo: Repo, *args: str, code: int = 0) -> str:
    done = repo.hunkgate("init", *args)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def script(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def hooks_of(repo: Repo) -> Path:
    return repo.path / ".git" / "hooks"


def test_installs_its_hooks_and_a_blocking_file(repo: Repo) -> None:
    said = init(repo)
    assert not (hooks_of(repo) / "reference-transaction").exists()
    for name in INSTALLED:
        hook = hooks_of(repo) / name
        assert os.access(hook, os.X_OK)
        assert sys.executable.rpartition("/")[0] in hook.read_text()
    policy = config.load_policy(Git(repo.path)).policy
    assert policy.mode is Mode.BLOCK
    assert len(policy.repository) == 32
    assert "wrote" in said
    assert "Next:" in said


def test_twice_changes_nothing(repo: Repo) -> None:
    init(repo)
    before = state(repo.path)
    assert "in place already" in init(repo)
    assert state(repo.path) == before


def test_the_hook_of_refs_is_installed_on_request_and_then_kept(repo: Repo) -> None:
    before = state(hooks_of(repo))
    init(repo, "--no-config", "--reference-transaction")
    hook = hooks_of(repo) / "reference-transaction"
    hook.write_text(hook.read_text() + "# old\n")
    assert f"updated {hook}" in init(repo, "--no-config")
    init(repo, "--uninstall")
    assert state(hooks_of(repo)) == before


@pytest.mark.parametrize("shared", [False, True])
def test_a_hook_that_only_tells_is_left_alone_where_it_must_not_be_touched(repo: Repo, shared: bool) -> None:
    folder = repo.path / ".githooks" if shared else hooks_of(repo)
    if shared:
        repo.git("config", "core.hooksPath", ".githooks")
    theirs = script(folder / "post-commit", '#!/usr/bin/env python3\nprint("basename")\n')
    before = theirs.read_bytes()
    assert f"left {theirs} alone: " in init(repo, "--no-config")
    assert theirs.read_bytes() == before
    assert (folder / "pre-commit").exists()


def test_shared_hooks_are_not_run_for_every_ref(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    assert "left reference-transaction alone" in init(repo, "--no-config", "--reference-transaction")
    assert not (repo.path / ".githooks" / "reference-transaction").exists()


def test_repository_ids_differ(make_repo: Callable[..., Repo]) -> None:
    ids = set()
    for name in ("a", "b"):
        made = make_repo(name)
        init(made)
        ids.add(config.load_policy(Git(made.path)).policy.repository)
    assert len(ids) == 2


def test_an_existing_file_is_never_overwritten(repo: Repo) -> None:
    repo.write(".hunkgate.toml", 'mode = "advise"\n')
    init(repo)
    assert (repo.path / ".hunkgate.toml").read_text() == 'mode = "advise"\n'


def test_settings_in_pyproject_are_settings(repo: Repo) -> None:
    repo.write("pyproject.toml", "[tool.hunkgate]\n")
    init(repo)
    assert not (repo.path / ".hunkgate.toml").exists()


def test_no_config(repo: Repo) -> None:
    init(repo, "--no-config")
    assert not (repo.path / ".hunkgate.toml").exists()


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o644])
def test_uninstall_restores_bytes_and_mode(repo: Repo, mode: int) -> None:
    for name in ("pre-commit", "commit-msg"):
        script(hooks_of(repo) / name, f"#!/bin/sh\n# {name}\nexit 0", mode)
    (hooks_of(repo) / "pre-push").symlink_to("../../scripts/push")
    before = state(repo.path / ".git")
    init(repo, "--no-config")
    assert state(repo.path / ".git") != before
    assert "restored" in init(repo, "--uninstall")
    assert state(repo.path / ".git") == before


def test_uninstall_without_install(repo: Repo) -> None:
    before = state(repo.path)
    assert "no hooks of hunkgate" in init(repo, "--uninstall")
    assert state(repo.path) == before


def test_uninstall_leaves_no_notes_and_keeps_settings(repo: Repo) -> None:
    init(repo)
    for name in ("reviews", "attempts"):
        script(repo.path / ".git" / "hunkgate" / name / "x.json", "{}", 0o644)
    init(repo, "--uninstall")
    assert not (repo.path / ".git" / "hunkgate").exists()
    assert (repo.path / ".hunkgate.toml").exists()


def test_an_interrupted_installation_is_finished_and_undone(repo: Repo) -> None:
    hook = script(hooks_of(repo) / "pre-commit", "#!/bin/sh\nexit 0\n")
    before = state(repo.path / ".git")
    hook.rename(hook.with_name("pre-commit.before-hunkgate"))
    init(repo, "--uninstall")
    assert state(repo.path / ".git") == before


def test_two_hooks_that_are_not_ours_are_not_touched(repo: Repo) -> None:
    script(hooks_of(repo) / "pre-commit", "one")
    script(hooks_of(repo) / "pre-commit.before-hunkgate", "two")
    before = state(repo.path)
    assert "neither is ours" in init(repo, code=2)
    assert state(repo.path) == before


def test_a_hook_that_asks_its_own_name_is_not_renamed(repo: Repo) -> None:
    script(hooks_of(repo) / "commit-msg", '#!/bin/sh\nexec run-hook "$(basename "$0")"\n')
    before = state(repo.path)
    assert "own file name" in init(repo, code=2)
    assert state(repo.path) == before


def test_a_new_interpreter_is_written_into_the_hooks(repo: Repo) -> None:
    init(repo)
    hook = hooks_of(repo) / "pre-commit"
    hook.write_text(hook.read_text().replace(sys.executable, "/gone/python"))
    assert f"updated {hook}" in init(repo)
    assert "/gone/python" not in hook.read_text()


def test_pre_commit_framework_on_top_of_ours(repo: Repo) -> None:
    """`pre-commit install` keeps our hook as pre-commit.legacy; ours keeps what was there before."""
    old = "#!/bin/sh\n# the oldest\n"
    script(hooks_of(repo) / "pre-commit", old)
    init(repo, "--no-config")
    hook = hooks_of(repo) / "pre-commit"
    hook.rename(hook.with_name("pre-commit.legacy"))
    script(hook, "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n")
    init(repo, "--uninstall")
    assert (hooks_of(repo) / "pre-commit.legacy").read_text() == old
    assert "File generated" in hook.read_text()


def test_hooks_path_inside_the_git_folder_and_outside_the_repository(repo: Repo, tmp_path: Path) -> None:
    for folder in (repo.path / ".git" / "own hooks", tmp_path / "elsewhere"):
        repo.git("config", "core.hooksPath", str(folder))
        init(repo, "--no-config")
        assert (folder / "pre-commit").exists()
        init(repo, "--uninstall")
        assert list(folder.iterdir()) == []


def test_hooks_moved_after_installation_are_still_removed(repo: Repo, tmp_path: Path) -> None:
    before = state(hooks_of(repo))
    init(repo, "--no-config")
    repo.git("config", "core.hooksPath", str(tmp_path / "elsewhere"))
    init(repo, "--uninstall")
    assert state(hooks_of(repo)) == before


@pytest.mark.parametrize("scope", ["--global", "--system"])
def test_hooks_of_all_repositories_are_refused(repo: Repo, tmp_path: Path, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "system"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "0")
    repo.git("config", scope, "core.hooksPath", str(tmp_path / "all"))
    before = state(repo.path)
    said = init(repo, code=2)
    assert "every repository" in said
    assert "git config --local core.hooksPath" in said
    assert "hunkgate hook NAME" in said
    assert state(repo.path) == before
    repo.git("config", "--local", "core.hooksPath", str(hooks_of(repo)))
    init(repo)
    assert (hooks_of(repo) / "pre-commit").exists()


def test_hooks_switched_off_are_named(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", "/dev/null")
    assert "switched off" in init(repo, code=2)


def test_from_a_worktree_and_a_subfolder(repo: Repo, tmp_path: Path) -> None:
    repo.commit()
    repo.git("worktree", "add", "-q", "-b", "other", str(tmp_path / "w t"))
    sub = tmp_path / "w t" / "sub"
    sub.mkdir()
    init(Repo(sub))
    assert (hooks_of(repo) / "pre-commit").exists()
    assert (tmp_path / "w t" / ".hunkgate.toml").exists()
    init(Repo(sub), "--uninstall")
    assert not (hooks_of(repo) / "pre-commit").exists()


def test_outside_a_repository(tmp_path: Path) -> None:
    assert "not in a git repository" in init(Repo(tmp_path), code=3)


def test_a_bare_repository(make_repo: Callable[..., Repo]) -> None:
    assert "bare repository" in init(make_repo("b.git", "--bare"), code=3)


def test_a_folder_that_cannot_be_written(repo: Repo) -> None:
    hooks_of(repo).rename(hooks_of(repo).with_name("hooks-before"))
    hooks_of(repo).write_text("a file")
    said = init(repo, "--no-config", code=3)
    assert "cannot change" in said
    assert "Traceback" not in said


def test_pre_commit_stanza(repo: Repo) -> None:
    said = init(repo, "--pre-commit")
    for part in ("id: hunkgate\n", "id: hunkgate-attest", "id: hunkgate-verify", "-t pre-push", "repos:"):
        assert part in said
    assert not (hooks_of(repo) / "pre-commit").exists()
    assert (repo.path / ".hunkgate.toml").exists()


def test_the_printed_stanza_is_a_valid_pre_commit_file(repo: Repo) -> None:
    text = init(repo, "--pre-commit", "--no-config")
    stanza = text.partition("\n\n")[2].partition("\nthen run")[0]
    path = repo.write("config.yaml", stanza)
    done = subprocess.run(["pre-commit", "validate-config", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    ids = {line.partition("id: ")[2] for line in stanza.split("\n") if "id: " in line}
    manifest = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text()
    assert ids == {line.partition("id: ")[2] for line in manifest.split("\n") if "id: " in line}


@pytest.mark.parametrize("name", [".pre-commit-config.yaml", "lefthook.yml", ".lefthook.toml", ".config/lefthook.yaml"])
def test_other_managers_get_a_stanza_and_no_hooks(repo: Repo, name: str) -> None:
    repo.write(name, "")
    before = state(hooks_of(repo))
    said = init(repo)
    assert "nothing was installed" in said
    assert "Add this to" in said
    assert state(hooks_of(repo)) == before


def test_lefthook_stanza_is_yaml_with_every_hook(repo: Repo) -> None:
    import yaml

    repo.write("lefthook.yml", "")
    stanza = yaml.safe_load(init(repo).partition("lefthook.yml:\n\n")[2].partition("\nthen run")[0])
    assert {name: part["commands"]["hunkgate"]["run"] for name, part in stanza.items()} == {
        name: f"hunkgate hook {name} {{0}}" for name in HOOKS
    }
    assert stanza["pre-push"]["commands"]["hunkgate"]["use_stdin"] is True


def husky(repo: Repo, version: int) -> Path:
    """A repository as husky leaves it, and the folder that people write in."""
    folder = repo.path / ".husky"
    if version == 9:
        repo.git("config", "core.hooksPath", ".husky/_")
        for name in HOOKS:
            script(folder / "_" / name, '#!/usr/bin/env sh\n. "$(dirname "$0")/h"')
        script(
            folder / "_" / "h",
            '#!/usr/bin/env sh\ns=$(dirname "$(dirname "$0")")/$(basename "$0")\n[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\n',
        )
    else:
        repo.git("config", "core.hooksPath", ".husky")
    return folder


@pytest.mark.parametrize("version", [8, 9])
@pytest.mark.parametrize(
    "text", [None, "echo theirs\n", "#!/bin/sh\necho theirs\n", "#!/usr/bin/env sh\necho theirs", "", "#!/bin/sh"]
)
def test_husky_gets_a_block_and_is_restored(repo: Repo, version: int, text: str | None) -> None:
    folder = husky(repo, version)
    for name in HOOKS:
        if text is not None:
            script(folder / name, text, 0o755)
    before = state(repo.path)
    generated = state(folder / "_")
    init(repo, "--no-config")
    assert state(folder / "_") == generated
    for name in HOOKS:
        block = (folder / name).read_text()
        assert f"hunkgate/hooks/{name}" in block
        assert sys.executable not in block
        assert os.access(folder / name, os.X_OK)
    init(repo, "--no-config")
    assert (folder / "pre-commit").read_text().count(">>> hunkgate") == 1
    init(repo, "--uninstall")
    assert state(repo.path) == before


def test_a_hooks_folder_in_the_work_tree_is_shared(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    script(repo.path / ".githooks" / "commit-msg", "#!/bin/bash\ntrue\n", 0o775)
    before = state(repo.path)
    init(repo, "--no-config")
    assert sys.executable not in (repo.path / ".githooks" / "pre-commit").read_text()
    assert sys.executable in (repo.path / ".git" / "hunkgate" / "hooks" / "pre-commit").read_text()
    init(repo, "--uninstall")
    assert state(repo.path) == before


def test_lines_added_to_a_file_of_ours_are_kept(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    init(repo, "--no-config")
    hook = repo.path / ".githooks" / "pre-commit"
    hook.write_text(hook.read_text() + "echo mine\n")
    init(repo, "--uninstall")
    assert hook.read_text() == "#!/bin/sh\necho mine\n"


@pytest.mark.parametrize("text", ["#!/usr/bin/env python3\n", "#!/bin/sh\ntrue\nexit 0\n", "exec lint\n"])
def test_a_shared_hook_that_cannot_take_a_block_is_refused(repo: Repo, text: str) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    script(repo.path / ".githooks" / "commit-msg", text)
    before = state(repo.path)
    assert "hunkgate hook commit-msg" in init(repo, code=2)
    assert state(repo.path) == before


def test_a_shared_hook_that_is_a_link_is_not_written_through(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    target = script(tmp_path / "precious", "true\n")
    (repo.path / ".githooks").mkdir()
    (repo.path / ".githooks" / "pre-commit").symlink_to(target)
    assert "symbolic link" in init(repo, code=2)
    assert target.read_text() == "true\n"


def test_a_clone_without_hunkgate_says_so_and_lets_pass(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    init(repo, "--no-config")
    (repo.path / ".git" / "hunkgate" / "hooks" / "pre-commit").unlink()
    repo.stage("a", "a\n")
    done = subprocess.run([".githooks/pre-commit"], cwd=repo.path, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"nothing was reviewed" in done.stderr
