"""From the review to the note, through the real hooks."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from attested_history import head_tree, proof_of
from attesting import attesting, commit, gate_hook, run
from conftest import Repo

from reviewer.attest import ledger, notes_read, sshsig
from reviewer.attest.canonical import canonical_json, sha256_of
from reviewer.attest.notes import REF
from reviewer.attest.proof import Class
from reviewer.attest.statement import PREDICATE_TYPE, pae
from reviewer.attest.trailer import ATTESTATION
from reviewer.git import Git
from reviewer.review._secret_examples import expand


def gated(repo: Repo, store: str, more: str = "") -> Repo:
    """A repository with a first commit and hooks that keep attestations there."""
    repo.stage(".hunkgate.toml", f'{more}[attest]\nstore = "{store}"\nrepository = "r1"\n')
    repo.commit("settings")
    attesting(repo)
    gate_hook(repo, "post-commit")
    return repo


def committed(repo: Repo, content: str, *words: str, **env: str) -> str:
    repo.stage("a b.py", content)
    done = commit(repo, "-m", "x", *words, env=env)
    assert done.returncode == 0, done.stderr
    return done.stderr


def lines_of(repo: Repo) -> list[dict[str, Any]]:
    text = repo.git("notes", f"--ref={REF}", "show", head_tree(repo), check=False)
    return [json.loads(line) for line in text.split("\n") if line]


@pytest.mark.parametrize(("store", "in_message", "in_notes"), [("trailer", 1, 0), ("notes", 0, 1), ("both", 1, 1)])
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_where_it_is_kept(
    make_repo: Callable[..., Repo], key: Path, store: str, in_message: int, in_notes: int, form: str
) -> None:
    repo = gated(make_repo("gated", f"--object-format={form}"), store)
    for content in ("1\n", "2\n"):
        assert committed(repo, content).count("hunkgate: attested pass, signed with SHA256:") == 1
        assert repo.git("log", "-1", "--format=%B").count(ATTESTATION) == in_message
        assert len(lines_of(repo)) == in_notes
        assert proof_of(repo).klass is Class.EXACT
    repo.git("commit", "-q", "--amend", "--no-edit", "-m", "reworded", "--no-verify")
    assert (proof_of(repo).klass is Class.EXACT) == bool(in_notes)
    assert not list((repo.path / ".git/hunkgate").glob("waiting/*.note.json"))


def test_an_old_trailer_leaves_the_message_when_notes_are_wanted(repo: Repo, key: Path) -> None:
    gated(repo, "trailer")
    committed(repo, "1\n")
    repo.stage(".hunkgate.toml", '[attest]\nstore = "notes"\n')
    repo.git("commit", "-q", "--no-verify", "-C", "HEAD")
    assert ATTESTATION in repo.git("log", "-1", "--format=%B")
    repo.git("commit", "-q", "--no-verify", "--allow-empty", "-C", "HEAD")
    repo.stage("a b.py", "2\n")
    done = commit(repo, "--amend", "--no-edit")
    assert "attested pass, signed" in done.stderr
    assert ATTESTATION not in repo.git("log", "-1", "--format=%B")
    assert len(lines_of(repo)) == 1


def test_without_a_key_nothing_is_noted_and_that_is_said(repo: Repo) -> None:
    gated(repo, "notes")
    said = committed(repo, "1\n")
    assert "hunkgate: this commit is not attested: a note has to be signed (no signing key)" in said
    assert said.count("hunkgate:") == 1
    assert lines_of(repo) == []


def test_an_aborted_commit_notes_nothing(repo: Repo, key: Path) -> None:
    """The hook that comes after ours refuses the message; the next commit finds nothing of it."""
    gated(repo, "notes")
    hook = repo.path / ".git/hooks/commit-msg"
    hook.write_text(hook.read_text().replace("exec ", "") + "test -e allowed\n")
    repo.stage("a b.py", "1\n")
    assert commit(repo, "-m", "x").returncode != 0
    tree = repo.git("write-tree")
    (repo.path / "allowed").write_text("")
    committed(repo, "2\n")
    assert len(lines_of(repo)) == 1
    assert repo.git("notes", f"--ref={REF}", "show", tree, check=False) == ""
    assert list((repo.path / ".git/hunkgate/waiting").iterdir()) == []


def test_a_commit_whose_git_was_killed_is_noted_by_the_next_one(repo: Repo, key: Path) -> None:
    """As if post-commit had not been installed at that time."""
    gated(repo, "notes")
    hook = repo.path / ".git/hooks/post-commit"
    hook.rename(hook.with_suffix(".off"))
    committed(repo, "1\n")
    tree = head_tree(repo)
    assert lines_of(repo) == []
    hook.with_suffix(".off").rename(hook)
    committed(repo, "2\n")
    assert repo.git("notes", f"--ref={REF}", "show", tree) != ""


def test_without_post_commit_the_next_commit_notes_the_one_before(repo: Repo, key: Path) -> None:
    gated(repo, "notes")
    (repo.path / ".git/hooks/post-commit").unlink()
    committed(repo, "1\n")
    tree = head_tree(repo)
    committed(repo, "2\n")
    assert repo.git("notes", f"--ref={REF}", "show", tree) != ""
    assert lines_of(repo) == []


def test_notes_that_cannot_be_written_are_one_line(repo: Repo, key: Path) -> None:
    gated(repo, "both")
    repo.git("update-ref", REF, repo.git("rev-parse", "HEAD:.hunkgate.toml"))
    said = committed(repo, "1\n")
    lines = [line for line in said.split("\n") if line.startswith("hunkgate: ")]
    assert len(lines) == 2
    assert "the attestation of this commit is not complete: the ref of the notes is not at a commit" in lines[1]
    assert proof_of(repo).klass is Class.EXACT


@pytest.mark.parametrize(("settings", "lines"), [("[attest]\nenabled = false\n", 0), ('mode = "no such mode"\n', 1)])
def test_what_commit_msg_said_is_not_said_again(repo: Repo, key: Path, settings: str, lines: int) -> None:
    gated(repo, "trailer")
    (repo.path / ".git/hooks/pre-commit").unlink()
    repo.stage(".hunkgate.toml", settings)
    repo.commit("settings")
    said = committed(repo, "1\n")
    assert said.count("hunkgate: ") == lines, said
    assert list((repo.path / ".git/hunkgate/attempts").iterdir()) == []


def test_a_commit_that_is_not_what_was_attested_is_told(repo: Repo, key: Path) -> None:
    """`ps` can take a message for an option: here the commit goes on another parent than commit-msg believed."""
    gated(repo, "trailer")
    hook = repo.path / ".git/hooks/commit-msg"
    other = 'sed -i \'s/"base": "[0-9a-f]*/"base": "' + "1" * 40 + "/' .git/hunkgate/waiting/*.json\n"
    hook.write_text(hook.read_text().replace("exec ", "") + other)
    said = committed(repo, "1\n")
    assert "hunkgate: this commit is not what was attested" in said


SCHEMA = json.loads(resources.files("reviewer.schemas").joinpath("attestation.schema.json").read_text(encoding="utf-8"))


def validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]})


def test_the_schema_is_valid_and_strict() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert not validator("statement").is_valid({})
    assert not validator("envelope").is_valid({"payload": "", "payloadType": "x", "signatures": []})


def reviewed(repo: Repo, key: Path, code: str) -> dict[str, Any]:
    """A commit through the whole gate, and its line."""
    repo.stage(".hunkgate.toml", 'reviewers = ["rules", "secrets"]\n[attest]\nstore = "notes"\n')
    repo.commit("settings")
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"):
        gate_hook(repo, name)
    repo.stage("a b.py", code)
    done = run(repo, "git", "commit", "-qm", "x")
    assert done.returncode == 0, done.stderr
    (line,) = lines_of(repo)
    return line


def test_a_real_review_is_noted_as_published(repo: Repo, key: Path, tmp_path: Path) -> None:
    line = reviewed(repo, key, "import os\ndef f(x):\n    os.system('ls ' + x)\n    eval(x)\n")
    payload = base64.b64decode(line["payload"])
    statement = json.loads(payload)
    validator("envelope").validate(line)
    validator("statement").validate(statement)
    validator("findings").validate(line["findings"])
    assert canonical_json(statement) == payload
    assert statement["predicateType"] == PREDICATE_TYPE
    assert line["findings"]["findings"]
    assert sha256_of(line["findings"]) == statement["predicate"]["findings"]["sha256"]
    (tmp_path / "sig").write_bytes(sshsig.parse(base64.b64decode(line["signatures"][0]["sig"])).armored)
    (tmp_path / "allowed").write_text(f"dev@example.org {key.read_text()}")
    words = ["ssh-keygen", "-Y", "verify", "-n", sshsig.NAMESPACE, "-I", "dev@example.org", "-s", "sig", "-f", "allowed"]
    signed = pae(line["payloadType"], payload)
    assert subprocess.run(words, cwd=tmp_path, input=signed, capture_output=True, check=False).returncode == 0
    assert subprocess.run(words, cwd=tmp_path, input=signed[:-1], capture_output=True, check=False).returncode != 0
    shown = repo.hunkgate("notes", "show").stdout
    assert "warn, reviewed " in shown or "pass, reviewed " in shown
    assert "a%20b.py:" in shown


def test_no_secret_is_noted(repo: Repo, key: Path) -> None:
    password, token = expand("<base62:9>!<base62:7>"), expand("<github:ghp_>")
    line = reviewed(
        repo, key, f'password = "{password}"\nimport os\nos.system("psql {password} " + input())\nurl = "https://{token}@x.y/"\n'
    )
    text = json.dumps(line["findings"])
    assert any(finding["kind"] == "secret" for finding in line["findings"]["findings"])
    kept = "".join(path.read_text() for path in (repo.path / ".git/hunkgate").rglob("*.json"))
    for value in (password, token, token[4:20]):
        assert value not in text
        assert value not in kept


def test_findings_that_are_not_the_reviewed_ones_are_not_shown(repo: Repo, key: Path) -> None:
    gated(repo, "notes")
    committed(repo, "1\n")
    line = lines_of(repo)[0]
    line["findings"]["findings"] = [{"rule": "forged"}]
    text = json.dumps(line).encode()
    subprocess.run(
        ["git", "notes", f"--ref={REF}", "add", "-f", "-F", "-", head_tree(repo)], cwd=repo.path, input=text, check=True
    )
    (noted,) = notes_read.about(Git(repo.path), head_tree(repo)).noted
    assert noted.findings is None
    assert proof_of(repo).klass is Class.EXACT


def test_many_findings_stay_a_digest(repo: Repo, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from attesting import verdict_of

    from reviewer.records import Policy, Store

    monkeypatch.setattr(ledger, "MAX_FINDINGS", 10)
    policy = Policy(store=Store.NOTES)
    ledger.remember(Git(repo.path), verdict_of("1" * 40, "2" * 40, policy=policy))
    statement = ledger.recall(Git(repo.path), "1" * 40, "2" * 40)
    assert statement is not None
    assert ledger.findings_of(Git(repo.path), statement) is None
