"""Proven mends in SARIF and in what is written to a merge request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ci_job import ci, make_target
from conftest import Repo
from make_verdict import make_finding, make_secret, make_verdict
from mending import a_candidate

from reviewer.ci import comments
from reviewer.records import Disposition, Mend
from reviewer.report import sarif
from reviewer.report.interface import View

LOADS = "import yaml\n\n\ndef read(text):\n    return yaml.load(text)\n"


def results(repo: Repo, *args: str) -> list[dict[str, Any]]:
    done = repo.hunkgate("review", "--format", "sarif", *args)
    assert done.returncode in (0, 1), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["runs"][0]["results"]
    return found


def mended(repo: Repo, path: str, text: str, *args: str) -> str:
    """The text after every fix of the report, by line and column as SARIF counts them."""
    lines = text.split("\n")
    fixes = [fix for result in results(repo, *args) for fix in result.get("fixes", [])]
    edits = [one for fix in fixes for change in fix["artifactChanges"] for one in change["replacements"]]
    for edit in sorted(
        edits, key=lambda one: (one["deletedRegion"]["startLine"], one["deletedRegion"]["startColumn"]), reverse=True
    ):
        region = edit["deletedRegion"]
        assert region["startLine"] == region["endLine"]
        row = lines[region["startLine"] - 1]
        put = edit["insertedContent"]["text"]
        lines[region["startLine"] - 1] = row[: region["startColumn"] - 1] + put + row[region["endColumn"] - 1 :]
    assert {change["artifactLocation"]["uri"] for fix in fixes for change in fix["artifactChanges"]} <= {path}
    return "\n".join(lines)


def test_sarif_carries_the_mends_that_hold(repo: Repo) -> None:
    repo.stage("app.py", LOADS)
    after = mended(repo, "app.py", LOADS)
    assert after != LOADS
    repo.stage("app.py", after)
    assert {one["ruleId"] for one in results(repo)}.isdisjoint({"python-yaml-load"})


def test_sarif_of_a_commit_carries_them_too(repo: Repo) -> None:
    repo.stage("app.py", LOADS)
    repo.commit("first")
    assert mended(repo, "app.py", LOADS, "--commit", "HEAD") != LOADS


def test_sarif_of_a_patch_has_none(repo: Repo) -> None:
    repo.stage("app.py", LOADS)
    patch = repo.path / "a.patch"
    patch.write_text(repo.git("diff", "--cached"))
    assert all("fixes" not in one for one in results(repo, "--patch", str(patch)))


def test_no_mend_is_shown_beside_a_secret() -> None:
    secret = make_secret()
    candidate = a_candidate(b"x = 1\n", (0, 1, b"y"))
    beside = replace(make_finding(), path=secret.path, start_line=secret.start_line, end_line=secret.end_line)
    verdict = make_verdict(findings=[(secret, Disposition.BLOCKS), (beside, Disposition.BLOCKS)])
    verdict = replace(verdict, mends={beside.fingerprint: Mend(candidate.fix, "y = 1")})
    assert '"fixes"' not in sarif.render(verdict, View())


def test_a_merge_request_is_offered_the_line(repo: Repo, tmp_path: Any) -> None:
    target = make_target(repo, tmp_path)
    target.repo.stage("app.py", LOADS)
    target.repo.commit("load", "--no-verify")
    outcome = ci(target)
    offered = {remark.line: remark.suggestion for remark in comments.remarks_of(outcome)}
    assert offered[5] == "    return yaml.safe_load(text)"
