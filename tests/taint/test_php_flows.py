"""PHP: constructs, sinks and frameworks."""

from __future__ import annotations

import pytest
from following import classes

FRAME = """\
<?php
function build($value) { return 'ls ' . $value; }
function constant_of($value) { return 'ls'; }
class Holder {
    private $value;
    private $other = 'ls';
    public function __construct($value) { $this->value = $value; }
    public function get() { return $this->value; }
    public function other() { return $this->other; }
}
$q = $_GET['q'];
%s
"""

HARMFUL = {
    "straight": "system($q);",
    "post": "exec($_POST['a']);",
    "interpolation": 'system("ls $q");',
    "braces": "system(\"ls {$_GET['a']}\");",
    "concatenation": "system('ls ' . $q);",
    "augmented": "$c = 'ls '; $c .= $q; system($c);",
    "sprintf": "system(sprintf('ls %s', $q));",
    "backticks": "$out = `ls $q`;",
    "array": "$l = ['a' => $q, 'b' => 'x']; system($l['a']);",
    "append": "$l = []; $l[] = 'x'; $l[] = $q; system($l[1]);",
    "list": "[$a, $b] = ['x', $q]; system($b);",
    "foreach": "foreach ($_GET['list'] as $k => $c) { system($c); }",
    "constant condition": "$n = 106; $c = (7 * 42) - $n > 200 ? 'x' : $q; system($c);",
    "switch": "switch ('b') { case 'a': $c = 'x'; break; case 'b': $c = $q; break; default: $c = 'y'; } system($c);",
    "coalesce": "$c = $_GET['a'] ?? 'ls'; system($c);",
    "helper": "system(build($q));",
    "class": "$h = new Holder($q); system($h->get());",
    "closure": "$f = function ($v) { return 'ls ' . $v; }; system($f($q));",
    "heredoc": "$c = <<<TEXT\nls $q\nTEXT;\nsystem($c);",
}

HARMLESS = {
    "quoted": "system('ls ' . escapeshellarg($q));",
    "cast": "system('kill ' . (int) $q);",
    "intval": "system('kill ' . intval($q));",
    "reassigned": "$q = 'x'; system($q);",
    "other key": "$l = ['a' => $q, 'b' => 'x']; system($l['b']);",
    "allow list": "if (!in_array($q, ['a', 'b'])) { die('no'); } system($q);",
    "pattern": "if (!preg_match('/^[a-z]+$/', $q)) { exit; } system($q);",
    "comparison": "if ($q === 'ls') { system($q); }",
    "constant condition": "$n = 106; $c = (7 * 18) + $n > 200 ? 'x' : $q; system($c);",
    "helper": "system(constant_of($q));",
    "class": "$h = new Holder($q); system($h->other());",
}


@pytest.mark.parametrize("name", HARMFUL)
def test_harmful(name: str) -> None:
    assert "command" in classes("php", FRAME % HARMFUL[name])


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name: str) -> None:
    assert "command" not in classes("php", FRAME % HARMLESS[name])


SINKS = {
    "sql": ('mysqli_query($db, "select $q");', "$s = $db->prepare('select ?'); $s->execute([$q]);"),
    "code": ("eval($q);", "json_decode($q);"),
    "path": ("file_get_contents('/srv/' . $q);", "file_get_contents('/srv/' . basename($q));"),
    "redirect": ("header('Location: ' . $q);", "header('Location: /found?q=' . $q);"),
    "xss": ("echo '<b>' . $q;", "echo '<b>' . htmlspecialchars($q);"),
    "deserialization": ("unserialize($q);", "unserialize($q, ['allowed_classes' => false]);"),
    "ldap": ("ldap_search($c, 'dc=x', \"(uid=$q)\");", "ldap_search($c, 'dc=x', '(uid=' . ldap_escape($q) . ')');"),
}


@pytest.mark.parametrize("name", SINKS)
def test_sink(name: str) -> None:
    harmful, harmless = SINKS[name]
    assert name in classes("php", FRAME % harmful)
    assert name not in classes("php", FRAME % harmless)


def test_short_echo_in_a_page() -> None:
    assert classes("php", "<p><?= $_GET['a'] ?></p>\n") == {"xss"}
    assert classes("php", "<p><?= htmlspecialchars($_GET['a']) ?></p>\n") == set()


def test_laravel() -> None:
    code = """\
<?php
use Illuminate\\Http\\Request;
class UserController extends Controller {
    public function show(Request $request) {
        return DB::select('select ' . $request->input('a'));
    }
}
"""
    assert classes("php", code) == {"sql"}


def test_lines_without_a_tag() -> None:
    assert classes("php", "$a = $_GET['a'];\nsystem($a);\n") == {"command"}
