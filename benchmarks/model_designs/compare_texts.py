"""Designs 3 and 5: old or new in both orders, likelihood of the changed function per token, surprise against mutated twins.

    compare_texts.py --model CONVERTED --shared ../shared --out FOLDER [--set bugsinpy --set condefects] [--pairs 45]

Writes FOLDER/texts_NAME.npz, per pair the scores in favor of "the buggy text is buggy". About 8 s per pair.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from material import Row, pairs_of
from reader import AFTER, BEFORE, BETWEEN, Reader

SYSTEM = "You compare two versions of a piece of code. Exactly one of them has a bug."

QUESTION = "Which version is correct? Answer 1 or 2."

PREFIX, BODY, TAIL = 260, 90, 40
"""Tokens before the changed lines, of the changed lines, and after them."""

_MUTATIONS: tuple[tuple[str, str], ...] = (
    (r"<=", "<"),
    (r">=", ">"),
    (r"(?<![<>=!-])<(?![<=])", "<="),
    (r"(?<![<>=!-])>(?![>=])", ">="),
    (r"==", "!="),
    (r"!=", "=="),
    (r"\band\b", "or"),
    (r"\bor\b", "and"),
    (r"\bnot ", ""),
    (r"\bis not None\b", "is None"),
    (r" \+ 1\b", ""),
    (r" - 1\b", ""),
    (r"\b0\b", "1"),
    (r"\b1\b", "0"),
    (r"\bTrue\b", "False"),
    (r"\bFalse\b", "True"),
    (r"\bmin\(", "max("),
    (r"\bmax\(", "min("),
    (r" \+ ", " - "),
    (r" - ", " + "),
)
"""As mutation testing does it: operators flipped, off by one, a check turned round."""

TWINS = 4
"""Mutated twins of a text at most."""


def region(old: str, new: str) -> tuple[list[str], list[str], list[str], list[str]]:
    """Lines before the first difference, what stands between first and last difference in each text, lines after it."""
    first, second = old.split("\n"), new.split("\n")
    shorter = min(len(first), len(second))
    start = next((at for at in range(shorter) if first[at] != second[at]), shorter)
    end = 0
    while end < shorter - start and first[-1 - end] == second[-1 - end]:
        end += 1
    return first[:start], first[start : len(first) - end], second[start : len(second) - end], first[len(first) - end :]


def twins(lines: list[str]) -> list[list[str]]:
    """Up to `TWINS` variants of some lines, each with one mutation."""
    text, made = "\n".join(lines), []
    for pattern, instead in _MUTATIONS:
        match = re.search(pattern, text)
        if match:
            made.append((text[: match.start()] + instead + text[match.end() :]).split("\n"))
    return made[:: max(1, -(-len(made) // TWINS))][:TWINS]


class Likelihood:
    """Log-probabilities of continuations of one prefix."""

    def __init__(self, reader: Reader, before: list[str]) -> None:
        self._reader = reader
        # The file from its start would be better still, and costs seconds.
        self._prefix = reader.encode("\n".join(before) + "\n")[-PREFIX:] or reader.encode("\n")
        reader.reset()
        self._last = reader.read(self._prefix, 0, places=[len(self._prefix) - 1]).logits
        self._state = reader.saved(len(self._prefix))

    def of(self, body: list[int], tail: list[int]) -> tuple[float, float, int]:
        """Sum over the body, sum over the tail after it, tokens of both."""
        tokens = body + tail
        self._reader.restore(self._state)
        logits = self._reader.read(tokens, len(self._prefix), places=range(len(tokens))).logits
        rows = np.concatenate([self._last, logits[:-1]]).astype(np.float32)
        top = rows.max(1)
        chosen = rows[np.arange(len(tokens)), tokens] - top - np.log(np.exp(rows - top[:, None]).sum(1))
        return float(chosen[: len(body)].sum()), float(chosen[len(body) :].sum()), len(tokens)


def likelihoods(reader: Reader, buggy: str, fixed: str) -> dict[str, float]:
    """Likelihood scores, each higher if the buggy text is the less likely one."""
    before, bad, good, after = region(buggy, fixed)
    model = Likelihood(reader, before)
    tail = reader.encode("\n".join(after[:6]))[:TAIL]

    def encoded(lines: list[str]) -> list[int]:
        return reader.encode("\n".join(lines) + "\n")[:BODY] if lines else []

    made = {}
    for name, lines in (("bad", bad), ("good", good)):
        body, rest, count = model.of(encoded(lines), tail)
        rivals = [model.of(encoded(twin), tail) for twin in twins(lines)]
        made[name] = {
            "total": body + rest,
            "mean": (body + rest) / count,
            "tail": rest / max(1, len(tail)),
            "twins": float(np.mean([one + two for one, two, _ in rivals]) - body - rest) if rivals else np.nan,
            "best": float(max(one + two for one, two, _ in rivals) - body - rest) if rivals else np.nan,
        }
    scores = {field: made["good"][field] - made["bad"][field] for field in ("total", "mean", "tail")}
    # A twin that is likelier than the text itself speaks against the text; it needs no other version.
    return scores | {f"{field}_{side}": made[side][field] for field in ("twins", "best") for side in ("bad", "good")}


def in_both_orders(reader: Reader, buggy: str, fixed: str) -> dict[str, float]:
    """Logit for the fixed text, with it as version 1, as version 2, and the mean, which has no preference for a place."""
    before, bad, good, after = region(buggy, fixed)
    shown = {}
    for name, lines in (("bad", bad), ("good", good)):
        shown[name] = "\n".join(before[-8:] + lines[:25] + after[:4])[:900]
    words = [reader.encode(word)[0] for word in ("1", "2")]
    found = []
    for one, two in (("good", "bad"), ("bad", "good")):
        text = f"Version 1:\n<code>\n{shown[one]}\n</code>\nVersion 2:\n<code>\n{shown[two]}\n</code>\n{QUESTION}"
        tokens = reader.encode(BEFORE + SYSTEM + BETWEEN) + reader.encode(text) + reader.encode(AFTER)
        reader.reset()
        logits = reader.read(tokens, 0, places=[len(tokens) - 1]).logits[-1]
        found.append(float(logits[words[0]] - logits[words[1]]) * (1 if one == "good" else -1))
    return {"first": found[0], "second": found[1], "both": sum(found) / 2}


def measure(reader: Reader, pair: tuple[Row, Row]) -> dict[str, Any]:
    """All scores of a pair and the seconds that the two designs took."""
    buggy, fixed = pair[0]["after"], pair[0]["before"]
    begun = time.perf_counter()
    made: dict[str, Any] = likelihoods(reader, buggy, fixed)
    between = time.perf_counter()
    made |= in_both_orders(reader, buggy, fixed)
    made["seconds_likelihood"], made["seconds_orders"] = between - begun, time.perf_counter() - between
    return made | {"ids": pair[0]["pair"], "size": len(buggy.split()) - len(fixed.split())}


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", help="default: bugsinpy and condefects")
    parser.add_argument("--pairs", type=int, default=45)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    reader = Reader(args.model, full=True)
    for name in args.set or ["bugsinpy", "condefects"]:
        rows: list[dict[str, Any]] = []
        for count, pair in enumerate(pairs_of(args.shared, name, args.pairs), 1):
            rows.append(measure(reader, pair))
            if count % 2 == 0 or count == args.pairs:
                np.savez(args.out / f"texts_{name}.npz", **{key: np.array([row[key] for row in rows]) for key in rows[0]})
                print(name, count, flush=True)


if __name__ == "__main__":
    main()
