"""Inference with OpenVINO: converts the GGUF file once, then reads verdicts off the logits after one prefill.

Measured on two cores with AMX (1.5B, Q4_K_M): the converted form loads in 2.2 s, the first inference repacks weights for
2.5 to 4 s, later ones read 300 tokens a second. For memory see docs/backends.md.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from reviewer.backends._local import LocalModel
from reviewer.backends._numbers import log_probabilities, ranked
from reviewer.backends._openvino_graph import Parts
from reviewer.backends._runtime import Tokens
from reviewer.backends._special import candidates
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


def open_backend(files: ModelFiles, settings: Settings) -> LocalModel:
    """Load the converted model.

    Raises:
        BackendError: the runtime is missing, or `prepare` was not run, or its files are not whole.
    """
    if not _is_converted(files):
        todo = f"Run 'hunkgate models pull {files.name}'; it does that once."
        raise BackendError(f"model {files.name} was not prepared for OpenVINO", where=str(files.converted), todo=todo)
    with _runtime_errors("loading the model"):
        return LocalModel(OpenVino(files, settings), files)


class OpenVino:
    """The runtime; see `reviewer.backends._runtime.Runtime`."""

    # Of 128 tokens each is read as fast as of 256 (measured with the 1.5B: see docs/backends.md).
    piece = 128
    pace = 0.004

    def __init__(self, files: ModelFiles, settings: Settings) -> None:
        self._numpy = importlib.import_module("numpy")
        self._openvino = importlib.import_module("openvino")
        self._tokenizer = importlib.import_module("openvino_genai").Tokenizer(str(files.converted))
        self.context = settings.context
        self._parts = Parts(files.converted / _MODEL, settings)
        self._length = 0
        self._hidden: Any = None
        # The first inference repacks the weights; that belongs to loading.
        self.read([(0,)], 0)
        self._parts.forget_files()

    def encode(self, text: str) -> list[int]:
        with _runtime_errors("reading the text"):
            return [int(token) for token in self._tokenizer.encode(text, add_special_tokens=False).input_ids.data[0]]

    def special(self) -> dict[str, int]:
        """Those of special form whose text the tokenizer turns into the token itself."""
        vocabulary = self._tokenizer.get_vocab()
        found = {}
        for text in candidates(vocabulary):
            tokens = self.encode(text)
            if len(tokens) == 1 and tokens[0] == vocabulary[text.encode()]:
                found[text] = tokens[0]
        return found

    def vocabulary(self) -> list[bytes]:
        known = self._tokenizer.get_vocab()
        special = {text.encode() for text in self.special()}
        entries = [b""] * (max(known.values()) + 1)
        for entry, token in known.items():
            entries[token] = b"" if entry in special else entry
        return entries

    def read(self, rows: Sequence[Tokens], start: int, *, every: bool = False) -> None:
        numpy, longest = self._numpy, max(map(len, rows))
        given = numpy.zeros((len(rows), longest), numpy.int64)
        for number, row in enumerate(rows):
            given[number, : len(row)] = row
        with _runtime_errors("reading the question"):
            self._cut(start)
            self._hidden = self._parts.body.infer(
                {
                    "input_ids": given,
                    "attention_mask": numpy.ones((len(rows), start + longest), numpy.int64),
                    "position_ids": numpy.tile(numpy.arange(start, start + longest, dtype=numpy.int64), (len(rows), 1)),
                    "beam_idx": numpy.zeros(len(rows), numpy.int32),
                }
            )[0]
        self._length = start + longest

    def logits(self, wanted: Sequence[int]) -> list[float]:
        with _runtime_errors("reading the answer"):
            return [float(value) for value in self._parts.logits(self._hidden[0, -1:], wanted)[0]]

    def best(self, count: int) -> list[int]:
        with _runtime_errors("reading the answer"):
            return ranked(self._numpy, self._parts.all_logits(self._hidden[0, -1:])[0], count)

    def log_probabilities(self, targets: Sequence[Tokens]) -> list[list[float]]:
        with _runtime_errors("reading the answer"):
            found = []
            for row, wanted in zip(self._hidden, targets, strict=True):
                logits = self._parts.all_logits(row[: len(wanted)])
                found.append(log_probabilities(self._numpy, logits, wanted))
            return found

    def state_sum(self) -> list[float]:
        return [float(value) for value in self._hidden[0].sum(axis=0)]

    def keep(self) -> tuple[int, list[Any]]:
        with _runtime_errors("keeping the state"):
            return self._length, self._states(self._length)

    def resume(self, kept: tuple[int, list[Any]]) -> None:
        with _runtime_errors("restoring the state"):
            self._length, states = kept
            self._restore(states)

    def close(self) -> None:
        del self._parts

    def _cut(self, length: int) -> None:
        """Shorten the cache."""
        if length == 0:
            self._parts.body.reset_state()
        elif length < self._length:
            self._restore(self._states(length))

    def _states(self, length: int) -> list[Any]:
        """Of the first row; each is [1, heads, positions, size of a head]."""
        states = self._parts.body.query_state()
        return [self._numpy.ascontiguousarray(one.state.data[:1, :, :length]) for one in states]

    def _restore(self, states: Sequence[Any]) -> None:
        for one, kept in zip(self._parts.body.query_state(), states, strict=True):
            one.state = self._openvino.Tensor(kept)


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
