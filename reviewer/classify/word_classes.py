"""Words of programs and of comments, by what they hint at, over all languages at once. Data; `hunk_numbers` counts them."""

from __future__ import annotations


def _table(classes: dict[str, str]) -> dict[str, int]:
    return {word: number for number, words in enumerate(classes.values()) for word in words.split()}


_CODE = {
    "function": "def func fn function sub fun lambda proc defp defmethod",
    "type": (
        "class struct interface enum trait type impl union record module namespace object protocol extends implements typedef"
    ),
    "import": "import from use using require include package requires require_relative require_once mod",
    "branch": "if elif elsif elseif unless switch case match when guard",
    "else": "else otherwise default",
    "loop": "for foreach while until loop forEach map filter each reduce",
    "leave": "return break continue yield goto",
    "fail": "raise throw throws panic abort exit die error Error Exception err Err fatal Errorf reject",
    "catch": "try except catch rescue finally ensure recover defer Result unwrap expect with_context",
    "nothing": "None null nil undefined nullptr NULL Option Some Optional optional isNull isset empty is_none is_some nonNull",
    "truth": "true false True False bool boolean Boolean",
    "logic": "and or not in is && || ! instanceof typeof",
    "compare": "== != === !== <= >= < >",
    "assign": "= := += -= |=",
    "annotation": "@ #[ override Override deprecated Deprecated",
    "visible": (
        "public private protected internal static final const export readonly pub let var mut abstract virtual constexpr"
    ),
    "async": "async await Promise Future spawn go tokio Task thread Thread goroutine",
    "lock": "lock Lock mutex Mutex atomic synchronized volatile Arc semaphore unlock acquire release",
    "log": "log logger logging print println printf console warn info debug Log warning fprintf echo puts trace",
    "check": "assert assertEqual expect test describe it should ASSERT require_that",
    "memory": "malloc free new delete alloc dealloc memcpy memset sizeof len size length capacity realloc clone copy",
    "self": "self this super cls Self",
    "text": "string String str trim strip replace split join format regex encode decode lower upper toLowerCase toString",
    "option": "config Config option options Options settings flag param params args kwargs opts arg Settings configuration env",
    "cast": "as any cast int float double long unsigned uint32_t size_t number u32 usize i32 unknown interface{}",
    "index": "[ ] slice substring offset index",
    "call": "(",
    "member": ". -> :: ?.",
    "block": "{ }",
    "time": "time timeout sleep delay now date Duration timer deadline retry",
    "store": "file path open read write close dir os fs exists mkdir unlink query select insert update",
    "web": "request response http url client server header headers body route handler status fetch api",
}
CODE_CLASSES = tuple(_CODE)
CODE = _table(_CODE)
"""Token to the number of its class in `CODE_CLASSES`."""

_COMMENT = {
    "mend": (
        "fix fixes fixed bug bugs issue issues workaround hack "
        "broken wrong incorrect incorrectly regression crash crashes leak race"
    ),
    "guard": (
        "avoid prevent prevents ensure ensures handle handles edge case "
        "cases otherwise unless invalid missing must fail fails failure"
    ),
    "correct": "correct correctly properly actually really still instead because since however even though",
    "later": "todo fixme xxx hack temporary deprecated legacy old remove removed compat compatibility backward backwards",
    "new": (
        "add adds added new support supports allow allows enable enables introduce implement feature optional option default"
    ),
    "describe": "param params returns return type args arguments example example: throws see note",
    "tidy": "refactor rename renamed move moved extract cleanup clean simplify helper internal shared common",
    "quick": "performance faster fast slow cache cached optimize memory",
}
COMMENT_CLASSES = tuple(_COMMENT)
COMMENT = _table(_COMMENT)

_PATH = {
    "core": "core kernel engine runtime base main index mod lib",
    "util": "util utils helper helpers common shared support misc tools",
    "interface": "api rest http routes router controller controllers handler handlers server graphql rpc grpc",
    "command": "cmd cli commands bin command console",
    "screen": "ui components component views view pages templates web frontend theme themes style styles widget widgets",
    "data": "db database models model schema schemas migrations migration store storage repository entity dao query sql",
    "settings": "config configs settings conf options",
    "plugin": "plugins plugin extensions extension contrib addons integrations adapters drivers driver providers provider",
    "example": "example examples demo demos sample samples playground benchmarks benchmark bench docs website tutorial",
    "script": "scripts script tools build ci hack dev tasks",
    "types": "types type typings interfaces constants enums errors error exceptions",
    "parser": "parser parse lexer compiler ast syntax codegen format formatter lint linter rules rule",
    "security": "auth security crypto login session oauth permission permissions token",
}
PATH_CLASSES = tuple(_PATH)
PATH = _table(_PATH)
