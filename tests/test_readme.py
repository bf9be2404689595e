"""Every command of the README runs, every link leads somewhere, and the worked examples of CONTRIBUTING work."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Repo

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
INSTALL = [block for block in BLOCKS if "pip install" in block]
USE = [block for block in BLOCKS if "pip install" not in block]


def run(script: str, cwd: Path, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-e", "-c", script], cwd=cwd, capture_output=True, text=True, check=False, timeout=timeout)


def test_the_commands_of_the_tasks_run_in_the_order_of_the_page(repo: Repo) -> None:
    repo.stage("app.py", "x = 1\n")
    repo.commit("first")
    assert len(USE) >= 4
    for block in USE:
        done = run(block, repo.path)
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


def test_the_suppression_of_the_page_works(repo: Repo) -> None:
    (line,) = re.findall(r"^```python\n(.*?)\n```", README, re.DOTALL | re.MULTILINE)
    repo.stage("app.py", f"def f(expression):\n    {line}\n    return value\n")
    done = repo.hunkgate("review", "--format", "json")
    assert '"suppressed"' in done.stdout
    assert "suppression-unknown-rule" not in done.stdout


@pytest.mark.network
@pytest.mark.timeout(1200)
def test_the_first_of_the_two_commands(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    done = run(INSTALL[0], clone, timeout=1000)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Review-Signature:" in done.stdout
    assert "EXACT" in done.stdout


def test_there_are_two_commands() -> None:
    assert [block.split("&&")[-1].strip() for block in INSTALL] == ["hunkgate demo", "pytest"]


@pytest.mark.parametrize(
    "page", sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert missing == []


def test_the_rule_of_contributing_is_a_good_rule(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", CONTRIBUTING, re.DOTALL | re.MULTILINE)
    target = tmp_path / "python" / "bug" / "python-sleep-in-loop.yml"
    target.parent.mkdir(parents=True)
    target.write_text(text)
    hunkgate = shutil.which("hunkgate")
    assert hunkgate is not None
    done = subprocess.run([hunkgate, "rules", "test", str(target)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_help_names_every_command_of_the_readme() -> None:
    overview = subprocess.run(["hunkgate", "--help"], capture_output=True, text=True, check=True).stdout
    used = set(re.findall(r"^\s*(?:git diff .*\| )?hunkgate (\w+)", "\n".join(BLOCKS), re.MULTILINE))
    assert used
    assert all(re.search(rf"^  {command}\b", overview, re.MULTILINE) for command in used)
