"""C#: constructs, sinks and ASP.NET."""

from __future__ import annotations

import pytest
from following import classes

FRAME = """\
using System.Data.SqlClient;

namespace Shop {
  public class HomeController : Controller {
    private readonly SqlConnection conn;
    private static readonly HashSet<string> Allowed = new HashSet<string>();

    [HttpGet("{id}")]
    public IActionResult Get([FromQuery] string q, int number) {
      [[code]]
      return View();
    }

    private string Build(string value) { return "select " + value; }
    private string Constant(string value) => "select";

    private class Holder {
      private readonly string held;
      public Holder(string held) { this.held = held; }
      public string Get() { return held; }
      public string Held() { return this.held; }
    }
  }
}
"""

HARMFUL = {
    "straight": "new SqlCommand(q, conn);",
    "request": 'new SqlCommand(Request.QueryString["a"], conn);',
    "concatenation": 'new SqlCommand("select " + q, conn);',
    "interpolation": 'new SqlCommand($"select {q}", conn);',
    "format": 'new SqlCommand(string.Format("select {0}", q), conn);',
    "augmented": 'var s = "select "; s += q; new SqlCommand(s, conn);',
    "builder": 'var b = new StringBuilder(); b.Append("select "); b.Append(q); new SqlCommand(b.ToString(), conn);',
    "property": "var c = new SqlCommand(); c.CommandText = q;",
    "initializer": "var c = new SqlCommand { CommandText = q };",
    "using": "using (var c = new SqlCommand(q, conn)) { c.ExecuteReader(); }",
    "list": 'var l = new List<string> { "a", q }; new SqlCommand(l[1], conn);',
    "list add": 'var l = new List<string>(); l.Add("a"); l.Add(q); new SqlCommand(l[1], conn);',
    "dictionary": 'var d = new Dictionary<string, string> { ["a"] = q, ["b"] = "x" }; new SqlCommand(d["a"], conn);',
    "foreach": "foreach (var v in Request.Form.Keys) { new SqlCommand(v, conn); }",
    "constant condition": 'int n = 106; var s = (7 * 42) - n > 200 ? "x" : q; new SqlCommand(s, conn);',
    "switch": 'string s; switch ("b") { case "a": s = "x"; break; case "b": s = q; break; default: s = "y"; break; } new SqlCommand(s, conn);',
    "coalesce": 'new SqlCommand(q ?? "x", conn);',
    "helper": "new SqlCommand(Build(q), conn);",
    "inner class": "new SqlCommand(new Holder(q).Held(), conn);",
    "await": "var s = await Task.FromResult(q); new SqlCommand(s, conn);",
}

HARMLESS = {
    "parameter": 'var c = new SqlCommand("select @q", conn); c.Parameters.AddWithValue("@q", q);',
    "number": 'new SqlCommand($"select {number}", conn);',
    "parsed": 'new SqlCommand("select " + int.Parse(q), conn);',
    "reassigned": 'q = "x"; new SqlCommand(q, conn);',
    "other element": 'var l = new List<string> { "a", q }; new SqlCommand(l[0], conn);',
    "other key": 'var d = new Dictionary<string, string> { ["a"] = q, ["b"] = "x" }; new SqlCommand(d["b"], conn);',
    "constant condition": 'int n = 106; var s = (7 * 18) + n > 200 ? "x" : q; new SqlCommand(s, conn);',
    "allow list": "if (!Allowed.Contains(q)) { return NotFound(); } new SqlCommand(q, conn);",
    "comparison": 'if (q == "asc") { new SqlCommand(q, conn); }',
    "pattern": 'if (!Regex.IsMatch(q, "^[a-z]+$")) { return NotFound(); } new SqlCommand(q, conn);',
    "helper": "new SqlCommand(Constant(q), conn);",
}  # fmt: skip


def _classes(code: str) -> set[str]:
    return classes("csharp", FRAME.replace("[[code]]", code))


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str) -> None:
    assert "sql" in _classes(HARMFUL[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert "sql" not in _classes(HARMLESS[name])


SINKS = {
    "command": ("Process.Start(q);", 'Process.Start("notepad");'),
    "path": ('System.IO.File.ReadAllText("/srv/" + q);', 'System.IO.File.ReadAllText("/srv/" + Path.GetFileName(q));'),
    "redirect": ("return Redirect(q);", "if (Url.IsLocalUrl(q)) { return Redirect(q); }"),
    "xss": ("Response.Write(q);", "Response.Write(HttpUtility.HtmlEncode(q));"),
    "ldap": (
        'var s = new DirectorySearcher(); s.Filter = "(uid=" + q + ")";',
        'var s = new DirectorySearcher(); s.Filter = "(uid=a)";',
    ),
    "xpath": ('doc.SelectNodes("//a[@b=\'" + q + "\']");', 'doc.SelectNodes("//a");'),
    "ssrf": ("new HttpClient().GetAsync(q);", 'new HttpClient().GetAsync("https://example.org/" + q);'),
}


@pytest.mark.parametrize("name", SINKS)
def test_sink(name: str) -> None:
    harmful, harmless = SINKS[name]
    assert name in _classes(harmful)
    assert name not in _classes(harmless)
