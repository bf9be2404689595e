"""Inference with OpenVINO: converts the GGUF file once, then reads verdicts off the logits after one prefill.

Measured on two cores with AMX (1.5B, Q4_K_M): the converted form loads in 2.2 s, the first inference repacks weights for
2.5 to 4 s, later ones read 300 tokens a second; 2.5 GB of memory.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reviewer.backends._scoring import Tokens, answers, first_branches, score
from reviewer.backends._special import PlainText, candidates
from reviewer.backends.interface import ModelFiles, Settings
from reviewer.errors import BackendError

_MARKER = "made.json"
_MODEL = "openvino_model.xml"


def prepare(files: ModelFiles, settings: Settings) -> None:
    """Convert the weights to OpenVINO's own form, beside them, unless that was done. 14 to 25 s for the 1.5B.

    Raises:
        BackendError: the runtime is missing, or refuses the file.
    """
    if _is_converted(files):
        return
    partial = files.converted.with_name(files.converted.name + ".partial")
    with _runtime_errors("converting the model"):
        genai = importlib.import_module("openvino_genai")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        # The runtime writes beside the GGUF file that it reads.
        source = partial / "weights.gguf"
        source.symlink_to(files.weights)
        genai.LLMPipeline(str(source), settings.device, enable_save_ov_model=True)
        source.unlink()
        made = {path.name: path.stat().st_size for path in sorted(partial.iterdir())}
        if _MODEL not in made:
            raise BackendError("the runtime did not save the converted model; is the disk full?", where=str(partial))
        (partial / _MARKER).write_text(json.dumps({"weights": files.sha256, "files": made}), encoding="utf-8")
        shutil.rmtree(files.converted, ignore_errors=True)
        partial.replace(files.converted)


def open_backend(files: ModelFiles, settings: Settings) -> OpenVino:
    """Load the converted model.

    Raises:
        BackendError: the runtime is missing, or `prepare` was not run, or its files are not whole.
    """
    if not _is_converted(files):
        todo = f"Run 'hunkgate models pull {files.name}'; it does that once."
        raise BackendError(f"model {files.name} was not prepared for OpenVINO", where=str(files.converted), todo=todo)
    with _runtime_errors("loading the model"):
        return OpenVino(files, settings)


class OpenVino:
    """A compiled model with its key-value cache.

    The state after the system text and after the material is kept, so that the same again is not read twice. It is kept
    as 32-bit numbers and every reading starts from the kept copy, so an answer does not depend on what was asked before.
    """

    def __init__(self, files: ModelFiles, settings: Settings) -> None:
        self._numpy = importlib.import_module("numpy")
        self._openvino = importlib.import_module("openvino")
        genai = importlib.import_module("openvino_genai")
        self._chat = files.chat
        self._context = settings.context
        tokenizer = genai.Tokenizer(str(files.converted))
        self._tokenizer = tokenizer
        special = self._special(tokenizer)
        self._plain = PlainText(special, self._encode)
        self._end = special.get(files.chat.end)
        self._request = _compiled(self._openvino, self._numpy, files.converted / _MODEL, settings).create_infer_request()
        # The first inference repacks the weights; that belongs to loading.
        self._infer([0], 0, [0])
        self._system: tuple[str, int, list[Any]] = ("", 0, [])
        self._materials: dict[str, tuple[int, list[Any]]] = {}

    def count(self, texts: Sequence[str]) -> list[int]:
        with _runtime_errors("counting tokens"):
            return [len(self._plain.tokens(text)) for text in texts]

    def choose(self, system: str, material: str, question: str, options: Sequence[str]) -> list[float]:
        with _runtime_errors("reading the question"):
            offered = answers(options, self._plain.tokens, self._end)
            shared, branches = first_branches(offered)
            self._read_system(system)
            position, first = self._read_question(material, question, shared, branches)
            asked = self._saved(position) if any(len(answer) > len(shared) + 1 for answer in offered) else []

            def logits(prefix: Tokens, wanted: Sequence[int]) -> Sequence[float]:
                if prefix == shared:
                    return first
                self._restore(asked)
                return self._infer(prefix[len(shared) :], position, wanted)

            return score(offered, logits)

    def close(self) -> None:
        del self._request

    def _encode(self, text: str) -> list[int]:
        return [int(token) for token in self._tokenizer.encode(text, add_special_tokens=False).input_ids.data[0]]

    def _special(self, tokenizer: Any) -> dict[str, int]:
        """Special tokens by text: those of special form whose text the tokenizer turns into the token itself."""
        vocabulary = tokenizer.get_vocab()
        found = {}
        for text in candidates(vocabulary):
            tokens = self._encode(text)
            if len(tokens) == 1 and tokens[0] == vocabulary[text.encode()]:
                found[text] = tokens[0]
        return found

    def _read_system(self, system: str) -> None:
        """Bring the cache to the state after the system text."""
        if self._system[2] and self._system[0] == system:
            return
        tokens = self._encode(self._chat.before) + self._plain.tokens(system) + self._encode(self._chat.between)
        self._fit(len(tokens))
        self._request.reset_state()
        self._infer(tokens, 0, [0])
        self._system = (system, len(tokens), self._saved(len(tokens)))
        self._materials = {}

    def _read_question(
        self, material: str, question: str, shared: Tokens, branches: Sequence[int]
    ) -> tuple[int, Sequence[float]]:
        """Read on to the end of the question; returns the position there and the logits of the first branches."""
        asked = [*self._plain.tokens(question), *self._encode(self._chat.after), *shared]
        known = self._materials.get(material)
        start, state = known or self._system[1:]
        about = [] if known else self._plain.tokens(material)
        self._fit(start + len(about) + len(asked))
        self._restore(state)
        logits = self._infer([*about, *asked], start, branches)
        if not known:
            self._keep(material, start + len(about))
        return start + len(about) + len(asked), logits

    def _keep(self, material: str, position: int) -> None:
        """Keep the state after a material, and of the earlier ones only the last."""
        for old in list(self._materials)[:-1]:
            del self._materials[old]
        self._materials[material] = (position, self._saved(position))

    def _fit(self, length: int) -> None:
        if length > self._context:
            raise BackendError(f"the question has {length} tokens, more than the {self._context} of the context")

    def _infer(self, tokens: Sequence[int], start: int, rows: Sequence[int]) -> list[float]:
        """Read tokens from a position on; the logits of some vocabulary rows after the last one."""
        numpy, length = self._numpy, len(tokens)
        given = {
            "input_ids": numpy.array([tokens], numpy.int64),
            "attention_mask": numpy.ones((1, start + length), numpy.int64),
            "position_ids": numpy.arange(start, start + length, dtype=numpy.int64)[None],
            "beam_idx": numpy.zeros(1, numpy.int32),
            "rows": numpy.array(rows, numpy.int64),
        }
        result = self._request.infer(given)
        return [float(value) for value in next(iter(result.values()))[0, -1]]

    def _saved(self, length: int) -> list[Any]:
        """A copy of the cache's first `length` positions; each tensor is [batch, heads, positions, size of a head]."""
        return [self._numpy.ascontiguousarray(one.state.data[:, :, :length]) for one in self._request.query_state()]

    def _restore(self, state: Sequence[Any]) -> None:
        for one, kept in zip(self._request.query_state(), state, strict=True):
            one.state = self._openvino.Tensor(kept)


def _compiled(openvino: Any, numpy: Any, path: Path, settings: Settings) -> Any:
    """The model, changed so that it computes the last position's logits of the vocabulary rows asked for and no others.

    All logits of all positions cost more than half of the time, and the repacked output matrix 0.5 GB of memory.
    """
    core = openvino.Core()
    model = core.read_model(str(path))
    ops = importlib.import_module("openvino.opset13")
    product = _output_product(model)
    weights = product.input_value(1).get_node()
    while weights.get_type_name() == "Convert":
        weights = weights.input_value(0).get_node()
    rows = ops.parameter([-1], numpy.int64, name="rows")
    rows.output(0).set_names({"rows"})
    zero, last = ops.constant(numpy.int64(0)), ops.constant(numpy.array([-1], numpy.int64))
    hidden = ops.gather(product.input_value(0), last, ops.constant(numpy.int64(1)))
    chosen = ops.convert(ops.gather(weights, rows, zero), "f32")
    logits = ops.result(ops.matmul(hidden, chosen, False, True))
    reduced = openvino.Model([logits], model.get_sinks(), [*model.get_parameters(), rows])
    # 32-bit cache entries cost no time and make a restored state the same as a computed one.
    options: dict[str, Any] = {"KV_CACHE_PRECISION": "f32"}
    if settings.threads:
        options["INFERENCE_NUM_THREADS"] = settings.threads
    return core.compile_model(reduced, settings.device, options)


def _output_product(model: Any) -> Any:
    """The matrix product that makes the logits: hidden states times the transposed output matrix."""
    node = model.get_results()[0].input_value(0).get_node()
    while node.get_type_name() in ("Convert", "Reshape"):
        node = node.input_value(0).get_node()
    if node.get_type_name() != "MatMul" or not node.get_attributes().get("transpose_b"):
        raise BackendError(f"the converted model ends in {node.get_type_name()}, not in a product with the output matrix")
    return node


def _is_converted(files: ModelFiles) -> bool:
    """Whether the converted form is there, whole, and made of these very weights."""
    try:
        marker = json.loads((files.converted / _MARKER).read_text(encoding="utf-8"))
        sizes = {name: (files.converted / name).stat().st_size for name in marker["files"]}
        return bool(marker["weights"] == files.sha256 and sizes == marker["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextlib.contextmanager
def _runtime_errors(doing: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        todo = "Run 'hunkgate models pull' for the model, or name an interpreter that has it as model_python."
        raise BackendError(f"openvino-genai cannot be imported: {error}", where=sys.executable, todo=todo) from error
    except (RuntimeError, ValueError, TypeError, MemoryError, OSError) as error:
        reason = str(error).strip().rpartition("\n")[2] or type(error).__name__
        raise BackendError(f"{doing} failed: {reason}") from error
