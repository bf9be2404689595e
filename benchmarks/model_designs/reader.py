"""A converted OpenVINO model that tells its hidden states and logits, for the experiments only.

The gate's own backend reads nothing but the logits of a few answers; these trials also want to know what the layers hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import openvino_genai
from openvino import opset13 as ops

LAYERS = (12, 17, 21, 27)
"""Of 28. The middle ones are said to hold what a text means, the last what comes next."""

BEFORE, BETWEEN, AFTER = "<|im_start|>system\n", "<|im_end|>\n<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n"
"""The chat format of Qwen2.5."""

THREADS = 1
"""While other programs use the cores, two threads wait for each other. On an idle machine two are faster."""

State = list[Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one call of the model gave."""

    logits: Any
    """Of the rows asked for at the last position; with `full` of all rows, at each place asked for."""
    hidden: Any
    """[layer, place, width]; empty with `full`."""


class Reader:
    """A compiled model and its key-value cache.

    Args:
        folder: holds openvino_model.xml and the tokenizer.
        full: all logits of chosen places in place of hidden states.
    """

    def __init__(self, folder: Path, *, full: bool = False, threads: int = THREADS) -> None:
        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": threads, "KV_CACHE_PRECISION": "f32"}
        self._full = full
        model = _changed(core.read_model(str(folder / "openvino_model.xml")), full)
        self._request = core.compile_model(model, "CPU", settings).create_infer_request()
        self._tokenizer = openvino_genai.Tokenizer(str(folder))

    def encode(self, text: str) -> list[int]:
        """Tokens of a text; special tokens in it become themselves, which a gate must not allow."""
        return [int(one) for one in self._tokenizer.encode(text, add_special_tokens=False).input_ids.data[0]] if text else []

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of some tokens."""
        return str(self._tokenizer.decode(list(tokens)))

    def reset(self) -> None:
        """Forget what was read."""
        self._request.reset_state()

    def read(self, tokens: Sequence[int], start: int, rows: Sequence[int] = (0,), places: Sequence[int] = (0,)) -> Reading:
        """Read tokens from position `start` on; places count from the first of them."""
        length = len(tokens)
        given = {
            "input_ids": np.array([tokens], np.int64),
            "attention_mask": np.ones((1, start + length), np.int64),
            "position_ids": np.arange(start, start + length)[None],
            "beam_idx": np.zeros(1, np.int32),
            "places": np.array(places, np.int64),
        }
        if self._full:
            return Reading(self._request.infer(given)[0][0].copy(), np.empty(0))
        out = self._request.infer({**given, "rows": np.array(rows, np.int64)})
        return Reading(out[0][0, -1].copy(), np.stack([out[1 + one][0] for one in range(len(LAYERS))]))

    def saved(self, length: int) -> State:
        """A copy of the cache's first positions."""
        return [np.ascontiguousarray(one.state.data[:, :, :length]) for one in self._request.query_state()]

    def restore(self, state: State) -> None:
        """Go back to a saved state."""
        for one, kept in zip(self._request.query_state(), state, strict=True):
            one.state = openvino.Tensor(kept)


def _changed(model: Any, full: bool) -> Any:
    product = model.get_results()[0].input_value(0).get_node()
    while product.get_type_name() != "MatMul":
        product = product.input_value(0).get_node()
    states, axis = product.input_value(0), ops.constant(np.int64(1))
    places = _parameter("places")
    if full:
        logits = ops.matmul(ops.gather(states, places, axis), product.input_value(1), False, True)
        return openvino.Model([ops.result(logits)], model.get_sinks(), [*model.get_parameters(), places])
    weights = product.input_value(1).get_node()
    while weights.get_type_name() == "Convert":
        weights = weights.input_value(0).get_node()
    rows = _parameter("rows")
    last = ops.gather(states, ops.constant(np.array([-1], np.int64)), axis)
    chosen = ops.convert(ops.gather(weights, rows, ops.constant(np.int64(0))), "f32")
    named = {node.get_friendly_name(): node for node in model.get_ordered_ops()}
    layers = [named[f"model.layers.self_attn.add1.layer{layer}"].output(0) for layer in LAYERS]
    results = [ops.result(ops.matmul(last, chosen, False, True)), *(ops.result(ops.gather(one, places, axis)) for one in layers)]
    return openvino.Model(results, model.get_sinks(), [*model.get_parameters(), rows, places])


def _parameter(name: str) -> Any:
    made = ops.parameter([-1], np.int64, name=name)
    made.output(0).set_names({name})
    return made
