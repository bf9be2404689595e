"""Ruby: constructs, sinks and Rails."""

from __future__ import annotations

import pytest
from following import classes

FRAME = """\
class UsersController < ApplicationController
  ALLOWED = %w[a b]

  def show
    q = params[:q]
    [[code]]
  end

  def build(value)
    "ls #{value}"
  end

  def constant(value)
    "ls"
  end
end
"""

HARMFUL = {
    "straight": "system(q)",
    "interpolation": 'system("ls #{params[:a]}")',
    "subshell": "`ls #{q}`",
    "concatenation": "system('ls ' + q)",
    "push": "c = +'ls '\n    c << q\n    system(c)",
    "format": "system(format('ls %s', q))",
    "hash": "h = { a: q, b: 'x' }\n    system(h[:a])",
    "array": "l = ['x', q]\n    system(l[1])",
    "each": "params[:list].each do |c|\n      system(c)\n    end",
    "map": "params[:list].map { |c| system(c) }",
    "conditional": "c = flag ? q : 'x'\n    system(c)",
    "case": "case 'b'\n    when 'a' then c = 'x'\n    when 'b' then c = q\n    end\n    system(c)",
    "or": "c = params[:a] || 'x'\n    system(c)",
    "modifier": "system(q) if flag",
    "helper": "system(build(q))",
    "instance variable": "@c = q\n    system(@c)",
    "rescue": "begin\n      c = q\n    rescue StandardError\n      c = ''\n    end\n    system(c)",
    "heredoc": "c = <<~TEXT\n      ls #{q}\n    TEXT\n    system(c)",
}

HARMLESS = {
    "list of words": "system('ls', q)",
    "escaped": 'system("ls #{Shellwords.escape(q)}")',
    "number": 'system("kill #{q.to_i}")',
    "reassigned": "q = 'x'\n    system(q)",
    "other key": "h = { a: q, b: 'x' }\n    system(h[:b])",
    "allow list": "return unless ALLOWED.include?(q)\n    system(q)",
    "comparison": "if q == 'ls'\n      system(q)\n    end",
    "case": "case 'b'\n    when 'a' then c = q\n    else c = 'x'\n    end\n    system(c)",
    "helper": "system(constant(q))",
}


def _classes(code: str) -> set[str]:
    return classes("ruby", FRAME.replace("[[code]]", code))


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str) -> None:
    assert "command" in _classes(HARMFUL[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert "command" not in _classes(HARMLESS[name])


SINKS = {
    "sql": ("User.where(\"name = '#{q}'\")", "User.where('name = ?', q)"),
    "code": ("eval(q)", "JSON.parse(q)"),
    "path": ('File.read("/srv/#{q}")', 'File.read("/srv/#{File.basename(q)}")'),
    "redirect": ("redirect_to q", 'redirect_to "/found?q=#{q}"'),
    "xss": ("raw(q)", "raw(h(q))"),
    "deserialization": ("Marshal.load(q)", "YAML.safe_load(q)"),
    "ssrf": ("Net::HTTP.get(URI(q))", "Net::HTTP.get(URI('https://example.org'))"),
    "template": ("render inline: q", "render :show"),
}


@pytest.mark.parametrize("name", SINKS)
def test_sink(name: str) -> None:
    harmful, harmless = SINKS[name]
    assert name in _classes(harmful)
    assert name not in _classes(harmless)
