"""How values come in by the frameworks of each language, and how they do not."""

from __future__ import annotations

import pytest
from following import classes

HARMFUL = {
    "python: flask json": (
        "sql",
        'from flask import request\ndef f():\n    d = request.get_json()\n    cur.execute("a" + d["x"])',
    ),
    "python: flask MethodView": (
        "command",
        "from flask.views import MethodView\nclass V(MethodView):\n    def get(self, name):\n        os.system(name)",
    ),
    "python: flask_restful reqparse": (
        "command",
        'from flask_restful import Resource, reqparse\np = reqparse.RequestParser()\nclass V(Resource):\n    def post(self):\n        args = p.parse_args()\n        os.system("x" + args["a"])',
    ),
    "python: flask route path": (
        "path",
        '@bp.route("/f/<path:name>")\ndef f(name):\n    return send_file(os.path.join("a", name))',
    ),
    "python: django func view kwargs": (
        "xss",
        'from django.http import HttpResponse\ndef view(request, name):\n    return HttpResponse("<b>" + request.GET.get("q") + "</b>")',
    ),
    "python: django cbv kwargs": (
        "sql",
        'class V(View):\n    def get(self, request, *args, **kwargs):\n        n = self.kwargs["name"]\n        cursor.execute("select " + n)',
    ),
    "python: django self.request": (
        "sql",
        'class V(TemplateView):\n    def get_queryset(self):\n        q = self.request.GET.get("q")\n        return User.objects.raw("select " + q)',
    ),
    "python: django cleaned_data": (
        "sql",
        'class V(FormView):\n    def form_valid(self, form):\n        cursor.execute("select " + form.cleaned_data["q"])',
    ),
    "python: drf data": (
        "sql",
        'class V(APIView):\n    def post(self, request):\n        q = request.data.get("q")\n        cursor.execute(f"select {q}")',
    ),
    "python: drf query_params": (
        "sql",
        '@api_view(["GET"])\ndef v(request):\n    q = request.query_params["q"]\n    cursor.execute(f"select {q}")',
    ),
    "python: fastapi path": (
        "path",
        'from fastapi import FastAPI\napp = FastAPI()\n@app.get("/{name}")\nasync def f(name: str):\n    return FileResponse("/srv/" + name)',
    ),
    "python: fastapi Query": (
        "sql",
        'from fastapi import FastAPI, Query\napp = FastAPI()\n@app.get("/")\nasync def f(q: str = Query(...)):\n    await db.execute(f"select {q}")',
    ),
    "python: fastapi default none": (
        "sql",
        'from fastapi import FastAPI\napp = FastAPI()\n@app.get("/")\nasync def f(q: str = None):\n    await db.execute(f"select {q}")',
    ),
    "python: fastapi body model": (
        "sql",
        'from fastapi import FastAPI\nfrom pydantic import BaseModel\nclass Item(BaseModel):\n    name: str\n    n: int\napp = FastAPI()\n@app.post("/")\nasync def f(item: Item):\n    await db.execute(f"select {item.name}")',
    ),
    "python: fastapi annotated": (
        "sql",
        'from fastapi import FastAPI, Query\nfrom typing import Annotated\napp = FastAPI()\n@app.get("/")\nasync def f(q: Annotated[str, Query()]):\n    await db.execute(f"select {q}")',
    ),
    "python: router": (
        "command",
        'from fastapi import APIRouter\nrouter = APIRouter()\n@router.get("/")\ndef f(cmd: str):\n    subprocess.run(cmd, shell=True)',
    ),
    "python: aiohttp": (
        "path",
        'from aiohttp import web\nasync def h(request):\n    n = request.match_info["name"]\n    return web.FileResponse("/srv/" + n)',
    ),
    "python: aiohttp post": ("command", 'async def h(request):\n    data = await request.post()\n    os.system(data["x"])'),
    "python: tornado write": (
        "xss",
        'import tornado.web\nclass H(tornado.web.RequestHandler):\n    def get(self):\n        self.write("<b>" + self.get_argument("n") + "</b>")',
    ),
    "python: tornado redirect": (
        "redirect",
        'class H(RequestHandler):\n    def get(self):\n        self.redirect(self.get_argument("n"))',
    ),
    "python: bottle": (
        "command",
        'from bottle import request, route\n@route("/x")\ndef f():\n    os.system(request.query.get("c"))',
    ),
    "python: sanic": ("command", 'from sanic import Sanic\n@app.route("/x")\nasync def f(request, name):\n    os.system(name)'),
    "python: starlette": (
        "xss",
        'async def home(request):\n    n = request.query_params["n"]\n    return HTMLResponse("<b>" + n)',
    ),
    "python: pyramid": (
        "xss",
        'from pyramid.response import Response\n@view_config(route_name="x")\ndef f(request):\n    n = request.params["n"]\n    return Response("<b>" + n)',
    ),
    "python: lambda aws": (
        "command",
        'def lambda_handler(event, context):\n    n = event["queryStringParameters"]["n"]\n    os.system("ls " + n)',
    ),
    "python: cgi": ("command", 'import cgi\nform = cgi.FieldStorage()\nos.system(form["x"].value)'),
    "python: http.server": (
        "path",
        'class H(BaseHTTPRequestHandler):\n    def do_GET(self):\n        p = self.path\n        f = open("." + p)',
    ),
    "python: http.server headers": (
        "deserialization",
        'class H(BaseHTTPRequestHandler):\n    def do_POST(self):\n        n = int(self.headers["Content-Length"])\n        b = self.rfile.read(n)\n        pickle.loads(b)',
    ),
    "python: sqlalchemy text": (
        "sql",
        'from flask import request\nfrom sqlalchemy import text\ndef f():\n    db.session.execute(text("select " + request.args["q"]))',
    ),
    "python: sqlalchemy filter text": (
        "sql",
        'from flask import request\nfrom sqlalchemy import text\ndef f():\n    User.query.filter(text("name = " + request.args["q"])).all()',
    ),
    "python: pandas": (
        "sql",
        'from flask import request\nimport pandas as pd\ndef f():\n    pd.read_sql("select " + request.args["q"], c)',
    ),
    "python: tempfile": (
        "path",
        'from flask import request\ndef f():\n    f = request.files["f"]\n    f.save(os.path.join("up", f.filename))',
    ),
    "python: jinja env": (
        "template",
        'from flask import request\nfrom jinja2 import Environment\ndef f():\n    Environment().from_string(request.args["t"]).render()',
    ),
    "python: mongo": ("nosql", "from flask import request\ndef f():\n    db.users.find_one(request.get_json())"),
    "python: httpx client": (
        "ssrf",
        'from flask import request\nimport httpx\nasync def f():\n    async with httpx.AsyncClient() as c:\n        await c.get(request.args["u"])',
    ),
    "python: requests session": (
        "ssrf",
        'from flask import request\nimport requests\ns = requests.Session()\ndef f():\n    s.get(request.args["u"])',
    ),
    "python: websocket": (
        "command",
        '@app.websocket("/ws")\nasync def f(websocket):\n    d = await websocket.receive_text()\n    os.system(d)',
    ),
    "javascript: express": ("sql", 'app.get("/", (req, res) => { db.query("select " + req.query.a); })'),
    "javascript: express router named": (
        "xss",
        'const router = require("express").Router();\nfunction h(request, response) { response.send("<b>" + request.query.a); }\nrouter.get("/", h);',
    ),
    "javascript: express req destructure": (
        "command",
        'router.post("/", async ({ body, params }, res) => { exec("ls " + body.a); })',
    ),
    "javascript: express child_process": (
        "command",
        'const { exec } = require("child_process");\napp.get("/", (req, res) => { exec(`ls ${req.params.a}`); })',
    ),
    "javascript: express import": (
        "command",
        'import { exec } from "node:child_process";\nexport const h = (req, res) => { exec(`ls ${req.params.a}`); }',
    ),
    "javascript: express sendFile": ("path", 'app.get("/", (req, res) => { res.sendFile(path.join(__dirname, req.query.f)); })'),
    "javascript: express redirect": ("redirect", 'app.get("/", (req, res) => { res.redirect(req.query.u); })'),
    "javascript: express fetch": ("ssrf", 'app.get("/", async (req, res) => { await axios.get(req.query.u); })'),
    "javascript: koa": ("sql", 'router.get("/", async (ctx) => { const { q } = ctx.query; await db.query(`select ${q}`); })'),
    "javascript: koa body": ("xss", 'router.get("/", async (ctx) => { ctx.body = "<b>" + ctx.query.q; })'),
    "javascript: koa redirect": ("redirect", 'router.get("/", ctx => { ctx.redirect(ctx.query.q); })'),
    "javascript: fastify": ("sql", 'fastify.get("/", async (request, reply) => { await db.query("s " + request.query.a); })'),
    "javascript: hapi": (
        "command",
        'server.route({ method: "GET", path: "/", handler: (request, h) => { return exec(request.payload.cmd); } })',
    ),
    "javascript: hono": ("xss", 'app.get("/", (c) => { return c.html("<b>" + c.req.query("q")); })'),
    "javascript: lambda": ("command", 'exports.handler = async (event) => { exec("ls " + event.queryStringParameters.a); }'),
    "javascript: node http": (
        "command",
        'http.createServer((req, res) => { const u = url.parse(req.url, true); exec("ls " + u.query.a); })',
    ),
    "javascript: node URL": (
        "path",
        'http.createServer((req, res) => { const u = new URL(req.url, "http://x"); fs.readFile("/srv/" + u.searchParams.get("f"), cb); })',
    ),
    "typescript: nest": (
        "sql",
        '@Controller()\nclass A { constructor(private db: Db) {}\n @Get() f(@Query("q") q: string) { return this.db.query("select " + q); } }',
    ),
    "typescript: nest param": (
        "path",
        '@Controller()\nclass A { @Get(":id") f(@Param() params: any, @Res() res) { res.sendFile(params.id); } }',
    ),
    "typescript: nest body dto": (
        "sql",
        "@Controller()\nclass A { @Post() f(@Body() dto: CreateDto) { return this.repo.query(`select ${dto.name}`); } }",
    ),
    "typescript: next api": (
        "xss",
        'export default function handler(req: NextApiRequest, res: NextApiResponse) { res.send("<b>" + req.query.a); }',
    ),
    "typescript: next route": (
        "sql",
        'export async function GET(request: NextRequest) { const q = request.nextUrl.searchParams.get("q"); await db.query(`s ${q}`); }',
    ),
    "typescript: next body": (
        "command",
        "export async function POST(request: Request) { const b = await request.json(); exec(b.cmd); }",
    ),
    "typescript: express types": ("code", 'app.get("/", (req: Request, res: Response) => { eval(req.body.x); })'),
    "typescript: handler type named": ("code", "export const h = async (r: Request, s: Response) => { eval(r.body.x); }"),
    "javascript: sequelize": ("sql", 'app.get("/", (req, res) => { sequelize.query("select " + req.query.a); })'),
    "javascript: knex raw": ("sql", 'app.get("/", (req, res) => { knex.raw(`select ${req.query.a}`); })'),
    "javascript: prisma": ("sql", 'app.get("/", (req, res) => { prisma.$queryRawUnsafe(`select ${req.query.a}`); })'),
    "javascript: mongoose": ("nosql", 'app.post("/", (req, res) => { User.findOne({ name: req.body.name }); })'),
    "javascript: mongoose where": (
        "nosql",
        'app.post("/", (req, res) => { User.find({ $where: "this.a == " + req.body.name }); })',
    ),
    "javascript: dom": (
        "xss",
        'const p = new URLSearchParams(location.search); document.getElementById("a").innerHTML = p.get("q");',
    ),
    "javascript: dom hash": ("xss", "document.write(decodeURIComponent(location.hash.slice(1)))"),
    "javascript: react": (
        "xss",
        'function A() { const [p] = useSearchParams(); return <div dangerouslySetInnerHTML={{__html: p.get("q")}} />; }',
    ),
    "javascript: socketio": ("command", 'io.on("connection", (socket) => { socket.on("msg", (data) => { exec(data); }); })'),
    "javascript: ws": ("code", 'wss.on("connection", ws => { ws.on("message", m => { eval(m); }); })'),
    "java: spring": (
        "sql",
        '@RestController class A { @GetMapping("/") String f(@RequestParam String q) { jdbc.queryForList("select " + q); return ""; } }',
    ),
    "java: spring jdbcTemplate": (
        "sql",
        '@RestController class A { private JdbcTemplate jdbcTemplate; @GetMapping("/") String f(@RequestParam("q") String q) { return jdbcTemplate.queryForObject("select " + q, String.class); } }',
    ),
    "java: spring xss": (
        "xss",
        '@RestController class A { @GetMapping("/") String f(@RequestParam String q) { return "<b>" + q; } }',
    ),
    "java: spring dto": (
        "sql",
        '@RestController class A { @PostMapping("/") void f(@RequestBody UserDto d) { em.createNativeQuery("select " + d.getName()); } }',
    ),
    "java: spring file": (
        "path",
        '@Controller class A { @PostMapping("/") void f(@RequestParam("f") MultipartFile f) { Path p = Paths.get("/up/" + f.getOriginalFilename()); Files.copy(f.getInputStream(), p); } }',
    ),
    "java: spring redirect": (
        "redirect",
        '@Controller class A { @GetMapping("/") String f(@RequestParam String u) { return "redirect:" + u; } }',
    ),
    "java: spring resttemplate": (
        "ssrf",
        '@RestController class A { @GetMapping("/") String f(@RequestParam String u) { return restTemplate.getForObject(u, String.class); } }',
    ),
    "java: servlet": (
        "xss",
        'class A extends HttpServlet { void doGet(HttpServletRequest req, HttpServletResponse resp) { resp.getWriter().println("<b>" + req.getParameter("a")); } }',
    ),
    "java: servlet cmd": (
        "command",
        'class A extends HttpServlet { void doGet(HttpServletRequest req, HttpServletResponse resp) { Runtime.getRuntime().exec("ls " + req.getParameter("a")); } }',
    ),
    "java: jaxrs": (
        "sql",
        '@Path("/") class A { @GET Response f(@QueryParam("q") String q) { stmt.executeQuery("select " + q); return null; } }',
    ),
    "java: jaxrs body": (
        "deserialization",
        '@Path("/") class A { @POST Response f(String body) { new ObjectInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(body))).readObject(); return null; } }',
    ),
    "java: jaxrs uriinfo": (
        "sql",
        '@Path("/") class A { @GET Response f(@Context UriInfo u) { String q = u.getQueryParameters().getFirst("q"); stmt.executeQuery("select " + q); return null; } }',
    ),
    "java: webflux": (
        "sql",
        'class A { Mono<ServerResponse> f(ServerRequest r) { String q = r.queryParam("q").get(); jdbc.queryForList("select " + q); return null; } }',
    ),
    "java: micronaut": (
        "sql",
        '@Controller("/") class A { @Get("/") String f(@QueryValue String q) { jdbc.queryForList("select " + q); return ""; } }',
    ),
    "java: zip slip": (
        "path",
        "class A { void f(ZipInputStream z, File dir) { ZipEntry e; while ((e = z.getNextEntry()) != null) { File o = new File(dir, e.getName()); new FileOutputStream(o); } } }",
    ),
    "java: servlet log": (
        "log",
        'class A extends HttpServlet { void doGet(HttpServletRequest req, HttpServletResponse resp) { log.info("x " + req.getParameter("a")); } }',
    ),
    "java: spel": (
        "code",
        '@RestController class A { @GetMapping("/") void f(@RequestParam String q) { new SpelExpressionParser().parseExpression(q).getValue(); } }',
    ),
    "java: hibernate": (
        "sql",
        '@RestController class A { @GetMapping("/") void f(@RequestParam String q) { session.createQuery("from U where n = \'" + q + "\'").list(); } }',
    ),
    "go: net/http": (
        "sql",
        'package a\nfunc f(w http.ResponseWriter, r *http.Request) { db.Query("select " + r.URL.Query().Get("a")) }',
    ),
    "go: fprintf": (
        "xss",
        'package a\nfunc f(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "<b>%s", r.FormValue("a")) }',
    ),
    "go: gorilla": (
        "path",
        'package a\nfunc f(w http.ResponseWriter, r *http.Request) { v := mux.Vars(r); os.Open("/srv/" + v["f"]) }',
    ),
    "go: chi": (
        "path",
        'package a\nfunc f(w http.ResponseWriter, r *http.Request) { v := chi.URLParam(r, "f"); os.ReadFile("/srv/" + v) }',
    ),
    "go: gin": ("command", 'package a\nfunc f(c *gin.Context) { exec.Command("sh", "-c", c.Query("a")).Run() }'),
    "go: gin bind": (
        "sql",
        'package a\nfunc f(c *gin.Context) { var in Input\n if err := c.ShouldBindJSON(&in); err != nil { return }\n db.Raw("select " + in.Name) }',
    ),
    "go: gin html": ("xss", 'package a\nfunc f(c *gin.Context) { c.Data(200, "text/html", []byte("<b>" + c.Param("a"))) }'),
    "go: gin redirect": ("redirect", 'package a\nfunc f(c *gin.Context) { c.Redirect(302, c.Query("u")) }'),
    "go: echo": ("xss", 'package a\nfunc f(c echo.Context) error { return c.HTML(200, "<b>" + c.QueryParam("a")) }'),
    "go: fiber": ("path", 'package a\nfunc f(c *fiber.Ctx) error { return c.SendFile("/srv/" + c.Params("f")) }'),
    "go: json decode": (
        "sql",
        'package a\nfunc f(w http.ResponseWriter, r *http.Request) { var in Input\n json.NewDecoder(r.Body).Decode(&in)\n db.Exec("delete " + in.Name) }',
    ),
    "go: json unmarshal": (
        "sql",
        'package a\nfunc f(w http.ResponseWriter, r *http.Request) { b, _ := io.ReadAll(r.Body)\n var in Input\n json.Unmarshal(b, &in)\n db.Exec("delete " + in.Name) }',
    ),
    "go: ssrf": ("ssrf", 'package a\nfunc f(w http.ResponseWriter, r *http.Request) { http.Get(r.URL.Query().Get("u")) }'),
    "go: zip slip": (
        "path",
        'package a\nfunc f(p string) { r, _ := zip.OpenReader(p)\n for _, e := range r.File { os.Create(filepath.Join("/x", e.Name)) } }',
    ),
    "php: raw": ("sql", '<?php $q = $_GET["a"]; mysqli_query($c, "select " . $q);'),
    "php: laravel request": (
        "sql",
        '<?php class A extends Controller { function f(Request $request) { DB::select("select " . $request->input("a")); } }',
    ),
    "php: laravel prop": (
        "sql",
        '<?php class A extends Controller { function f(Request $request) { DB::raw("select " . $request->name); } }',
    ),
    "php: laravel route": ("sql", '<?php Route::get("/x/{id}", function ($id) { return DB::select("select " . $id); });'),
    "php: laravel redirect": (
        "redirect",
        '<?php class A { function f(Request $request) { return redirect($request->get("u")); } }',
    ),
    "php: symfony": (
        "xss",
        '<?php class A extends AbstractController { #[Route("/x/{n}")] function f(Request $request) { $q = $request->query->get("q"); return new Response("<b>" . $q); } }',
    ),
    "php: symfony conn": (
        "sql",
        '<?php class A extends AbstractController { function f(Request $request, Connection $c) { $c->executeQuery("select " . $request->request->get("q")); } }',
    ),
    "php: symfony route param": (
        "command",
        '<?php class A extends AbstractController { #[Route("/x/{n}")] function f(string $n) { system("ls " . $n); } }',
    ),
    "php: slim": (
        "command",
        '<?php $app->get("/", function (Request $request, Response $response, $args) { $q = $request->getQueryParams()["q"]; system($q); });',
    ),
    "php: wp": ("sql", '<?php $wpdb->query("select " . $_POST["a"]);'),
    "php: curl": ("ssrf", '<?php $ch = curl_init($_GET["u"]);'),
    "php: unserialize": ("deserialization", '<?php unserialize($_COOKIE["u"]);'),
    "ruby: rails": ("sql", "class A < ApplicationController\n  def f\n    User.where(\"name = '#{params[:a]}'\")\n  end\nend"),
    "ruby: rails order": ("sql", "class A < ApplicationController\n  def f\n    User.order(params[:a])\n  end\nend"),
    "ruby: rails redirect": ("redirect", "class A < ApplicationController\n  def f\n    redirect_to params[:u]\n  end\nend"),
    "ruby: rails html_safe": ("xss", "class A < ApplicationController\n  def f\n    @x = params[:u].html_safe\n  end\nend"),
    "ruby: rails send_file": ("path", 'class A < ApplicationController\n  def f\n    send_file "x/#{params[:u]}"\n  end\nend'),
    "ruby: sinatra": ("xss", 'get "/x" do\n  "<b>#{params[:a]}"\nend'),
    "ruby: sinatra cmd": ("command", 'get "/x" do\n  `ls #{params[:a]}`\nend'),
    "ruby: sinatra erb": ("template", 'get "/x" do\n  erb "hi #{params[:a]}"\nend'),
    "ruby: rails find_by_sql": (
        "sql",
        'class A < ApplicationController\n  def f\n    User.find_by_sql("select #{params[:a]}")\n  end\nend',
    ),
    "ruby: rails open": ("ssrf", "class A < ApplicationController\n  def f\n    URI.open(params[:a])\n  end\nend"),
    "ruby: rails constantize": ("code", "class A < ApplicationController\n  def f\n    params[:a].constantize.new\n  end\nend"),
    "ruby: rails before private": (
        "command",
        'class A < ApplicationController\n  def index\n    system("ls #{dir}")\n  end\n  private\n  def dir\n    params[:dir]\n  end\nend',
    ),
    "csharp: mvc": (
        "sql",
        'public class A : Controller { public IActionResult F(string q) { var c = new SqlCommand("select " + q, conn); return Ok(); } }',
    ),
    "csharp: api": (
        "sql",
        '[ApiController] public class A : ControllerBase { [HttpGet("{q}")] public IActionResult F(string q) { db.Users.FromSqlRaw("select " + q); return Ok(); } }',
    ),
    "csharp: fromquery": (
        "command",
        '[ApiController] public class A : ControllerBase { [HttpGet] public IActionResult F([FromQuery] string q) { Process.Start("cmd.exe", "/c " + q); return Ok(); } }',
    ),
    "csharp: frombody": (
        "sql",
        '[ApiController] public class A : ControllerBase { [HttpPost] public IActionResult F([FromBody] Dto d) { db.Database.ExecuteSqlRaw("x " + d.Name); return Ok(); } }',
    ),
    "csharp: redirect": ("redirect", "public class A : Controller { public IActionResult F(string u) { return Redirect(u); } }"),
    "csharp: minimal api": ("sql", 'app.MapGet("/", (string q) => { var c = new SqlCommand("select " + q, conn); });'),
    "csharp: request form": (
        "path",
        'public class A : Controller { public IActionResult F() { var q = Request.Form["a"]; System.IO.File.ReadAllText("/x/" + q); return Ok(); } }',
    ),
    "csharp: webforms": (
        "xss",
        'public partial class A : Page { void Page_Load(object s, EventArgs e) { Response.Write("<b>" + Request.QueryString["a"]); } }',
    ),
    "csharp: razor page": (
        "sql",
        'public class IndexModel : PageModel { public void OnGet(string q) { db.Users.FromSqlRaw("select " + q); } }',
    ),
    "csharp: httpclient": (
        "ssrf",
        "public class A : Controller { public async Task<IActionResult> F(string u) { await client.GetAsync(u); return Ok(); } }",
    ),
    "csharp: zip": (
        "path",
        "class A { void F(ZipArchive z, string d) { foreach (ZipArchiveEntry e in z.Entries) { e.ExtractToFile(Path.Combine(d, e.FullName)); } } }",
    ),
    "go: decoded elsewhere": (
        "sql",
        'package a\nfunc f(w http.ResponseWriter, r *http.Request) { var in Input\n json.NewDecoder(file).Decode(&in)\n db.Exec("delete " + in.Name + r.FormValue("a")[:0]) }',
    ),
    "python: predictable token": (
        "random",
        'import random\nfrom flask import make_response\ndef f():\n    r = make_response("x")\n    r.set_cookie("session", str(random.getrandbits(64)))',
    ),
    "python: predictable token in a session": (
        "random",
        'import random\nfrom flask import session\ndef f():\n    session["csrf_token"] = "".join(random.choice("abc") for _ in range(9))',
    ),
}

HARMLESS = {
    "python: flask values int": 'from flask import request\ndef f():\n    x = request.args.get("a", type=int)\n    cur.execute("a %s" % x)',
    "python: fastapi depends": 'from fastapi import FastAPI, Depends\napp = FastAPI()\n@app.get("/")\nasync def f(db = Depends(get_db)):\n    db.execute("select " + db.name)',
    "python: secure": 'from flask import request\nfrom werkzeug.utils import secure_filename\ndef f():\n    f = request.files["f"]\n    f.save(os.path.join("up", secure_filename(f.filename)))',
    "python: send_from_directory ok": 'from flask import request\ndef f():\n    return send_from_directory("up", request.args["f"])',
    "javascript: parseInt": 'app.get("/", (req, res) => { db.query("select " + parseInt(req.query.a)); })',
    "java: spring path long": '@RestController class A { @GetMapping("/") void f(@PathVariable Long id) { em.createNativeQuery("select " + id); } }',
    "go: atoi": 'package a\nfunc f(w http.ResponseWriter, r *http.Request) { n, _ := strconv.Atoi(r.FormValue("a")); db.Query(fmt.Sprintf("select %d", n)) }',
    "php: pdo prepare": '<?php $s = $pdo->prepare("select ?"); $s->execute([$_GET["a"]]);',
    "csharp: int param": '[ApiController] public class A : ControllerBase { [HttpGet] public IActionResult F(int q) { db.Users.FromSqlRaw("select " + q); return Ok(); } }',
    "csharp: interpolated ok": 'public class A : Controller { public IActionResult F(string q) { db.Users.FromSqlInterpolated($"select {q}"); return Ok(); } }',
    "python: annotated dependency": 'from fastapi import FastAPI, Depends\nfrom typing import Annotated\napp = FastAPI()\n@app.get("/")\nasync def f(db: Annotated[Session, Depends(get_db)]):\n    await db.execute("select " + db.name)',
    "python: request object is no parameter": '@app.route("/x")\ndef f(request, name):\n    os.system(request.user.shell)',
    "python: kwargs of something else": 'class A(Base):\n    def get(self):\n        os.system(self.kwargs["a"])',
    "python: helper of a view": "class V(View):\n    def helper(self, name):\n        os.system(name)",
    "javascript: events of a connection": 'wss.on("connection", socket => { eval(socket.id); });',
    "javascript: client named request": 'const request = require("../request");\nasync function f(url) { const r = await request.get(url); eval(r); }',
    "csharp: service": '[ApiController] public class A : ControllerBase { [HttpGet] public IActionResult F([FromServices] Db q) { db.Users.FromSqlRaw("select " + q.Name); return Ok(); } }',
    "java: context": '@Path("/") class A { @POST void f(@Context SecurityContext q) throws E { stmt.executeQuery("select " + q.name()); } }',
}


@pytest.mark.parametrize("name", HARMFUL)
def test_value_from_a_framework_is_followed(name: str) -> None:
    harm, code = HARMFUL[name]
    assert harm in classes(name.partition(":")[0], code)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_a_framework_makes_itself_is_no_source(name: str) -> None:
    assert classes(name.partition(":")[0], HARMLESS[name]) == set()
