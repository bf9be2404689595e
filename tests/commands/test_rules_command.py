"""hunkgate rules list, explain and test."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import hunkgate

DRAFT = """\
id: python-draft
language: python
severity: warning
message: It goes wrong.
note: Write it right.
metadata: {kind: bug, confidence: low}
rule:
  pattern: bad($X)
examples:
  match:
    - |
      MATCH
  clean:
    - |
      good(1)
"""


def _draft(folder: Path, match: str) -> Path:
    path = folder / "rules" / "python" / "bug" / "python-draft.yml"
    path.parent.mkdir(parents=True)
    path.write_text(DRAFT.replace("MATCH", match))
    return path


def test_list_has_one_line_per_rule(tmp_path: Path) -> None:
    done = hunkgate("rules", "list", "--language", "go", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert all(line.startswith("go-") for line in lines)
    row = next(line for line in lines if line.startswith("go-insecure-skip-verify "))
    assert row.split()[1:6] == ["go", "security", "error", "high", "CWE-295"]
    assert row.endswith("The server's certificate is not checked.")


def test_list_as_json_is_complete(tmp_path: Path) -> None:
    done = hunkgate("rules", "list", "--format", "json", cwd=tmp_path)
    rules = {rule["id"]: rule for rule in json.loads(done.stdout)}
    assert rules["python-yaml-load"]["cwe"] == "CWE-502"
    assert rules["python-yaml-load"]["fix"] == "yaml.safe_load($TEXT)"
    assert {rule["language"] for rule in rules.values()} == {"python", "javascript", "go", "shell", "dockerfile"}


def test_list_of_an_unknown_language_is_refused(tmp_path: Path) -> None:
    assert hunkgate("rules", "list", "--language", "cobol", cwd=tmp_path).returncode == 2


def test_explain_shows_remedy_and_examples(tmp_path: Path) -> None:
    done = hunkgate("rules", "explain", "python-sql-string", cwd=tmp_path)
    assert done.returncode == 0
    assert "severity error, confidence high, CWE-89" in done.stdout
    assert "Leave a placeholder" in done.stdout
    assert done.stdout.index("Reported:") < done.stdout.index("Not reported:")


def test_explain_of_an_unknown_rule_names_the_nearest(tmp_path: Path) -> None:
    done = hunkgate("rules", "explain", "python-sql-strings", cwd=tmp_path)
    assert done.returncode == 2
    assert "Did you mean: python-sql-string" in done.stderr


def test_test_passes_on_a_good_file_and_folder(tmp_path: Path) -> None:
    path = _draft(tmp_path, "bad(1)")
    for target in (path, tmp_path):
        done = hunkgate("rules", "test", str(target), cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "1 rules, 2 examples, 0 failed\n")


def test_test_names_the_example_that_failed(tmp_path: Path) -> None:
    done = hunkgate("rules", "test", str(_draft(tmp_path, "fine(1)")), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "1 rules, 2 examples, 1 failed\n")
    assert "python-draft.yml: as python, this example should be reported and is not:\n    fine(1)\n" in done.stderr


def test_test_of_a_pattern_that_ast_grep_refuses_says_so(tmp_path: Path) -> None:
    path = _draft(tmp_path, "bad(1)")
    path.write_text(path.read_text().replace("pattern: bad($X)", "kind: no_such_node"))
    done = hunkgate("rules", "test", str(path), cwd=tmp_path)
    assert done.returncode == 1
    assert "no_such_node" in done.stderr


def test_test_of_a_malformed_file_is_a_usage_error(tmp_path: Path) -> None:
    path = _draft(tmp_path, "bad(1)")
    path.write_text(path.read_text().replace("severity: warning", "severity: loud"))
    done = hunkgate("rules", "test", str(path), cwd=tmp_path)
    assert done.returncode == 2
    assert f"{path}:3" in done.stderr
    assert "Traceback" not in done.stderr


def test_test_of_an_empty_folder_is_a_usage_error(tmp_path: Path) -> None:
    done = hunkgate("rules", "test", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 2
    assert "no rule file" in done.stderr
