"""Which paths a pattern means."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer import config
from reviewer.config.patterns import matching
from reviewer.errors import ConfigError

MEANT = [
    ("src/crypto/**", "src/crypto/a.c"), ("src/crypto/**", "src/crypto/deep/er/a.c"), ("src/crypto", "src/crypto/a.c"),
    ("src/crypto/", "src/crypto/a.c"), ("**/*.sql", "a.sql"), ("**/*.sql", "a/b/c.sql"), ("*.py", "a.py"), ("a/**/b", "a/b"),
    ("a/**/b", "a/x/y/b"), ("a?c", "abc"), ("*", "anything/at/all"), ("**", "a"), ("src/*/x.py", "src/a/x.py"),
    ("src/crypto/**", "SRC/Crypto/a.c"), ("caf\u00e9/**", "cafe\u0301/a"), ("stra\u00dfe", "STRASSE/x"),
]  # fmt: skip
NOT_MEANT = [
    ("src/crypto/**", "src/cryptographic/a.c"), ("src/crypto", "lib/src/crypto/a.c"), ("*.py", "a/b.py"), ("a?c", "ac"),
    ("**/*.sql", "a.sqlite"), ("src/*/x.py", "src/a/b/x.py"), ("src", "src2/a"), ("a*b*c", "acb"), ("[ab]", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "path"), MEANT)
def test_meant(pattern: str, path: str) -> None:
    assert matching(["nothing", pattern], path.encode()) == pattern


@pytest.mark.parametrize(("pattern", "path"), NOT_MEANT)
def test_not_meant(pattern: str, path: str) -> None:
    assert matching([pattern], path.encode()) == ""


def test_many_stars_take_no_time() -> None:
    assert matching(["/".join(["**", "*a*a*a*a*a*b"] * 14)], b"/".join([b"a" * 200] * 60)) == ""


@given(st.binary(min_size=1, max_size=60), st.text(alphabet="a*?/.\u00e9", max_size=20))
def test_any_path_is_looked_at_without_a_crash(path: bytes, pattern: str) -> None:
    assert matching([pattern], path) in ("", pattern)


@pytest.mark.parametrize(
    "word", ["/src", "../x", "a/../b", "a//b", "./a", "a**", "**a/b", "a\\b", " a", "a ", "x" * 201, "/", "\x00"]
)
def test_what_means_no_path_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match="forbid"):
        config.load_policy_text(f"[generated]\nforbid = [{json.dumps(word)}]".encode(), "x")


@pytest.mark.parametrize("word", ["/src", "../x", "a/../b", "a//b", "./a", "a\\b", " a", "a ", "x" * 201])
def test_the_schema_refuses_it_too(word: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"generated": {"forbid": [word]}}, json.loads(config.json_schema()))


@pytest.mark.parametrize("word", [pattern for pattern, _ in MEANT])
def test_the_schema_takes_what_is_meant(word: str) -> None:
    jsonschema.validate({"generated": {"forbid": [word]}}, json.loads(config.json_schema()))
    text = f"[generated]\nforbid = [{json.dumps(word)}]".encode()
    assert config.load_policy_text(text, "x").generated_forbid == (word,)


def test_without_the_table_the_policy_is_what_it_was() -> None:
    """Its digest is in every attestation that there is."""
    plain = config.load_policy_text(b'mode = "block"', "x")
    spelled = config.load_policy_text(b'mode = "block"\n[generated]\nrequire = "off"\nforbid = []\nreview = "usual"', "x")
    asking = config.load_policy_text(b'mode = "block"\n[generated]\nrequire = "warn"', "x")
    assert (plain.digest, plain.asks_for_provenance) == (spelled.digest, False)
    assert (plain.digest == asking.digest, asking.asks_for_provenance) == (False, True)
