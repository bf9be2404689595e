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
    assert row.split()[1:7] == ["go", "security", "error", "high", "CWE-295", "shipped"]
    assert row.endswith("The server's certificate is not checked.")


def test_list_as_json_is_complete(tmp_path: Path) -> None:
    done = hunkgate("rules", "list", "--format", "json", cwd=tmp_path)
    rules = {rule["id"]: rule for rule in json.loads(done.stdout)}
    assert rules["python-yaml-load"]["cwe"] == "CWE-502"
    assert rules["python-yaml-load"]["fix"] == "yaml.safe_load($TEXT)"
    assert {rule["language"] for rule in rules.values()} >= {"python", "javascript", "go", "shell", "dockerfile", "sql", "yaml"}
    assert {rule["source"] for rule in rules.values()} == {"shipped"}


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
        assert (done.returncode, done.stdout) == (0, "1 rule, 2 examples, 0 failed\n")


def test_test_names_the_example_that_failed(tmp_path: Path) -> None:
    done = hunkgate("rules", "test", str(_draft(tmp_path, "fine(1)")), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "1 rule, 2 examples, 1 failed\n")
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


def test_new_writes_a_rule_that_is_listed_explained_and_tested(tmp_path: Path) -> None:
    done = hunkgate("rules", "new", "no-print", "--language", "go", "--kind", "style", cwd=tmp_path)
    path = tmp_path / ".hunkgate/rules/local-no-print.yml"
    assert (done.returncode, path.is_file()) == (0, True)
    assert "hunkgate rules test .hunkgate/rules/local-no-print.yml\n" in done.stdout
    assert hunkgate("rules", "test", ".hunkgate", cwd=tmp_path).stdout == "1 rule, 4 examples, 0 failed\n"
    listed = hunkgate("rules", "list", "--language", "go", cwd=tmp_path).stdout.splitlines()
    assert listed[-1].split()[:7] == ["local-no-print", "go", "style", "warning", "medium", "-", "local"]
    assert "local)" in hunkgate("rules", "explain", "local-no-print", cwd=tmp_path).stdout


def test_new_does_not_overwrite(tmp_path: Path) -> None:
    hunkgate("rules", "new", "local-a", cwd=tmp_path)
    path = tmp_path / ".hunkgate/rules/local-a.yml"
    path.write_text("mine\n")
    done = hunkgate("rules", "new", "local-a", cwd=tmp_path)
    assert (done.returncode, path.read_text()) == (2, "mine\n")
    assert "already" in done.stderr


def test_new_refuses_a_name_that_leads_elsewhere(tmp_path: Path) -> None:
    for name in ("../a", "A b", "a/b", "a_b"):
        assert hunkgate("rules", "new", name, cwd=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_test_without_arguments_tests_the_rules_of_the_folder_too(tmp_path: Path) -> None:
    hunkgate("rules", "new", "a", cwd=tmp_path)
    path = tmp_path / ".hunkgate/rules/local-a.yml"
    path.write_text(path.read_text().replace("harmless(1)", "dangerous(3)"))
    done = hunkgate("rules", "test", cwd=tmp_path)
    assert done.returncode == 1
    assert "local-a.yml: as python, this example should not be reported and is:\n    dangerous(3)" in done.stderr
    assert ", 1 failed" in done.stdout


def test_test_of_a_badly_named_rule_of_the_folder_is_a_usage_error(tmp_path: Path) -> None:
    hunkgate("rules", "new", "a", cwd=tmp_path)
    path = tmp_path / ".hunkgate/rules/local-a.yml"
    path.write_text(path.read_text().replace("id: local-a", "id: a"))
    path = path.rename(path.with_name("a.yml"))
    for arguments in ((), (str(path),)):
        done = hunkgate("rules", "test", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert "must begin with 'local-'" in done.stderr
