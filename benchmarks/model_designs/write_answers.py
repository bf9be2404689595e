"""Designs 1 and 6, and speed: a JSON answer, a short reasoning before the verdict, against one reading of the same hunk.

    write_answers.py --model CONVERTED --shared ../shared --out FOLDER [--json 30] [--reason 20]

Each hunk is screened (one question read) and answered as JSON (at most 200 tokens, kept to a schema) in turn, so that the ratio
of the two does not depend on what else the machine does. Writes FOLDER/json.npz and FOLDER/reason.npz. 10 to 20 s per hunk.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import openvino_genai
from ask_changes import LIMIT, QUESTIONS, SYSTEM
from material import Row, changed, pairs_of, shown_change
from reader import AFTER, BEFORE, BETWEEN, THREADS, Reader

SCHEMA = {
    "type": "object",
    "properties": {
        "problems": {
            "type": "array",
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {"line": {"type": "string", "maxLength": 80}, "message": {"type": "string", "maxLength": 160}},
                "required": ["line", "message"],
                "additionalProperties": False,
            },
        },
        "introduces_bug": {"type": "boolean"},
        "confidence": {"type": "integer", "minimum": 0, "maximum": 100},
    },
    "required": ["problems", "introduces_bug", "confidence"],
    "additionalProperties": False,
}

JSON_QUESTION = (
    'Review this change. Answer with JSON: {"problems": [{"line": "the code", "message": "what goes wrong"}], '
    '"introduces_bug": true or false, "confidence": 0 to 100}.'
)

REASON_QUESTION = "In at most three short sentences: what does the change do, and which input could break it? No verdict yet."

MOST_JSON, MOST_REASON = 200, 80
"""Tokens written."""


class Writer:
    """Greedy generation with the runtime's own pipeline."""

    def __init__(self, folder: Path) -> None:
        self._pipeline = openvino_genai.LLMPipeline(str(folder), "CPU", INFERENCE_NUM_THREADS=THREADS)
        self._tokenizer = self._pipeline.get_tokenizer()

    def write(self, prompt: str, most: int, schema: dict[str, Any] | None = None) -> tuple[str, int]:
        """The text and how many tokens it has."""
        config = openvino_genai.GenerationConfig()
        config.max_new_tokens, config.apply_chat_template, config.do_sample = most, False, False
        config.set_eos_token_id(self._tokenizer.get_eos_token_id())
        config.stop_strings = {"<|im_end|>"}
        if schema:
            config.structured_output_config = openvino_genai.StructuredOutputConfig(json_schema=json.dumps(schema))
        text = str(self._pipeline.generate(prompt, config))
        return text, int(self._tokenizer.encode(text, add_special_tokens=False).input_ids.shape[1])


def prompt_of(row: Row, reader: Reader, question: str) -> str:
    """The chat up to where the model speaks; the change as in ask_changes."""
    shown = shown_change(row, reader.encode, LIMIT)
    lines = "".join(f"{sign} {text}\n" for sign, text in shown.lines)
    return f"{BEFORE}{SYSTEM}{BETWEEN}File: {PurePosixPath(row['path']).name}\n<diff>\n{lines}</diff>\n{question}{AFTER}"


def screen(reader: Reader, prompt: str, said: str = "") -> float:
    """Logit of yes minus that of no; `said` is what the model wrote before, followed by the question."""
    question, words = QUESTIONS["bug"]
    text = prompt + (f"{said}{BETWEEN}{question}{AFTER}" if said else "")
    tokens = reader.encode(text)
    reader.reset()
    logits = reader.read(tokens, 0, [reader.encode(word)[0] for word in words]).logits
    return float(logits[0] - logits[1])


def as_json(reader: Reader, writer: Writer, row: Row) -> dict[str, Any]:
    """Scores and seconds of both ways for one hunk."""
    begun = time.perf_counter()
    read = screen(reader, prompt_of(row, reader, QUESTIONS["bug"][0]))
    between = time.perf_counter()
    text, tokens = writer.write(prompt_of(row, reader, JSON_QUESTION), MOST_JSON, SCHEMA)
    taken = time.perf_counter() - between
    try:
        answer = json.loads(text)
        score = (1 if answer["introduces_bug"] else -1) * float(answer["confidence"])
    except (ValueError, KeyError, TypeError):
        answer, score = None, 0.0
    made = {"score": score, "yes_no": read, "tokens": tokens, "whole": answer is not None}
    return made | {"claims": bool(answer and answer["introduces_bug"]), "seconds": taken, "seconds_screen": between - begun}


def with_reasons(reader: Reader, writer: Writer, row: Row) -> dict[str, Any]:
    """The verdict after some sentences, and without them."""
    begun = time.perf_counter()
    prompt = prompt_of(row, reader, REASON_QUESTION)
    text, tokens = writer.write(prompt, MOST_REASON)
    score = screen(reader, prompt, text.strip() or "-")
    taken = time.perf_counter() - begun
    return {
        "score": score,
        "yes_no": screen(reader, prompt_of(row, reader, QUESTIONS["bug"][0])),
        "tokens": tokens,
        "seconds": taken,
    }


def rows_for(shared: Path, wanted: int, hard: bool) -> Iterator[tuple[str, Row]]:
    """Rows of bugsinpy and condefects in turn, pairs complete; `hard`: only changes of six or more lines."""
    chosen = []
    for name in ("bugsinpy", "condefects"):
        found = pairs_of(shared, name, 400)
        if hard:
            found = [pair for pair in found if sum(map(len, changed(pair[0]["before"], pair[0]["after"]))) >= 6]
        step = max(1, len(found) // max(1, wanted // 4))
        chosen.append([(name, pair) for pair in found[::step]][: max(1, wanted // 4)])
    for one, two in itertools.zip_longest(*chosen):
        for item in (one, two):
            if item:
                yield item[0], item[1][0]
                yield item[0], item[1][1]


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--json", type=int, default=30, help="rows")
    parser.add_argument("--reason", type=int, default=20, help="rows")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    reader, writer = Reader(args.model), Writer(args.model)
    for name, wanted, way in (("json", args.json, as_json), ("reason", args.reason, with_reasons)):
        made: list[dict[str, Any]] = []
        for source, row in rows_for(args.shared, wanted, name == "reason") if wanted else ():
            made.append(way(reader, writer, row) | {"ids": row["id"], "y": row["direction"] == "introduce", "set": source})
            np.savez(args.out / f"{name}.npz", **{key: np.array([one[key] for one in made]) for key in made[0]})
            print(name, {key: made[-1][key] for key in ("score", "tokens", "seconds")}, flush=True)


if __name__ == "__main__":
    main()
