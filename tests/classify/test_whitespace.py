from __future__ import annotations

import pytest
from make_hunk import make_hunk

from reviewer.classify.whitespace import whitespace_only


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        (b"a.js", ["-  go();", "+    go();"]),
        (b"a.js", ["-x=1;  ", "+x=1;"]),
        (b"a.js", ["-a  =  b;", "+a = b;"]),
        (b"a.py", ["-x = 1  ", "+x = 1"]),
        (b"a.py", [" x = 1", "+", "+", " y = 2"]),
        (b"a.py", ["-x = 1", "+x = 1\r"]),
        (b"a.py", ["-x = 1\r", "-y = 2", "+x = 1", "+y = 2\r"]),
        (b"a.py", ["-x = 1", "+x = 1"]),
        (b"a.go", ["-\tif x {", "+    if x {"]),
        (b"a.yaml", ["-a: 1 ", "+a: 1"]),
        (b"LICENSE", ["-a ", "+a"]),
    ],
)
def test_whitespace_only_is_seen(path: bytes, lines: list[str]) -> None:
    assert whitespace_only(make_hunk(path, *lines))


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        (b"a.py", ["-    return x", "+return x"]),
        (b"a.yaml", ["-  a: 1", "+a: 1"]),
        (b"Makefile", ["-\tcp a b", "+    cp a b"]),
        (b"unknown", ["-a", "+ a"]),
        (b"a.js", ["-return x", "+returnx"]),
        (b"a.js", ['-say("a b")', '+say("a  b")']),
        (b"a.js", ["-x = /a b/", "+x = /a  b/"]),
        (b"a.js", ["-go();", " stop();", "+go();"]),
        (b"a.js", [" x = `", "-  a", "+a", " `;"]),
        (b"a.py", [' x = """', "-a ", "+a", ' """']),
        (b"a.sh", [" cat <<EOF", "-  a", "+a"]),
        (b"a.sh", ["-cd x", "+cd x\r"]),
        (b"a.sh", ["-cp a \\", "+cp a \\ ", " b"]),
        (b"a.sh", [" cp a \\", "+", " b"]),
        (b"a.js", ["-a", "+a\xa0"]),
        (b"a.js", ["-a b", "+a\rb"]),
        (b"a.js", ["+x"]),
        (b"a.js", []),
    ],
)
def test_whitespace_only_is_not_claimed_where_meaning_changes(path: bytes, lines: list[str]) -> None:
    assert whitespace_only(make_hunk(path, *lines)) == ""


def test_whitespace_only_names_line_endings() -> None:
    assert "line endings" in whitespace_only(make_hunk(b"a.py", "-x\r", "+x"))
    assert "line endings" not in whitespace_only(make_hunk(b"a.py", "-x ", "+x"))
