"""docs/ci.md: its commands run, its tables name what there is, its snippets are what the hosts read."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from ci_job import Target, attest, make_target, plain
from conftest import Repo, hunkgate

from reviewer import registry
from reviewer.ci import reports, rows
from reviewer.ci.standards import Asked
from reviewer.commands import ci

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")


@pytest.fixture
def target(repo: Repo, tmp_path: Path) -> Target:
    made = make_target(repo, tmp_path)
    attest(made, "app.py", "x = 2\n")
    plain(made, "other.py", "def area(width, height):\n    return width * height\n")
    return made


def test_the_commands_of_the_page_run(target: Target) -> None:
    blocks = dict(re.findall(r"^<!-- runs: (\w+) -->\n```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
    assert list(blocks) == ["try", "plain"]
    for block in blocks.values():
        done = subprocess.run(
            ["bash", "-e", "-c", block], cwd=target.repo.path, capture_output=True, text=True, check=False, timeout=240
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    assert ET.parse(target.repo.path / "hunkgate-junit.xml").getroot().tag == "testsuites"


def plainly(text: str) -> list[str]:
    """Lines without what differs from repository to repository."""
    text = re.sub(r"\b[0-9a-f]{12}\b", "OID", text.replace("dev@", "ana@").replace("src/app.py", "other.py"))
    return [" ".join(line.split()) for line in text.splitlines()]


def test_what_the_page_shows_is_what_is_printed(target: Target) -> None:
    said = target.repo.hunkgate("ci", "--base", "main", "--full-share", "0").stdout
    shown = re.search(r"^```\n(commit .*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert shown is not None
    *lines, last = plainly(shown[1])
    printed = plainly(said[said.index("commit  ") :])
    assert [line.removesuffix("...") in one for line, one in zip(lines, printed, strict=False)] == [True] * len(lines), printed
    assert last.startswith("the whole change, ")
    assert printed[-1].startswith("the whole change, ")


def test_the_page_names_every_field_result_and_file(target: Target, tmp_path: Path) -> None:
    target.repo.hunkgate("ci", "--base", "main", "--output-dir", str(tmp_path / "out"))
    made = json.loads((tmp_path / "out/commits.json").read_text())
    names = [*made, *made["commits"][0], *reports.FILES, reports.COMMITS]
    names += [standing.value for standing in rows.Standing] + [why.value for why in rows.Why if why.value]
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_the_page_names_every_variable_and_no_unknown_option() -> None:
    assert all(name in PAGE for name in (ci.TOKEN, ci.USER, ci.SECRET))
    assert set(re.findall(r"HUNKGATE_\w+", PAGE)) == {ci.TOKEN, ci.USER, ci.SECRET}
    known = set(re.findall(r"--[a-z][a-z-]+", hunkgate("ci", "--help", cwd=ROOT).stdout))
    ours = [line for line in PAGE.splitlines() if "hunkgate" in line and "git fetch" not in line and "pip" not in line]
    assert set(re.findall(r"(?<=[ `])--[a-z][a-z-]+", "\n".join(ours))) <= known


def test_the_snippets_of_the_page_are_yaml_and_use_inputs_that_there_are() -> None:
    blocks = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)]
    github, gitlab, bitbucket = blocks
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = github["jobs"]["hunkgate"]["steps"][1]
    assert set(step["with"]) <= set(action["inputs"])
    spec = next(yaml.safe_load_all((ROOT / "ci/gitlab-component.yml").read_text(encoding="utf-8")))
    assert set(gitlab["include"][0]["inputs"]) <= set(spec["spec"]["inputs"])
    assert bitbucket["clone"]["depth"] == "full"


def test_every_report_has_its_place_in_the_pages() -> None:
    text = (ROOT / "docs/reports.md").read_text(encoding="utf-8")
    headings = " ".join(re.findall(r"^## (.*)$", text, re.MULTILINE)).replace(",", "").split()
    assert set(registry.members("reviewer.report")) <= set(headings)


def test_every_code_host_has_its_row() -> None:
    text = PAGE.lower()
    assert [name for name in registry.members("reviewer.forges") if name not in text] == []


def test_the_defaults_of_the_command_are_those_of_the_parts() -> None:
    assert Asked().notes == ("refs/notes/review-attestations",)
