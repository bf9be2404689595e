"""Every rule on the change: edits that it reports, and edits that look similar and that it does not."""

from __future__ import annotations

import pytest
from compared import found, rules

from reviewer.records import Task
from reviewer.review import by_change

GUARD = "def pay(order, user):\n    if not user:\n        {leave}\n    total = order.total()\n    return charge(user, total)\n"
OPEN = "def pay(order, user):\n    total = order.total()\n    return charge(user, total)\n"
VIEW = "@login_required\ndef show(request):\n    return page(request)\n"
BARE = "def show(request):\n    return page(request)\n"
GO = "package main\n\nfunc run(name string) error {\n%s\treturn nil\n}\n"
JS = "function show(box, text) {\n%s}\n"
JAVA = "class Shop {\n%s    void pay(Order order) {\n        order.pay();\n    }\n}\n"


def _py(*lines: str) -> str:
    return "def work(items, base, key):\n" + "".join(f"    {line}\n" for line in lines) + "    return done(items)\n"


# rule, path, old, new
POSITIVE = [
    ("change-authorization-removed", "views.py", VIEW, BARE),
    ("change-authorization-removed", "a.js", "router.get('/all', requireAuth, list)\n", "router.get('/all', list)\n"),
    ("change-authorization-removed", "Shop.java", JAVA % "    @PreAuthorize(\"hasRole('ADMIN')\")\n", JAVA % ""),
    (
        "change-csrf-removed",
        "views.py",
        "@csrf_protect\ndef save(request):\n    store(request)\n",
        "def save(request):\n    store(request)\n",
    ),
    ("change-csrf-removed", "app.js", "app.use(csurf())\napp.use(json())\n", "app.use(json())\n"),
    ("change-escaping-removed", "a.py", _py("page = escape(key)"), _py("page = key")),
    ("change-escaping-removed", "a.js", JS % "  box.innerHTML = sanitizeHtml(text)\n", JS % "  box.innerHTML = text\n"),
    (
        "change-escaping-removed",
        "b.py",
        _py("env = Environment(loader=base, autoescape=True)"),
        _py("env = Environment(loader=base)"),
    ),
    ("change-path-check-removed", "a.py", _py("name = os.path.realpath(key)", "read(name)"), _py("name = key", "read(name)")),
    ("change-path-check-removed", "b.py", _py("send(safe_join(base, key))"), _py("send(base + key)")),
    ("change-validation-removed", "a.py", _py("validate_url(key)", "fetch(key)"), _py("fetch(key)")),
    (
        "change-validation-removed",
        "a.go",
        GO % "\tif !isValidName(name) {\n\t\treturn errName\n\t}\n\tload(name)\n",
        GO % "\tload(name)\n",
    ),
    ("change-constant-time-removed", "a.py", _py("same = hmac.compare_digest(base, key)"), _py("same = base == key")),
    ("change-constant-time-removed", "a.js", "ok = crypto.timingSafeEqual(a, b)\n", "ok = a.equals(b)\n"),
    ("change-limit-removed", "a.py", _py("body = get(key, timeout=5)"), _py("body = get(key)")),
    ("change-limit-removed", "a.go", GO % "\tbody := io.LimitReader(r, 10)\n\tread(body)\n", GO % "\tbody := r\n\tread(body)\n"),
    ("change-lock-removed", "a.py", _py("with self.lock:", "    items.pop()"), _py("items.pop()")),
    ("change-lock-removed", "a.go", GO % "\tmu.Lock()\n\tcount(name)\n", GO % "\tcount(name)\n"),
    ("change-tls-check-off", "a.py", _py("fetch(key, verify=True)"), _py("fetch(key, verify=False)")),
    ("change-tls-check-off", "a.js", "const o = { rejectUnauthorized: true }\n", "const o = { rejectUnauthorized: false }\n"),
    ("change-safe-setting-weakened", "a.py", _py("reply(key, httponly=True)"), _py("reply(key, httponly=False)")),
    ("change-safe-setting-weakened", "b.py", _py("run(key, shell=False)"), _py("run(key, shell=True)")),
    ("change-weaker-call", "a.py", _py("data = yaml.safe_load(key)"), _py("data = yaml.load(key)")),
    ("change-weaker-call", "a.js", "box.textContent = text\n", "box.innerHTML = text\n"),
    ("change-refusal-removed", "a.py", GUARD.format(leave="raise Missing(order)"), OPEN),
    (
        "change-refusal-removed",
        "a.js",
        JS % "  if (!text) {\n    throw new Error('empty')\n  }\n  put(box, text)\n",
        JS % "  put(box, text)\n",
    ),
    ("change-early-exit-removed", "a.py", GUARD.format(leave="return None"), OPEN),
    ("change-early-exit-removed", "a.go", GO % '\tif name == "" {\n\t\treturn nil\n\t}\n\tload(name)\n', GO % "\tload(name)\n"),
    ("change-branch-removed", "a.py", _py("if key < 0:", "    key = 0", "use(key)"), _py("use(key)")),
    (
        "change-branch-removed",
        "b.py",
        _py("if key:", "    one(key)", "elif base:", "    two(base)"),
        _py("if key:", "    one(key)"),
    ),
    ("change-condition-removed", "a.py", _py("if key in items:", "    items.remove(key)"), _py("items.remove(key)")),
    ("change-condition-removed", "a.js", JS % "  if (box) {\n    put(box, text)\n  }\n", JS % "  put(box, text)\n"),
    (
        "change-condition-part-dropped",
        "a.py",
        _py("if items and items[0] == key:", "    use(key)"),
        _py("if items[0] == key:", "    use(key)"),
    ),
    (
        "change-condition-part-dropped",
        "a.js",
        JS % "  if (box && box.open) {\n    put(text)\n  }\n",
        JS % "  if (box.open) {\n    put(text)\n  }\n",
    ),
    (
        "change-jump-dropped",
        "a.py",
        _py("for x in items:", "    if x == key:", "        skip(x)", "        continue", "    use(x)"),
        _py("for x in items:", "    if x == key:", "        skip(x)", "    use(x)"),
    ),
    (
        "change-jump-dropped",
        "b.py",
        _py("while key:", "    if base:", "        stop(base)", "        break", "    use(key)"),
        _py("while key:", "    if base:", "        stop(base)", "    use(key)"),
    ),
    (
        "change-return-dropped",
        "a.py",
        "def area(a, b):\n    size = a * b\n    return size\n",
        "def area(a, b):\n    size = a * b\n",
    ),
    (
        "change-return-dropped",
        "b.py",
        "def area(a, b):\n    if a:\n        note(a)\n        return a * b\n    note(b)\n",
        "def area(a, b):\n    if a:\n        note(a)\n    note(b)\n",
    ),
    ("change-loop-dropped", "a.py", _py("for x in items:", "    use(x)"), _py("use(items)")),
    ("change-loop-dropped", "b.py", _py("for x in items:", "    close(x)", "use(key)"), _py("use(key)")),
    ("change-argument-dropped", "a.py", _py("text = read(key, encoding='utf-8')"), _py("text = read(key)")),
    ("change-argument-dropped", "a.js", "const n = parse(text, 10)\n", "const n = parse(text)\n"),
    (
        "change-arguments-swapped",
        "a.py",
        "def copy(source, target):\n    move(source, target)\n\ncopy(source, target)\n",
        "def copy(source, target):\n    move(source, target)\n\ncopy(target, source)\n",
    ),
    ("change-arguments-swapped", "a.js", "put(width, height)\nput(width, height)\n", "put(width, height)\nput(height, width)\n"),
    ("change-call-dropped", "a.py", _py("name = key.strip()"), _py("name = key")),
    ("change-call-dropped", "b.py", _py("size = max(0, key)"), _py("size = key")),
    ("change-exception-unhandled", "a.py", _py("try:", "    use(key)", "except ValueError:", "    use(base)"), _py("use(key)")),
    (
        "change-exception-unhandled",
        "b.py",
        _py("try:", "    use(key)", "    send(key)", "except OSError as error:", "    note(error)"),
        _py("use(key)", "send(key)"),
    ),
    ("change-exception-swallowed", "a.py", _py("use(key)"), _py("try:", "    use(key)", "except Exception:", "    pass")),
    (
        "change-exception-swallowed",
        "b.py",
        _py("try:", "    use(key)", "except OSError:", "    note(key)", "    raise"),
        _py("try:", "    use(key)", "except OSError:", "    note(key)"),
    ),
    (
        "change-exception-broadened",
        "a.py",
        _py("try:", "    use(key)", "except KeyError:", "    note(key)"),
        _py("try:", "    use(key)", "except Exception:", "    note(key)"),
    ),
    (
        "change-exception-broadened",
        "b.py",
        _py("try:", "    use(key)", "except (KeyError, OSError):", "    note(key)"),
        _py("try:", "    use(key)", "except:", "    note(key)"),
    ),
    (
        "change-security-failure-swallowed",
        "a.py",
        _py("confirm(key)"),
        _py("try:", "    confirm(key)", "except InvalidSignature:", "    log.error('bad')"),
    ),
    (
        "change-security-failure-swallowed",
        "b.py",
        _py("confirm(key)"),
        _py("try:", "    confirm(key)", "except PermissionError:", "    pass"),
    ),
    (
        "change-resource-not-closed",
        "a.py",
        _py("file = open(key)", "use(file)", "file.close()"),
        _py("file = open(key)", "use(file)"),
    ),
    (
        "change-resource-not-closed",
        "a.go",
        GO % "\tf, err := os.Open(name)\n\tdefer f.Close()\n\tread(f, err)\n",
        GO % "\tf, err := os.Open(name)\n\tread(f, err)\n",
    ),
    (
        "change-error-unchecked",
        "a.py",
        _py("reply = get(key)", "reply.raise_for_status()", "use(reply)"),
        _py("reply = get(key)", "use(reply)"),
    ),
    ("change-error-unchecked", "a.go", GO % "\tf, err := load(name)\n\tuse(f, 1)\n", GO % "\tf, _ := load(name)\n\tuse(f, 1)\n"),
    ("change-name-lost", "a.py", "import json\n\nprint(json.dumps(1))\n", "print(json.dumps(1))\n"),
    (
        "change-name-lost",
        "b.py",
        "def area(a):\n    return a * a\n\n\nSIZE = area(3)\n",
        "def surface(a):\n    return a * a\n\n\nSIZE = area(3)\n",
    ),
    ("change-name-unknown", "a.py", _py("use = key", "use(key)", "done = 1"), _py("use = key", "use(parseInt(key))", "done = 1")),
    ("change-name-unknown", "b.py", "total = 1\nprint(total)\n", "total = 1\nprint(totl)\n"),
    ("change-syntax-broken", "a.py", "def f(a):\n    return a\n", "def f(a)\n    return a\n"),
    ("change-syntax-broken", "b.py", "x = (1, 2)\n", "x = (1, 2\n"),
    ("change-remainder-dropped", "a.py", _py("key = (key + base) % SIZE"), _py("key = (key + base)")),
    ("change-remainder-dropped", "a.js", "n = (n + step) % size\n", "n = (n + step)\n"),
    ("change-bound-lowered", "a.py", "MOST = 100000\n", "MOST = 1000\n"),
    ("change-bound-lowered", "a.go", "package a\n\nconst most = 4096\n", "package a\n\nconst most = 512\n"),
    ("change-secret-logged", "a.py", _py("use(key)"), _py("use(key)", "log.info('login %s', user.password)")),
    ("change-secret-logged", "a.js", "go(a)\n", "go(a)\nconsole.log(`key ${apiKey}`)\n"),
    ("change-debug-left", "a.py", _py("use(key)"), _py("use(key)", "print(key)")),
    ("change-debug-left", "a.js", "go(a)\n", "go(a)\ndebugger\n"),
    ("change-pin-loosened", "requirements.txt", "flask==3.0.1\n", "flask>=3.0.1\n"),
    ("change-pin-loosened", "package.json", '{\n  "left": "1.2.3"\n}\n', '{\n  "left": "^1.2.3"\n}\n'),
    ("change-pin-loosened", "ci.yml", "- uses: a/b@%s\n" % ("ab12" * 10), "- uses: a/b@main\n"),
    ("change-silenced", "a.ts", "go(a)\n", "// @ts-ignore\ngo(a)\n"),
    ("change-silenced", "a.go", "package a\n\nvar a = f()\n", "package a\n\nvar a = f() //nolint\n"),
    (
        "change-copy-half-renamed",
        "a.py",
        _py("use(key)"),
        _py("use(key)", "left.set(left.low, left.high, left)", "right.set(right.low, left.high, right)"),
    ),
    ("change-copy-half-renamed", "a.js", "go(a)\n", "go(a)\nput(w.a, w.b, w.c, w)\nput(h.a, h.b, w.c, h)\n"),
    (
        "change-caller-left",
        "a.py",
        "def area(a, b):\n    return a * b\n\n\nprint(area(1, 2))\n",
        "def area(a):\n    return a * a\n\n\nprint(area(1, 2))\n",
    ),
    (
        "change-caller-left",
        "b.py",
        "class A:\n    def put(self, a):\n        use(a)\n\n    def go(self):\n        self.put(1)\n",
        "class A:\n    def put(self, a, b):\n        use(a, b)\n\n    def go(self):\n        self.put(1)\n",
    ),
    ("change-migration-one-way", "shop/migrations/0002_fill.py", None, "operations = [migrations.RunPython(fill)]\n"),
    ("change-migration-one-way", "db/versions/a1.py", None, "def upgrade():\n    op.add(1)\n\n\ndef downgrade():\n    pass\n"),
    (
        "change-boundary-past-end",
        "a.py",
        _py("while key < len(items):", "    use(items[key])"),
        _py("while key <= len(items):", "    use(items[key])"),
    ),
    (
        "change-boundary-past-end",
        "b.py",
        _py("if key >= len(items):", "    return 0", "use(items[key])"),
        _py("if key > len(items):", "    return 0", "use(items[key])"),
    ),
    (
        "change-none-check-inverted",
        "a.py",
        _py("if key is not None:", "    use(key.name)"),
        _py("if key is None:", "    use(key.name)"),
    ),
    (
        "change-none-check-inverted",
        "a.js",
        JS % "  if (text == null) {\n    return 0\n  }\n  put(text.length)\n",
        JS % "  if (text != null) {\n    return 0\n  }\n  put(text.length)\n",
    ),
    (
        "change-check-inverted",
        "a.py",
        _py("if not key.is_valid():", "    raise Bad(key)"),
        _py("if key.is_valid():", "    raise Bad(key)"),
    ),
    (
        "change-check-inverted",
        "b.py",
        _py("if not base.admin or not key.trusted:", "    raise Bad(key)"),
        _py("if not base.admin and not key.trusted:", "    raise Bad(key)"),
    ),
    (
        "change-null-check-removed",
        "A.java",
        JAVA % "    void put(Order order) {\n        requireNonNull(order);\n        use(order);\n    }\n",
        JAVA % "    void put(Order order) {\n        use(order);\n    }\n",
    ),
    (
        "change-null-check-removed",
        "B.java",
        JAVA % "    void put(Order order) {\n        this.order = checkNotNull(order);\n    }\n",
        JAVA % "    void put(Order order) {\n        this.order = order;\n    }\n",
    ),
]

NEGATIVE = [
    (
        "change-return-dropped",
        "c.py",
        "def area(a, b):\n    if a:\n        size = a * b\n        return size\n    return 0\n",
        "def area(a, b):\n    size = 0\n    if a:\n        size = a * b\n    return size\n",
    ),
    (
        "change-boundary-past-end",
        "a.py",
        _py("while key <= len(items):", "    use(items[key])"),
        _py("while key < len(items):", "    use(items[key])"),
    ),
    (
        "change-boundary-past-end",
        "b.py",
        _py("while key < len(items):", "    use(items[:key])"),
        _py("while key <= len(items):", "    use(items[:key])"),
    ),
    (
        "change-boundary-past-end",
        "c.py",
        _py("while key < len(items):", "    use(base[key])"),
        _py("while key <= len(items):", "    use(base[key])"),
    ),
    (
        "change-none-check-inverted",
        "a.py",
        _py("if key is None:", "    use(key.name)"),
        _py("if key is not None:", "    use(key.name)"),
    ),
    (
        "change-none-check-inverted",
        "b.py",
        _py("if key is not None:", "    use(base)"),
        _py("if key is None:", "    key = base", "    use(key.name)"),
    ),
    (
        "change-check-inverted",
        "a.py",
        _py("if key.is_valid():", "    raise Bad(key)"),
        _py("if not key.is_valid():", "    raise Bad(key)"),
    ),
    ("change-check-inverted", "b.py", _py("if not key.is_valid():", "    use(key)"), _py("if key.is_valid():", "    use(key)")),
    (
        "change-null-check-removed",
        "A.java",
        JAVA % "    void put(Order order) {\n        requireNonNull(order);\n    }\n",
        JAVA % "    void put(Order order) {\n        requireNonNull(order, text);\n    }\n",
    ),
    (
        "change-null-check-removed",
        "B.java",
        JAVA % "    void put(Order order) {\n        use(order);\n    }\n",
        JAVA % "    void put(Order order) {\n        requireNonNull(order);\n    }\n",
    ),
    # Lines that were written anew lost nothing that could be named.
    (
        "change-branch-removed",
        "c.py",
        _py("if key < 0:", "    key = 0", *(f"old_{n}(key)" for n in range(20))),
        _py(*(f"new_{n}(base, key)" for n in range(20))),
    ),
    # The function takes fewer arguments now.
    (
        "change-argument-dropped",
        "c.js",
        "function put(a, b) {\n  go(a)\n}\n\nput(1, text)\n",
        "function put(a) {\n  go(a)\n}\n\nput(1)\n",
    ),
    # It was passed twice and is still passed once.
    ("change-argument-dropped", "d.py", _py("use(key, key)"), _py("use(key)")),
    # Who handles it is the caller, as before; or nothing can be missing any more.
    (
        "change-exception-unhandled",
        "c.js",
        JS % "  try {\n    put(text)\n  } catch (err) {\n    next(err)\n  }\n",
        JS % "  put(text)\n",
    ),
    ("change-exception-unhandled", "c.py", "try:\n    import a\nexcept ImportError:\n    import b as a\n", "import a\n"),
    (
        "change-exception-unhandled",
        "d.py",
        _py("try:", "    make(key)", "except OSError:", "    pass"),
        _py("make(key, exist_ok=True)"),
    ),
    (
        "change-resource-not-closed",
        "c.cs",
        "class A {\n  void B() {\n    r.Open();\n    r.Close();\n    r.Dispose();\n  }\n}\n",
        "class A {\n  void B() {\n    r.Open();\n    r.Dispose();\n  }\n}\n",
    ),
    (
        "change-early-exit-removed",
        "c.go",
        GO % "\tv, err := load(name)\n\tif err != nil {\n\t\treturn err\n\t}\n\tkeep(name)\n",
        GO % "\tkeep(name)\n",
    ),
    (
        "change-condition-part-dropped",
        "c.js",
        JS % "  if (box.open) put(text.x || text.y)\n",
        JS % "  if (box.open) put(text.x)\n",
    ),
    ("change-debug-left", "c.py", _py("use(key)"), _py("model.fit(items, key)", "use(key)")),
    ("change-debug-left", "d.py", _py("breakpoint()", "use(key)"), _py("use(key)")),
    ("change-lock-removed", "c.py", _py("self.lock.release()", "use(key)"), _py("use(key)")),
    ("change-authorization-removed", "views.py", VIEW, "@staff_login_required\ndef show(request):\n    return page(request)\n"),
    ("change-authorization-removed", "views.py", VIEW + "\n\nA = 1\n", "A = 1\n"),
    (
        "change-csrf-removed",
        "views.py",
        "@csrf_protect\ndef save(request):\n    store(request)\n",
        "@requires_csrf_token\ndef save(request):\n    store(request)\n",
    ),
    ("change-csrf-removed", "app.js", "app.use(csurf())\napp.use(json())\n", "app.use(json())\napp.use(csurf())\n"),
    ("change-escaping-removed", "a.py", _py("page = escape(key)"), _py("page = html.escape(key)")),
    ("change-escaping-removed", "b.py", _py("page = escape(key)"), _py("page = sanitize(key)")),
    ("change-path-check-removed", "a.py", _py("name = os.path.realpath(key)"), _py("name = os.path.realpath(key, strict=True)")),
    ("change-path-check-removed", "b.py", _py("send(safe_join(base, key))"), _py("name = safe_join(base, key)", "send(name)")),
    ("change-validation-removed", "a.py", _py("validate_url(key)", "fetch(key)"), _py("check_url(key)", "fetch(key)")),
    ("change-validation-removed", "b.py", _py("page = mark_safe(key)"), _py("page = key")),
    (
        "change-constant-time-removed",
        "a.py",
        _py("same = hmac.compare_digest(base, key)"),
        _py("same = compare_digest(base, key)"),
    ),
    ("change-constant-time-removed", "b.py", _py("same = base == key"), _py("same = hmac.compare_digest(base, key)")),
    ("change-limit-removed", "a.py", _py("body = get(key, timeout=5)"), _py("body = get(key, timeout=9)")),
    ("change-limit-removed", "b.py", _py("body = get(key)"), _py("body = get(key, timeout=9)")),
    ("change-lock-removed", "a.py", _py("with self.lock:", "    items.pop()"), _py("with self.write_lock:", "    items.pop()")),
    ("change-lock-removed", "b.py", _py("items.pop()"), _py("with self.lock:", "    items.pop()")),
    ("change-tls-check-off", "a.py", _py("fetch(key, verify=False)"), _py("fetch(key, verify=True)")),
    ("change-tls-check-off", "b.py", _py("fetch(key, verify=True)"), _py("fetch(key, verify='ca.pem')")),
    ("change-safe-setting-weakened", "a.py", _py("reply(key, httponly=False)"), _py("reply(key, httponly=True)")),
    ("change-safe-setting-weakened", "b.py", _py("run(key, shell=True)"), _py("run(base, shell=True)")),
    ("change-weaker-call", "a.py", _py("data = yaml.load(key)"), _py("data = yaml.safe_load(key)")),
    ("change-weaker-call", "b.py", _py("data = yaml.safe_load(key)"), _py("data = yaml.safe_load(base)")),
    ("change-refusal-removed", "a.py", GUARD.format(leave="raise Missing(order)"), GUARD.format(leave="raise Absent(order)")),
    ("change-refusal-removed", "b.py", GUARD.format(leave="raise Missing(order)") + "\n\nA = 1\n", "A = 1\n"),
    (
        "change-refusal-removed",
        "c.py",
        GUARD.format(leave="raise Missing(order)"),
        "def need(user):\n    if not user:\n        raise Missing(order)\n\n\n"
        + OPEN.replace("    total", "    need(user)\n    total", 1),
    ),
    ("change-early-exit-removed", "a.py", GUARD.format(leave="return None"), GUARD.format(leave="return 0")),
    ("change-early-exit-removed", "b.py", OPEN, GUARD.format(leave="return None")),
    (
        "change-branch-removed",
        "a.py",
        _py("if key < 0:", "    key = 0", "use(key)"),
        _py("key = 0 if key < 0 else key", "use(key)"),
    ),
    (
        "change-branch-removed",
        "b.py",
        _py("if key:", "    one(key)"),
        _py("if key:", "    one(key)", "elif base:", "    two(base)"),
    ),
    ("change-condition-removed", "a.py", _py("items.remove(key)"), _py("if key in items:", "    items.remove(key)")),
    (
        "change-condition-removed",
        "b.py",
        _py("if key in items:", "    items.remove(key)"),
        _py("while key in items:", "    items.remove(key)"),
    ),
    (
        "change-condition-part-dropped",
        "a.py",
        _py("if items[0] == key:", "    use(key)"),
        _py("if items and items[0] == key:", "    use(key)"),
    ),
    (
        "change-condition-part-dropped",
        "b.py",
        _py("if items and key:", "    use(key)"),
        _py("if items:", "    if key:", "        use(key)"),
    ),
    (
        "change-jump-dropped",
        "a.py",
        _py("for x in items:", "    if x == key:", "        continue", "    use(x)"),
        _py("for x in items:", "    if x == key:", "        break", "    use(x)"),
    ),
    (
        "change-jump-dropped",
        "b.py",
        _py("for x in items:", "    if x == key:", "        continue", "    use(x)"),
        _py("for x in items:", "    if x != key:", "        use(x)"),
    ),
    (
        "change-return-dropped",
        "a.py",
        "def area(a, b):\n    size = a * b\n    return size\n",
        "def area(a, b):\n    return a * b\n",
    ),
    ("change-return-dropped", "b.py", "def area(a, b):\n    return a * b\n\n\nA = 1\n", "A = 1\n"),
    ("change-loop-dropped", "a.py", _py("for x in items:", "    use(x)"), _py("for item in sorted(items):", "    use(item)")),
    ("change-loop-dropped", "b.py", _py("for x in items:", "    use(x)"), _py("all_of = [use(x) for x in items]")),
    ("change-argument-dropped", "a.py", _py("print(key, base)"), _py("print(key)")),
    ("change-argument-dropped", "b.py", _py("text = read(key)"), _py("text = read(key, encoding='utf-8')")),
    ("change-arguments-swapped", "a.py", "copy(source, target)\n", "copy(target, source)\n"),
    (
        "change-arguments-swapped",
        "b.py",
        "def copy(target, source):\n    pass\n\ncopy(source, target)\n",
        "def copy(target, source):\n    pass\n\ncopy(target, source)\n",
    ),
    ("change-call-dropped", "a.py", _py("name = key"), _py("name = key.strip()")),
    ("change-call-dropped", "b.py", _py("name = str(key)"), _py("name = key")),
    (
        "change-exception-unhandled",
        "a.py",
        _py("try:", "    use(key)", "except ValueError:", "    use(base)"),
        _py("try:", "    use(key)", "except KeyError:", "    use(base)"),
    ),
    ("change-exception-unhandled", "b.py", _py("try:", "    use(key)", "except ValueError:", "    use(base)"), _py("use(base)")),
    (
        "change-exception-swallowed",
        "a.py",
        _py("use(key)"),
        _py("try:", "    use(key)", "except Exception as error:", "    raise Wrong from error"),
    ),
    (
        "change-exception-swallowed",
        "b.py",
        _py("use(key)"),
        _py("use(key)", "try:", "    import tool", "except Exception:", "    pass"),
    ),
    (
        "change-exception-broadened",
        "a.py",
        _py("try:", "    use(key)", "except Exception:", "    note(key)"),
        _py("try:", "    use(key)", "except KeyError:", "    note(key)"),
    ),
    (
        "change-exception-broadened",
        "b.py",
        _py("try:", "    use(key)", "except KeyError:", "    raise"),
        _py("try:", "    use(key)", "except Exception:", "    raise"),
    ),
    (
        "change-security-failure-swallowed",
        "a.py",
        _py("confirm(key)"),
        _py("try:", "    confirm(key)", "except InvalidSignature:", "    return False"),
    ),
    (
        "change-security-failure-swallowed",
        "b.py",
        _py("confirm(key)"),
        _py("try:", "    confirm(key)", "except ValueError:", "    log.error('bad')"),
    ),
    (
        "change-resource-not-closed",
        "a.py",
        _py("file = open(key)", "use(file)", "file.close()"),
        _py("with open(key) as file:", "    use(file)"),
    ),
    ("change-resource-not-closed", "b.py", _py("file = open(key)", "use(file)", "file.close()"), _py("use(key)")),
    ("change-error-unchecked", "a.go", GO % "\tf, _ := load(name)\n\tuse(f)\n", GO % "\tf, err := load(name)\n\tuse(f, err)\n"),
    (
        "change-error-unchecked",
        "b.py",
        _py("reply = get(key)", "reply.raise_for_status()"),
        _py("reply = get(base)", "reply.raise_for_status()"),
    ),
    ("change-name-lost", "a.py", "import json\n\nprint(json.dumps(1))\n", "import json as js\n\nprint(js.dumps(1))\n"),
    ("change-name-lost", "b.py", "from a import b\n\nprint(b)\n", "from a import *\n\nprint(b)\n"),
    ("change-name-unknown", "a.py", "print(total)\n", "print(total, other)\n"),
    ("change-name-unknown", "b.py", "total = 1\n", "total = 1\nprint([item for item in str(total)])\n"),
    ("change-syntax-broken", "a.py", "print 1\n", "print 2 2\n"),
    ("change-syntax-broken", "b.py", "x = (1, 2)\n", "x = (1,\n     2)\n"),
    ("change-remainder-dropped", "a.py", _py("text = '%s' % key"), _py("text = f'{key}'")),
    ("change-remainder-dropped", "b.py", _py("key = base"), _py("key = base % 7")),
    ("change-bound-lowered", "a.py", "MOST = 1000\n", "MOST = 100000\n"),
    ("change-bound-lowered", "b.py", "STEP = 4\n", "STEP = 3\n"),
    ("change-secret-logged", "a.py", _py("use(key)"), _py("use(key)", "log.info('%d', len(password))")),
    ("change-secret-logged", "b.py", _py("use(key)"), _py("use(key)", "log.info('the password is wrong')")),
    ("change-debug-left", "a.py", _py("use(key)"), _py("use(key)", "print('ready')")),
    ("change-debug-left", "b.py", None, "print(1 + 1)\nx = 2\n"),
    ("change-pin-loosened", "requirements.txt", "flask==3.0.1\n", "flask==3.0.2\n"),
    ("change-pin-loosened", "package.json", '{\n  "left": "^1.2.3"\n}\n', '{\n  "left": "^1.3.0"\n}\n'),
    ("change-silenced", "a.ts", "go(a) // @ts-ignore\n", "go(b) // @ts-ignore\n"),
    ("change-silenced", "b.ts", "go(a) // @ts-ignore\n", "go(a)\n"),
    (
        "change-copy-half-renamed",
        "a.py",
        _py("use(key)"),
        _py("use(key)", "left.set(left.low, left.high)", "right.set(right.low, right.high)"),
    ),
    (
        "change-copy-half-renamed",
        "b.py",
        _py("use(key)"),
        _py("use(key)", "self.low = one(self.a, self.b)", "self.high = one(self.a, self.b)"),
    ),
    (
        "change-caller-left",
        "a.py",
        "def area(a):\n    return a * a\n\n\nprint(area(1))\n",
        "def area(a, b=1):\n    return a * b\n\n\nprint(area(1))\n",
    ),
    (
        "change-caller-left",
        "b.py",
        "def area(a, b):\n    return a * b\n\n\nprint(area(*sides))\n",
        "def area(a):\n    return a * a\n\n\nprint(area(*sides))\n",
    ),
    ("change-migration-one-way", "shop/migrations/0002_fill.py", None, "operations = [migrations.RunPython(fill, undo)]\n"),
    ("change-migration-one-way", "shop/fill.py", None, "operations = [migrations.RunPython(fill)]\n"),
]

TEST_POSITIVE = [
    (
        "change-test-skipped",
        "test_a.py",
        "def test_a():\n    assert f(1)\n",
        "@pytest.mark.skip\ndef test_a():\n    assert f(1)\n",
    ),
    (
        "change-test-skipped",
        "a_test.go",
        "func TestA(t *testing.T) {\n\trun(t)\n}\n",
        "func TestA(t *testing.T) {\n\tt.Skip()\n\trun(t)\n}\n",
    ),
    (
        "change-assertion-removed",
        "test_a.py",
        "def test_a():\n    x = f(1)\n    assert x == 2\n",
        "def test_a():\n    x = f(1)\n",
    ),
    (
        "change-assertion-removed",
        "a.test.js",
        "test('a', () => {\n  go(a)\n  expect(a).toBe(1)\n})\n",
        "test('a', () => {\n  go(a)\n})\n",
    ),
    ("change-assertion-weakened", "test_a.py", "self.assertEqual(f(1), 2)\n", "self.assertTrue(f(1), 2)\n"),
    ("change-assertion-weakened", "a.test.js", "expect(a).toEqual(b)\n", "expect(a).toBeDefined()\n"),
]

TEST_NEGATIVE = [
    (
        "change-test-skipped",
        "test_a.py",
        "@pytest.mark.skip\ndef test_a():\n    assert f(1)\n",
        "def test_a():\n    assert f(1)\n",
    ),
    ("change-test-skipped", "test_b.py", None, "@pytest.mark.skip\ndef test_a():\n    assert f(1)\n"),
    (
        "change-assertion-removed",
        "test_a.py",
        "def test_a():\n    x = f(1)\n    assert x == 2\n",
        "def test_a():\n    x = f(1)\n    check(x, 2)\n",
    ),
    ("change-assertion-removed", "test_b.py", "def test_a():\n    assert f(1)\n\n\nA = 1\n", "A = 1\n"),
    ("change-assertion-weakened", "test_a.py", "self.assertTrue(f(1) == 2)\n", "self.assertEqual(f(1), 2)\n"),
    ("change-assertion-weakened", "test_b.py", "self.assertEqual(f(1), 2)\n", "self.assertEqual(f(1), 3)\n"),
]


@pytest.mark.parametrize(("rule", "path", "old", "new"), POSITIVE)
def test_rule_reports(rule: str, path: str, old: str | None, new: str) -> None:
    assert rule in rules(path, old, new)


@pytest.mark.parametrize(("rule", "path", "old", "new"), NEGATIVE)
def test_rule_does_not_report(rule: str, path: str, old: str | None, new: str) -> None:
    assert rule not in rules(path, old, new)


@pytest.mark.parametrize(("rule", "path", "old", "new"), TEST_POSITIVE)
def test_rule_reports_in_tests(rule: str, path: str, old: str | None, new: str) -> None:
    assert rule in rules(path, old, new, Task.TEST)


@pytest.mark.parametrize(("rule", "path", "old", "new"), TEST_NEGATIVE)
def test_rule_does_not_report_in_tests(rule: str, path: str, old: str | None, new: str) -> None:
    assert rule not in rules(path, old, new, Task.TEST)


@pytest.mark.parametrize("rule", sorted(by_change.rule_ids()))
def test_rule_has_examples_of_both_kinds(rule: str) -> None:
    assert sum(case[0] == rule for case in POSITIVE + TEST_POSITIVE) >= 2
    assert sum(case[0] == rule for case in NEGATIVE + TEST_NEGATIVE) >= 2


def test_moved_to_another_file_is_no_removal() -> None:
    check = "    if not user:\n        raise Missing(order)\n"
    files = {
        "shop/pay.py": (f"def pay(order, user):\n{check}    charge(user)\n", "def pay(order, user):\n    charge(user)\n"),
        "shop/entry.py": (
            "def enter(order, user):\n    pay(order, user)\n",
            f"def enter(order, user):\n{check}    pay(order, user)\n",
        ),
    }
    assert "change-refusal-removed" not in {finding.rule for finding in found(files)}
    assert "change-refusal-removed" in {finding.rule for finding in found({"shop/pay.py": files["shop/pay.py"]})}


def test_moved_within_a_file_is_no_removal() -> None:
    old = "def a(user):\n    if not user:\n        raise Missing(user)\n    return b(user)\n\n\ndef b(user):\n    return 1\n"
    new = "def a(user):\n    return b(user)\n\n\ndef b(user):\n    if not user:\n        raise Missing(user)\n    return 1\n"
    assert rules("a.py", old, new) == set()


def test_caller_in_another_changed_file() -> None:
    files = {
        "shop/area.py": ("def area(a, b):\n    return a * b\n", "def area(a):\n    return a * a\n"),
        "shop/use.py": (
            "from shop.area import area\n\nx = area(1, 2)\ny = 1\n",
            "from shop.area import area\n\nx = area(1, 2)\ny = 2\n",
        ),
    }
    (finding,) = found(files)
    assert finding.rule == "change-caller-left"
    assert "shop/use.py" in finding.message


def test_formatting_alone_says_nothing() -> None:
    old = "x = call(one, two, three)\nif x and y:\n    go(x)\n"
    new = "x = call(\n    one,\n    two,\n    three\n)\nif x and  y:  # why\n    go( x )\n"
    assert rules("a.py", old, new) == set()


def test_what_was_lost_together_is_told_once() -> None:
    old = _py("if key:", "    if base:", "        if items:", "            one(base)", "use(key)")
    assert [finding.rule for finding in found({"a.py": (old, _py("use(key)"))})] == ["change-branch-removed"]


def test_way_back_of_a_migration_in_the_same_change() -> None:
    files = {
        "migrations/1_a.up.sql": (None, "ALTER TABLE a ADD b int;\n"),
        "migrations/1_a.down.sql": (None, "ALTER TABLE a DROP b;\n"),
    }
    assert found(files) == []


def test_a_file_that_cannot_be_parsed_any_more_has_one_finding() -> None:
    old = "def area(a):\n    size = pick(a)\n    return size\n"
    assert rules("a.py", old, old.replace("pick(a)", "pick(a")) == {"change-syntax-broken"}
