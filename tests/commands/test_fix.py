"""`hunkgate fix` as a person and a program use it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
from pathlib import Path

import pytest
from conftest import Repo, hunkgate
from mending import put, staged
from model_service import in_service
from scripted_model import NAME

CODE = "import yaml\n\n\ndef load(stream):\n    return yaml.load(stream)\n\n\ndef same(a):\n    return a is 3\n"
MENDED = CODE.replace("yaml.load", "yaml.safe_load").replace("a is 3", "a == 3")


def _apply(repo: Repo, patch: str, *args: str) -> None:
    done = subprocess.run(["git", "apply", *args], cwd=repo.path, input=patch.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_fix_shows_the_finding_the_hunk_and_every_step(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    done = repo.hunkgate("fix")
    assert done.returncode == 0
    assert done.stdout.startswith("hunkgate fix: 2 findings, 2 with a fix, 2 proven\n")
    assert "    -    return yaml.load(stream)\n    +    return yaml.safe_load(stream)\n" in done.stdout
    for step in ("applies", "parses", "changes only", "signatures", "formatting", "names resolve", "is gone", "no new finding"):
        assert step in done.stdout
    assert done.stdout.endswith("\nPut them in: hunkgate fix --apply\n")
    assert staged(repo, b"a.py") == CODE.encode()


def test_fix_diff_goes_through_git_apply(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    patch = repo.hunkgate("fix", "--format", "diff").stdout
    _apply(repo, patch, "--check", "--cached")
    _apply(repo, patch, "--check", "--index")
    _apply(repo, patch, "--cached")
    assert staged(repo, b"a.py") == MENDED.encode()


def test_fix_apply_mends_and_a_second_run_has_nothing_to_do(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    done = repo.hunkgate("fix", "--apply")
    assert (done.returncode, staged(repo, b"a.py"), (repo.path / "a.py").read_bytes()) == (0, MENDED.encode(), MENDED.encode())
    assert "mended in the index and in the work tree: a.py" in done.stdout
    assert repo.hunkgate("fix", "--apply").stdout == "hunkgate fix: nothing to mend: 0 findings\nnothing was changed\n"


def test_fix_keeps_unstaged_work_beside_the_mend(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    repo.write("a.py", "# mine\n" + CODE + "# mine too\n")
    repo.hunkgate("fix", "--apply")
    assert (repo.path / "a.py").read_text() == "# mine\n" + MENDED + "# mine too\n"
    assert staged(repo, b"a.py") == MENDED.encode()


def test_fix_leaves_lines_that_are_other_in_the_work_tree(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    work = CODE.replace("return yaml.load(stream)", "return yaml.load(stream, None)")
    repo.write("a.py", work)
    done = repo.hunkgate("fix", "--apply")
    assert (repo.path / "a.py").read_text() == work
    assert staged(repo, b"a.py") == MENDED.encode()
    assert "the work tree was left as it is" in done.stdout


def test_fix_json_says_what_an_editor_needs(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    document = json.loads(repo.hunkgate("fix", "--format", "json").stdout)
    assert (document["schema_version"], document["findings"], document["not_shown"]) == (1, 2, [])
    content = CODE.encode()
    for one in reversed(document["fixes"]):
        assert one["blob"] == repo.git("rev-parse", ":a.py")
        assert {step["result"] for step in one["steps"]} == {"passed"}
        for edit in one["edits"]:
            content = content[: edit["start"]["byte"]] + edit["text"].encode() + content[edit["end"]["byte"] :]
        _apply(repo, one["patch"], "--check", "--cached")
    assert content == MENDED.encode()


def test_fix_of_one_finding(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    fingerprint = json.loads(repo.hunkgate("fix", "--format", "json").stdout)["fixes"][1]["fingerprint"]
    assert repo.hunkgate("fix", "--finding", fingerprint[:12], "--apply").returncode == 0
    assert staged(repo, b"a.py") == CODE.replace("a is 3", "a == 3").encode()


@pytest.mark.parametrize("name", ["0123456789ab", "12", "xyz"])
def test_fix_of_an_unknown_finding_is_a_usage_error(repo: Repo, name: str) -> None:
    repo.stage("a.py", CODE)
    done = repo.hunkgate("fix", "--finding", name)
    assert done.returncode == 2
    assert "hunkgate review" in done.stderr
    assert "Traceback" not in done.stderr


def test_fix_leaves_what_is_silenced_unless_it_is_named(repo: Repo) -> None:
    code = CODE.replace("(stream)\n\n", "(stream)  # hunkgate: ignore[python-yaml-load] our own file\n\n")
    repo.stage("a.py", code)
    assert "1 with a fix, 1 proven" in repo.hunkgate("fix").stdout


def test_fix_of_old_code_only_with_all(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    repo.commit()
    repo.stage("b.py", "x = 1\n")
    assert "nothing to mend" in repo.hunkgate("fix").stdout
    done = repo.hunkgate("fix", "--all", "--apply")
    assert done.returncode == 0
    assert staged(repo, b"a.py") == MENDED.encode()
    assert staged(repo, b"b.py") == b"x = 1\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("crlf", CODE.replace("\n", "\r\n").encode()),
        ("no end", CODE.rstrip("\n").encode()),
        ("tabs", CODE.replace("    ", "\t").encode()),
        ("latin-1", b"# -*- coding: latin-1 -*-\nname = '\xe9'\n" + CODE.encode()),
        ("mark", b"\xef\xbb\xbf" + CODE.encode()),
        ("long", CODE.encode() + b"".join(b"v%d = %d\n" % (n, n) for n in range(20_000))),
        ("form feed", CODE.replace("\n\n\n", "\n\x0c\n").encode()),
        ("separators", ("# \u2028 \u0085\nname = '\u2029'\n" + CODE).encode()),
    ],
)
def test_fix_is_byte_exact_outside_of_the_patch(repo: Repo, name: str, content: bytes) -> None:
    put(repo, b"a.py", content)
    repo.write("a.py", content)
    done = repo.hunkgate("fix", "--apply")
    assert done.returncode == 0, done.stderr
    wanted = content.replace(b"yaml.load(", b"yaml.safe_load(")
    if name not in ("latin-1", "mark"):  # ruff does not read the one; it counts without the mark of the other
        wanted = wanted.replace(b"a is 3", b"a == 3")
    assert staged(repo, b"a.py") == wanted
    assert (repo.path / "a.py").read_bytes() == wanted


def test_fix_text_that_is_not_utf8_is_not_guessed(repo: Repo) -> None:
    """What ast-grep read in place of such bytes must not be written."""
    content = b"# -*- coding: latin-1 -*-\nimport yaml\nx = yaml.load(names['\xe9'])\n"
    put(repo, b"a.py", content)
    repo.hunkgate("fix", "--apply")
    assert staged(repo, b"a.py") == content


def test_fix_of_renamed_and_added_files_with_odd_names(repo: Repo) -> None:
    names = [b'caf\xe9 "x".py', b"tab\tx.py"]
    for name in names:
        repo.stage(name, CODE)
    repo.commit()
    for name in names:
        repo.git("mv", name, b"new " + name)
        repo.stage(b"new " + name, CODE + "y = yaml.load(z)\n")
    repo.stage(b"-x.py", "import yaml\nq = yaml.load(w)\n")
    done = repo.hunkgate("fix", "--apply")
    assert done.returncode == 0, done.stderr
    assert b"y = yaml.safe_load(z)" in staged(repo, b"new " + names[0])
    assert b"y = yaml.safe_load(z)" in staged(repo, b"new " + names[1])
    assert staged(repo, b"-x.py") == b"import yaml\nq = yaml.safe_load(w)\n"
    assert repo.git("diff", "--name-only") == ""


def test_fix_passes_over_links_submodules_and_intent_to_add(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    (repo.path / "link.py").symlink_to("a.py")
    repo.git("add", "link.py")
    repo.write("later.py", CODE)
    repo.git("add", "-N", "later.py")
    assert repo.hunkgate("fix", "--apply").returncode == 0
    assert (repo.path / "link.py").is_symlink()
    assert (repo.path / "later.py").read_text() == CODE
    assert staged(repo, b"a.py") == MENDED.encode()


def test_fix_in_a_sha256_repository(make_repo) -> None:
    repo = make_repo("long", "--object-format=sha256")
    repo.stage("a.py", CODE)
    patch = repo.hunkgate("fix", "--format", "diff").stdout
    _apply(repo, patch, "--check", "--cached")
    assert repo.hunkgate("fix", "--apply").returncode == 0
    assert staged(repo, b"a.py") == MENDED.encode()


def test_fix_counts_what_it_does_not_show(repo: Repo) -> None:
    """The mend would leave the only use of a name that is not defined elsewhere."""
    repo.stage("a.py", "def f(x):\n    return x is (not None) is 3\n")
    document = json.loads(repo.hunkgate("fix", "--format", "json").stdout)
    shown = len(document["fixes"])
    assert shown + len(document["not_shown"]) == sum(1 for _ in [*document["fixes"], *document["not_shown"]])
    page = repo.hunkgate("fix").stdout
    assert page.count("not shown, failed at") == len(document["not_shown"])


def test_fix_shows_no_secret(repo: Repo) -> None:
    secret = "AKIA" + "Z7QK3PWX5NDM2RTB"
    repo.stage("a.py", f"import yaml\nKEY = '{secret}'\ndata = yaml.load(KEY)\n")
    page = repo.hunkgate("fix").stdout
    assert "yaml.safe_load(KEY)" in page
    assert secret not in page


def test_fix_outside_of_a_repository_and_in_a_bare_one(tmp_path: Path, make_repo) -> None:
    assert hunkgate("fix", cwd=tmp_path).returncode == 3
    bare = make_repo("bare", "--bare")
    done = bare.hunkgate("fix")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_fix_interactive_wants_a_terminal(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    done = repo.hunkgate("fix", "--interactive")
    assert done.returncode == 2
    assert "hunkgate fix --apply" in done.stderr


@pytest.mark.parametrize("pair", [("--staged", "--all"), ("--apply", "--interactive")])
def test_fix_refuses_contradicting_options(repo: Repo, pair: tuple[str, str]) -> None:
    assert repo.hunkgate("fix", *pair).returncode == 2


def _answered(repo: Repo, keys: str) -> str:
    """Run it on a terminal of its own and type the keys, one at each question."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(repo.path)
        os.execvp("hunkgate", ["hunkgate", "fix", "--interactive"])
    said, left = b"", list(keys)
    while select.select([terminal], [], [], 120)[0]:
        try:
            new = os.read(terminal, 65536)
        except OSError:
            break
        if not new:
            break
        said += new
        if said.endswith(b"[y,n,q,a,?]? ") and left:
            os.write(terminal, left.pop(0).encode() + b"\n")
    os.waitpid(child, 0)
    os.close(terminal)
    return said.decode()


@pytest.mark.parametrize(
    ("keys", "mended"),
    [
        ("ny", CODE.replace("a is 3", "a == 3")),
        ("yq", CODE.replace("yaml.load", "yaml.safe_load")),
        ("a", MENDED),
        ("q", CODE),
        ("?yy", MENDED),
        ("nn", CODE),
    ],
)
def test_fix_interactive_mends_what_was_chosen(repo: Repo, keys: str, mended: str) -> None:
    repo.stage("a.py", CODE)
    said = _answered(repo, keys)
    assert staged(repo, b"a.py") == mended.encode()
    assert "python-yaml-load" in said
    assert ("a - mend this" in said) is ("?" in keys)


def test_fix_refuses_when_the_index_moved_during_the_questions(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(repo.path)
        os.execvp("hunkgate", ["hunkgate", "fix", "--interactive"])
    said = b""
    while not said.endswith(b"[y,n,q,a,?]? "):
        said += os.read(terminal, 65536)
    repo.stage("a.py", CODE + "# staged later\n")
    os.write(terminal, b"a\n")
    try:
        while new := os.read(terminal, 65536):
            said += new
    except OSError:
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 3
    assert b"staged anew since the review" in said
    assert staged(repo, b"a.py") == (CODE + "# staged later\n").encode()
    assert (repo.path / "a.py").read_text() == CODE + "# staged later\n"


LOCAL_RULE = """id: local-old-name
language: python
severity: warning
message: The name is old.
note: Write new_name.
metadata: {kind: style, confidence: high}
rule:
  pattern: old_name($X)
fix: new_name($X)
examples:
  match:
    - old_name(1)
    - old_name(x)
  clean:
    - new_name(1)
    - other(1)
"""


def test_fix_takes_the_rules_of_the_repository(repo: Repo) -> None:
    repo.stage(".hunkgate/rules/local-old-name.yml", LOCAL_RULE)
    repo.commit()
    repo.stage("a.py", "from names import new_name, old_name\n\nprint(new_name(1), old_name(2))\n")
    done = repo.hunkgate("fix", "--apply")
    # The old name would be imported for nothing, which ruff's F checks say.
    assert "names resolve" in done.stdout
    repo.git("rm", "-q", "-f", "a.py")
    repo.stage("b.py", "def new_name(x):\n    return x\n\n\nprint(old_name(2), old_name(old_name))\n")
    assert repo.hunkgate("fix", "--apply").returncode == 0
    assert staged(repo, b"b.py").endswith(b"\nprint(new_name(2), new_name(old_name))\n")


def test_fix_escapes_what_would_move_the_cursor(repo: Repo) -> None:
    repo.stage(b"a\x1b[2Jb.py", "import yaml\n# \x1b[2J \u200f\nx = yaml.load(y)\n")
    page = repo.hunkgate("fix").stdout
    assert "yaml.safe_load" in page
    assert "\x1b" not in page
    assert "\u200f" not in page


def test_fix_of_an_empty_change_and_of_binary_files(repo: Repo) -> None:
    repo.commit()
    assert repo.hunkgate("fix", "--format", "diff").stdout == ""
    put(repo, b"a.py", b"import yaml\0\nx = yaml.load(y)\n")
    repo.stage("gone.py", CODE)
    repo.git("rm", "-q", "--cached", "gone.py")
    done = repo.hunkgate("fix", "--apply")
    assert done.returncode == 0
    assert "nothing to mend" in done.stdout


ASKED = """import requests
import yaml


def fetch(url):
    limit = 9
    return requests.get(url)


def load(s):
    return yaml.load(s)
"""
ANSWER = {"first": 3, "last": 3, "lines": ["    return requests.get(url, timeout=limit)"]}


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file; a model is in service that knows one mend."""
    in_service(tmp_path / "m", monkeypatch, {"contains": "requests.get", "write": ANSWER})
    file = tmp_path / "config.toml"
    file.write_text(f'model = "{NAME}"\nengine = "off"\n')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(file))
    return file


def test_fix_asks_no_model_unless_told(repo: Repo, user: Path) -> None:
    repo.stage("a.py", ASKED)
    assert "2 findings, 1 with a fix, 1 proven" in repo.hunkgate("fix").stdout


def test_fix_model_is_shown_with_the_rules_and_applied(repo: Repo, user: Path) -> None:
    repo.stage("a.py", ASKED)
    done = repo.hunkgate("fix", "--model")
    assert "2 findings, 2 with a fix, 2 proven" in done.stdout, done.stderr
    assert f"fix of: model {NAME}" in done.stdout
    assert "mends and does not dodge" in done.stdout
    assert repo.hunkgate("fix", "--model", "--apply").returncode == 0
    wanted = ASKED.replace("get(url)", "get(url, timeout=limit)").replace("yaml.load", "yaml.safe_load")
    assert staged(repo, b"a.py") == wanted.encode()
    assert (repo.path / "a.py").read_text() == wanted


def test_what_a_model_mended_is_said_in_the_commit(repo: Repo, user: Path) -> None:
    repo.stage("a.py", ASKED)
    repo.hunkgate("init")
    assert repo.hunkgate("fix", "--model", "--apply").returncode == 0
    repo.git("commit", "-q", "-m", "told")
    message = repo.git("log", "-1", "--format=%B")
    assert re.search(rf"^Assisted-by: {NAME} [0-9a-f]{{12}} generated=1/", message, re.MULTILINE), message


def test_what_a_rule_mended_is_nobodys_writing(repo: Repo) -> None:
    repo.stage("a.py", CODE)
    assert repo.hunkgate("fix", "--apply").returncode == 0
    assert not (repo.path / ".git/hunkgate/generated").exists()


@pytest.mark.parametrize(("check", "shown"), [(["test", "-e", "a.py"], 2), (["false"], 0)])
def test_the_users_own_check_has_to_hold(repo: Repo, user: Path, check: list[str], shown: int) -> None:
    user.write_text(f"[fix]\ncheck = {json.dumps(check)}\n")
    repo.stage("a.py", CODE)
    assert len(json.loads(repo.hunkgate("fix", "--format", "json").stdout)["fixes"]) == shown


def test_fix_model_answers_out_of_the_cache_the_second_time(repo: Repo, user: Path) -> None:
    """What was shown is what is applied, even if the model is not there any more."""
    repo.stage("a.py", ASKED)
    patch = repo.hunkgate("fix", "--model", "--format", "diff").stdout
    assert "timeout=limit" in patch
    assert repo.hunkgate("fix", "--model", "--budget", "0.001s", "--format", "diff").stdout != ""
    assert repo.hunkgate("fix", "--model", "--format", "diff").stdout == patch
    _apply(repo, patch, "--check", "--cached")


def test_fix_model_says_whom_it_did_not_ask_and_why(repo: Repo, user: Path) -> None:
    user.write_text('model = "qwen2.5-coder-1.5b-instruct"\n')
    repo.stage("a.py", ASKED)
    done = repo.hunkgate("fix", "--model")
    assert done.returncode == 0
    assert "No model was asked about:\n  1 finding: model qwen2.5-coder-1.5b-instruct is not installed" in done.stdout
    document = json.loads(repo.hunkgate("fix", "--model", "--format", "json").stdout)
    assert [(one["rule"], "not installed" in one["reason"]) for one in document["not_asked"]] == [("ruff/S113", True)]


def test_fix_model_without_time_counts_what_did_not_fit(repo: Repo, user: Path) -> None:
    repo.stage("a.py", ASKED)
    assert "1 finding: there was no time left" in repo.hunkgate("fix", "--model", "--budget", "0s").stdout


def test_fix_model_refusals_are_counted_by_their_step(repo: Repo, user: Path) -> None:
    code = ASKED.replace("limit", "other")
    repo.stage("a.py", code)
    done = repo.hunkgate("fix", "--model")
    assert "1 for 'names resolve'" in done.stdout


def test_fix_budget_is_for_models_only(repo: Repo) -> None:
    done = repo.hunkgate("fix", "--budget", "9s")
    assert (done.returncode, "Add --model" in done.stderr) == (2, True)
