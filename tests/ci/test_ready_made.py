"""action.yml, the GitLab component, the Jenkinsfile and the container recipe: their steps run here on a real repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci_job import Target, attest, make_target, plain
from conftest import Repo, hunkgate

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SPEC, JOBS = yaml.safe_load_all((ROOT / "ci/gitlab-component.yml").read_text(encoding="utf-8"))
JENKINS = (ROOT / "ci/Jenkinsfile").read_text(encoding="utf-8")
CONTAINER = (ROOT / "ci/Containerfile").read_text(encoding="utf-8")
BAD = "import sqlite3\n\n\ndef find(db, name):\n    return db.execute(f\"SELECT * FROM t WHERE name = '{name}'\")\n"


@pytest.fixture
def target(repo: Repo, tmp_path: Path) -> Target:
    return make_target(repo, tmp_path, 'mode = "block"\n')


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """What the install steps make: a folder `hunkgate` with the program in its `bin`."""
    made = tmp_path / "runner" / "hunkgate"
    made.mkdir(parents=True)
    (made / "bin").symlink_to(Path(sys.executable).parent)
    return made


def shell(script: str, repo: Repo, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does: bash --noprofile --norc -eo pipefail."""
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(
        words, cwd=repo.path, env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=240
    )


def steps() -> list[tuple[str, str]]:
    """Every shell text of the files, with a name."""
    found = [(f"action {step['name']}", step["run"]) for step in ACTION["runs"]["steps"]]
    job = JOBS["hunkgate"]
    found += [(f"gitlab {number}", text) for number, text in enumerate([*job["before_script"], *job["script"]])]
    found += [(f"jenkins {number}", text) for number, text in enumerate(re.findall(r"sh '''(.*?)'''", JENKINS, re.DOTALL))]
    return found


def test_shellcheck_has_nothing_to_say_about_the_steps(tmp_path: Path) -> None:
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("shellcheck is not installed")
    assert len(steps()) >= 7
    for name, text in steps():
        file = tmp_path / f"{name.replace(' ', '-')}.sh"
        # Steps of one GitLab job share their variables.
        file.write_text(f"#!/bin/bash\n# shellcheck disable=SC2154,SC2034\n{text}\n")
        done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_no_step_holds_an_expression_or_imports_from_the_workspace() -> None:
    for name, text in steps():
        assert "${{" not in text, name
        assert "$[[" not in text, name
        assert not re.search(r"python3?\"? (?!-I)-m|\bpip install", text.replace("-I -m pip install", "")), name


def options_of(*words: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]+", hunkgate(*words, "--help", cwd=ROOT).stdout))


def test_every_option_that_the_files_use_is_one_of_ours() -> None:
    known = options_of("ci")
    texts = [text for _, text in steps() if "hunkgate/bin/hunkgate" in text or "bin/hunkgate" in text]
    used = {word for text in texts for word in re.findall(r"--[a-z][a-z-]+", text)}
    assert {"--output-dir", "--require-proof"} <= used <= known


def test_every_input_of_the_action_is_used_and_described() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name, given in ACTION["inputs"].items():
        assert given["description"]
        assert f"${{{{ inputs.{name} }}}}" in text
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(ACTION["inputs"])
    assert ACTION["runs"]["using"] == "composite"
    assert all(step["shell"] == "bash" for step in ACTION["runs"]["steps"])


def action_env(target: Target, folder: Path, **inputs: str) -> dict[str, str]:
    """What GitHub makes of the step's `env` for these inputs."""
    given = {name: str(told["default"]) for name, told in ACTION["inputs"].items()} | inputs
    step = ACTION["runs"]["steps"][1]
    made = {key: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: given[m[1]], value) for key, value in step["env"].items()}
    event = folder / "event.json"
    head = target.repo.git("rev-parse", "HEAD")
    pull = {"base": {"ref": "main", "sha": target.base}, "head": {"ref": "x", "sha": head}}
    event.write_text(json.dumps({"number": 5, "pull_request": pull}))
    return {
        **made, "RUNNER_TEMP": str(folder / "runner"), "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": head,
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }  # fmt: skip


def test_the_action_passes_what_is_proven_and_stops_what_blocks(target: Target, tmp_path: Path, environment: Path) -> None:
    script = ACTION["runs"]["steps"][1]["run"]
    attest(target, "app.py", "x = 2\n")
    done = shell(script, target.repo, **action_env(target, tmp_path, **{"require-proof": "true", "base": "main"}))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (target.repo.path / "hunkgate-reports" / "hunkgate.sarif").exists()
    assert (tmp_path / "summary.md").exists()
    plain(target, "other.py", BAD)
    done = shell(script, target.repo, **action_env(target, tmp_path))
    assert done.returncode == 1
    assert "::error file=other.py,line=5" in done.stdout


def test_inputs_of_the_action_are_words_and_no_shell(target: Target, tmp_path: Path, environment: Path) -> None:
    attest(target, "app.py", "x = 2\n")
    hostile = '"; touch evil; $(touch evil) `touch evil`'
    inputs = {"base": hostile, "head": hostile, "full-share": "5%", "allowed-signers": hostile}
    done = shell(ACTION["runs"]["steps"][1]["run"], target.repo, **action_env(target, tmp_path, **inputs))
    assert done.returncode == 2
    assert not (target.repo.path / "evil").exists()


def test_the_component_runs_on_a_merge_request(target: Target, environment: Path) -> None:
    assert set(SPEC) == {"spec"}
    inputs = SPEC["spec"]["inputs"]
    text = (ROOT / "ci/gitlab-component.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) \]\]", text)) == set(inputs)
    job: dict[str, Any] = JOBS["hunkgate"]
    given = {name: str(told["default"]) for name, told in inputs.items()}
    variables = {
        key: re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda m: given[m[1]], value) for key, value in job["variables"].items()
    }
    head = plain(target, "other.py", BAD)
    told = {
        "GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "5", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": target.base, "CI_COMMIT_SHA": head, "CI_PROJECT_ID": "9",
        "HUNKGATE_VENV": str(environment),
    }  # fmt: skip
    done = shell("\n".join(job["script"]), target.repo, **variables, **told)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "STOPS: the reviewers found what the settings block" in done.stdout
    for report in job["artifacts"]["reports"].values():
        assert (target.repo.path / report).stat().st_size > 0


def test_the_jenkinsfile_runs_on_a_pull_request(target: Target, environment: Path) -> None:
    _, script = re.findall(r"sh '''(.*?)'''", JENKINS, re.DOTALL)
    attest(target, "app.py", "x = 2\n")
    target.repo.git("update-ref", "refs/remotes/origin/main", target.base)
    told = {
        "JENKINS_URL": "https://jenkins.example",
        "CHANGE_ID": "5",
        "CHANGE_TARGET": "main",
        "WORKSPACE_TMP": str(environment.parent),
    }
    done = shell(script, target.repo, **told)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 commit: 1 proven" in done.stdout
    for file in re.findall(r"hunkgate-reports/[\w.-]+", JENKINS):
        assert (target.repo.path / file).exists()
    braces = re.sub(r"'''.*?'''|'[^'\n]*'|//[^\n]*", "", JENKINS, flags=re.DOTALL)
    assert all(braces.count(one) == braces.count(other) for one, other in ("{}", "()", "[]"))


def test_the_container_recipe_says_what_it_copies_and_runs() -> None:
    words = re.findall(r"^([A-Z]+) ", CONTAINER, re.MULTILINE)
    assert words == ["FROM", "ARG", "RUN", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT", "CMD"]
    assert json.loads(re.search(r"^ENTRYPOINT (.*)$", CONTAINER, re.MULTILINE)[1]) == ["hunkgate"]  # type: ignore[index]
    assert json.loads(re.search(r"^CMD (.*)$", CONTAINER, re.MULTILINE)[1]) == ["ci"]  # type: ignore[index]
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is not None:
        done = subprocess.run([program, str(ROOT / "ci/Containerfile")], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.network
@pytest.mark.timeout(900)
def test_the_install_step_of_the_action_ignores_the_workspace(target: Target, tmp_path: Path) -> None:
    """A pull request that brings its own pip and venv does not get them imported."""
    for name in ("pip.py", "venv.py", "ensurepip.py", "sitecustomize.py"):
        target.repo.write(name, f"open({str(tmp_path / 'evil')!r}, 'w')\n")
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(source)], check=True)
    runner = tmp_path / "runner"
    runner.mkdir()
    env = {"PYTHON": sys.executable, "SOURCE": str(source), "RUNNER_TEMP": str(runner)}
    done = shell(ACTION["runs"]["steps"][0]["run"], target.repo, **env)
    assert done.returncode == 0, done.stderr
    assert (runner / "hunkgate/bin/hunkgate").exists()
    assert not (tmp_path / "evil").exists()
