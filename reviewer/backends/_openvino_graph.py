"""Takes a converted model apart: what makes the hidden states, and what makes logits of them.

All logits of all positions cost more than half of the time, and the output matrix repacked for it 0.5 GB of memory. So logits
are made of the positions and tokens that are asked for, and the whole matrix is only set up when something is scored or written.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reviewer.backends._pages import forget_pages
from reviewer.backends.interface import Settings
from reviewer.errors import BackendError

_EXACT = {"INFERENCE_PRECISION_HINT": "f32"}
"""With the runtime's own choice, 16 bits on some CPUs, logits are multiples of an eighth. This takes no more memory."""


class Parts:
    """The compiled parts of a model.

    Args:
        path: the converted model's description.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self._openvino = importlib.import_module("openvino")
        self._numpy = importlib.import_module("numpy")
        self._ops = importlib.import_module("openvino.opset13")
        self._core = self._openvino.Core()
        self._settings = settings
        model = self._core.read_model(str(path))
        product = _output_product(model)
        self._matrix = product.input_value(1).get_node()
        while self._matrix.get_type_name() == "Convert":
            self._matrix = self._matrix.input_value(0).get_node()
        result = self._ops.result(self._ops.convert(product.input_value(0), "f32"))
        body = self._openvino.Model([result], model.get_sinks(), model.get_parameters())
        # 32-bit cache entries cost no time and make a restored state the same as a computed one.
        self.body = self._compiled(body, {"KV_CACHE_PRECISION": "f32"})
        self._chosen = self._compiled(self._of_tokens(), _EXACT)
        self._all: Any = None
        self._weights = path.with_suffix(".bin")

    def logits(self, hidden: Any, wanted: Sequence[int]) -> Any:
        """Logits of some tokens; `hidden` is [positions, size], the result [positions, tokens]."""
        return self._chosen.infer({"hidden": hidden, "rows": self._numpy.array(wanted, self._numpy.int64)})[0]

    def all_logits(self, hidden: Any) -> Any:
        """Logits of the whole vocabulary; `hidden` is [positions, size], the result [positions, tokens]."""
        if self._all is None:
            self._all = self._compiled(self._of_all(), _EXACT)
            self._all.infer({"hidden": hidden})
            self.forget_files()
        return self._all.infer({"hidden": hidden})[0]

    def forget_files(self) -> None:
        """Give back the memory of the weight file's pages, after the first inference has made its own form of them."""
        forget_pages(self._weights)

    def _of_tokens(self) -> Any:
        ops, hidden = self._ops, self._hidden()
        rows = ops.parameter([-1], self._numpy.int64, name="rows")
        rows.output(0).set_names({"rows"})
        chosen = ops.convert(ops.gather(self._matrix, rows, ops.constant(self._numpy.int64(0))), "f32")
        return self._openvino.Model([ops.result(ops.matmul(hidden, chosen, False, True))], [hidden, rows])

    def _of_all(self) -> Any:
        ops, hidden = self._ops, self._hidden()
        return self._openvino.Model([ops.result(ops.matmul(hidden, ops.convert(self._matrix, "f32"), False, True))], [hidden])

    def _hidden(self) -> Any:
        hidden = self._ops.parameter([-1, self._matrix.get_output_partial_shape(0)[1]], self._numpy.float32, name="hidden")
        hidden.output(0).set_names({"hidden"})
        return hidden

    def _compiled(self, model: Any, options: Mapping[str, Any]) -> Any:
        threads = {"INFERENCE_NUM_THREADS": self._settings.threads} if self._settings.threads else {}
        return self._core.compile_model(model, self._settings.device, {**options, **threads}).create_infer_request()


def _output_product(model: Any) -> Any:
    """The matrix product that makes the logits: hidden states times the transposed output matrix."""
    node = model.get_results()[0].input_value(0).get_node()
    while node.get_type_name() in ("Convert", "Reshape"):
        node = node.input_value(0).get_node()
    if node.get_type_name() != "MatMul" or not node.get_attributes().get("transpose_b"):
        raise BackendError(f"the converted model ends in {node.get_type_name()}, not in a product with the output matrix")
    return node
