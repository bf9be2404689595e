"""Designs 1, 2 and 4: yes/no and narrow questions after one reading of the change, and the hidden states for a probe.

    ask_changes.py --model CONVERTED --shared ../shared --out FOLDER [--set NAME ... | --hunks N | --exam]

Writes FOLDER/NAME.npz per set, FOLDER/history.npz for N hunks of data/hunks (needs pyarrow), FOLDER/exam.npz for the pairs with a
defect of the shipped exam (needs hunkgate). About 3 s per hunk.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from material import EVEN_ONLY, REVERSED, SETS, Shown, pairs_of, shown_change, shown_hunk
from reader import AFTER, BEFORE, BETWEEN, Reader

SYSTEM = "You review changes to source code. Lines that begin with - were removed, lines that begin with + were added."

QUESTIONS = {
    "bug": ("Does this change introduce a bug? Answer yes or no.", ("yes", "no")),
    "correct": ("Which version of the code is correct, before or after the change? Answer before or after.", ("before", "after")),
    "direction": ("Does this change fix a bug or introduce one? Answer fix or break.", ("break", "fix")),
    "check": ("Does this change remove or weaken a check that is needed? Answer yes or no.", ("yes", "no")),
    "edge": (
        "Does the code after the change fail for an empty, missing or unusual input that it handled before? Answer yes or no.",
        ("yes", "no"),
    ),
}
"""The score of each is the logit of its first answer minus that of the second."""

KEPT = ("bug", "correct", "direction")
"""Questions at whose end the hidden states are kept."""

LIMIT = 360
"""Tokens of the change."""


class Asker:
    """Asks all questions about one change after reading it once."""

    def __init__(self, reader: Reader, names: Sequence[str] = tuple(QUESTIONS)) -> None:
        self._reader = reader
        self.names = tuple(names)
        self._head = reader.encode(BEFORE + SYSTEM + BETWEEN)
        reader.reset()
        reader.read(self._head, 0)
        self._start = reader.saved(len(self._head))
        end = reader.encode(AFTER)
        self._questions = {
            name: (reader.encode(text) + end, [reader.encode(word)[0] for word in words])
            for name, (text, words) in QUESTIONS.items()
            if name in names
        }

    def ask(self, name: str, shown: Shown) -> dict[str, Any]:
        """Scores per question, hidden states at the ends, mean hidden states over new and removed lines, simple counts."""
        tokens = self._reader.encode(f"File: {name}\n<diff>\n")
        places: dict[str, list[int]] = {"+": [], "-": []}
        for (sign, _), part in zip(shown.lines, shown.tokens, strict=True):
            places.get(sign, []).extend(range(len(tokens), len(tokens) + len(part)))
            tokens += part
        tokens += self._reader.encode("</diff>\n")
        new, old = places["+"] or [0], places["-"] or [0]
        self._reader.restore(self._start)
        hidden = self._reader.read(tokens, len(self._head), places=new + old).hidden
        position = len(self._head) + len(tokens)
        state, scores, ends = self._reader.saved(position), [], []
        for question, (asked, words) in self._questions.items():
            self._reader.restore(state)
            reading = self._reader.read(asked, position, words, [len(asked) - 1])
            scores.append(float(reading.logits[0] - reading.logits[1]))
            if question in KEPT:
                ends.append(reading.hidden[:, 0])
        means = np.concatenate([hidden[:, : len(new)].mean(1), hidden[:, len(new) :].mean(1)], axis=1)
        feats = [sum(sign == "+" for sign, _ in shown.lines), sum(sign == "-" for sign, _ in shown.lines), len(tokens)]
        return {"scores": scores, "hid": np.stack(ends).astype(np.float16), "means": means.astype(np.float16), "feats": feats}


def cases(reader: Reader, shared: Path, name: str) -> Iterator[tuple[str, bool, int, str, Shown]]:
    """(id, whether it introduces a bug, number of the pair, file name, change) of a dev set."""
    for number, pair in enumerate(pairs_of(shared, name, SETS[name], even=name in EVEN_ONLY)):
        for row in pair:
            file = PurePosixPath(row["path"]).name
            yield row["id"], row["direction"] == "introduce", number, file, shown_change(row, reader.encode, LIMIT)


def history(reader: Reader, shared: Path, wanted: int) -> Iterator[tuple[str, bool, int, str, Shown]]:
    """Python hunks of real commits, half of them with a line that was fixed within 18 months, matched in added lines;
    after each hunk its reverse, under the same label.
    """
    parquet = importlib.import_module("pyarrow.parquet")  # only this set needs it

    names = ["repo", "sha", "path", "lang", "hunk", "added", "removed", "truncated", "status", "risk18"]
    table = parquet.read_table(shared / "data" / "hunks" / "risk_train.parquet", columns=names).to_pylist()
    rows = [row for row in table if row["lang"] == "python" and row["status"] == "M" and not row["truncated"]]
    rows = [row for row in rows if 1 <= row["added"] <= 20 and row["removed"]]
    risky = [row for row in rows if row["risk18"]]
    calm: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        if not row["risk18"]:
            calm.setdefault((row["repo"], row["added"]), []).append(row)
    order = np.random.default_rng(0).permutation(len(risky))
    number = 0
    for at in order:
        twins = calm.get((risky[at]["repo"], risky[at]["added"]), [])
        if not twins or number * 2 >= wanted:
            continue
        for row, label in ((risky[at], True), (twins.pop(), False)):
            key = f"{row['repo']}:{row['sha']}:{row['path']}"
            file = PurePosixPath(row["path"]).name
            yield key, label, number, file, shown_hunk(row["hunk"], reader.encode, LIMIT)
            yield f"{REVERSED}{key}", label, number, file, shown_hunk(reverse(row["hunk"]), reader.encode, LIMIT)
        number += 1


def exam(reader: Reader) -> Iterator[tuple[str, bool, int, str, Shown]]:
    """Both sides of every pair with a defect in the shipped exam, and after each side its reverse, under the same label."""
    loading: Any = importlib.import_module("reviewer.models.exam.loading")
    pairs = [pair for pair in loading.load().pairs if pair.first.defective != pair.second.defective]
    for number, pair in enumerate(pairs):
        for side in (pair.first, pair.second):
            row = {"before": side.before, "after": side.after}
            back = {"before": side.after, "after": side.before}
            file = PurePosixPath(side.path).name
            yield side.id, side.defective, number, file, shown_change(row, reader.encode, LIMIT)
            yield f"{REVERSED}{side.id}", side.defective, number, file, shown_change(back, reader.encode, LIMIT)


def reverse(hunk: str) -> str:
    """A hunk that undoes another; within each run of changed lines, those that go come first."""
    head, *lines = hunk.split("\n")
    made, added = [head], []
    for text in lines:
        if text.startswith("-"):
            added.append("+" + text[1:])
            continue
        if not text.startswith("+"):
            made, added = made + added, []
        made.append("-" + text[1:] if text.startswith("+") else text)
    return "\n".join(made + added)


def run(asker: Asker, items: Iterator[tuple[str, bool, int, str, Shown]], out: Path) -> None:
    """Ask about each item; saves after every 16, so that a cut loses little."""
    kept: dict[str, list[Any]] = {key: [] for key in ("ids", "y", "pair", "scores", "hid", "means", "feats", "seconds")}
    for count, (key, label, pair, name, shown) in enumerate(items, 1):
        begun = time.perf_counter()
        made = asker.ask(name, shown)
        made |= {"ids": key, "y": label, "pair": pair, "seconds": time.perf_counter() - begun}
        for field, values in kept.items():
            values.append(made[field])
        if count % 16 == 0:
            _save(out, asker.names, kept)
            print(out.stem, count, f"{np.mean(kept['seconds']):.2f} s each", flush=True)
    _save(out, asker.names, kept)


def _save(out: Path, names: Sequence[str], kept: dict[str, list[Any]]) -> None:
    np.savez(out, qs=np.array(names), **{field: np.array(values) for field, values in kept.items()})


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", action="append", choices=list(SETS), help="default: all")
    parser.add_argument("--hunks", type=int, default=0, help="of real history, instead of sets")
    parser.add_argument("--exam", action="store_true", help="the shipped exam, instead of sets")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    reader = Reader(args.model)
    asker = Asker(reader, KEPT if args.hunks else tuple(QUESTIONS))
    for name in args.set or ([] if args.hunks or args.exam else list(SETS)):
        run(asker, cases(reader, args.shared, name), args.out / f"{name}.npz")
    if args.hunks:
        run(asker, history(reader, args.shared, args.hunks), args.out / "history.npz")
    if args.exam:
        run(asker, exam(reader), args.out / "exam.npz")


if __name__ == "__main__":
    main()
