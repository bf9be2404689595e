"""SARIF against two independent readers: typed models of the standard, and the standard's own JSON schema.

The schema is third-party text and is not kept here. It ships in Microsoft's validator on npm, from where a test marked `network`
takes that one file, checks its digest and keeps it in pytest's cache folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from any_verdict import verdicts
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from make_hunk import make_hunk
from make_verdict import DECISION, covered, looked, make_change, make_finding, make_secret, make_verdict

from reviewer.records import Disposition, State, Verdict
from reviewer.report import sarif
from reviewer.report.interface import View

PACKAGE = "@microsoft/sarif-multitool-linux@5.7.0"
MEMBER = "package/sarif-2.1.0.json"
DIGEST = "1c49a0f2b60444c71bb14878e21e0d882198eff4c539861b133093ad89ed798c"

REGION = {"startLine", "endLine", "startColumn", "endColumn", "snippet"}
STANDARD = {
    "log": {"$schema", "version", "runs"},
    "run": {"tool", "invocations", "columnKind", "results", "properties"},
    "driver": {"name", "version", "rules"},
    "rule": {"id", "shortDescription", "help", "defaultConfiguration", "properties"},
    "result": {
        "ruleId",
        "ruleIndex",
        "level",
        "message",
        "locations",
        "partialFingerprints",
        "properties",
        "suppressions",
        "codeFlows",
    },
    "suppression": {"kind", "status", "justification", "properties"},
    "physicalLocation": {"artifactLocation", "region", "contextRegion"},
    "invocation": {"executionSuccessful", "toolExecutionNotifications"},
    "notification": {"level", "message", "descriptor", "properties"},
}
"""Names that sections 3.13 to 3.58 of the standard give to what we write; the models accept any other name in silence."""


def full() -> Verdict:
    change = make_change(
        make_hunk(b"src/app.py", " a", "+b", "+c"), make_hunk("ü \u202e.py".encode(), "+x"), opaque=[b"logo.png"]
    )
    findings = [
        (make_secret(), Disposition.BLOCKS),
        (make_finding(line=2, end_line=3), Disposition.WARNS),
        (make_finding(line=2, end_column=0, start_column=1), Disposition.NOTES),
        (make_finding(suppressed="seen"), Disposition.SUPPRESSED),
        (make_finding(dismissed=DECISION), Disposition.DISMISSED),
    ]
    coverage = looked(change, "rules") + covered(change, "models/x", State.FAILED, "crashed")
    return make_verdict(change, findings, coverage, identities={"rules": "1"}, notes=("n",))


def log_of(verdict: Verdict) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif.render(verdict, View()))
    return log


def assert_only_standard_names(log: dict[str, Any]) -> None:
    run = log["runs"][0]
    members = [("log", log), ("run", run), ("driver", run["tool"]["driver"])]
    members += [("rule", rule) for rule in run["tool"]["driver"]["rules"]]
    members += [("result", result) for result in run["results"]]
    members += [("physicalLocation", result["locations"][0]["physicalLocation"]) for result in run["results"]]
    members += [("suppression", one) for result in run["results"] for one in result.get("suppressions", ())]
    members += [("invocation", run["invocations"][0])]
    members += [("notification", told) for told in run["invocations"][0]["toolExecutionNotifications"]]
    for kind, member in members:
        assert set(member) <= STANDARD[kind], kind
    for result in run["results"]:
        for region in (value for key, value in result["locations"][0]["physicalLocation"].items() if key.endswith("egion")):
            assert set(region) <= REGION
            assert region["startLine"] >= 1
            assert region["endLine"] >= region["startLine"]
            assert region.get("startColumn", 1) >= 1


def test_sarif_is_read_by_typed_models() -> None:
    from sarif_pydantic import Sarif

    log = Sarif.model_validate(log_of(full()))
    results = log.runs[0].results
    assert results is not None
    assert [str(result.level.value) for result in results if result.level] == ["error", "warning", "note", "warning", "warning"]
    assert_only_standard_names(log_of(full()))


@settings(deadline=None)
@given(verdicts())
def test_sarif_of_any_verdict_is_read_by_typed_models(verdict: Verdict) -> None:
    from sarif_pydantic import Sarif

    log = log_of(verdict)
    assert len(Sarif.model_validate(log).runs[0].results or []) == len(verdict.findings)
    assert_only_standard_names(log)


@pytest.fixture(scope="session")
def standard_schema(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The standard's schema, from pytest's cache folder or else out of the npm package."""
    kept = request.config.cache.mkdir("sarif") / f"sarif-2.1.0-{DIGEST[:12]}.json"
    if not kept.exists():
        kept.write_bytes(downloaded(tmp_path_factory.mktemp("npm")))
    content = kept.read_bytes()
    assert hashlib.sha256(content).hexdigest() == DIGEST
    schema: dict[str, Any] = json.loads(content)
    return schema


def downloaded(folder: Path) -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, check=True, capture_output=True, timeout=280)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        return member.read()


@pytest.mark.network
def test_sarif_follows_the_schema_of_the_standard(standard_schema: dict[str, Any]) -> None:
    validator = Draft202012Validator(standard_schema)
    validator.validate(log_of(full()))
    validator.validate(log_of(make_verdict()))
    broken = log_of(full())
    broken["runs"][0]["results"][0]["level"] = "fatal"
    assert not validator.is_valid(broken)


@pytest.mark.network
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(verdicts())
def test_sarif_of_any_verdict_follows_the_schema_of_the_standard(standard_schema: dict[str, Any], verdict: Verdict) -> None:
    Draft202012Validator(standard_schema).validate(log_of(verdict))
