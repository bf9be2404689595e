"""Tools of the user's own that print SARIF: played by small scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.analyzers._sarif import analyze, read
from reviewer.analyzers.interface import Analysis, Source
from reviewer.errors import ToolFailedError, ToolMissingError, ToolTimeoutError
from reviewer.records import Confidence, Kind, OwnAnalyzer, Severity

Made = Callable[[dict[bytes, bytes]], list[Source]]
CODE = "😀 = 1\nsecond\n".encode()


def _tool(folder: Path, text: str, *arguments: str, timeout: float = 60) -> OwnAnalyzer:
    """A Python script as a tool; `said` is what it prints."""
    script = folder / "tool.py"
    script.write_text(text)
    return OwnAnalyzer("mine", (sys.executable, str(script), *arguments), timeout=timeout)


def _saying(folder: Path, run: dict[str, Any]) -> OwnAnalyzer:
    tool = {"driver": {"name": "Mine", "version": "1.2", **run.pop("driver", {})}, "extensions": run.pop("extensions", [])}
    return _tool(folder, f"print({json.dumps({'version': '2.1.0', 'runs': [{'tool': tool, **run}]})!r})")


def _ask(folder: Path, own: OwnAnalyzer, sources: Sequence[Source]) -> Analysis:
    return analyze(own, sources, tools={}, folder=folder / "own")


def _result(uri: str = "00000.go", **more: Any) -> dict[str, Any]:
    region = more.pop("region", {"startLine": 2})
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
    return {"ruleId": "R1", "message": {"text": "bad"}, "locations": [place], **more}


def test_analyze_reads_a_result(tmp_path: Path, sources: Made):
    result = _result(level="error", properties={"precision": "very-high", "tags": ["security", "external/cwe/cwe-089"]})
    analysis = _ask(tmp_path, _saying(tmp_path, {"results": [result]}), sources({b"dir/a.go": CODE}))
    (report,) = analysis.reports
    assert (report.path, report.rule, report.message, report.cwe) == (b"dir/a.go", "mine/R1", "bad", "CWE-89")
    assert (report.kind, report.severity, report.confidence) == (Kind.SECURITY, Severity.ERROR, Confidence.HIGH)
    assert (report.start_line, report.end_line, report.start_column, report.end_column) == (2, 2, 1, 0)
    assert analysis.version == "Mine 1.2"


def test_analyze_takes_what_a_result_leaves_out_from_its_rule(tmp_path: Path, sources: Made):
    rule = {
        "id": "R1", "helpUri": "https://example.org/R1", "defaultConfiguration": {"level": "note"},
        "relationships": [{"target": {"id": "79", "toolComponent": {"name": "CWE"}}}],
    }  # fmt: skip
    (report,) = _ask(
        tmp_path, _saying(tmp_path, {"driver": {"rules": [rule]}, "results": [_result()]}), sources({b"a.go": CODE})
    ).reports
    assert (report.severity, report.confidence, report.cwe) == (Severity.INFO, Confidence.MEDIUM, "CWE-79")
    assert report.remedy == "See https://example.org/R1"


def test_analyze_finds_a_rule_by_its_index_and_in_extensions(tmp_path: Path, sources: Made):
    by_index = {key: value for key, value in _result(ruleIndex=0).items() if key != "ruleId"}
    extension = {"name": "pack", "rules": [{"id": "R2", "defaultConfiguration": {"level": "error"}}]}
    run = {"driver": {"rules": [{"id": "R0"}]}, "extensions": [extension], "results": [by_index, _result(ruleId="R2")]}
    reports = _ask(tmp_path, _saying(tmp_path, run), sources({b"a.go": CODE})).reports
    assert [(report.rule, report.severity) for report in reports] == [
        ("mine/R0", Severity.WARNING),
        ("mine/R2", Severity.ERROR),
    ]


@pytest.mark.parametrize(("columns", "start", "end"), [("utf16CodeUnits", 4, 5), ("unicodeCodePoints", 3, 4), (None, 3, 4)])
def test_analyze_counts_columns_as_the_run_says(tmp_path: Path, sources: Made, columns: str | None, start: int, end: int):
    """Without a word they are characters: most tools that leave it out count those."""
    result = _result(region={"startLine": 1, "startColumn": start, "endColumn": end})
    run = {"results": [result], **({"columnKind": columns} if columns else {})}
    (report,) = _ask(tmp_path, _saying(tmp_path, run), sources({b"a.go": CODE})).reports
    assert (report.start_column, report.end_column) == (3, 4)


@pytest.mark.parametrize(
    "result",
    [
        _result(kind="pass"),
        _result(level="none"),
        _result(suppressions=[{"kind": "inSource"}]),
        _result(uri="/etc/passwd"),
        _result(uri="../00000.go/../x"),
        {"ruleId": "R1", "message": {"text": "of the whole project"}},
    ],
)
def test_analyze_leaves_out_what_is_no_problem_of_these_files(tmp_path: Path, sources: Made, result: dict[str, Any]):
    assert _ask(tmp_path, _saying(tmp_path, {"results": [result]}), sources({b"a.go": CODE})).reports == []


def test_analyze_keeps_a_suppression_that_was_refused(tmp_path: Path, sources: Made):
    result = _result(suppressions=[{"kind": "external", "status": "rejected"}])
    assert len(_ask(tmp_path, _saying(tmp_path, {"results": [result]}), sources({b"a.go": CODE})).reports) == 1


@pytest.mark.parametrize("form", ["{files}", "file://{folder}/00000.go", "{folder}/00000.go", "./00000.go"])
def test_analyze_knows_its_files_however_they_are_named(tmp_path: Path, sources: Made, form: str):
    said = json.dumps({"runs": [{"tool": {"driver": {"name": "Mine"}}, "results": [_result(uri="URI")]}]})
    own = _tool(tmp_path, f"import sys\nprint({said!r}.replace('URI', sys.argv[1]))", form)
    assert len(_ask(tmp_path, own, sources({b"a.go": CODE})).reports) == 1


def test_analyze_reads_a_report_from_a_file_and_any_exit_code(tmp_path: Path, sources: Made):
    said = json.dumps({"runs": [{"tool": {"driver": {"name": "Mine"}}, "results": [_result()]}]})
    own = _tool(tmp_path, f"import sys\nopen(sys.argv[1], 'w').write({said!r})\nsys.exit(3)", "{output}", "{files}")
    assert len(_ask(tmp_path, own, sources({b"a.go": CODE})).reports) == 1


def test_analyze_gives_names_of_its_own_and_plain_endings(tmp_path: Path, sources: Made):
    own = _tool(tmp_path, "import sys\nsys.exit(' '.join(sys.argv[1:]))")
    with pytest.raises(ToolFailedError, match=r"00000\.go 00001\.txt 00002\.tf \("):
        _ask(tmp_path, own, sources({b"-x.go": CODE, b"b.$(id)": b"", b"$HOME/c.tf": b""}))


def test_analyze_tells_files_that_the_tool_could_not_read(tmp_path: Path, sources: Made):
    place = {"physicalLocation": {"artifactLocation": {"uri": "00000.go"}}}
    said = {"level": "error", "message": {"text": "no parse"}, "locations": [place]}
    run = {"invocations": [{"executionSuccessful": False, "toolExecutionNotifications": [said]}], "results": []}
    assert _ask(tmp_path, _saying(tmp_path, run), sources({b"a.go": CODE})).failed == {
        b"a.go": "mine cannot read the file: no parse"
    }


_FAILED = {"runs": [{"tool": {"driver": {"name": "x"}}, "invocations": [{"executionSuccessful": False}]}]}


@pytest.mark.parametrize(
    "text",
    [
        "print('nonsense')",
        "print('{}')",
        "print('[]')",
        "print('[' * 100000)",
        "print('{\"runs\": [1]}')",
        "print('{\"runs\": null}')",
        f"print({json.dumps(_FAILED)!r})",
        "import os\nos.kill(os.getpid(), 11)",
        "import sys\nsys.exit('it broke')",
    ],
)
def test_analyze_with_a_broken_tool(tmp_path: Path, sources: Made, text: str):
    with pytest.raises(ToolFailedError):
        _ask(tmp_path, _tool(tmp_path, text), sources({b"a.go": CODE}))


def test_analyze_with_a_tool_that_hangs_or_is_missing(tmp_path: Path, sources: Made):
    with pytest.raises(ToolTimeoutError):
        _ask(tmp_path, _tool(tmp_path, "import time\ntime.sleep(60)", timeout=1), sources({b"a.go": CODE}))
    with pytest.raises(ToolMissingError):
        _ask(tmp_path, OwnAnalyzer("mine", ("no-such-program-here",)), sources({b"a.go": CODE}))


_KEYS = st.sampled_from(
    ["tool", "driver", "name", "rules", "results", "message", "text", "locations", "physicalLocation", "region", "startLine",
     "id", "startColumn", "ruleId", "ruleIndex", "properties", "level", "kind", "artifactLocation", "uri", "suppressions",
     "invocations"]
)  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["error", "00000.go", "CWE-1", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON, _JSON)
def test_read_of_any_report_ends_well(result: Any, run: Any):
    base = {"tool": {"driver": {"name": "Mine"}}, "results": [{**_result(), **result} if isinstance(result, dict) else result]}
    runs = [{**base, **run} if isinstance(run, dict) else base]
    source = Source(b"a.go", Path("00000.go"), CODE)
    try:
        analysis = read(json.dumps({"runs": runs}).encode(), "mine", {"00000.go": source}, Path("/folder"))
    except ToolFailedError:
        return
    assert all(1 <= report.start_line <= report.end_line <= 2 for report in analysis.reports)
