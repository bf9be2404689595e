"""Java: constructs, sinks and frameworks."""

from __future__ import annotations

import pytest
from following import classes

FRAME = """\
import javax.servlet.http.*;
import java.util.*;

public class Shop extends HttpServlet {
  private static final Set<String> ALLOWED = new HashSet<>();
  private java.sql.Connection link;

  public void doGet(HttpServletRequest request, HttpServletResponse response) throws Exception {
    java.sql.Statement statement = link.createStatement();
    String q = request.getParameter("q");
    %s
  }

  private String build(String value) { return "x" + value; }
  private String constant(String value) { return "x"; }
  private void check(String value) { if (!ALLOWED.contains(value)) { throw new IllegalArgumentException(); } }
  private class Holder {
    private final String held;
    Holder(String held) { this.held = held; }
    String get() { return this.held; }
    String other() { return "x"; }
  }
}
"""

HARMFUL = {
    "straight": "statement.executeQuery(q);",
    "concatenation": 'String s = "select " + q + "!"; statement.executeQuery(s);',
    "augmented": 'String s = "select "; s += q; statement.executeQuery(s);',
    "format": 'statement.executeQuery(String.format("select %s", q));',
    "builder": 'StringBuilder b = new StringBuilder("select "); b.append(q).append("!"); statement.executeQuery(b.toString());',
    "list": 'List<String> l = new ArrayList<>(); l.add("a"); l.add(q); statement.executeQuery(l.get(1));',
    "list remove": 'List<String> l = new ArrayList<>(); l.add("a"); l.add(q); l.remove(0); statement.executeQuery(l.get(0));',
    "map": 'Map<String, String> m = new HashMap<>(); m.put("a", q); m.put("b", "x"); statement.executeQuery(m.get("a"));',
    "array": 'String[] a = {"x", q}; statement.executeQuery(a[1]);',
    "constant condition": 'int n = 106; String s = (7 * 42) - n > 200 ? "x" : q; statement.executeQuery(s);',
    "switch": 'String s; switch ("ABC".charAt(2)) { case \'A\': s = "x"; break; case \'C\': case \'D\': s = q; break; default: s = "y"; } statement.executeQuery(s);',
    "loop": "for (Cookie c : request.getCookies()) { if (c.getName().equals(\"a\")) { statement.executeQuery(c.getValue()); } }",
    "decode": 'statement.executeQuery(java.net.URLDecoder.decode(q, "UTF-8"));',
    "base64": "statement.executeQuery(new String(Base64.getDecoder().decode(q)));",
    "helper": "statement.executeQuery(build(q));",
    "inner class": "statement.executeQuery(new Holder(q).get());",
    "stream": "Arrays.asList(q).forEach(v -> run(v)); statement.executeQuery(q);",
    "try": "String s = \"\"; try { s = q; } finally { } statement.executeQuery(s);",
    "wrapper": "Wrapper w = new Wrapper(request); statement.executeQuery(w.getTheParameter(\"a\"));",
}  # fmt: skip

HARMLESS = {
    "placeholder": 'link.prepareStatement("select ?").setString(1, q);',
    "reassigned": 'q = "x"; statement.executeQuery(q);',
    "number": 'statement.executeQuery("select " + Integer.parseInt(q));',
    "other element": 'List<String> l = new ArrayList<>(); l.add("a"); l.add(q); statement.executeQuery(l.get(0));',
    "other key": 'Map<String, String> m = new HashMap<>(); m.put("a", q); m.put("b", "x"); statement.executeQuery(m.get("b"));',
    "constant condition": 'int n = 106; String s = (7 * 18) + n > 200 ? "x" : q; statement.executeQuery(s);',
    "switch": "String s; switch (\"ABC\".charAt(1)) { case 'A': s = q; break; case 'B': s = \"x\"; break; default: s = q; } statement.executeQuery(s);",
    "allow list": "if (!ALLOWED.contains(q)) { return; } statement.executeQuery(q);",
    "equals": 'if ("asc".equals(q)) { statement.executeQuery(q); }',
    "pattern": 'if (!q.matches("[a-z]+")) { return; } statement.executeQuery(q);',
    "helper": "statement.executeQuery(constant(q));",
    "checking helper": "check(q); statement.executeQuery(q);",
    "inner class": "statement.executeQuery(new Holder(q).other());",
    "early return": "if (true) { return; } statement.executeQuery(q);",
    "name of a cookie": 'for (Cookie c : request.getCookies()) { if (c.getValue().equals("a")) { statement.executeQuery(c.getValue()); } }',
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str) -> None:
    assert "sql" in classes("java", FRAME % HARMFUL[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert "sql" not in classes("java", FRAME % HARMLESS[name])


SINKS = {
    "command": ("Runtime.getRuntime().exec(\"ls \" + q);", "Runtime.getRuntime().exec(new String[] {\"ls\", q});"),
    "path": ("new java.io.File(\"/srv/\" + q);", "new java.io.File(\"/srv/\" + FilenameUtils.getName(q));"),
    "redirect": ("response.sendRedirect(q);", "response.sendRedirect(\"/found?q=\" + q);"),
    "xss": ("response.getWriter().println(q);", "response.getWriter().println(Encode.forHtml(q));"),
    "ldap": ("javax.naming.directory.DirContext c = open(); c.search(\"dc=x\", \"(uid=\" + q + \")\", null);", "javax.naming.directory.DirContext c = open(); c.search(\"dc=x\", \"(uid=a)\", null);"),
    "xpath": ("javax.xml.xpath.XPath p = make(); p.evaluate(\"//a[@b='\" + q + \"']\", doc);", "javax.xml.xpath.XPath p = make(); p.evaluate(\"//a\", doc);"),
    "trust": ("request.getSession().setAttribute(\"a\", q);", "request.getSession().setAttribute(\"a\", \"b\");"),
    "ssrf": ("new java.net.URL(q).openStream();", "new java.net.URL(\"https://example.org/\" + q).openStream();"),
    "deserialization": ("new java.io.ObjectInputStream(request.getInputStream()).readObject();", "new ObjectMapper().readValue(q, String.class);"),
    "regex": ("java.util.regex.Pattern.compile(q);", "java.util.regex.Pattern.compile(java.util.regex.Pattern.quote(q));"),
}  # fmt: skip


@pytest.mark.parametrize("name", SINKS)
def test_sink(name: str) -> None:
    harmful, harmless = SINKS[name]
    assert name in classes("java", FRAME % harmful)
    assert name not in classes("java", FRAME % harmless)


def test_spring_parameters() -> None:
    code = """\
@RestController
class Api {
  private JdbcTemplate jdbc;
  @GetMapping("/a/{id}")
  String find(@PathVariable String id, @RequestParam int page, @Autowired Clock clock) {
    jdbc.queryForList("select " + %s);
    return "ok";
  }
}
"""
    assert classes("java", code % "id") == {"sql"}
    assert classes("java", code % "page") == set()
    assert classes("java", code % "clock") == set()
