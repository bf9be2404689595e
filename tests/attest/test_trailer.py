from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from attesting import git_of
from conftest import Repo
from hypothesis import given
from hypothesis import strategies as st

from reviewer.attest import message, sshsig, trailer
from reviewer.attest.canonical import base64url
from reviewer.attest.trailer import ATTESTATION, Attested, Refused, found, parse_attestation, stripped, trailers
from reviewer.errors import AttestError
from reviewer.records import ROLES
from reviewer.records.statement import Statement, Word


def wire(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def signature(kind: bytes = b"ssh-ed25519", body: bytes = b"k" * 32, sig: bytes = b"s" * 83) -> sshsig.Signature:
    key = wire(kind, body)
    return sshsig.parse(b"SSHSIG\0\0\0\1" + wire(key, sshsig.NAMESPACE.encode(), b"", b"sha512", sig))


DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
OIDS = st.binary(min_size=20, max_size=20).map(bytes.hex) | DIGESTS
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=timezone.utc))
STATEMENTS = st.builds(
    Statement,
    result=st.sampled_from([word for word in Word if word is not Word.WAIVED]),
    tree=OIDS,
    base=OIDS,
    engine=st.from_regex(r"[a-z][a-z0-9-]{0,12}/[0-9A-Za-z.+!_-]{1,16}", fullmatch=True),
    policy=DIGESTS,
    models=DIGESTS,
    findings=DIGESTS,
    at=TIMES,
    waiver=st.just("") | DIGESTS,
    generated=st.just("") | DIGESTS,
    forced=st.sets(st.sampled_from(ROLES)).map(lambda roles: tuple(sorted(roles))),
)
KINDS = st.sampled_from([b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com"])
SIGNATURES = st.builds(signature, KINDS, st.binary(max_size=600), st.binary(max_size=600))
SIGNED = st.builds(Attested, STATEMENTS, SIGNATURES)
REASONS = st.from_regex(r"[a-zA-Z]([a-z,.'-]| (?! )){0,50}[a-z]", fullmatch=True)
UNSIGNED = st.builds(Attested, STATEMENTS, st.none(), REASONS)

SAMPLE = Attested(
    Statement(
        Word.PASS, "1" * 40, "2" * 40, "hunkgate/0.1.0", "aa" * 32, "bb" * 32, "cc" * 32,
        datetime(2026, 11, 22, 8, 30, tzinfo=timezone.utc),
    ),
    signature(),
)  # fmt: skip


def text_of(attested: Attested) -> str:
    return "\n".join(trailers(attested)) + "\n"


@given(SIGNED | UNSIGNED)
def test_what_is_written_is_read_back(attested: Attested) -> None:
    text = text_of(attested)
    assert found(f"subject\n\nbody\n\n{text}".encode()) == (attested,)
    assert all(len(line) <= trailer.WIDTH for line in text.split("\n") if line.count(" ") > 1 or line.startswith("Review"))


@given(SIGNED | UNSIGNED)
def test_unfolded_as_git_does_it_is_read_back(attested: Attested) -> None:
    text = text_of(attested).replace("\n ", " ")
    assert found(f"subject\n\n{text}".encode()) == (attested,)


@given(st.binary())
def test_any_message_is_read_without_a_crash(noise: bytes) -> None:
    for start in (b"", b"Review-Attestation: ", b"Review-Attestation: v1 pass tree="):
        assert all(isinstance(item, Refused) for item in found(start + noise))


@given(SIGNED, st.integers(0, 2000), st.characters(blacklist_characters=" \n", max_codepoint=126))
def test_no_changed_character_goes_unseen(attested: Attested, where: int, letter: str) -> None:
    text = text_of(attested)
    where %= len(text) - 1
    changed = text[:where] + letter + text[where + 1 :]
    if changed != text:
        assert attested not in found(changed.encode())


def test_no_line_is_long_or_looks_like_a_header() -> None:
    lines = text_of(SAMPLE).splitlines()
    assert max(map(len, lines)) <= 72
    assert all(line.startswith((" ", "Review-Attestation: ", "Review-Signature: ")) for line in lines)


def test_trailers_stand_anywhere() -> None:
    middle = f"subject\n\n{text_of(SAMPLE)}\nMore text.\n\nSigned-off-by: A <a@b>\n"
    assert found(middle.encode()) == (SAMPLE,)
    assert found((middle + "\n" + middle).encode()) == (SAMPLE, SAMPLE)


def test_messages_collected_by_a_squash_are_read() -> None:
    indented = "".join(f"    {line}\n" if line else "\n" for line in f"subject\n\n{text_of(SAMPLE)}".split("\n"))
    assert found(f"Squashed commit of the following:\n\ncommit 123\n\n{indented}".encode()) == (SAMPLE,)


@pytest.mark.parametrize("quote", ["> ", ">", "  ", "\t", "| ", "     "])
def test_quoted_trailers_are_none(quote: str) -> None:
    quoted = "\n".join(quote + line for line in text_of(SAMPLE).splitlines())
    assert found(f"subject\n\n{quoted}\n".encode()) == ()


def with_value(old: str, new: str) -> bytes:
    assert old in text_of(SAMPLE)
    return f"subject\n\n{text_of(SAMPLE).replace(old, new, 1)}".encode()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (": v1 pass", ": v2 pass", "version"),
        (": v1 pass", ": v1 fine", "result word"),
        (": v1 pass", ": v1 PASS", "result word"),
        (": v1 pass", ": v1 block", "result word"),
        (": v1 pass", ": v1", "result word"),
        (": v1 pass", ": v1 waived", "waiver"),
        (": v1 pass", ": v1  pass", "result word"),
        (" engine=", " tree=" + "3" * 40 + " engine=", "twice"),
        (" engine=", " colour=blue engine=", "not known"),
        (" engine=", " engine= engine=", "not known"),
        (" base=" + "2" * 40, "", "base is missing"),
        ("tree=" + "1" * 40, "tree=" + "1" * 39, "tree is malformed"),
        ("tree=" + "1" * 40, "tree=" + "A" * 40, "tree is malformed"),
        ("engine=hunkgate/0.1.0", "engine=hunkgate", "engine is malformed"),
        ("08:30:00Z", "08:30:00+00:00", "at is malformed"),
        ("2026-11-22T", "2026-13-22T", "at is malformed"),
        ("2026-11-22T08", "2026-11-22T8", "at is malformed"),
        ("policy=" + base64url(b"\xaa" * 32), "policy=" + base64url(b"\xaa" * 31), "policy is malformed"),
        ("policy=" + base64url(b"\xaa" * 32), "policy=" + base64url(b"\xaa" * 32)[:-1] + "r", "policy is malformed"),
        ("\n at=2026-11-22T08:30:00Z", "", "at is missing"),
        ("\nReview-Signature:", "\n\nReview-Signature:", "no Review-Signature"),
        ("\nReview-Signature:", "\nAcked-by: x\nReview-Signature:", "no Review-Signature"),
        ("ssh-ed25519\n", "ssh-rsa\n", "another key"),
        (base64url(bytes.fromhex(signature().key_digest)), base64url(bytes(32)), "another key"),
    ],
)  # fmt: skip
def test_malformed_trailers_are_refused_with_the_reason(old: str, new: str, reason: str) -> None:
    first = found(with_value(old, new))[0]
    assert isinstance(first, Refused)
    assert reason in first.reason
    assert first.line == 3


def test_wrong_order_is_refused() -> None:
    text = trailers(SAMPLE)[0]
    words = text.replace("\n", "").split(" ")
    words[3], words[4] = words[4], words[3]
    (item,) = found("\n".join(["s", "", " ".join(words), trailers(SAMPLE)[1], ""]).encode())
    assert isinstance(item, Refused)
    assert "order" in item.reason


@given(st.integers(1, 700))
def test_truncated_trailers_are_refused(cut: int) -> None:
    text = text_of(SAMPLE).rstrip("\n")
    kept = text[: max(len("Review-Attestation:"), len(text) - cut)]
    items = found(f"subject\n\n{kept}\n".encode())
    assert items
    assert all(isinstance(item, Refused) for item in items)


def test_a_signature_alone_is_refused() -> None:
    (item,) = found(f"subject\n\n{trailers(SAMPLE)[1]}\n".encode())
    assert item == Refused(3, "a Review-Signature without an attestation right above it")


def test_stripped_takes_only_our_own_trailers() -> None:
    other = "Signed-off-by: A <a@b>\n"
    assert stripped(f"subject\n\nbody\n\n{text_of(SAMPLE)}{other}".encode()) == f"subject\n\nbody\n\n{other}".encode()
    assert stripped(f"subject\n\n{other}{text_of(SAMPLE)}".encode()) == f"subject\n\n{other}".encode()
    assert stripped(f"subject\n\n{text_of(SAMPLE)}".encode()) == b"subject\n"


@pytest.mark.parametrize("text", [b"", b"subject", b"subject\n\n\n", b"\xff\xfe\r\n> Review-Attestation: v1\n"])
def test_stripped_leaves_other_messages_as_they_are(text: bytes) -> None:
    assert stripped(text) == text


@given(SIGNED | UNSIGNED, st.binary(max_size=40).filter(lambda text: b"\n" not in text))
def test_stripped_undoes_adding(attested: Attested, subject: bytes) -> None:
    text = b"x" + subject + b"\n\n" + text_of(attested).encode()
    assert found(stripped(text)) == ()
    assert stripped(text).rstrip(b"\n") == b"x" + subject


def test_git_reads_both_back(repo: Repo) -> None:
    text = message.with_trailers(git_of(repo), b"subject\n\nbody\n---\nmore\n", trailers(SAMPLE))
    repo.stage("a", "1")
    repo.commit(text.decode())
    parsed = [line.partition(": ") for line in repo.git("log", "-1", "--format=%(trailers:only,unfold)").split("\n") if line]
    assert [key for key, _, _ in parsed] == ["Review-Attestation", "Review-Signature"]
    assert trailer.parse_attestation(parsed[0][2]) == SAMPLE.statement
    assert trailer.parse_signature(parsed[1][2]) == (SAMPLE.signature, "")


@pytest.mark.parametrize("value", ["screen+review", "review+review", "king", "review+", ""])
def test_roles_that_were_forced_are_known_sorted_and_named_once(value: str) -> None:
    text = trailers(replace(SAMPLE, statement=replace(SAMPLE.statement, forced=("review",))))[0]
    assert "forced=review" in text
    with pytest.raises(AttestError):
        parse_attestation(text.removeprefix(f"{ATTESTATION}: ").replace("forced=review", f"forced={value}"))
