"""The engine as a whole: bounds, hostile input, what it looks at, what it shows."""

from __future__ import annotations

import pytest
from following import followed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import ToolMissingError
from reviewer.records import Confidence
from reviewer.taint import choosing, engine, functions, grammar, packed
from reviewer.taint.languages import LANGUAGES

SEEDS = {
    "python": b"from flask import request\n@app.route('/')\ndef f(a, *b, c=1):\n    for x in request.args:\n        os.system(f'{x}')\n",
    "java": b'class A { void f(HttpServletRequest r) { for (Cookie c : r.getCookies()) { s.executeQuery("x" + c); } } }\n',
    "javascript": b"app.get('/', (req, res) => { const { a } = req.query; res.send(`<b>${a}</b>`); });\n",
    "typescript": b"class A { constructor(private x: B) {} f(@Query() q: string): void { this.x.query('a' + q); } }\n",
    "go": b'package a\nfunc f(r *http.Request) {\n\tfor _, v := range r.Form["a"] {\n\t\tdb.Query(v)\n\t}\n}\n',
    "php": b'<?php foreach ($_GET as $k => $v) { system("ls $v"); } ?><b><?= $v ?></b>\n',
    "ruby": b'class A\n  def f\n    params[:x].each do |i|\n      system("ls #{i}")\n    end\n  end\nend\n',
    "csharp": b'class A : Controller { public void F(string q) { var c = new SqlCommand { CommandText = $"x {q}" }; } }\n',
}

_PIECES = st.sampled_from(
    [b"(", b")", b"{", b"}", b"[", b"]", b"'", b'"', b"\n", b":", b"=", b".", b"\0", b"\xff", b"if ", b"return "]
)


@pytest.mark.parametrize("language", SEEDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_mutated_code_never_raises(language: str, data: st.DataObject) -> None:
    code = SEEDS[language]
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(code)))
        end = min(len(code), start + data.draw(st.integers(0, 8)))
        code = code[:start] + data.draw(_PIECES) + code[end:]
    analysis = engine.analyze(language, code, range(1, code.count(b"\n") + 2))
    assert all(first <= last for first, last, _ in analysis.failures)


@pytest.mark.parametrize("language", SEEDS)
@settings(max_examples=25, deadline=None)
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_never_raise(language: str, content: bytes) -> None:
    engine.analyze(language, content, range(1, 400))


def test_every_language_has_declarations() -> None:
    assert {member for member, _ in LANGUAGES.values()} == set(packed.languages())


NESTED = {
    "parentheses": ("python", "from flask import request\nx = " + "(" * 3000 + "1" + ")" * 3000 + "\n"),
    "lists": ("javascript", "q = req.query\nx = " + "[" * 3000 + "]" * 3000 + "\n"),
    "calls": ("go", "package a\nfunc f(r *http.Request) { db.Query(r.Form); x := " + "g(" * 2000 + "1" + ")" * 2000 + " }\n"),
    "choices": ("php", "<?php $x = $_GET; $x = " + "$a ? 1 : (" * 1000 + "2" + ")" * 1000 + ";\n"),
    "branches": ("python", "def f(request):\n  r = request.GET\n  eval(r)\n" + "  if r.a: x = r.b\n" * 20_000),
}


@pytest.mark.parametrize("name", NESTED)
def test_too_much_work_ends_and_is_said(name: str) -> None:
    language, code = NESTED[name]
    analysis = engine.analyze(language, code.encode(), range(1, code.count("\n") + 2))
    assert {reason for _, _, reason in analysis.failures} <= {
        "nested too deeply",
        "more than 60000 steps in one function",
        "more than 200000 steps in one file",
    }
    assert analysis.failures


def test_nested_loops_and_blocks_are_followed() -> None:
    loops = "".join(" " * (n + 1) + f"for a{n} in request.GET['x']:\n" for n in range(40))
    assert followed("python", f"def f(request):\n{loops}{' ' * 42}eval(a1)\n") == ["code@42"]
    assert followed("ruby", "def f\n" + "a do\n" * 60 + "system(params[:a])\n" + "end\n" * 60 + "end\n") == ["command@62"]


def test_long_chains_are_no_nesting() -> None:
    text = "from flask import request\ndef f():\n    eval(" + " + ".join(["'a'"] * 5000) + " + request.args['x'])\n"
    assert followed("python", text) == ["code@3"]
    links = "".join(f'else if (q == "{n}") {{ x = 1; }}\n' for n in range(100))
    assert followed("javascript", f"function f(req) {{ const q = req.query.a; if (q) {{}} {links} eval(q); }}\n") == ["code@101"]


TWO = b"""\
from flask import request

def first():
    eval(request.args['a'])

def second():
    exec(request.args['b'])
"""


def test_only_touched_functions_are_looked_at() -> None:
    assert [flow.sink for flow in engine.analyze("python", TWO, [4]).flows] == ["eval"]
    assert [flow.sink for flow in engine.analyze("python", TWO, [6]).flows] == []
    assert engine.analyze("python", TWO, [1]).flows == []


def test_caller_of_a_touched_helper_is_looked_at() -> None:
    code = b"from flask import request\n\ndef run(c):\n    eval(c)\n\ndef view():\n    run(request.args['a'])\n"
    assert len(engine.analyze("python", code, [4]).flows) == 1


def _run(monkeypatch: pytest.MonkeyPatch, code: str) -> list[str]:
    """The functions that are run as something that the outside calls."""
    ran: list[str] = []
    follow = functions.outside
    monkeypatch.setattr(functions, "outside", lambda run, closure: (ran.append(closure.function.name), follow(run, closure)))
    engine.analyze("python", code.encode(), range(1, code.count("\n") + 2))
    return ran


REACH = """\
import os, shop
from flask import request as r

def no_sink(): print(r.args)
def no_source(a): os.system(a)
def both(): os.system(r.args["a"])
def by_helper(): no_source(r.args["a"])
def far(): by_helper()
def by_table(): TABLE["run"](r.args["a"])
def other_class(): shop.get(input())

TABLE = {"run": lambda a: os.system(a)}
"""


def test_only_functions_with_a_source_and_a_sink_in_reach_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _run(monkeypatch, REACH) == ["both", "by_helper", "far", "by_table"]


def test_when_the_reach_is_too_much_work_every_function_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_MOST_VISITS", -1)
    assert {"no_sink", "both", "by_table"} <= set(_run(monkeypatch, REACH))


def test_functions_of_one_name_do_not_multiply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_MOST_VISITS", 500)
    made: list[choosing.Choosing] = []
    start = choosing.Choosing.__init__
    monkeypatch.setattr(choosing.Choosing, "__init__", lambda self, *given: (made.append(self), start(self, *given))[1])
    code = "from flask import request\n" + "def f(a): f(a); eval(request.args['x'])\n" * 100
    assert len(followed("python", code)) == 100
    assert made[0]._visits <= 500 + 100


def test_confidence_says_how_sure_source_and_way_are() -> None:
    def confidence(code: str) -> Confidence:
        return (
            engine.analyze("python", f"from flask import request\nimport sys\n{code}\n".encode(), range(1, 9)).flows[0].confidence
        )

    assert confidence("eval(request.args['a'])") is Confidence.HIGH
    assert confidence("eval(elsewhere(request.args['a']))") is Confidence.MEDIUM
    assert confidence("eval(sys.argv[1])") is Confidence.MEDIUM


def test_flow_shows_the_way() -> None:
    code = b"from flask import request\ndef f():\n    a = request.args['a']\n    b = 'x' + a\n    eval(b)\n"
    flow = engine.analyze("python", code, range(1, 6)).flows[0]
    assert [stop.note for stop in flow.stops] == ["request parameter comes in", "is held by a", "is held by b", "reaches eval"]
    assert code[slice(*flow.stops[0].at)] == b"request.args"


def test_missing_grammar_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(grammar._MODULES, "go", ("no_such_grammar", "language"))
    grammar._parser.cache_clear()
    with pytest.raises(ToolMissingError, match="cannot import the go grammar"):
        engine.analyze("go", b"package a\n", [1])
    grammar._parser.cache_clear()
