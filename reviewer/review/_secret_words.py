"""Tells words that people write from characters that a machine drew."""

from __future__ import annotations

import math
import re

_COMMON = """
a abc abcd access account add addr address admin administrator after again alice all allow alpha an and another answer any
anything api apikey app application are arg args as asdf auth authentication author authorization available aws azure back
backup bad bar base basic baz be bearer before beta bla blah bob body bogus box bucket by cached cafe cat cert certificate
change changed changeit changeme char check class clear client close cloud code com common company conf config configured
confirm confirmation connect connection const consumer content cookie correct create cred credential credentials crypt csrf
current custom customer d data database date db deadbeef debug decrypt default delete demo deploy dev develop developer
development device different digest disabled display do doc docker docs doe does dog domain done dummy edit email empty enabled
encoded encrypt encrypted end enter env environment error evil example examples exist exists expected expired external fail
failed fake false field file fill first fixme foo foobar for forgot format found from fubar func function get gets git github
gitlab global go good google got group guest has hash have header hello here hidden holder hook host html http https i id if
ignore ignored in info init initial input insecure insert int integration internal into invalid is issuer it item jane jdoe
jenkins john json junk just jwt key keys kube label last least legacy len length level link list local localhost login long main
manager mask masked master max me message method min missing mock model my myapp mysql name nested new next no nobody node
nodejs nom nonce none nope normal not nothing now null number oauth object of off old on one only open operator option or oracle
org origin original other otp out own owner page param parameter parent pass passcode passphrase passwd password passwords path
payload payment permission persona pgsql phrase pin plain please pod policy port postgres postgresql prefix private problem prod
product production profile project property protected provide provided provider proxy public put pw pwd query quux qux qwerty
qwertyuiop rabbitmq random read readonly real realm redacted redis ref refresh regex region register registry remote remove
repeat replace repo request required reset resource response rest result return right role root route rsa run safe salt sample
save scope script sdk search second secret secrets secure security see seed send sensitive sentinel server service session set
settings setup sha short should show sign signature signed signin signing signup simple site slack smtp some someone something
sql ssh ssl stage staging start state static status stored str string strong stuff sub submit suffix super supersecret support
sure svc system table tag target team temp template temporary tenant test tester testing tests testuser text that the
then there these thing this three time title tls tmp to todo token tokens too true try twitter two type u undefined unit unknown
unused update upload uri url usage use used user userid username users val valid value values var variable vault verification
verify version very view visible want was weak web webhook what whatever when will with wont work world write wrong www x xx xxx
xy xyz yes you your yourself z zzz
"""

WORDS = frozenset(_COMMON.split())
"""Words of names, of placeholders and of tests: a value made of nothing else is no secret."""

_LETTERS = "^abcdefghijklmnopqrstuvwxyz"

_COSTS = """
945444455477545547434565788 584449759596343959343667769 336564888457367469546498958 438663793594467279563589979
247752779399587479556589979 258436569799554767334867579 348664379299476379455498969 259772865499575589447588988
228762889398677399565599979 656455559998442459543959695 238663997595798369957397878 257762758489485679736795969
338752789399487379855589949 435862899497658439856599969 348443538596686479843669979 465448669696442549355465799
338763786497488449354598959 379767787799595897559176899 338552769497656469544678969 258573875497677559843498969
348672794399677469445688858 754564569599442649343899899 427681799399867479777988989 338653684398674379446876799
256453596499668639662879559 176565689599555639744876897 348861799399767479766999965
"""
"""Minus log2 of how often a letter (row) is followed by another (column) in English words, capped at 9; "^" is a word's edge.

Counted over the words in the sources of Python's standard library, each weighted by the logarithm of its frequency.
"""

_COST = {
    (letter, other): int(cost)
    for letter, row in zip(_LETTERS, _COSTS.split(), strict=True)
    for other, cost in zip(_LETTERS, row, strict=True)
}

_LIMITS = {4: (5.3, 4.9), 5: (5.1, 4.6), 6: (4.75, 4.4), 7: (4.55, 4.35)}
_LONG_LIMITS = (4.4, 4.2)
"""Mean cost in bits per letter above which a run of letters is no word: strict and lenient, by length.

Measured on words held back, for the strict ones: 3 to 5 % of words are above it, and of random letters 35 % at length 4,
70 % at 5, 88 % at 6 and 97 % from 8 on.
"""

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def entropy(text: str) -> float:
    """Shannon entropy in bits per character; 0 for an empty text."""
    size = len(text)
    shares = [text.count(char) / size for char in dict.fromkeys(text)]
    return -sum([share * math.log2(share) for share in shares])


def looks_drawn(letters: str, *, strict: bool = True) -> bool:
    """Whether a run of ASCII letters is more like random letters than like a word. False for less than four: nobody can tell.

    Args:
        strict: at most 3 to 5 % of words may be taken for random ones; else 10 %.
    """
    word = letters.lower()
    if len(word) < 4 or not word.isascii() or word in WORDS:
        return False
    cost = sum([_COST[pair] for pair in zip("^" + word, word + "^", strict=True)]) / (len(word) + 1)
    strict_limit, limit = _LIMITS.get(len(word), _LONG_LIMITS)
    return cost > (strict_limit if strict else limit)


def parts(text: str) -> list[str]:
    """The words and numbers of an identifier: "myDB_key42" is my, DB, key, 42."""
    return _PARTS.findall(text)


def only_words(text: str) -> bool:
    """Whether a text consists of known words, glued or not, with at most four digits between or behind them."""
    pieces = parts(text)
    letters = [piece.lower() for piece in pieces if not piece.isdigit()]
    digits = sum([len(piece) for piece in pieces]) - sum([len(piece) for piece in letters])
    return bool(letters) and digits <= 4 and all(_splits(piece) for piece in letters)


def _splits(text: str) -> bool:
    """Whether known words, one after the other, make up the text."""
    if text in WORDS:
        return True
    ends = {0}
    for end in range(1, min(len(text), 64) + 1):
        if any(text[start:end] in WORDS for start in ends if 2 <= end - start <= 14):
            ends.add(end)
    return len(text) in ends
