"""Every sanitizer and every check that is declared is used on a value that would do harm without it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from following import classes

from reviewer.taint import packed


class Frame(NamedTuple):
    """How a language is written."""

    code: str
    """A function that is called from outside, with what was sent in `q` and the place of a statement."""
    arrow: str
    """What stands between an object and its method."""
    scope: str
    """What stands between a module or class and its function."""
    when: str
    """A statement under a condition."""
    no: str
    sinks: dict[str, str]
    """Statements that do harm with a value, by class."""


FRAMES = {
    "python": Frame(
        "from flask import request\n@app.route('/')\ndef view():\n    q = request.args['q']\n    {0}\n", ".", ".", "if {0}: {1}", "not ",
        {
            "command": "os.system({0})", "sql": "cursor.execute({0})", "path": "open({0})", "xss": "return '<b>' + str({0})",
            "redirect": "redirect({0})", "header": "response.headers.set('x', {0})", "log": "logging.info({0})", "ldap": "c.search_s({0})",
            "deserialization": "pickle.loads({0})", "regex": "re.compile({0})", "ssrf": "requests.get({0})", "xpath": "tree.xpath({0})",
        },
    ),
    "java": Frame(
        "class A {{ void f(HttpServletRequest request) throws Exception {{ String q = request.getParameter(\"q\"); {0} }} }}",
        ".", ".", "if ({0}) {{ {1} }}", "!",
        {
            "command": "Runtime.getRuntime().exec({0});", "sql": "c.createStatement().executeQuery({0});", "path": "new File({0});",
            "xss": "response.getWriter().println({0});", "redirect": "response.sendRedirect({0});", "header": 'response.setHeader("x", {0});',
            "log": "logger.info({0});", "ldap": 'ldapTemplate.search("ou=x", {0}, c);', "regex": "Pattern.compile({0});",
            "ssrf": "new URL({0}).openStream();", "xpath": "XPathFactory.newInstance().newXPath().evaluate({0}, doc);",
        },
    ),
    "javascript": Frame(
        "app.get('/', (req, res) => {{ const q = req.query.q; {0} }});", ".", ".", "if ({0}) {{ {1} }}", "!",
        {
            "command": "child_process.exec({0});", "sql": "connection.query({0});", "path": "fs.readFile({0}, f);",
            "xss": "document.write({0});", "redirect": "res.redirect({0});", "header": "res.setHeader('x', {0});",
            "log": "console.log({0});", "ldap": "ldapClient.search({0}, f);", "regex": "new RegExp({0});", "nosql": "db.collection('a').find({{ a: {0} }});",
            "ssrf": "axios.get({0});", "code": "eval({0});",
        },
    ),
    "go": Frame(
        "package a\nfunc f(w http.ResponseWriter, r *http.Request) {{\n\tq := r.FormValue(\"q\")\n\t{0}\n}}\n", ".", ".", "if {0} {{ {1} }}", "!",
        {
            "command": 'exec.Command("sh", "-c", {0})', "sql": "db.Query({0})", "path": "os.Open({0})", "xss": "fmt.Fprint(w, {0})",
            "redirect": "http.Redirect(w, r, {0}, 302)", "header": 'w.Header().Set("x", {0})', "log": "log.Print({0})",
            "ldap": "ldap.NewSearchRequest({0})", "regex": "regexp.MustCompile({0})", "ssrf": "http.Get({0})",
        },
    ),
    "php": Frame(
        "<?php function f() {{ $q = $_GET['q']; {0} }}", "->", "::", "if ({0}) {{ {1} }}", "!",
        {
            "command": "system({0});", "sql": "mysqli_query($c, {0});", "path": "readfile({0});", "xss": "echo {0};",
            "redirect": 'header("Location: " . {0});', "header": "setcookie({0});", "log": "error_log({0});", "ldap": "ldap_search($c, $b, {0});",
            "regex": "preg_match({0}, $x);", "ssrf": "curl_init({0});",
        },
    ),
    "ruby": Frame(
        "class A < B\n  def f\n    q = params[:q]\n    {0}\n  end\nend\n", ".", "::", "({1}) if {0}", "!",
        {
            "command": "system({0})", "sql": "User.where({0})", "path": "File.read({0})", "xss": "raw({0})", "redirect": "redirect_to({0})",
            "log": "logger.info({0})", "ldap": "Net::LDAP::Filter.construct({0})", "regex": "Regexp.new({0})", "nosql": "User.map_reduce({0})",
            "ssrf": "Net::HTTP.get({0})",
        },
    ),
    "csharp": Frame(
        "public class A : Controller {{ public IActionResult F(string q) {{ {0} return Ok(); }} }}", ".", ".", "if ({0}) {{ {1} }}", "!",
        {
            "command": "Process.Start({0});", "sql": "new SqlCommand({0}, c);", "path": "System.IO.File.ReadAllText({0});",
            "xss": "Response.Write({0});", "redirect": "Redirect({0});", "header": 'Response.Headers.Add("x", {0});',
            "log": "_logger.LogInformation({0});", "ldap": "var s = new DirectorySearcher(); s.Filter = {0};", "regex": "new Regex({0});",
            "ssrf": "client.GetAsync({0});",
        },
    ),
}  # fmt: skip


STATEMENTS = {("php", ".prepare"): '"select ?", $q', ("php", "wpdb.prepare"): '"select %s", $q'}
"""Calls that do harm with their first argument, and none with the others."""


def _called(language: str, pattern: str, args: str) -> str:
    """A call that a pattern of the declarations means."""
    frame = FRAMES[language]
    parts = re.sub(r"\*+", "x", pattern.removeprefix("=")).split(".")
    if not parts[0]:
        parts[0] = "$thing" if language == "php" else "thing"
        return frame.arrow.join(parts) + f"({args})"
    if any("()" in part for part in parts[:-1]):
        return ".".join(parts).replace("()", f"({args})") + "()"
    if "-" in parts[0]:
        return ".".join([f'require("{parts[0]}")', *parts[1:]]) + f"({args})"
    *before, last = parts
    dot = frame.scope if language == "php" else "."
    return frame.scope.join(before) + (dot if before else "") + f"{last}({args})"


def _cleaners() -> Iterator[tuple[str, str, str]]:
    for language in packed.languages():
        for found in packed.document(language)["clean"].values():
            for pattern, harm in found:
                yield language, pattern, "command" if harm == "*" else harm


def _guards() -> Iterator[tuple[str, str, object, str, bool]]:
    for language in packed.languages():
        said = packed.document(language)
        for found in said["guard call"].values():
            for pattern, number in found:
                guard = said["guards"][number]
                for harm in guard["classes"]:
                    yield language, pattern, guard.get("arg", 0), "command" if harm == "*" else harm, guard.get("when", True)


def _value(language: str) -> str:
    return "$q" if language == "php" else "q"


def _followed(language: str, statement: str) -> set[str]:
    return classes(language, FRAMES[language].code.format(statement))


@pytest.mark.parametrize(("language", "harm"), sorted({(language, harm) for language, _, harm in _cleaners()}))
def test_without_a_sanitizer_it_does_harm(language: str, harm: str) -> None:
    assert harm in _followed(language, FRAMES[language].sinks[harm].format(_value(language)))


@pytest.mark.parametrize(("language", "pattern", "harm"), sorted(_cleaners()))
def test_sanitizer(language: str, pattern: str, harm: str) -> None:
    cleaned = _called(language, pattern, STATEMENTS.get((language, pattern), _value(language)))
    assert harm not in _followed(language, FRAMES[language].sinks[harm].format(cleaned))


def _checked(language: str, pattern: str, arg: object) -> str:
    """A call that checks a value: as an argument, or as what the method is called on."""
    value = _value(language)
    if arg != "this":
        given = ", ".join(["x"] * int(str(arg)) + [value])
        return _called(language, pattern, given) if "()." not in pattern else f"{pattern.replace('()', '(x)')}({given})"
    head, _, last = pattern.rpartition(".")
    inner = _called(language, head, value) if head.strip("=.") and head.startswith(".") else value
    return f"{inner.replace('thing.', value + '.')}{FRAMES[language].arrow}{last}(x)"


@pytest.mark.parametrize(("language", "pattern", "arg", "harm", "when"), sorted(_guards(), key=str))
def test_check(language: str, pattern: str, arg: object, harm: str, when: bool) -> None:
    frame = FRAMES[language]
    sink = frame.sinks[harm].format(_value(language))
    check = _checked(language, pattern, arg)
    good, bad = (check, f"{frame.no}({check})") if when else (f"{frame.no}({check})", check)
    assert harm not in _followed(language, frame.when.format(good, sink))
    assert harm in _followed(language, frame.when.format(bad, sink))
