"""JavaScript and TypeScript: constructs, sinks and frameworks."""

from __future__ import annotations

import pytest
from following import classes

FRAME = """\
const express = require('express');
const cp = require('child_process');
const { exec } = require('child_process');
import fs from 'fs';
const app = express();
const ALLOWED = ['a', 'b'];

function build(value) { return 'ls ' + value; }
const constant = (value) => 'ls';
function check(value) { if (!ALLOWED.includes(value)) { throw new Error('no'); } }
class Holder {
  constructor(value) { this.value = value; this.other = 'ls'; }
  get() { return this.value; }
}

app.get('/x/:id', async (req, res) => {
  const q = req.query.q;
  %s
});
"""

HARMFUL = {
    "straight": "exec(q);",
    "module": "cp.exec(req.params.id);",
    "body": "exec(req.body['a'].b);",
    "concatenation": "exec('ls ' + q);",
    "template": "exec(`ls ${q}`);",
    "augmented": "let c = 'ls '; c += q; exec(c);",
    "destructuring": "const { c, d: e } = req.query; exec(e);",
    "array destructuring": "const [a, b] = ['x', q]; exec(b);",
    "object": "const o = { a: q, b: 'x' }; exec(o.a);",
    "array": "const l = []; l.push('x'); l.push(q); exec(l[1]);",
    "join": "exec(['ls', q].join(' '));",
    "map": "const m = new Map(); m.set('a', q); exec(m.get('a'));",
    "constant condition": "const n = 106; const c = (7 * 42) - n > 200 ? 'x' : q; exec(c);",
    "switch": "let c; switch ('ABC'.charAt(1)) { case 'A': c = 'x'; break; case 'B': c = q; break; default: c = 'y'; } exec(c);",
    "for of": "for (const c of req.query.list) { exec(c); }",
    "for each": "req.body.list.forEach((c) => { exec(c); });",
    "map callback": "req.body.list.map(function (c) { return exec(c); });",
    "await": "const c = await Promise.resolve(q); exec(c);",
    "default": "const c = q || 'x'; exec(c);",
    "helper": "exec(build(q));",
    "class": "exec(new Holder(q).get());",
    "callback": "load((err, data) => { exec(q); });",
    "try": "let c; try { c = JSON.parse(q); } catch (e) { c = ''; } exec(c);",
}

HARMLESS = {
    "list of words": "cp.execFile('ls', [q]);",
    "reassigned": "let c = q; c = 'x'; exec(c);",
    "number": "exec('kill ' + parseInt(q, 10));",
    "other property": "const o = { a: q, b: 'x' }; exec(o.b);",
    "other element": "const l = []; l.push('x'); l.push(q); exec(l[0]);",
    "constant condition": "const n = 106; const c = (7 * 18) + n > 200 ? 'x' : q; exec(c);",
    "allow list": "if (!ALLOWED.includes(q)) { return res.sendStatus(400); } exec(q);",
    "comparison": "if (q === 'ls') { exec(q); }",
    "pattern": "if (!/^[a-z]+$/.test(q)) { return; } exec(q);",
    "helper": "exec(constant(q));",
    "checking helper": "check(q); exec(q);",
    "class": "exec(new Holder(q).other);",
    "throw": "if (q) { throw new Error(); } else { return; } exec(q);",
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str) -> None:
    assert "command" in classes("javascript", FRAME % HARMFUL[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert "command" not in classes("javascript", FRAME % HARMLESS[name])


SINKS = {
    "sql": ("db.query('select ' + q);", "db.query('select ?', [q]);"),
    "code": ("eval(q);", "JSON.parse(q);"),
    "path": ("fs.readFile('/srv/' + q, done);", "fs.readFile('/srv/' + path.basename(q), done);"),
    "ssrf": ("fetch(q);", "fetch(`https://example.org/${q}`);"),
    "redirect": ("res.redirect(q);", "res.redirect('/found?q=' + q);"),
    "xss": ("res.send('<b>' + q);", "res.send('<b>' + escapeHtml(q));"),
    "nosql": ("User.findOne({ name: q });", "User.findOne({ name: String(q) });"),
    "regex": ("new RegExp(q);", "new RegExp(escapeRegExp(q));"),
    "template": ("Handlebars.compile(q);", "Handlebars.compile('x')({ q });"),
}


@pytest.mark.parametrize("name", SINKS)
def test_sink(name: str) -> None:
    harmful, harmless = SINKS[name]
    assert name in classes("javascript", FRAME % harmful)
    assert name not in classes("javascript", FRAME % harmless)


def test_page_writes_its_address() -> None:
    code = (
        "const name = new URLSearchParams(location.search).get('name');\ndocument.getElementById('x').innerHTML = 'hi ' + name;\n"
    )
    assert classes("javascript", code) == {"xss"}
    assert classes("javascript", code.replace("innerHTML", "textContent")) == set()


def test_typescript_with_types_and_decorators() -> None:
    code = """\
@Controller('a')
export class Api {
  constructor(private readonly db: Client) {}
  @Get(':id')
  async find(@Param('id') id: string, @Query('n') n: number): Promise<string> {
    await this.db.query(`select ${%s as string}`);
    return 'ok';
  }
}
"""
    assert classes("typescript", code % "id") == {"sql"}
    assert classes("typescript", code % "n") == set()


def test_tsx_dangerous_html() -> None:
    code = "function Page() {\n  const q = location.hash;\n  return <div dangerouslySetInnerHTML={{ __html: q }} />;\n}\n"
    assert classes("tsx", code) == {"xss"}
