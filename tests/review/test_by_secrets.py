"""The secrets reviewer: what it reports, where, and that no value ever leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_hunk import make_hunk

from reviewer.records import Confidence, Finding, Hunk, Kind, Machine, Policy, Severity, State
from reviewer.review import by_secrets
from reviewer.review._secret_examples import expand
from reviewer.review._secret_scan import MOST_GUESSES
from reviewer.review.interface import Job, Outcome

TOKEN = expand("<github:ghp_>")
PASSWORD = expand("<password>")


def _review(*hunks: Hunk) -> Outcome:
    return by_secrets.review(Job(hunks, {}, Path("unused"), {}, Policy(), Machine(), 0.0))


def _found(*lines: str | bytes, path: bytes = b"conf.py") -> list[Finding]:
    return list(_review(make_hunk(path, *lines)).findings)


def _blocks(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and finding.confidence is Confidence.HIGH


def test_review_reports_a_token_at_its_place():
    (finding,) = _found(" import os", f'+token = "{TOKEN}"  # ours')
    assert finding.rule == "secret-github-token"
    assert finding.kind is Kind.SECRET
    assert (finding.cwe, finding.reviewer) == ("CWE-798", "secrets")
    assert (finding.start_line, finding.end_line) == (2, 2)
    assert (finding.start_column, finding.end_column) == (10, 50)
    assert _blocks(finding)
    assert "Revoke" in finding.remedy


def test_review_masks_the_value():
    (finding,) = _found(f'+token = "{TOKEN}"  # ours')
    assert finding.snippet == f'token = "ghp_{by_secrets.MASK}"  # ours'
    assert TOKEN[4:] not in repr(finding)


def test_review_masks_every_secret_of_a_line():
    findings = _found(f'+a = "{TOKEN}"; password = "{PASSWORD}"')
    assert {finding.rule for finding in findings} == {"secret-github-token", "secret-assigned"}
    for finding in findings:
        assert TOKEN not in finding.snippet
        assert PASSWORD not in finding.snippet
        assert finding.snippet.count(by_secrets.MASK) == 2


def test_review_shows_no_more_than_a_quarter_of_a_short_password():
    (finding,) = _found('+db = "postgres://app:Zq4x9@db.acme.io/app"')
    assert f"app:Z{by_secrets.MASK}@db" in finding.snippet


def test_review_counts_columns_in_characters():
    (finding,) = _found(f'+größe = "ü"; token = "{TOKEN}"'.encode())
    assert finding.start_column == 23


def test_review_reads_lines_that_are_not_utf8():
    (finding,) = _found(b"+name = '\xff\xfe'; token = '" + TOKEN.encode() + b"'")
    assert finding.start_column == 23
    assert finding.snippet.startswith("name = '\\xff\\xfe'; token = 'ghp_")


def test_review_ignores_context_and_removed_lines():
    assert _found(f' old = "{TOKEN}"', f'-gone = "{TOKEN}"', "+x = 1") == []


def test_review_covers_every_hunk_whatever_its_path():
    hunks = [make_hunk(path, f"+key = '{TOKEN}'") for path in (b"vendor/a.min.js", b"package-lock.json", b"odd\n\xff.xyz")]
    outcome = _review(*hunks)
    assert [entry.state for entry in outcome.coverage] == [State.REVIEWED] * 3
    assert {entry.reviewer for entry in outcome.coverage} == {"secrets"}
    assert {finding.path for finding in outcome.findings} == {hunk.path for hunk in hunks}


def test_review_of_nothing_says_nothing():
    outcome = _review()
    assert (list(outcome.findings), list(outcome.coverage)) == ([], [])


def test_review_names_its_pack():
    count, word, digest = _review().identities["secrets"].split()
    assert int(count) > 60
    assert word == "detectors"
    assert len(digest) == 12


def test_review_numbers_lines_across_hunks_of_one_file():
    hunks = (make_hunk(b"a.py", f"+b = '{TOKEN}'", start=90), make_hunk(b"a.py", " x", f"+a = '{TOKEN}'", start=7))
    assert [finding.start_line for finding in _review(*hunks).findings] == [8, 90]


@pytest.mark.parametrize(
    "line",
    [
        'password = "changeme"',
        'password = "xxxxxxxxxxxx"',
        'token = "<token>"',
        'token = "${GITHUB_TOKEN}"',
        'api_key = "your-api-key"',
        'api_key = "example-key-1"',
        'password = os.environ["PASSWORD"]',
        'password = os.environ.get("DB_PASSWORD", "")',
        "password: {{ vault_password }}",
        "password = get_password(user)",
        'PASSWORD_LABEL = "Your new password"',
        '"integrity": "' + expand("sha512-<base64:86>==") + '",',
        "resolved " + expand("https://registry.example.org/a/-/a-1.0.0.tgz#<hex:40>"),
        expand('commit = "<hex:40>"'),
        expand('password_hash = "<hex:64>"'),
        expand('request_id = "<uuid>"'),
        expand("ssh-rsa <base64:372>"),
        "-----BEGIN PUBLIC KEY-----",
        'if "-----BEGIN RSA PRIVATE KEY-----" in text:',
        "postgres://user:password@localhost:5432/test",
        "https://${USER}:${PASS}@acme.io/",
        "const token: string = await login(user, password);",
        "tokens = tokenizer.encode(text)",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_review_leaves_harmless_lines_alone(line: str):
    assert _found("+" + line) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (b"a.py", f'password = "{PASSWORD}"'),
        (b"a.go", f'apiKey := "{expand("<base62:32>")}"'),
        (b"a.json", f'  "client_secret": "{expand("<base62:24>")}",'),
        (b"a.yml", f"  db_password: {PASSWORD}"),
        (b"a.ini", f"secret = {expand('<base62:30>')}"),
        (b".env", f"export API_TOKEN={expand('<hex:32>')}"),
        (b"a.xml", f"<password>{PASSWORD}</password>"),
        (b"web.config", f'<add key="ApiKey" value="{expand("<base62:32>")}"/>'),
        (b"a.js", f"localStorage.setItem('token', '{expand('<base62:40>')}')"),
        (b"a.sh", f"curl -u app:{PASSWORD} https://acme.io"),
        (b"a.sql", f"CREATE USER app IDENTIFIED BY '{PASSWORD}';"),
        (b"a.py", f'headers = {{"Authorization": "Bearer {expand("<base62:40>")}"}}'),
    ],
)
def test_review_warns_of_a_value_with_a_telling_name(path: bytes, line: str):
    (finding,) = _found("+" + line, path=path)
    assert finding.severity is Severity.WARNING
    assert not _blocks(finding)


def test_review_blocks_a_password_in_the_address_of_a_public_host():
    (public,) = _found(f'+url = "postgres://app:{PASSWORD}@db.acme.io/app"')
    (local,) = _found(f'+url = "postgres://app:{PASSWORD}@localhost/app"')
    (reserved,) = _found(f'+url = "https://app:{PASSWORD}@api.example.com/"')
    assert _blocks(public)
    assert not _blocks(local)
    assert not _blocks(reserved)


def test_review_finds_a_private_key_over_several_lines():
    body = expand("<base64:64>")
    (finding,) = _found(
        "+-----BEGIN RSA PRIVATE KEY-----", f"+{body}", f"+{body}", "+-----END RSA PRIVATE KEY-----", path=b"key.pem"
    )
    assert (finding.rule, finding.start_line, finding.end_line) == ("secret-private-key", 1, 3)
    assert finding.end_column == 65
    assert _blocks(finding)


def test_review_finds_a_private_key_in_a_string():
    body = expand("<base64:64>")
    (finding,) = _found(f'+KEY = "-----BEGIN PRIVATE KEY-----\\n{body}\\n"')
    assert finding.snippet == f'KEY = "-----BEGIN PRIVATE KEY-----{by_secrets.MASK}"'


def test_review_warns_of_the_first_line_of_a_key_alone():
    (finding,) = _found("+-----BEGIN OPENSSH PRIVATE KEY-----")
    assert finding.rule == "secret-private-key-header"
    assert not _blocks(finding)


def test_review_does_not_join_lines_that_are_not_neighbors():
    body = expand("<base64:64>")
    (finding,) = _found("+-----BEGIN PRIVATE KEY-----", " ", " x", f"+{body}", path=b"notes.txt")
    assert finding.rule == "secret-private-key-header"


def test_review_does_not_block_an_encrypted_key():
    body = expand("<base64:64>")
    (finding,) = _found("+-----BEGIN ENCRYPTED PRIVATE KEY-----", f"+{body}")
    assert not _blocks(finding)


def test_review_keeps_the_most_telling_of_overlapping_findings():
    (finding,) = _found(f'+slack_token = "{expand("xoxb-<digit:12>-<digit:12>-<base62:24>")}"')
    assert finding.rule == "secret-slack-token"


def test_review_finds_secrets_in_a_very_long_line():
    filler = "var a=b+c;" * 5000
    (finding,) = _found(f'+{filler}token="{TOKEN}";{filler}', path=b"app.min.js")
    assert finding.start_column == len(filler) + 8
    assert len(finding.snippet) <= 300
    assert "ghp_" + by_secrets.MASK in finding.snippet


def test_review_shows_no_neighbor_of_a_secret_in_a_very_long_line():
    tokens = [expand(f"<github:ghp_>{number}")[:40] for number in range(300)]
    findings = _found("+" + " ".join(f'"größe": "{token}"' for token in tokens), path=b"a.min.js")
    assert len(findings) == 300
    shown = "".join(finding.snippet for finding in findings)
    assert not any(token[8:] in shown for token in tokens)


def test_review_ignores_what_is_a_piece_of_binary_data():
    blob = expand("<base62:200>")
    assert _found(f'+data = "{blob}AKIA{expand("<base32:16>")}/{blob}"') == []


def _dump(secrets: int) -> Hunk:
    return make_hunk(b"dump.txt", *[f"+{expand(f'<github:ghp_>{n}')}"[:41] for n in range(secrets)])


def test_review_tells_of_a_dump_in_one_finding_more():
    many = by_secrets.MOST_PER_FILE + 30
    outcome = _review(_dump(many))
    *single, rest = outcome.findings
    assert len(single) == by_secrets.MOST_PER_FILE
    assert (rest.start_line, rest.end_line) == (by_secrets.MOST_PER_FILE + 1, many)
    assert rest.message.startswith("30 more secrets")
    assert _blocks(rest)
    assert f"{many} secrets" in outcome.notes[0]


def test_review_stops_guessing_and_says_where():
    guess = expand("password = <password>")
    lines = [f"+{guess}{number}" for number in range(MOST_GUESSES + 5)]
    early = make_hunk(b"a.env", "+x = 1")
    late = make_hunk(b"a.env", *lines, f"+token={TOKEN}", start=10)
    outcome = _review(early, late)
    first, second = outcome.coverage
    assert first.state is State.REVIEWED
    assert second.state is State.FAILED
    assert f"from line {10 + MOST_GUESSES} on" in second.reason
    assert any(_blocks(finding) for finding in outcome.findings), "known formats are looked for to the end"


def test_review_of_many_guesses_in_one_file_leaves_the_others_alone():
    lines = [f"+password = {expand('<password>')}{number}" for number in range(MOST_GUESSES + 5)]
    outcome = _review(make_hunk(b"a.env", *lines), make_hunk(b"b.env", f"+password = {PASSWORD}"))
    assert [entry.state for entry in outcome.coverage] == [State.FAILED, State.REVIEWED]
    assert outcome.findings[-1].path == b"b.env"


def test_redact_hides_values_and_keeps_the_rest():
    text = f'def f():\n    login("{TOKEN}")\n    password = "{PASSWORD}"\n'
    redacted = by_secrets.redact(text)
    assert TOKEN not in redacted
    assert PASSWORD not in redacted
    assert redacted.startswith('def f():\n    login("ghp_')
    assert redacted.count("\n") == 3


def test_redact_hides_all_lines_of_a_key():
    body = [expand(f"<base64:64>{number}")[:64] for number in range(60)]
    text = "\n".join(["a = 1", "-----BEGIN RSA PRIVATE KEY-----", *body, "-----END RSA PRIVATE KEY-----", "b = 2"])
    redacted = by_secrets.redact(text)
    assert not any(line in redacted for line in body)
    assert redacted.startswith("a = 1\n-----BEGIN RSA PRIVATE KEY-----")
    assert redacted.endswith("b = 2")


def test_redact_leaves_clean_text_alone():
    text = "password = getpass()  # größe\r\n"
    assert by_secrets.redact(text) == text


@given(st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\n", b"")), max_size=20))
def test_review_survives_any_bytes(lines: list[bytes]):
    outcome = _review(make_hunk(b"x", *[b"+" + line for line in lines]))
    assert len(outcome.coverage) == 1


@given(st.text(alphabet="ghp_:=\"'@/ \\n-$%{}Aa1!…ß", max_size=300), st.integers(0, 300))
def test_redact_never_lets_a_token_through(text: str, place: int):
    at = min(place, len(text))
    assert TOKEN[8:] not in by_secrets.redact(f"{text[:at]} {TOKEN} {text[at:]}")


@given(st.integers(1, 400), st.integers(0, 3))
def test_review_masks_whatever_the_length_of_the_line(padding: int, gap: int):
    (finding,) = _found(f"+{'x ' * padding}{' ' * gap}{TOKEN}{' y' * padding}")
    assert TOKEN[4:] not in finding.snippet
    assert by_secrets.MASK in finding.snippet
