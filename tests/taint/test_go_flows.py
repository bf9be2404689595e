"""Go: constructs, sinks and frameworks."""

from __future__ import annotations

import pytest
from following import classes

FRAME = """\
package shop

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

type Holder struct {
	value string
	other string
}

func (h *Holder) get() string { return h.value }

func build(value string) string { return "select " + value }

func constant(value string) string { return "select" }

func handler(w http.ResponseWriter, r *http.Request, db *sql.DB) {
	q := r.FormValue("q")
	%s
}
"""

HARMFUL = {
    "straight": "db.Query(q)",
    "query": 'db.Query("select " + r.URL.Query().Get("a"))',
    "sprintf": 'db.Query(fmt.Sprintf("select %%s", q))',
    "augmented": 's := "select "\n\ts += q\n\tdb.Exec(s)',
    "builder": 'var b strings.Builder\n\tb.WriteString("select ")\n\tb.WriteString(q)\n\tdb.Query(b.String())',
    "join": 'db.Query(strings.Join([]string{"select", q}, " "))',
    "slice": 'l := []string{"a"}\n\tl = append(l, q)\n\tdb.Query(l[1])',
    "map": 'm := map[string]string{"a": q, "b": "x"}\n\tdb.Query(m["a"])',
    "range": 'for _, v := range r.Form["a"] {\n\t\tdb.Query(v)\n\t}',
    "two results": "c, err := r.Cookie(q)\n\tif err != nil {\n\t\treturn\n\t}\n\tdb.Query(c.Value)",
    "constant condition": 's := "x"\n\tif 7*18+106 > 200 {\n\t\ts = q\n\t}\n\tdb.Query(s)',
    "switch": 's := "x"\n\tswitch "b" {\n\tcase "a":\n\t\ts = "y"\n\tcase "b":\n\t\ts = q\n\t}\n\tdb.Query(s)',
    "helper": "db.Query(build(q))",
    "struct": 'h := &Holder{value: q, other: "x"}\n\tdb.Query(h.get())',
    "closure": "func() { db.Query(q) }()\n\tgo func() { db.Query(q) }()",
    "decoded": 'var in Input\n\tjson.NewDecoder(r.Body).Decode(&in)\n\tdb.Query("select " + in.Name)',
    "contains is no list": 'if strings.Contains(q, "a") {\n\t\tdb.Query(q)\n\t}',
    "context": "db.QueryContext(r.Context(), q)",
}

HARMLESS = {
    "decoded from elsewhere": 'var in Input\n\tjson.NewDecoder(file).Decode(&in)\n\tdb.Query("select " + in.Name)',
    "placeholder": 'db.Query("select ?", q)',
    "prepared": 's, err := db.Prepare("select ?")\n\tif err == nil {\n\t\ts.Query(q)\n\t}',
    "number": 'n, err := strconv.Atoi(q)\n\tif err != nil {\n\t\treturn\n\t}\n\tdb.Query(fmt.Sprintf("select %%d", n))',
    "number verb": 'db.Query(fmt.Sprintf("select %%d", q))',
    "reassigned": 'q = "x"\n\tdb.Query(q)',
    "other key": 'm := map[string]string{"a": q, "b": "x"}\n\tdb.Query(m["b"])',
    "constant condition": 's := "x"\n\tif 7*42-106 < 180 {\n\t\ts = q\n\t}\n\tdb.Query(s)',
    "helper": "db.Query(constant(q))",
    "struct": 'h := &Holder{value: q, other: "x"}\n\tdb.Query(h.other)',
    "comparison": 'if q == "a" {\n\t\tdb.Query(q)\n\t}',
    "early return": 'if q != "a" {\n\t\treturn\n\t}\n\tdb.Query(q)',
    "url values": "r.URL.Query().Get(q)",
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str) -> None:
    assert "sql" in classes("go", FRAME % HARMFUL[name].replace("%%", "%"))


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert "sql" not in classes("go", FRAME % HARMLESS[name].replace("%%", "%"))


SINKS = {
    "command": ('exec.Command("sh", "-c", q)', 'exec.Command("ls", q)'),
    "path": ('os.Open("/srv/" + q)', 'os.Open("/srv/" + filepath.Base(q))'),
    "ssrf": ("http.Get(q)", 'http.Get("https://example.org/" + q)'),
    "redirect": ("http.Redirect(w, r, q, 302)", 'http.Redirect(w, r, "/found?q=" + q, 302)'),
    "xss": ('fmt.Fprintf(w, "<b>%s", q)', 'fmt.Fprintf(w, "<b>%s", html.EscapeString(q))'),
    "log": ('log.Println("user " + q)', "log.Println(strconv.Quote(q))"),
}


@pytest.mark.parametrize("name", SINKS)
def test_sink(name: str) -> None:
    harmful, harmless = SINKS[name]
    assert name in classes("go", FRAME % harmful)
    assert name not in classes("go", FRAME % harmless)


def test_gin() -> None:
    code = 'package a\n\nimport "github.com/gin-gonic/gin"\n\nfunc h(c *gin.Context) {\n\tdb.Exec("delete " + c.Query("a"))\n}\n'
    assert classes("go", code) == {"sql"}


def test_arguments() -> None:
    code = 'package a\n\nimport (\n\t"os"\n\t"os/exec"\n)\n\nfunc main() {\n\texec.Command(os.Args[1]).Run()\n}\n'
    assert classes("go", code) == {"command"}
