"""The scanner on text that was written to be slow or to hide something: what it finds, and what it says it left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.review._secret_examples import expand
from reviewer.review._secret_pack import shipped
from reviewer.review._secret_scan import LONG_LINE, MOST_GUESSES, Scanner

SCANNER = Scanner(shipped())
TOKEN = expand("<github:ghp_>").encode()

FLOODS = {
    "keywords": b"password=",
    "quotes": b'password="a" ',
    "pieces of names": b"token-",
    "dots": b"api_key.secret.",
    "addresses": b"a://b:",
    "headers": b"-----BEGIN PRIVATE KEY----- ",
    "structures": b'"token":{',
    "elements": b"<password>a</password>",
    "prefixes": b"ghp_ xoxb- AKIA sk-ant- ",
    "base 64": b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo/",
    "brackets": b"password={[(",
    "cookies": b"sid=",
}


def _ids(text: bytes, language: str = "") -> list[str]:
    return [hit.detector.id for hit in SCANNER.scan(text, language).hits]


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
@pytest.mark.parametrize("size", [LONG_LINE * 10, LONG_LINE - 200])
def test_scan_finds_a_token_in_a_flood(flood: bytes, size: int):
    half = flood * (size // len(flood) // 2)
    scan = SCANNER.scan(half + b" " + TOKEN + b" " + half)
    assert "secret-github-token" in [hit.detector.id for hit in scan.hits]
    assert not scan.unfinished


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_scan_finds_a_token_below_many_lines(flood: bytes):
    scan = SCANNER.scan(b"\n".join([flood] * 20_000) + b"\n" + TOKEN)
    assert scan.hits[-1].detector.id == "secret-github-token"


def test_scan_of_a_whole_file_on_one_line_finds_what_lines_would_show():
    pieces = [expand(f'password{number} = "<password>"').encode() for number in range(50)]
    filler = b"x = call(y);" * 400
    assert _ids(filler.join(pieces)) == _ids(b"\n".join(pieces)) == ["secret-assigned"] * 50


def test_scan_counts_only_guesses():
    urls = b"".join(expand(f"https://app:<password>@h{number}.acme.io/\n").encode() for number in range(MOST_GUESSES + 10))
    scan = SCANNER.scan(urls)
    assert len(scan.hits) == MOST_GUESSES + 10
    assert not scan.unfinished
    assert scan.guessed == len(urls)


def test_scan_says_from_where_on_it_did_not_guess():
    guesses = [expand(f"password = <password>{number}").encode() for number in range(MOST_GUESSES + 2)]
    text = b"\n".join(guesses)
    scan = SCANNER.scan(text)
    assert scan.unfinished
    assert text[scan.guessed :].count(b"\n") == 1
    assert len(scan.hits) <= MOST_GUESSES


def test_scan_looks_no_further_than_a_long_secret():
    body = expand("<base64:64>").encode()
    text = b"-----BEGIN PRIVATE KEY-----\n" + (body + b"\n") * 300
    (hit,) = SCANNER.scan(text).hits
    assert hit.start == 0
    assert hit.end > 10_000


def test_scan_follows_a_secret_beyond_what_it_looks_at_of_a_long_line():
    key = expand("<base64:64>") * 300
    text = f'{{"a": "{"x " * LONG_LINE}", "key": "-----BEGIN PRIVATE KEY-----\\n{key}\\n-----END"}}'.encode()
    scan = SCANNER.scan(text)
    (hit,) = [hit for hit in scan.hits if hit.detector.id == "secret-private-key"]
    assert hit.end >= text.index(b"\\n-----END")


def test_scan_tells_of_all_bytes_that_are_secret():
    text = expand('password = "<password> <github:ghp_> <password>"').encode()
    scan = SCANNER.scan(text)
    assert all(any(first <= hit.start and hit.end <= last for first, last in scan.spans) for hit in scan.hits)


@given(st.lists(st.sampled_from([*FLOODS.values(), b"\n", b" ", b'"', TOKEN, b"\\", b"\xff", b"'", b"="]), max_size=60))
def test_scan_finds_a_free_standing_token_among_anything(pieces: list[bytes]):
    text = b"".join(pieces) + b"\n" + TOKEN + b"\n" + b"".join(pieces)
    start = len(b"".join(pieces)) + 1
    assert any(first <= start + 4 and start + len(TOKEN) <= last + 4 for first, last in SCANNER.scan(text).spans)


def test_no_keyword_is_a_secret():
    for keyword in {word for entry in shipped().entries for word in entry.keywords}:
        assert not [hit for hit in SCANNER.scan(keyword).hits if hit.severity.value == "error"]
