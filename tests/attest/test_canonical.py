from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.attest.canonical import base64url, canonical_json, from_base64url, path_bytes, path_text, sha256_of, well_formed
from reviewer.errors import AttestError


def test_canonical_json_is_that_of_rfc_8785() -> None:
    # The string example of RFC 8785 section 3.2.2.2; its numbers are outside of what we write.
    value = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [1, -2], "b": {"z": "", "a": []}}
    expected = '{"b":{"a":[],"z":""},"literals":[1,-2],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_json(value) == expected.encode()


def test_canonical_json_sorts_by_character_and_writes_no_space() -> None:
    assert canonical_json({"b": 1, "B": 2, "a1": 3, "a": 4}) == b'{"B":2,"a":4,"a1":3,"b":1}'


def test_canonical_json_leaves_delete_and_line_separators_as_they_are() -> None:
    assert canonical_json("\x7f\u2028\b\f\t\r") == '"\x7f\u2028\\b\\f\\t\\r"'.encode()


@pytest.mark.parametrize("value", [1.5, None, True, {"é": 1}, "\ud800", ["\udfff"], 2**53, {"a": [{"b": 0.0}]}, b"x"])
def test_canonical_json_refuses_what_has_no_simple_form(value: object) -> None:
    with pytest.raises(AttestError):
        canonical_json(value)  # type: ignore[arg-type]  # the point of the test


JSON = st.recursive(
    st.text() | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_can_be_read_back_and_does_not_depend_on_order(value: object) -> None:
    text = canonical_json(value)  # type: ignore[arg-type]  # hypothesis cannot say Json
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text
    assert canonical_json(_reversed(value)) == text  # type: ignore[arg-type]


def _reversed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _reversed(item) for key, item in reversed(value.items())}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@given(st.binary())
def test_paths_survive(path: bytes) -> None:
    text = path_text(path)
    assert text.isascii()
    assert path_bytes(text) == path


def test_paths_stay_readable() -> None:
    assert path_text(b"src/a-b_c.py") == "src/a-b_c.py"
    assert path_text(b"a b%\xff\n") == "a%20b%25%FF%0A"


@given(st.binary(min_size=1))
def test_base64url_survives(data: bytes) -> None:
    assert from_base64url(base64url(data)) == data


@pytest.mark.parametrize("text", ["", "A", "AA==", "A+/A", "AA A", "AB", "Ā", "AAAAA"])
def test_base64url_has_one_form_only(text: str) -> None:
    with pytest.raises(ValueError, match="not base64url"):
        from_base64url(text)


def test_a_lone_surrogate_becomes_an_escape() -> None:
    assert well_formed("a\ud800b€") == "a\\ud800b€"
    assert len(sha256_of({"text": well_formed("\udcff")})) == 64
