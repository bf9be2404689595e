"""Triage: is what the rules report true? Yes/no, its opposite, and a narrow question with the steps of the flow.

    ask_alarms.py --model CONVERTED --shared ../shared --out FOLDER [--most 70]

Writes FOLDER/alarms_NAME.npz. About 3 s per alarm.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from alarms import KINDS, Alarm, alarms_of
from reader import AFTER, BEFORE, BETWEEN, Reader

SYSTEM = "You check reports of a static analyzer. Each line of the code begins with its number. Many reports are false alarms."

LIMIT = 320
"""Tokens of code: the lines around the alarm, as many as fit, the lines before it first."""

WORDS = ("yes", "no")


def questions(alarm: Alarm) -> dict[str, tuple[str, float]]:
    """Questions to be answered yes or no; the sign says which of the two means that the alarm is true."""
    report = f"Report for line {alarm.line}: {alarm.message}\n"
    flow = "".join(f"line {line}: {note}\n" for line, note in alarm.steps)
    way = f"The value goes this way:\n{flow}" if flow else ""
    narrow = (
        "Look at each assignment and condition on the way. Can a value that an attacker chooses still be in that place, "
        f"unescaped, when line {alarm.line} runs?"
        if alarm.rule.startswith("taint") or flow
        else f"Does line {alarm.line}, as it is used here, really have this problem?"
    )
    return {
        "real": (f"{report}Is this report correct? Answer yes or no.", 1.0),
        "false": (f"{report}Is this report a false alarm? Answer yes or no.", -1.0),
        "narrow": (f"{report}{way}{narrow} Answer yes or no.", 1.0),
    }


def window(alarm: Alarm, reader: Reader) -> list[int]:
    """Numbered lines around the alarm as tokens."""
    lines = alarm.row["after"].split("\n")
    parts = [reader.encode(f"{number} {text[:300]}\n") for number, text in enumerate(lines, 1)]
    first = last = min(max(alarm.line, 1), len(lines))
    left = LIMIT - len(parts[first - 1])
    # Two lines upwards for each line downwards: what a value is comes before its use.
    for turn in range(3 * len(lines)):
        at = last + 1 if turn % 3 == 2 else first - 1
        if not 1 <= at <= len(lines) or len(parts[at - 1]) > left:
            continue
        left -= len(parts[at - 1])
        first, last = min(first, at), max(last, at)
    return [token for part in parts[first - 1 : last] for token in part]


def ask(reader: Reader, head: list[int], start: list[Any], alarm: Alarm) -> dict[str, Any]:
    """Scores and hidden states at the end of each question."""
    begun = time.perf_counter()
    code = [*reader.encode("<code>\n"), *window(alarm, reader), *reader.encode("</code>\n")]
    end, words = reader.encode(AFTER), [reader.encode(word)[0] for word in WORDS]
    reader.restore(start)
    reader.read(code, len(head))
    position = len(head) + len(code)
    state, scores, ends = reader.saved(position), [], []
    for text, sign in questions(alarm).values():
        tokens = reader.encode(text) + end
        reader.restore(state)
        reading = reader.read(tokens, position, words, [len(tokens) - 1])
        scores.append(sign * float(reading.logits[0] - reading.logits[1]))
        ends.append(reading.hidden[:, 0])
    taken = time.perf_counter() - begun
    return {"scores": scores, "hid": np.stack(ends).astype(np.float16), "seconds": taken}


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--most", type=int, default=70, help="true alarms per set")
    parser.add_argument("--set", action="append", choices=list(KINDS), help="default: both")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    reader = Reader(args.model)
    head = reader.encode(BEFORE + SYSTEM + BETWEEN)
    reader.reset()
    reader.read(head, 0)
    start = reader.saved(len(head))
    for name in args.set or KINDS:
        kept: dict[str, list[Any]] = {key: [] for key in ("ids", "y", "rule", "confidence", "flow", "scores", "hid", "seconds")}
        found = alarms_of(args.shared, name, args.most)
        for count, alarm in enumerate(found, 1):
            made = ask(reader, head, start, alarm) | {"ids": alarm.row["id"], "y": alarm.true, "rule": alarm.rule}
            made |= {"confidence": alarm.confidence, "flow": bool(alarm.steps)}
            for field, values in kept.items():
                values.append(made[field])
            if count % 8 == 0 or count == len(found):
                np.savez(args.out / f"alarms_{name}.npz", **{field: np.array(values) for field, values in kept.items()})
                print(name, count, len(found), f"{np.mean(kept['seconds']):.2f} s each", flush=True)


if __name__ == "__main__":
    main()
