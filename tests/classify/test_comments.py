from __future__ import annotations

import pytest
from make_hunk import make_hunk

from reviewer.classify.comments import comment_only


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        (b"a.py", [" x = 1", "-# old", "+# new", "+"]),
        (b"a.py", ["+# noqa: S608"]),
        (b"a.py", ["+# hunkgate: ignore[python-eval] checked"]),
        (b"a.py", ["-# x = 1"]),
        (b"a.js", ["+// eslint-disable-next-line"]),
        (b"a.js", ["+/* one */", "+/* two", "+   three */"]),
        (b"a.js", [" /**", "-  * old `x`", "+  * new `x`", "  */", " go();"]),
        (b"a.js", ["  * first", "+ * second", "  */", " go();"]),
        (b"a.js", [" /**", "+ * first", "  * second"]),
        (b"a.go", [" //go:build linux", "+// new"]),
        (b"a.rs", ["-/// old", "+/// new"]),
        (b"a.css", ["+/* x */"]),
        (b"a.html", ["+<!-- x -->"]),
        (b"a.sql", ["+-- x"]),
        (b"a.yaml", ["+# x"]),
    ],
)
def test_comment_only_is_seen(path: bytes, lines: list[str]) -> None:
    assert comment_only(make_hunk(path, *lines, start=20))


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        (b"a.py", ["+x = 1  # new"]),
        (b"a.py", ["-x = 1", "+# x = 1"]),
        (b"a.py", ["+# x", "-y = 1"]),
        (b"a.py", ["+#!/usr/bin/python3"]),
        (b"a.py", ["+# -*- coding: utf-7 -*-"]),
        (b"a.py", ["+# x\rimport os"]),
        (b"a.py", ["+# {run('x')}"]),
        (b"a.js", ["+// x\u2028evil()"]),
        (b"a.js", ["+// \u202e x"]),
        (b"a.js", ["+// ${evil()}"]),
        (b"a.js", ["+/* x */ go();"]),
        (b"a.js", ["+/*", " go();", "+*/"]),
        (b"a.js", ["+/*", " go();"]),
        (b"a.js", ["-/* x */", "+/* x", " go(); /* y */"]),
        (b"a.js", [" x = `", "+/*", "+a", "+*/", " `"]),
        (b"a.js", ["+evil();", " x = `", " */", " `"]),
        (b"a.js", ["+evil();", " */"]),
        (b"a.c", ["+*p = 0;"]),
        (b"a.c", [" /*", "+*p = 0; */ go();"]),
        (b"a.c", ["+// x \\", " go();"]),
        (b"a.c", ["+#include <x.h>"]),
        (b"A.java", ["+// \\u000a evil();"]),
        (b"a.php", ["+#[Route('/x')]"]),
        (b"a.php", ["+// x ?> <?php evil();"]),
        (b"a.go", ["+//go:linkname a b"]),
        (b"a.go", ["+// #include <x.h>", ' import "C"']),
        (b"a.sql", ["+/*!50000 DROP TABLE x */"]),
        (b"a.lua", ["+--[[ x"]),
        (b"a.sh", ["+# $(evil)"]),
        (b"a.rb", ["+#{evil}"]),
        (b"w.yml", ["+# ${{ github.event.title }}"]),
        (b"Dockerfile", ["+# syntax=evil/frontend"]),
        (b"a.html", ["+<!--[if IE]>"]),
        (b"a.json", ["+// x"]),
        (b"unknown", ["+# x"]),
    ],
)
def test_comment_only_is_not_claimed_for_code(path: bytes, lines: list[str]) -> None:
    assert comment_only(make_hunk(path, *lines, start=20)) == ""
