"""Python: one small function for each construct, with what it does harm with."""

from __future__ import annotations

import textwrap

import pytest
from following import classes, followed

BODY = "import os, flask\nfrom flask import request\nALLOWED = {'ls', 'pwd'}\n\n\n@app.route('/x')\ndef view():\n"


def _view(lines: str) -> set[str]:
    body = textwrap.indent(textwrap.dedent(lines).strip("\n"), "    ")
    return classes("python", f"{BODY}{body}\n")


HARMFUL = {
    "straight": "os.system(request.args['c'])",
    "get": "os.system(request.args.get('c', 'x'))",
    "assignment": "c = request.form['c']\nos.system(c)",
    "concatenation": "os.system('ls ' + request.args['c'])",
    "augmented": "c = 'ls '\nc += request.args['c']\nos.system(c)",
    "percent": "os.system('ls %s' % request.args['c'])",
    "percent tuple": "os.system('ls %s %d' % (request.args['c'], 3))",
    "format": "os.system('ls {}'.format(request.args['c']))",
    "f-string": "os.system(f'ls {request.args[\"c\"]}')",
    "join": "os.system(' '.join(['ls', request.args['c']]))",
    "slice": "c = 'abc' + request.args['c']\nos.system(c[3:])",
    "strip": "os.system(request.args['c'].strip().lower())",
    "decode": "import base64\nos.system(base64.b64decode(request.args['c']).decode())",
    "list append": "items = []\nitems.append('a')\nitems.append(request.args['c'])\nos.system(items[1])",
    "list pop": "items = ['a', request.args['c'], 'b']\nitems.pop(0)\nos.system(items[0])",
    "last of list": "items = ['a', request.args['c']]\nos.system(items[-1])",
    "dict": "table = {'a': request.args['c'], 'b': 'x'}\nos.system(table['a'])",
    "dict put": "table = {}\ntable['a'] = request.args['c']\nos.system(table['a'])",
    "unknown key": "table = {'a': request.args['c'], 'b': 'x'}\nos.system(table[name()])",
    "tuple": "a, b = 'x', request.args['c']\nos.system(b)",
    "loop": "for c in request.args.getlist('c'):\n    os.system(c)",
    "loop break": "c = ''\nfor name in request.form.keys():\n    if name:\n        c = name\n        break\nos.system(c)",
    "comprehension": "os.system(' '.join([c for c in request.args.getlist('c')]))",
    "while": "c = ''\nwhile more():\n    c = c + request.args['c']\nos.system(c)",
    "ternary": "c = request.args['c'] if flag() else 'ls'\nos.system(c)",
    "or": "c = request.args['c'] or 'ls'\nos.system(c)",
    "branch": "c = 'ls'\nif flag():\n    c = request.args['c']\nos.system(c)",
    "true constant": "c = 'ls'\nif 7 * 18 + 106 > 200:\n    c = request.args['c']\nos.system(c)",
    "text constant": "c = 'never'\nif 'eve' in c:\n    c = request.args['c']\nos.system(c)",
    "match": "letter = 'ABC'[0]\nmatch letter:\n    case 'A':\n        c = request.args['c']\n    case _:\n        c = 'ls'\nos.system(c)",
    "with": "with open('/tmp/x') as f:\n    os.system(request.args['c'])",
    "try": "try:\n    c = request.args['c']\nexcept KeyError:\n    c = ''\nos.system(c)",
    "handler": "c = request.args['c']\ntry:\n    n = int(c)\nexcept ValueError:\n    os.system(c)",
    "walrus": "if (c := request.args.get('c')):\n    os.system(c)",
    "callback": "for c in map(lambda v: v.strip(), request.args.getlist('c')):\n    os.system(c)",
    "deny list": "c = request.args['c']\nif c in ALLOWED:\n    return ''\nos.system(c)",
    "check of another": "c = request.args['c']\nif request.args['d'] not in ALLOWED:\n    return ''\nos.system(c)",
    "length is no check": "c = request.args['c']\nif len(c) > 20:\n    return ''\nos.system(c)",
    "decoded again": "import shlex, base64\nc = base64.b64decode(base64.b64encode(shlex.quote(request.args['c'])))\nos.system(c)",
    "wrong sanitizer": "import html\nos.system(html.escape(request.args['c']))",
    "list with a shell": "import subprocess\nsubprocess.run(['sh', '-c', request.args['c']])",
    "program": "import subprocess\nsubprocess.run([request.args['c'], '-l'])",
}

HARMLESS = {
    "constant": "os.system('ls')",
    "reassigned": "c = request.args['c']\nc = 'ls'\nos.system(c)",
    "number": "os.system('kill %s' % int(request.args['c']))",
    "number verb": "os.system('kill %d' % request.args['c'])",
    "length": "os.system('seq ' + str(len(request.args['c'])))",
    "quoted": "import shlex\nos.system('ls ' + shlex.quote(request.args['c']))",
    "other element": "items = ['a', request.args['c']]\nos.system(items[0])",
    "other key": "table = {'a': request.args['c'], 'b': 'x'}\nos.system(table['b'])",
    "popped": "items = ['a', request.args['c'], 'b']\nitems.pop(0)\nos.system(items[1])",
    "false constant": "c = 'ls'\nif 7 * 42 - 106 < 180:\n    c = request.args['c']\nos.system(c)",
    "constant ternary": "c = 'ls' if 7 * 18 + 106 > 200 else request.args['c']\nos.system(c)",
    "match": "letter = 'ABC'[1]\nmatch letter:\n    case 'A':\n        c = request.args['c']\n    case _:\n        c = 'ls'\nos.system(c)",
    "after return": "return ''\nos.system(request.args['c'])",
    "allow list": "c = request.args['c']\nif c not in ALLOWED:\n    return ''\nos.system(c)",
    "allow list else": "c = request.args['c']\nif c in ALLOWED:\n    os.system(c)",
    "default instead": "c = request.args['c']\nif c not in ALLOWED:\n    c = 'ls'\nos.system(c)",
    "comparison": "c = request.args['c']\nif c == 'ls':\n    os.system(c)",
    "digits": "c = request.args['c']\nif not c.isdigit():\n    abort(400)\n    return ''\nos.system(c)",
    "pattern": "import re\nif not re.fullmatch('[a-z]+', request.args['c']):\n    raise ValueError\nos.system(request.args['c'])",
    "assertion": "c = request.args['c']\nassert c in ALLOWED\nos.system(c)",
    "validator": "c = request.args['c']\nif not is_valid_name(c):\n    return ''\nos.system(c)",
    "promise": "os.system(sanitize(request.args['c']))",
    "list without a shell": "import subprocess\nsubprocess.run(['ls', request.args['c']])",
    "looked up": "os.system(User.objects.get(name=request.args['c']))",
    "both checks": "c = request.args['c']\nif c.isalnum() and c in ALLOWED:\n    os.system(c)",
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str) -> None:
    assert "command" in _view(HARMFUL[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert "command" not in _view(HARMLESS[name])


SINKS = {
    "sql": ("cursor.execute('select ' + q)", "cursor.execute('select ?', (q,))"),
    "code": ("eval(q)", "import ast\nast.literal_eval(q)"),
    "path": ("open('/srv/' + q)", "from werkzeug.utils import secure_filename\nopen('/srv/' + secure_filename(q))"),
    "ssrf": ("import requests\nrequests.get(q)", "import requests\nrequests.get('https://example.org/' + q)"),
    "redirect": ("return flask.redirect(q)", "return flask.redirect('/found?q=' + q)"),
    "xss": ("return '<b>' + q + '</b>'", "import html\nreturn '<b>' + html.escape(q) + '</b>'"),
    "template": ("flask.render_template_string('hi ' + q)", "flask.render_template_string('hi {{ q }}', q=q)"),
    "deserialization": ("import yaml\nyaml.load(q)", "import yaml\nyaml.load(q, Loader=yaml.SafeLoader)"),
    "ldap": ("connection.search('dc=x', '(uid=' + q + ')')", "connection.search('dc=x', escape_filter_chars(q))"),
    "xpath": ("tree.xpath('//a[@b=' + q + ']')", "tree.xpath('//a[@b=$q]', q=q)"),
    "nosql": ("users.find_one({'name': q})", "users.find_one({'name': 'x'})"),
    "log": ("import logging\nlogging.info('user ' + q)", "import logging\nlogging.info('user %r', repr(q))"),
    "trust": ("flask.session['role'] = q", "flask.session['role'] = 'guest'"),
    "regex": ("import re\nre.compile(q)", "import re\nre.compile(re.escape(q))"),
}


@pytest.mark.parametrize("name", SINKS)
def test_sink(name: str) -> None:
    harmful, harmless = SINKS[name]
    assert name in _view("q = request.args['q']\n" + harmful)
    assert name not in _view("q = request.args['q']\n" + harmless)


GUARDS = {
    "part of the path": ("path", "if '..' in q:\n    return ''\nopen('/srv/' + q)"),
    "inside the folder": ("path", "import pathlib\np = (pathlib.Path('/srv') / q).resolve()\nif not str(p).startswith('/srv/'):\n    return ''\nopen(p)"),
    "host": ("redirect", "from urllib.parse import urlparse\nif urlparse(q).netloc not in ['example.org']:\n    return ''\nreturn flask.redirect(q)"),
    "quote": ("xpath", "if \"'\" in q:\n    return ''\ntree.xpath(\"//a[@b='\" + q + \"']\")"),
    "quote replaced": ("xpath", "tree.xpath(\"//a[@b='\" + q.replace(\"'\", '&apos;') + \"']\")"),
}  # fmt: skip


@pytest.mark.parametrize("name", GUARDS)
def test_guard(name: str) -> None:
    harm, lines = GUARDS[name]
    assert harm not in _view("q = request.args['q']\n" + lines)


def test_partial_check_does_not_clear_the_whole() -> None:
    assert "path" in _view("q = request.args['q']\nif q.split('.')[1] in ALLOWED:\n    open('/srv/' + q)")


FRAMEWORKS = {
    "flask route": "@app.route('/x/<name>')\ndef f(name):\n    eval(name)\n",
    "flask cookies": "from flask import request as r\ndef f():\n    eval(r.cookies.get('a'))\n",
    "django view": "def view(request):\n    eval(request.GET['a'])\n",
    "django post": "def view(request, pk):\n    eval(request.POST.get('a'))\n",
    "django class": "class V(View):\n    def get(self, request):\n        eval(request.GET['a'])\n",
    "fastapi": "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef f(q: str):\n    eval(q)\n",
    "fastapi request": "from fastapi import Request\ndef f(req: Request):\n    eval(req.query_params['a'])\n",
    "nested": "def make(app):\n    @app.route('/x/<name>')\n    def f(name):\n        eval(name)\n",
    "argv": "import sys\neval(sys.argv[1])\n",
    "input": "eval(input())\n",
    "tornado": "class H(RequestHandler):\n    def get(self):\n        eval(self.get_argument('a'))\n",
}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_framework_source(name: str) -> None:
    assert "code" in classes("python", FRAMEWORKS[name])


NO_SOURCE = {
    "typed route": "@app.route('/x/<int:name>')\ndef f(name):\n    eval(name)\n",
    "typed parameter": "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef f(q: int):\n    eval(q)\n",
    "plain parameter": "def f(name):\n    eval(name)\n",
    "path of the route": "from flask import request\ndef f():\n    eval(request.path.split('/')[1])\n",
}


@pytest.mark.parametrize("name", NO_SOURCE)
def test_no_source(name: str) -> None:
    assert classes("python", NO_SOURCE[name]) == set()


HELPERS = """\
import os
from flask import request

def build(value):
    return 'ls ' + value

def constant(value):
    return 'ls'

def check(value):
    if value not in ('a', 'b'):
        raise ValueError(value)

def run(command):
    os.system(command)

class Holder:
    def __init__(self, value):
        self.value = value
        self.other = 'ls'

    def get(self):
        return self.value

def view():
    c = request.args['c']
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("os.system(build(c))", ["command@27"]),
        ("os.system(constant(c))", []),
        ("check(c); os.system(c)", []),
        ("run(c)", ["command@15"]),
        ("os.system(Holder(c).get())", ["command@27"]),
        ("os.system(Holder(c).other)", []),
        ("h = Holder('x'); h.value = c; os.system(h.get())", ["command@27"]),
    ],
)
def test_helper(line: str, found: list[str]) -> None:
    assert followed("python", f"{HELPERS}    {line}\n") == found


def test_recursion_ends() -> None:
    helpers = "def f(a):\n    return f(a + g(a))\ndef g(a):\n    return f(a)\n"
    assert followed("python", f"from flask import request\n{helpers}def h():\n    eval(f(request.args['a']))\n") == ["code@7"]


def test_grammar_of_python_3_12() -> None:
    code = "from flask import request\n@app.route('/')\ndef f():\n    return f'{', '.join([request.args['a']])}'\n"
    assert followed("python", code) == ["xss@4"]
