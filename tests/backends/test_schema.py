"""The schema subset and the automaton that follows an answer byte by byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.backends._automaton import State, begin
from reviewer.backends._schema import admits, grammar, normalized, simplest, strict
from reviewer.errors import BackendError

WORDS = ["a", "ab", 'q"uote', "日本", "日光", "é", ""]
PLAIN = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('"\\\n\t')

FINDINGS = {
    "type": "object",
    "properties": {
        "verdict": {"enum": ["approve", "reject"]},
        "findings": {
            "type": "array",
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {
                    "line": {"type": "integer", "minimum": 1, "maximum": 120},
                    "sure": {"type": "boolean"},
                    "why": {"type": "string", "minLength": 1, "maxLength": 12},
                },
            },
        },
    },
}


def _scalars() -> st.SearchStrategy[dict[str, Any]]:
    texts = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(
        lambda pair: {"type": "string", "minLength": pair[0], "maxLength": sum(pair)}
    )
    numbers = st.integers(-20, 20).map(lambda least: {"type": "integer", "minimum": least, "maximum": least + 111})
    choices = st.lists(st.sampled_from(WORDS) | st.integers(0, 9), min_size=1, max_size=4, unique=True).map(
        lambda values: {"enum": values}
    )
    return texts | numbers | choices | st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"const": 12}])


def _objects(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(WORDS), inner, max_size=3).map(lambda fields: {"type": "object", "properties": fields})


def _arrays(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(inner, st.integers(0, 2), st.integers(0, 2)).map(
        lambda found: {"type": "array", "items": found[0], "minItems": found[1], "maxItems": found[1] + found[2]}
    )


SCHEMAS = _objects(st.recursive(_scalars(), lambda inner: _objects(inner) | _arrays(inner), max_leaves=5))


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "const" in schema or "enum" in schema:
        return st.sampled_from([schema["const"]] if "const" in schema else schema["enum"])
    if schema["type"] == "object":
        order = list(schema["properties"])
        drawn = st.fixed_dictionaries({key: _values(value) for key, value in schema["properties"].items()})
        return drawn.map(lambda found: {key: found[key] for key in order})
    if schema["type"] == "array":
        return st.lists(_values(schema["items"]), min_size=schema["minItems"], max_size=schema["maxItems"])
    if schema["type"] == "string":
        return st.text(PLAIN, min_size=schema["minLength"], max_size=schema["maxLength"])
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    return st.booleans() if schema["type"] == "boolean" else st.none()


@settings(deadline=None)
@given(st.data(), SCHEMAS)
def test_admits_every_value_and_no_beginning_of_one(data: st.DataObject, schema: dict[str, Any]) -> None:
    text = json.dumps(data.draw(_values(schema)), ensure_ascii=False)
    assert admits(schema, text)
    assert not admits(schema, text[: data.draw(st.integers(0, len(text) - 1))])
    assert not admits(schema, text + " ")


@settings(deadline=None)
@given(SCHEMAS)
def test_simplest_is_admitted(schema: dict[str, Any]) -> None:
    assert admits(schema, json.dumps(simplest(schema), ensure_ascii=False))


@settings(deadline=None)
@given(st.data(), SCHEMAS)
def test_a_walk_by_any_admitted_byte_ends_in_json_of_the_schema(data: st.DataObject, schema: dict[str, Any]) -> None:
    state, text = begin(grammar(schema)), b""
    while not state.done:
        forced = state.forced()
        byte = forced[:1] or data.draw(st.sampled_from([bytes((byte,)) for byte in range(256) if state.after(bytes((byte,)))]))
        after = state.after(byte)
        assert after is not None
        state, text = after, text + byte
    assert strict(schema).keys() >= schema.keys()
    assert admits(schema, normalized(text.decode())) or "\\/" in text.decode()


@pytest.mark.parametrize(
    "text",
    [
        '{"verdict": "approve", "findings": []}',
        '{"verdict": "reject", "findings": [{"line": 1, "sure": true, "why": "a\\"b\\\\"}]}',
    ],
)
def test_admits_findings(text: str) -> None:
    assert admits(FINDINGS, text)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "",
        '{"verdict": "maybe", "findings": []}',
        '{"findings": [], "verdict": "approve"}',
        '{"verdict": "reject", "findings": [{"line": 121, "sure": true, "why": "x"}]}',
        '{"verdict": "reject", "findings": [{"line": 12, "sure": true, "why": ""}]}',
        '{"verdict": "reject", "findings": [{"line": 12, "sure": true, "why": "more than twelve"}]}',
        '{"verdict": "reject", "findings": [{"line": 12, "sure": true, "why": "a\nb"}]}',
        '{"verdict": "approve", "findings": []}, ',
    ],
)
def test_admits_nothing_else(text: str) -> None:
    assert not admits(FINDINGS, text)


@pytest.mark.parametrize(
    "byte", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe3\x81", b"\x7f", b"\x00", b"\\x"]
)
def test_text_admits_only_characters(byte: bytes) -> None:
    state = begin(grammar({"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "string", "maxLength": 9}}))
    assert state.after(b'["' + byte + b'"]') is None


def test_forced_stops_at_every_choice() -> None:
    state = begin(grammar(FINDINGS))
    assert state.forced() == b'{"verdict": "'
    chosen = state.after(b'{"verdict": "re')
    assert isinstance(chosen, State)
    assert chosen.forced() == b'ject", "findings": ['


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string", "maxLength": 3},
        {"type": "object", "properties": {"a": {"type": "number"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"enum": []}}},
        {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3, "pattern": "x"}}},
        {"type": "object", "properties": {"a": {"type": "integer", "minimum": 0, "maximum": 10**6}}},
        {"type": "object", "properties": {"a": {"type": "integer"}}},
        {"type": "object", "properties": {"a": {"const": 1}}, "required": []},
        {"type": "object", "properties": {}, "additionalProperties": True},
        {"type": "array", "items": {"const": 1}},
        {"type": "array", "items": {"const": 1}, "minItems": 3, "maxItems": 2},
        {"anyOf": []},
    ],
)
def test_grammar_outside_of_the_subset_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(BackendError):
        grammar(schema)


def test_normalized_refuses_what_is_no_json() -> None:
    assert normalized('{"a":[1,2],\n"b":"é"}') == '{"a": [1, 2], "b": "é"}'
    with pytest.raises(BackendError, match="no JSON"):
        normalized("I think that")
