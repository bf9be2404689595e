"""The lines of allowed signers files: read as ssh-keygen reads them, changed where it is meant and nowhere else."""

from __future__ import annotations

import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
from attesting import new_key
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.attest.allowed_signers import blob_of, matches, parse
from reviewer.attest.key_times import parse_given, parse_stamp, shown, stamp
from reviewer.attest.named_key import PublicKey
from reviewer.attest.signers_edit import Entry, added, rotated
from reviewer.attest.sshsig import NAMESPACE
from reviewer.errors import UsageError

ONE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMuojXzHJY1bp3BcVb+917NUWYrTINtS1QADZ/wvhTJ8"
TWO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBoKWtS+5wcRRvKobQDqZswF/rgwiTJNLgk5PpOmNrPr"
AT = datetime(2026, 12, 31, 18, 0, tzinfo=timezone.utc)


def key_of(text: str) -> PublicKey:
    """Without asking ssh-keygen."""
    kind, blob = text.split()
    return PublicKey(kind, blob_of(kind, blob), "", "the command line")


# read as ssh-keygen reads


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A signature, and the key that made it."""
    folder = tmp_path_factory.mktemp("signed")
    key = new_key(folder)
    words = ["ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(key)]
    (folder / "sig").write_bytes(subprocess.run(words, input=b"x", capture_output=True, check=True).stdout)
    return folder, " ".join(key.read_text().split()[:2])


@pytest.mark.parametrize(
    "line",
    [
        "dev@example.org KEY",
        "dev@example.org KEY a comment",
        "dev@example.org KEY\r",
        "  dev@example.org\tKEY",
        '"dev@example.org" KEY',
        "jürg@example.org KEY",
        "a@example.org,b@example.org KEY",
        'dev@example.org namespaces="git,x" KEY',
        'dev@example.org Namespaces="x",VALID-AFTER="20200101" KEY',
        'dev@example.org valid-after="20200101Z",valid-before="20990101000000Z"   KEY',
        'dev@example.org valid-after="202001011200" KEY',
        'dev@example.org namespaces="a b" KEY c',
        "KEY",
        "dev@example.org",
        "dev@example.org ssh-ed25519",
        "dev@example.org ssh-ed25519 AAAA",
        "dev@example.org ssh-rsa BLOB",
        "dev@example.org namespaces=git KEY",
        'dev@example.org namespaces="git"',
        'dev@example.org other="x" KEY',
        'dev@example.org namespaces="a",namespaces="b" KEY',
        'dev@example.org valid-after="20260101",valid-before="20250101" KEY',
        'dev@example.org valid-after="2026-01-01" KEY',
        'dev@example.org valid-after="20261301" KEY',
        'dev@example.org namespaces="git KEY',
        'dev@example.org namespaces="git", KEY',
        "# dev@example.org KEY",
        "",
    ],
)
def test_a_line_counts_where_it_counts_for_ssh_keygen(signed: tuple[Path, str], tmp_path: Path, line: str) -> None:
    folder, key = signed
    text = line.replace("KEY", key).replace("BLOB", key.split()[1])
    (tmp_path / "signers").write_text(text + "\n", encoding="utf-8", newline="")
    words = ["ssh-keygen", "-Y", "find-principals", "-f", str(tmp_path / "signers"), "-s", str(folder / "sig")]
    stock = subprocess.run(words, capture_output=True, check=False).returncode == 0
    read = parse((text + "\n").encode())
    assert bool(read.signers) is stock
    assert bool(read.problems) is (not stock and text != "" and not text.startswith("#"))


def test_what_a_line_says() -> None:
    text = f'a@x.org,*@y.org cert-authority,namespaces="git,{NAMESPACE}",valid-before="20270101Z" {ONE} of dev\n'
    (signer,) = parse(b"# comment\n\n" + text.encode()).signers
    assert (signer.number, signer.principals, signer.kind, signer.comment) == (3, "a@x.org,*@y.org", "ssh-ed25519", "of dev")
    assert (signer.cert_authority, signer.for_attestations) == (True, True)
    assert signer.fingerprint == "SHA256:aXEfmY0qx73qcdn0PPRLXTJdwfoNDeKXlT8qU2/ASB8"
    assert signer.valid_before == datetime(2027, 1, 1, tzinfo=timezone.utc)
    assert signer.valid(datetime(2027, 1, 1, tzinfo=timezone.utc))
    assert not signer.valid(datetime(2027, 1, 1, 0, 0, 1, tzinfo=timezone.utc))


def test_problems_name_their_line() -> None:
    read = parse(f"junk\na@x.org {ONE}\na@x.org foo {ONE}\n".encode())
    assert [(problem.number, "'foo'" in problem.what) for problem in read.problems] == [(1, False), (3, True)]
    assert len(read.signers) == 1


@pytest.mark.parametrize(
    ("patterns", "fits"),
    [
        (NAMESPACE, True),
        ("git", False),
        ("git,review-*", True),
        ("*,!review-*", False),
        ("!git", False),
        ("review-attestation?v1@*", True),
    ],
)
def test_namespaces_are_patterns(patterns: str, fits: bool) -> None:
    assert matches(NAMESPACE, patterns) is fits


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_can_be_read_and_come_back(content: bytes) -> None:
    read = parse(content)
    assert b"".join(read.lines) == content
    assert len(read.signers) + len(read.problems) <= len(read.lines)


# times


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2026-12-31", "2026-12-31T00:00:00Z"),
        ("2026-12-31T18:30", "2026-12-31T18:30:00Z"),
        ("2026-12-31 18:30:05Z", "2026-12-31T18:30:05Z"),
        ("2026-12-31T18:30:00+02:00", "2026-12-31T16:30:00Z"),
    ],
)
def test_times_are_utc(text: str, result: str) -> None:
    moment = parse_given(text, "--at")
    assert shown(moment) == result
    assert parse_stamp(stamp(moment)) == moment


@pytest.mark.parametrize("text", ["", "tomorrow", "20261231", "2026-13-01", "1969-01-01", "0001-01-01T00:00+02:00", "2026-1-1"])
def test_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="--at"):
        parse_given(text, "--at")


# changes

LINES = st.lists(
    st.one_of(
        st.sampled_from(["", "# comment", "junk", f"b@x.org {TWO}", f'a@x.org namespaces="git" {ONE}']),
        st.text(st.characters(blacklist_characters="\n", blacklist_categories=["Cs"]), max_size=20),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(LINES, st.booleans())
def test_added_keeps_every_byte(lines: list[str], ended: bool) -> None:
    content = ("\n".join(lines) + ("\n" if ended and lines else "")).encode()
    entry = Entry(key_of(ONE), ["a@x.org"])
    after = added(content, entry, "signers")
    assert after.startswith(content)
    assert after[len(content) :].removeprefix(b"\n") == f'a@x.org namespaces="{NAMESPACE}" {ONE}\n'.encode()
    with pytest.raises(UsageError, match="is there already"):
        added(after, entry, "signers")


@pytest.mark.parametrize(
    "options", ["", 'valid-before="20280101Z"', 'cert-authority,namespaces="git,review-*"', 'valid-after="20200101"']
)
@settings(deadline=None)
@given(before=LINES, after=LINES)
def test_rotated_keeps_every_other_byte(options: str, before: list[str], after: list[str]) -> None:
    line = " ".join(filter(None, ["a@x.org", options, ONE, "of a"]))
    lines = [text for text in (*before, line, *after) if TWO not in text]
    new = key_of(TWO)
    changed, (former,) = rotated("\n".join(lines).encode(), key_of(ONE).blob, new, AT, "signers")
    number = former.number - 1
    told = changed.decode().split("\n")
    assert told[:number] == lines[:number]
    assert told[number + 2 :] == lines[number + 1 :]
    old, fresh = parse(f"{told[number]}\n{told[number + 1]}\n".encode()).signers
    assert (old.valid_before, old.valid_after, old.comment) == (AT, former.valid_after, "of a")
    assert (fresh.valid_after, fresh.valid_before, fresh.blob) == (AT, None, new.blob)
    assert (fresh.namespaces, fresh.cert_authority, fresh.principals) == (former.namespaces, former.cert_authority, "a@x.org")


def test_rotated_leaves_an_earlier_end() -> None:
    changed, _ = rotated(f'a@x.org valid-before="20200101Z" {ONE}'.encode(), key_of(ONE).blob, key_of(TWO), AT, "signers")
    assert changed.decode().startswith(f'a@x.org valid-before="20200101Z" {ONE}\n')


@pytest.mark.parametrize(
    ("content", "reason", "where"),
    [
        ("", "no line of signers lets the old key attest", ""),
        (f'a@x.org namespaces="git" {ONE}', "no line of signers lets the old key attest", ""),
        (f"b@x.org {TWO}\na@x.org {ONE}", "is there already", "signers:1"),
        (f'\na@x.org valid-after="20300101Z" {ONE}', "valid only after 2030-01-01T00:00:00Z", "signers:2"),
    ],
)
def test_rotation_that_makes_no_sense(content: str, reason: str, where: str) -> None:
    with pytest.raises(UsageError, match=reason) as raised:
        rotated(content.encode(), key_of(ONE).blob, key_of(TWO), AT, "signers")
    assert raised.value.where == where


@pytest.mark.parametrize("principal", ["", "a b", "a,b", '"a', "#a", "a\x1b", "*@example.org", "!a@example.org"])
def test_principal_that_is_none(principal: str) -> None:
    with pytest.raises(UsageError):
        added(b"", Entry(key_of(ONE), [principal]), "signers")


def test_authority_has_patterns() -> None:
    line = added(b"", Entry(key_of(ONE), ["*@example.org"], cert_authority=True, valid_after=AT), "signers").decode()
    assert line == f'*@example.org cert-authority,namespaces="{NAMESPACE}",valid-after="20261231180000Z" {ONE}\n'


def test_key_of_another_purpose_has_to_have_the_same_principals() -> None:
    """Stock ssh-keygen 9.2 names the principals of a key's first line only, whatever namespace that line is for."""
    content = f'other@x.org namespaces="git" {ONE}\n'.encode()
    with pytest.raises(UsageError, match=r"other@x\.org's for another purpose"):
        added(content, Entry(key_of(ONE), ["a@x.org"]), "signers")
    assert added(content, Entry(key_of(ONE), ["other@x.org"]), "signers").count(b"\n") == 2
