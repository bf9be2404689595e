"""A finding that blocks and that a person let pass: attested as waived, listed by verifiers, and worth what the target says."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from attested_history import proof_of, proofs_of
from attesting import gate_hook, git_of, new_key, run, use_key
from conftest import Repo
from hypothesis import given
from hypothesis import strategies as st
from make_verdict import make_finding

from reviewer import knowledge
from reviewer.attest import delta, sshsig, trailer, vsa
from reviewer.attest.canonical import canonical_json
from reviewer.attest.envelope import read
from reviewer.attest.notes import REF
from reviewer.attest.proof import Class, Proof
from reviewer.attest.statement import in_toto, signed_bytes
from reviewer.attest.target import Options
from reviewer.attest.trailer import Attested, Refused
from reviewer.attest.waivers import DISMISSALS, Decided, Waiver, as_json, as_line, digest_of, objections, parse_line
from reviewer.attest.waiving import blocks
from reviewer.errors import AttestError
from reviewer.judge import disposition
from reviewer.objects.command import CommandReader
from reviewer.records import Confidence, Disposition, Kind, Mode, Policy, Severity
from reviewer.records.policy import Waived
from reviewer.records.statement import Word

SETTINGS = 'mode = "block"\nreviewers = ["rules"]\n'
CODE = "def f():\n    return eval(input())\n"
WHY = 'a  calculator of our own: "\u00fc" is fine # and so on, at some length, so that it has to be folded'
TODAY = datetime.now(timezone.utc).date()


def gated(repo: Repo, attest: str = "") -> Repo:
    """A repository that blocks, with all hooks."""
    repo.stage(".hunkgate.toml", SETTINGS + (f"[attest]\n{attest}\n" if attest else ""))
    repo.commit("settings")
    for name in ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"):
        gate_hook(repo, name)
    return repo


def dismiss(repo: Repo, *options: str, why: str = WHY) -> None:
    """Dismiss what blocks the staged change."""
    report = json.loads(repo.hunkgate("review", "--format", "json").stdout)
    (blocking,) = [one for one in report["findings"] if one["disposition"] == "blocks"]
    done = repo.hunkgate("dismiss", blocking["fingerprint"][:12], "--why", why, *options)
    assert done.returncode == 0, done.stderr


def waived(repo: Repo, path: str = "a.py", code: str = CODE, *options: str) -> str:
    """A commit with a waiver, made through the hooks."""
    repo.stage(path, code)
    dismiss(repo, *options)
    return committed(repo)


def committed(repo: Repo, message: str = "change") -> str:
    done = run(repo, "git", "commit", "-q", "-m", message)
    assert done.returncode == 0, done.stdout + done.stderr
    return repo.git("rev-parse", "HEAD")


def message_of(repo: Repo, revision: str = "HEAD") -> str:
    return repo.git("log", "-1", "--format=%B", revision)


def reworded(repo: Repo, message: str) -> Proof:
    """What is proven about the last commit if it has another message."""
    repo.git("commit", "-q", "--amend", "--no-verify", "-m", message)
    return proof_of(repo)


def refused(proof: Proof, why: str) -> bool:
    return proof.klass is Class.RESIDUAL and not proof.proven and not proof.waivers and why in " ".join(proof.reasons)


def test_a_dismissed_finding_that_blocks_is_waived_and_listed(repo: Repo, key: Path) -> None:
    waived(gated(repo))
    proof = proof_of(repo)
    assert (proof.klass, proof.result, proof.proven) == (Class.EXACT, Word.WAIVED, True)
    (waiver,) = proof.waivers
    assert (waiver.rule, waiver.path, waiver.line, waiver.decided) == ("python-eval-input", b"a.py", 2, Decided.CHANGE)
    # Dismissals keep a reason on one line.
    assert (waiver.why, waiver.on) == (" ".join(WHY.split()), TODAY.isoformat())
    (item,) = trailer.found(message_of(repo).encode())
    assert isinstance(item, Attested)
    assert item.statement.waiver == digest_of(item.waivers)
    shown = json.loads(repo.hunkgate("verify", "HEAD", "--format", "json").stdout)[0]
    assert (shown["result"], shown["waivers"][0]["why"], shown["waivers"][0]["path"]) == ("waived", waiver.why, "a.py")
    text = repo.hunkgate("verify", "HEAD").stdout
    assert "EXACT waived signed by your own key" in text
    assert "waived: python-eval-input in a.py:2: a calculator" in text


def test_stock_git_reads_the_waiver(repo: Repo, key: Path) -> None:
    waived(gated(repo))
    printed = repo.git("log", "-1", "--format=%(trailers:key=Review-Waiver,valueonly,unfold)").strip()
    assert parse_line(printed) == proof_of(repo).waivers[0]
    assert max(len(line) for line in message_of(repo).split("\n")) <= trailer.WIDTH


def test_a_dismissal_of_what_only_warns_waives_nothing(repo: Repo, key: Path) -> None:
    gated(repo)
    repo.stage("a.py", 'import os\ndef f(x):\n    os.system("ls " + x)\n')
    (found,) = json.loads(repo.hunkgate("review", "--format", "json").stdout)["findings"]
    repo.hunkgate("dismiss", found["fingerprint"][:12], "--why", "fine")
    committed(repo)
    assert (proof_of(repo).result, proof_of(repo).waivers) == (Word.WARN, ())


def test_a_comment_that_silences_what_blocks_is_a_waiver(repo: Repo, key: Path) -> None:
    gated(repo)
    names = "python-eval-input, python-dynamic-code, taint-python-code"
    repo.stage("a.py", f"def f():\n    return eval(input())  # hunkgate: ignore[{names}] a calculator\n")
    committed(repo)
    proof = proof_of(repo)
    assert proof.result is Word.WAIVED
    assert {(waiver.why, waiver.who, waiver.decided) for waiver in proof.waivers} == {("a calculator", "", Decided.COMMENT)}


def test_in_a_note_the_waivers_stand_beside_the_statement(repo: Repo, key: Path) -> None:
    waived(gated(repo, 'store = "notes"'))
    line = repo.git("notes", f"--ref={REF}", "show", "HEAD^{tree}").encode()
    schema = json.loads((Path(__file__).resolve().parents[2] / "reviewer/schemas/attestation.schema.json").read_text())
    check = jsonschema.Draft202012Validator({"$ref": "#/$defs/envelope", "$defs": schema["$defs"]})
    check.validate(json.loads(line))
    (envelope,) = read(line)
    assert digest_of(envelope.waivers) == envelope.statement.waiver
    predicate = in_toto(envelope.statement, envelope.delta, "")["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["waivers"] == {"sha256": envelope.statement.waiver}
    proof = proof_of(repo)
    assert (proof.klass, proof.result, len(proof.waivers)) == (Class.EXACT, Word.WAIVED, 1)
    assert "waived: python-eval-input in a.py:2" in repo.hunkgate("notes", "show").stdout
    wrong = json.loads(line)
    wrong["waivers"][0]["decided"] = "never"
    assert not check.is_valid(wrong)


def test_a_summary_names_the_waivers(repo: Repo, key: Path) -> None:
    waived(gated(repo))
    setting = vsa.Setting("urn:x", "urn:y", "", datetime.now(timezone.utc))
    predicate = vsa.summary_of(proof_of(repo), setting)["predicate"]
    assert isinstance(predicate, dict)
    assert predicate["waivers"] == [as_json(waiver) for waiver in proof_of(repo).waivers]


# What a waiver is worth


@pytest.mark.parametrize(("worth", "counts"), [("allow", True), ("warn", True), ("block", False)])
def test_the_policy_of_the_target_says_what_waivers_are_worth(repo: Repo, key: Path, worth: str, counts: bool) -> None:
    waived(gated(repo, f'waived = "{worth}"'))
    proof = proof_of(repo)
    assert proof.proven is counts
    assert counts or refused(proof, 'attest.waived = "block"')


def test_a_push_cannot_bring_a_milder_policy_along(repo: Repo, key: Path) -> None:
    gated(repo, 'waived = "block"')
    repo.stage(".hunkgate.toml", SETTINGS + '[attest]\nwaived = "allow"\n')
    committed(repo)
    waived(repo)
    first, second = proofs_of(repo, "HEAD~2..HEAD")
    assert first.proven
    assert refused(second, "another policy")
    assert refused(second, 'attest.waived = "block"')


def test_of_several_policies_the_strictest_counts(repo: Repo, key: Path) -> None:
    gated(repo, 'waived = "block"')
    strict = repo.git("rev-parse", "HEAD")
    repo.stage(".hunkgate.toml", SETTINGS + '[attest]\nwaived = "allow"\n')
    mild = committed(repo)
    waived(repo)
    assert proof_of(repo, options=Options(policy_from=[mild])).proven
    assert not proof_of(repo, options=Options(policy_from=[mild, strict])).proven


def test_what_was_decided_before_counts_where_own_waivers_do_not(repo: Repo, key: Path) -> None:
    gated(repo, 'waived = "block"')
    landed = waived(repo)
    repo.stage("a.py", "class C:\n    def f(self):\n        return eval(input())\n")
    committed(repo)
    proof = proof_of(repo)
    assert [waiver.decided for waiver in proof.waivers] == [Decided.BEFORE]
    assert proof.proven
    # In one push with the decision it was not there before.
    both = proofs_of(repo, f"{landed}~1..HEAD")
    assert [one.proven for one in both] == [False, False]


def test_a_waiver_that_is_over_counts_no_longer(repo: Repo, key: Path) -> None:
    waived(gated(repo), "a.py", CODE, "--until", (TODAY + timedelta(days=5)).isoformat())
    assert proof_of(repo).proven
    last = datetime.now(timezone.utc) + timedelta(days=5)
    assert proof_of(repo, options=Options(at=last)).proven
    assert refused(proof_of(repo, options=Options(at=last + timedelta(days=1))), "it rests on a waiver that was over on")


def test_a_squash_keeps_its_waivers(repo: Repo, key: Path) -> None:
    gated(repo)
    start = repo.git("rev-parse", "HEAD")
    waived(repo)
    repo.stage("b.py", "x = 1\n")
    committed(repo)
    messages = repo.git("log", "--reverse", "--format=%B", f"{start}..HEAD")
    repo.git("reset", "-q", "--soft", start)
    repo.git("commit", "-q", "--no-verify", "-m", messages)
    proof = proof_of(repo)
    assert (proof.klass, proof.result, len(proof.waivers)) == (Class.COMPOSED, Word.WAIVED, 1)


def test_a_partial_review_names_its_waivers_too(repo: Repo, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gated(repo)
    # A tool that fails is a gap.
    repo.stage(".hunkgate.toml", SETTINGS.replace('["rules"]', '["rules", "analyzers"]'))
    repo.commit("analyzers")
    config = Path(repo.path.parent / "config.toml")
    config.write_text('[[analyzers]]\nname = "broken"\ncommand = ["false"]\n')
    monkeypatch.setenv("HUNKGATE_CONFIG", str(config))
    waived(repo)
    proof = proof_of(repo)
    assert (proof.result, len(proof.waivers)) == (Word.PARTIAL, 1)


# Attacks


def test_attack_altered_reason(repo: Repo, key: Path) -> None:
    waived(gated(repo))
    text = message_of(repo)
    assert refused(reworded(repo, text.replace("calculator", "necessity")), "its waivers are not those that were signed")


def test_attack_another_person(repo: Repo, key: Path) -> None:
    waived(gated(repo))
    assert refused(reworded(repo, message_of(repo).replace("dev@example.org", "boss@example.org")), "not those that were signed")


def test_attack_no_end_any_more(repo: Repo, key: Path) -> None:
    until = (TODAY + timedelta(days=5)).isoformat()
    waived(gated(repo), "a.py", CODE, "--until", until)
    assert refused(reworded(repo, message_of(repo).replace(f'"until": "{until}"', '"until": ""')), "not those that were signed")


def test_attack_waiver_left_out(repo: Repo, key: Path) -> None:
    waived(gated(repo))
    text = message_of(repo)
    assert refused(reworded(repo, text[: text.index("Review-Waiver")]), "it rests on waivers that are not here")


def test_a_note_has_what_a_message_has_lost(repo: Repo, key: Path) -> None:
    waived(gated(repo, 'store = "both"'))
    text = message_of(repo)
    proof = reworded(repo, text[: text.index("Review-Waiver")])
    assert (proof.klass, len(proof.waivers)) == (Class.EXACT, 1)


def test_attack_waiver_copied_from_another_commit(repo: Repo, key: Path) -> None:
    gated(repo)
    waived(repo)
    copied = message_of(repo)
    copied = copied[copied.index("Review-Waiver") :]
    # An honest commit of other content, to which the waiver is added.
    repo.stage("b.py", "x = 1\n")
    committed(repo)
    honest = message_of(repo)
    assert refused(reworded(repo, honest + copied), "its waivers are not those that were signed")
    # The whole attestation of the other commit, on code that nobody looked at.
    repo.stage("b.py", CODE)
    repo.git("commit", "-q", "--no-verify", "--amend", "-m", message_of(repo, "HEAD~1"))
    assert refused(proof_of(repo), "its attestation is for another change")


def test_attack_digest_of_another_waiver_in_the_attestation(repo: Repo, key: Path) -> None:
    gated(repo)
    repo.stage("b.py", "x = 1\n")
    committed(repo)
    honest = message_of(repo)
    waived(repo)
    (item,) = trailer.found(message_of(repo).encode())
    (clean,) = trailer.found(honest.encode())
    assert isinstance(item, Attested)
    assert isinstance(clean, Attested)
    repo.git("reset", "-q", "--hard", "HEAD~1")
    statement = replace(clean.statement, waiver=item.statement.waiver)
    forged = Attested(statement, clean.signature, waivers=item.waivers)
    proof = reworded(repo, "x\n\n" + "\n".join(trailer.trailers(forged)))
    assert refused(proof, "the signature is not over this change and this statement")


def test_attack_waived_turned_into_pass(repo: Repo, key: Path) -> None:
    waived(gated(repo))
    text = message_of(repo)
    assert refused(reworded(repo, text.replace("v1 waived", "v1 pass")), "the signature is not over this change")


def test_attack_unsigned_waiver(repo: Repo, tmp_path: Path) -> None:
    gated(repo)
    waived(repo)
    proof = proof_of(repo)
    assert not proof.proven
    assert "no signing key" in " ".join(proof.reasons)


def test_attack_waiver_by_a_key_that_nobody_allows(repo: Repo, key: Path, tmp_path: Path) -> None:
    waived(gated(repo))
    use_key(new_key(tmp_path / "other"))
    proof = proof_of(repo)
    assert refused(proof, "nobody here vouches for the key")


def test_attack_word_without_a_waiver_in_a_note(repo: Repo, key: Path) -> None:
    waived(gated(repo, 'store = "notes"'))
    (envelope,) = read(repo.git("notes", f"--ref={REF}", "show", "HEAD^{tree}").encode())
    data = in_toto(envelope.statement, envelope.delta, "")
    predicate = data["predicate"]
    assert isinstance(predicate, dict)
    del predicate["waivers"]
    line = {"payload": base64.b64encode(canonical_json(data)).decode(), "payloadType": "application/vnd.in-toto+json"}
    signed = [{"sig": base64.b64encode(envelope.signature.blob).decode()}]
    with pytest.raises(AttestError):
        read(json.dumps({**line, "signatures": signed}).encode())


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda text: "Review-Waiver: " + text, "without a signature right above it"),
        (lambda text: text, ""),
    ],
)
def test_a_waiver_that_stands_alone_is_none(make: Any, said: str) -> None:
    found = trailer.found(make(as_line(WAIVER)).encode())
    assert [isinstance(item, Refused) and said in item.reason for item in found] == [True] * bool(said)


# Form

WAIVER = Waiver("r", b"a b\xff.py", 3, "0" * 32, "why", "A <a@example.org>", "2026-11-22", "", Decided.CHANGE)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
DAYS = st.just("") | st.dates().map(lambda day: day.isoformat())
WAIVERS = st.builds(
    Waiver, TEXTS, st.binary(max_size=20), st.integers(0, 10**6), TEXTS, TEXTS, TEXTS, DAYS, DAYS, st.sampled_from(Decided)
)


@given(WAIVERS)
def test_a_line_is_read_back_and_can_be_folded(waiver: Waiver) -> None:
    text = as_line(waiver)
    assert text.isascii()
    assert text.isprintable() or "\x7f" in text
    assert "  " not in text
    assert parse_line(text) == waiver


@given(st.text(max_size=200))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(AttestError):
        parse_line(text)


@pytest.mark.parametrize(
    "text",
    [
        as_line(WAIVER).replace('"why"', '"why": "x", "why"'),
        as_line(WAIVER).replace('"A <', '"\\u0041 <'),
        as_line(WAIVER).replace('"line": 3', '"line": true'),
        as_line(WAIVER).replace('"line": 3', '"line": 3.0'),
        as_line(WAIVER).replace("2026-11-22", "20261122"),
        as_line(WAIVER).replace('"why": "why"', '"why": "\\ud800"'),
        as_line(WAIVER).replace("}", ', "more": ""}'),
        as_line(WAIVER).replace(", ", ","),
        "[" * 5000,
        "{}",
    ],
)
def test_a_line_has_one_form(text: str) -> None:
    assert parse_line(as_line(WAIVER)) == WAIVER
    with pytest.raises(AttestError):
        parse_line(text)


def test_what_blocks_here_is_what_blocks_there() -> None:
    fields = itertools.product(
        Kind, Severity, Confidence, ("rules", "secrets", "analyzers/x", "models/y"), Mode, (Kind.BUG, Kind.SECRET)
    )
    for kind, severity, confidence, reviewer, mode, blocked in fields:
        finding = make_finding(kind=kind, severity=severity, confidence=confidence, reviewer=reviewer)
        policy = Policy(mode=mode, block_kinds=(blocked,), block_severity=Severity.WARNING, block_confidence=Confidence.MEDIUM)
        assert blocks(finding, policy) is (disposition(finding, policy) is Disposition.BLOCKS)


def test_dismissals_lie_where_the_memory_keeps_them() -> None:
    assert DISMISSALS.decode() == f"{knowledge.FOLDER}/"


@pytest.mark.parametrize("pushed", [False, True])
def test_without_waivers_there_is_nothing_to_object_to(pushed: bool) -> None:
    assert not list(objections((), "", Waived.BLOCK, TODAY, pushed=pushed))
    assert list(objections((WAIVER,), "", Waived.ALLOW, TODAY, pushed=pushed))


def test_signature_of_stock_ssh_keygen_covers_the_digest(repo: Repo, key: Path, tmp_path: Path) -> None:
    waived(gated(repo))
    (item,) = trailer.found(message_of(repo).encode())
    assert isinstance(item, Attested)
    assert item.signature is not None
    change = delta.between(CommandReader(git_of(repo)), item.statement.base, item.statement.tree)
    payload = signed_bytes(item.statement, change, "")
    assert digest_of(item.waivers).encode() in payload
    (tmp_path / "sig").write_bytes(item.signature.armored)
    (tmp_path / "allowed").write_text(f"dev@example.org {key.read_text()}")
    words = ["ssh-keygen", "-Y", "verify", "-n", sshsig.NAMESPACE, "-I", "dev@example.org", "-s", "sig", "-f", "allowed"]
    assert subprocess.run(words, cwd=tmp_path, input=payload, capture_output=True, check=False).returncode == 0
