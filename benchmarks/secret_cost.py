"""What does the secrets reviewer cost on text that was written to be slow? Processor seconds per MB, for each kind of text.

    python benchmarks/secret_cost.py [--kind NAME] [--most 1.0] [--profile]

The texts are made up here, the same ones every time. Ends with 1 if a kind costs more than `--most` seconds per MB.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import string
import sys
import time
from collections.abc import Callable

from reviewer.review._secret_pack import shipped
from reviewer.review._secret_scan import Scanner

SIZE = 1_000_000
"""Bytes of one text."""

_BASE64 = (string.ascii_letters + string.digits + "+/").encode()


def main() -> None:
    """Scan every text twice; the faster one counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=sorted(TEXTS))
    parser.add_argument("--most", type=float, default=1.0)
    parser.add_argument("--profile", action="store_true")
    args = parser.parse_args()
    scanner, worst = Scanner(shipped()), 0.0
    for name in [args.kind] if args.kind else TEXTS:
        text = TEXTS[name]()[:SIZE]
        seconds, hits = min(_timed(scanner, text) for _ in range(2))
        print(f"{name:32} {seconds * SIZE / len(text):6.2f} s/MB {hits:7} secrets", flush=True)
        worst = max(worst, seconds * SIZE / len(text))
        if args.profile:
            profile = cProfile.Profile()
            profile.runcall(scanner.scan, text)
            pstats.Stats(profile).sort_stats("tottime").print_stats(15)
    sys.exit(1 if worst > args.most else 0)


def _timed(scanner: Scanner, text: bytes) -> tuple[float, int]:
    started = time.process_time()
    hits = len(scanner.scan(text).hits)
    return time.process_time() - started, hits


def _random(size: int, seed: int = 1) -> bytes:
    return bytes(random.Random(seed).choices(_BASE64, k=size))


def _over_and_over(piece: bytes) -> Callable[[], bytes]:
    return lambda: piece * (SIZE // len(piece) + 1)


def _keywords(between: bytes) -> Callable[[], bytes]:
    words = [keyword for entry in shipped().entries for keyword in entry.keywords]
    return lambda: between.join(random.Random(2).choices(words, k=SIZE // 4))


def _passwords(form: bytes) -> Callable[[], bytes]:
    blob = _random(SIZE)
    return lambda: b"".join(form % (place, blob[place : place + 12]) for place in range(0, SIZE - 12, 24))


def _keyed_blob() -> bytes:
    words = [keyword for entry in shipped().entries for keyword in entry.keywords]
    blob, dice = _random(SIZE), random.Random(3)
    return b'"\n'.join(dice.choice(words) + b'="' + blob[place : place + 40] for place in range(0, SIZE - 40, 40))


def _after_keywords(size: int) -> Callable[[], bytes]:
    words = [keyword for entry in shipped().entries for keyword in entry.keywords]
    blob, dice = _random(SIZE).lower(), random.Random(4)
    return lambda: b"\n".join(dice.choice(words) + blob[place : place + size] for place in range(0, SIZE - size, size))


TEXTS: dict[str, Callable[[], bytes]] = {
    "random, one line": lambda: _random(SIZE),
    "random, lines of 76": lambda: b"\n".join(_random(76, seed) for seed in range(SIZE // 77)),
    "hexadecimal, one line": lambda: _random(SIZE // 2).hex().encode(),
    "password=, one line": _over_and_over(b"password="),
    'password="a", one line': _over_and_over(b'password="a" '),
    "token, one line": _over_and_over(b"token"),
    "token-token, one line": _over_and_over(b"token-"),
    "secret_, one line": _over_and_over(b"secret_"),
    "secret., one line": _over_and_over(b"api_key.secret.pass."),
    'token = "abc", lines': _over_and_over(b'token = "abc"\n'),
    "password guesses, lines": _passwords(b'password%d = "%s"\n'),
    "password guesses, one line": _passwords(b'password%d = "%s" '),
    "passwords without quotes": _passwords(b"password%d=%s\n"),
    "passwords in a query": _passwords(b"password%d=%s&"),
    "weak guesses, lines": _over_and_over(b'password = "xxxxxxxxxxxx"\n'),
    "brackets as a value": lambda: b'password = "' + b"{a" * (SIZE // 2),
    "quotes within quotes": _over_and_over(b"password='\\\"a'\\\"`"),
    "passwords in addresses": _passwords(b"postgres://u%d:%s@db.acme.io/x\n"),
    "addresses, one line": _over_and_over(b"a://b:"),
    "headers of private keys": _over_and_over(b"-----BEGIN RSA PRIVATE KEY-----\n"),
    "headers, one line": _over_and_over(b"-----BEGIN PRIVATE KEY-----"),
    "private keys": lambda: (b"-----BEGIN PRIVATE KEY-----\n" + _random(64) + b"\n") * (SIZE // 93),
    "JSON web tokens": _over_and_over(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx."),
    "curl -u": _over_and_over(b"curl -u "),
    "login password": _over_and_over(b"login a password b\n"),
    "structures": _over_and_over(b'"token":{'),
    "structures with quotes": _over_and_over(b'token={"'),
    "elements": _over_and_over(b"<password>a</password>"),
    "attributes": _over_and_over(b'name="password" value="'),
    "arguments": _over_and_over(b'"password","'),
    "calls": _over_and_over(b"token=a("),
    "basic": _over_and_over(b"basic AAAAAAAA "),
    "bearer": _over_and_over(b"bearer token "),
    "keys": _over_and_over(b'"key":"'),
    "names of providers": _over_and_over(b"vault.atlassian jira = "),
    "all keywords, glued": _keywords(b""),
    "all keywords, spaced": _keywords(b" "),
    "all keywords, lines": _keywords(b"\n"),
    "all keywords, assigned": _keywords(b'="'),
    "all keywords with values": _keyed_blob,
    "all keywords with a tail": _after_keywords(30),
}

if __name__ == "__main__":
    main()
