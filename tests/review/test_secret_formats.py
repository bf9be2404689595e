"""Checksums and texts within texts, and whether names and values promise a secret."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.records import Confidence, Severity
from reviewer.review._secret_examples import expand, github_token
from reviewer.review._secret_formats import decoded, has_checksum
from reviewer.review._secret_names import named_secret, stands_as_word
from reviewer.review._secret_pack import shipped
from reviewer.review._secret_scan import Hit, Scanner
from reviewer.review._secret_values import is_noise, is_password, is_token, reads_blank, stands_in

SCANNER = Scanner(shipped())


def _hits(text: str, language: str = "") -> list[Hit]:
    return list(SCANNER.scan(text.encode(), language).hits)


def test_checksum_knows_the_published_example():
    """The token of GitHub's own documentation of secret scanning, in two pieces."""
    assert has_checksum("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxk" + "J0mLq17")
    assert not has_checksum("ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxk" + "J0mLq18")


@given(st.integers())
def test_checksum_holds_for_every_drawn_token(seed: int):
    assert has_checksum(github_token("npm_", random.Random(seed)))


def test_npm_token_with_a_wrong_checksum_is_reported_if_it_looks_drawn():
    (drawn,) = _hits(expand("npm_<base62:36>"))
    assert drawn.detector.id == "secret-npm-token"
    assert not any(hit.confidence is Confidence.HIGH for hit in _hits("npm_" + "abcdeABCDE12" * 3))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_decoded_undoes_both_alphabets(text: str):
    raw = text.encode()
    for code in (base64.b64encode(raw), base64.urlsafe_b64encode(raw), base64.b64encode(raw).rstrip(b"=")):
        assert decoded(code.decode()) == text


@given(st.text(max_size=80))
def test_decoded_survives_anything(text: str):
    assert isinstance(decoded(text), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'SNYK_TOKEN = "{"12345678-ABCD-ABCD-ABCD-" + "1234567890AB"}"', (Severity.WARNING, Confidence.LOW)),
        (expand("SNYK_TOKEN=<uuid>"), (Severity.WARNING, Confidence.HIGH)),
        ("SNYK_TOKEN=xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", None),
        ("SNYK_TOKEN_ID=" + expand("<uuid>"), None),
    ],
)
def test_what_somebody_typed_is_worth_a_note(text: str, expected: tuple[Severity, Confidence] | None):
    found = [(hit.severity, hit.confidence) for hit in _hits(text) if hit.detector.id == "secret-snyk-token"]
    assert found == ([expected] if expected else [])


def test_a_provider_inside_of_another_word_is_none():
    assert stands_as_word("meraki", "MERAKI_API_KEY")
    assert stands_as_word("meraki", "myMerakiKey")
    assert not stands_as_word("meraki", "ReactNativeCameraKit")
    assert stands_as_word("meraki", "CameraKit_meraki")
    assert not stands_as_word("meraki", "")


def test_a_key_that_pages_show_everybody_does_not_block():
    key = expand("AIza<base64url:35>")
    (private,) = _hits(f'key = "{key}"')
    (public,) = _hits(f'<script src="https://maps.googleapis.com/maps/api/js?key={key}"></script>')
    assert (private.severity, private.confidence) == (Severity.ERROR, Confidence.HIGH)
    assert public.severity is Severity.WARNING


def test_kubeconfig_key_is_told_from_its_certificate():
    key = base64.b64encode(expand("-----BEGIN EC PRIVATE KEY-----\n<base64:64>\n<base64:64>").encode()).decode()
    certificate = base64.b64encode(expand("-----BEGIN CERTIFICATE-----\n<base64:64>\n<base64:64>").encode()).decode()
    assert [hit.detector.id for hit in _hits(f"client-key-data: {key}")] == ["secret-encoded-private-key"]
    assert _hits(f"certificate-authority-data: {certificate}") == []


@pytest.mark.parametrize("name", ["password", "DB_PASSWORD", "apiKey", "client_secret", "auth_token", "AWS_SECRET_KEY", ""])
def test_names_of_secrets(name: str):
    assert named_secret(name)


@pytest.mark.parametrize("name", ["token_url", "password_hash", "secretName", "publicKey", "storeCredits", "csrf_token"])
def test_names_that_hold_no_secret(name: str):
    assert not named_secret(name)


@pytest.mark.parametrize("value", ["changeme", "your-token-here", "xxxxxxxx", "${TOKEN}", "<token>", "KEY7EXAMPLE", "aaaaaaaa"])
def test_stand_ins(value: str):
    assert stands_in(value)
    assert not is_password(value)
    assert not is_token(value)


def test_a_long_token_is_no_stand_in_for_its_length():
    """The alphabet of base 64 is small beside a token of a thousand characters."""
    assert not reads_blank(expand("<base64:1200>"))


def test_noise_is_told_from_expressions():
    assert is_noise("q{(h7Tz)!%kd0sW]#|x2")
    for expression in ("call(x[0],{y:1})", "^(?=.*[A-Z])(?=.*[0-9]).{8}$", "a[b]==c{d}&&e", "foo.bar(baz)", "[{(<>)}]abcdefg"):
        assert not is_noise(expression)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("yaml", expand("db_pass: q{(<base62:4>)!%<base62:5>]#|<base62:2>")),
        ("", expand('storePassword "<password>"')),
        ("java", expand('if ("<password>" == password) {')),
        ("python", expand('HTTPBasicAuth("app", "<password>")')),
        ("shell", expand("mysql -u root -p<password> app")),
        ("shell", expand("sshpass -p '<password>' ssh a")),
        ("", expand("ConvertTo-SecureString '<password>' -AsPlainText -Force")),
        ("dockerfile", expand("ENV DB_PASSWORD <password>")),
        ("yaml", expand("- name: DB_PASSWORD\n  value: <password>")),
        ("yaml", expand("kind: Secret\nmetadata:\n  name: a\ndata:\n  password: <basic>")),
        ("", expand("db.acme.io:5432:app:app:<password>")),
        ("xml", expand('<string name="api_key"><base62:32></string>')),
        ("", expand("https://dev@acme.io:<password>@git.acme.io/a")),
        ("", expand("jdbc:oracle:thin:app/<password>@db.acme.io:1521:x")),
    ],
)
def test_places_of_secrets(language: str, line: str):
    (hit,) = _hits(line, language)
    assert hit.severity is Severity.WARNING or hit.detector.id == "secret-url-password"


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("java", 'if ("password".equals(type)) {'),
        ("python", 'if password == "":'),
        ("python", 'auth=("user", os.environ["PW"])'),
        ("shell", "mysql -u root -p app"),
        ("shell", 'sshpass -p "$PW" ssh a'),
        ("shell", "docker run -p 8080:80 mongo"),
        ("yaml", "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef: x"),
        ("yaml", "kind: SecretStore\ndata:\n  a: b"),
        ("javascript", "storeCredits.apply('or_UkLWZg9DAJ')"),
        ("", "log_format main '$remote_addr:80:$status:-:\"$request\"'"),
        ("yaml", "password: ((vault-password))"),
        ("python", "token = parse(text)[0]"),
        ("css", ".pa-0 .sk-circle { color: red }"),
        ("ini", "config.auth.disable_registration=Nonaktifkan pendaftaran"),
    ],
)
def test_places_without_secrets(language: str, line: str):
    assert _hits(line, language) == []
