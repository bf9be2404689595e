"""Inference with llama.cpp, through the plain C functions of llama-cpp-python: reads the GGUF file as it is.

Weights are never repacked for the CPU at hand (`use_extra_bufts`): its AMX kernels were seen to die of SIGSEGV.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from reviewer.backends._local import LocalModel
from reviewer.backends._numbers import log_probabilities, ranked
from reviewer.backends._runtime import Tokens
from reviewer.backends.interface import ModelFiles, Settings
from reviewer.errors import BackendError

_SPECIAL = 0b11001
"""LLAMA_TOKEN_ATTR_UNKNOWN, _CONTROL and _USER_DEFINED of llama.h: what its tokenizer may match in a text."""


def prepare(files: ModelFiles, settings: Settings) -> None:
    """Nothing has to be converted."""


def open_backend(files: ModelFiles, settings: Settings) -> LocalModel:
    """Load the weights.

    Raises:
        BackendError: the runtime is missing, or refuses the file.
    """
    # Read when the library is loaded. Threads that wait actively starve each other as soon as anything else wants a core.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    with _runtime_errors("loading the model"):
        return LocalModel(LlamaCpp(importlib.import_module("llama_cpp"), files, settings), files)


class LlamaCpp:
    """The runtime; see `reviewer.backends._runtime.Runtime`. Sequence 0 is the cache, further ones are its branches."""

    # At 100 tokens a second, 64 of them are the time that a question may end late by.
    piece = 64
    pace = 0.01

    def __init__(self, lib: Any, files: ModelFiles, settings: Settings) -> None:
        self._lib = lib
        self._numpy = importlib.import_module("numpy")
        self.context = settings.context
        self._model = _model(lib, files)
        self._vocabulary = lib.llama_model_get_vocab(self._model)
        self._size = lib.llama_vocab_n_tokens(self._vocabulary)
        self._context = _context(lib, self._model, settings, self.piece)
        self._memory = lib.llama_get_memory(self._context)
        self._lengths: tuple[int, ...] = ()

    def encode(self, text: str) -> list[int]:
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        found = (self._lib.llama_token * room)()
        count = self._lib.llama_tokenize(self._vocabulary, data, len(data), found, room, False, True)
        if count < 0:
            raise BackendError("the tokenizer refused the text")
        return list(found[:count])

    def special(self) -> dict[str, int]:
        """Those that the tokenizer may match in any text."""
        lib, known = self._lib, self._vocabulary
        tokens = [token for token in range(self._size) if lib.llama_vocab_get_attr(known, token) & _SPECIAL]
        return {lib.llama_vocab_get_text(known, token).decode("utf-8", "replace"): token for token in tokens}

    def vocabulary(self) -> list[bytes]:
        return [self._entry(token) for token in range(self._size)]

    def read(self, rows: Sequence[Tokens], start: int, *, every: bool = False) -> None:
        lib = self._lib
        with _runtime_errors("reading the question"):
            lib.llama_memory_seq_rm(self._memory, -1, start, -1)
            for number in range(1, len(rows)):
                lib.llama_memory_seq_cp(self._memory, 0, number, 0, start)
            lib.llama_set_embeddings(self._context, every and len(rows) == 1)
            batch = _batch(lib, rows, start, every=every)
            try:
                code = lib.llama_decode(self._context, batch)
            finally:
                lib.llama_batch_free(batch)
            for number in range(1, len(rows)):
                lib.llama_memory_seq_rm(self._memory, number, -1, -1)
        if code != 0:
            raise BackendError(f"llama_decode answered {code}")
        self._lengths = tuple(map(len, rows)) if every else (1,)

    def logits(self, wanted: Sequence[int]) -> list[float]:
        values = self._logits(-1)
        return [float(values[token]) for token in wanted]

    def best(self, count: int) -> list[int]:
        return ranked(self._numpy, self._logits(-1), count)

    def log_probabilities(self, targets: Sequence[Tokens]) -> list[list[float]]:
        first = 0
        found = []
        for length, wanted in zip(self._lengths, targets, strict=True):
            logits = self._numpy.stack([self._logits(first + place) for place in range(length)])
            found.append(log_probabilities(self._numpy, logits, wanted))
            first += length
        return found

    def state_sum(self) -> list[float]:
        width = self._lib.llama_model_n_embd(self._model)
        states = [self._array(self._lib.llama_get_embeddings_ith, place, width) for place in range(self._lengths[0])]
        return [float(value) for value in self._numpy.stack(states).sum(axis=0)]

    def keep(self) -> Any:
        """The runtime's own form of sequence 0."""
        with _runtime_errors("keeping the state"):
            size = self._lib.llama_state_seq_get_size(self._context, 0)
            kept = (ctypes.c_uint8 * size)()
            if self._lib.llama_state_seq_get_data(self._context, kept, size, 0) != size:
                raise BackendError("llama.cpp did not give its state away")
            return kept

    def resume(self, kept: Any) -> None:
        with _runtime_errors("restoring the state"):
            self._lib.llama_memory_clear(self._memory, False)
            if self._lib.llama_state_seq_set_data(self._context, kept, len(kept), 0) == 0:
                raise BackendError("llama.cpp did not take its state back")

    def close(self) -> None:
        self._lib.llama_free(self._context)
        self._lib.llama_model_free(self._model)

    def _entry(self, token: int) -> bytes:
        room = 256
        text = ctypes.create_string_buffer(room)
        length = self._lib.llama_token_to_piece(self._vocabulary, token, text, room, 0, False)
        return text.raw[: max(0, length)]

    def _logits(self, place: int) -> Any:
        return self._array(self._lib.llama_get_logits_ith, place, self._size)

    def _array(self, getter: Any, place: int, length: int) -> Any:
        """A copy of one of the runtime's own arrays."""
        values = getter(self._context, place)
        if not values:
            raise BackendError("llama.cpp has no result for this position")
        return self._numpy.ctypeslib.as_array(values, shape=(length,)).copy()


def _batch(lib: Any, rows: Sequence[Tokens], start: int, *, every: bool) -> Any:
    """Rows as sequences 0, 1, ...; results are wanted of every token, or of the last one."""
    total = sum(map(len, rows))
    batch = lib.llama_batch_init(total, 0, 1)
    batch.n_tokens = total
    place = 0
    for sequence, row in enumerate(rows):
        for number, token in enumerate(row):
            batch.token[place], batch.pos[place] = token, start + number
            batch.n_seq_id[place], batch.seq_id[place][0] = 1, sequence
            place += 1
            batch.logits[place - 1] = every or place == total
    return batch


def _model(lib: Any, files: ModelFiles) -> Any:
    lib.llama_backend_init()
    lib.llama_log_set(_SILENT, ctypes.c_void_p(0))
    options = lib.llama_model_default_params()
    options.use_extra_bufts = False
    model = lib.llama_model_load_from_file(str(files.weights).encode(), options)
    if not model:
        raise BackendError(f"llama.cpp refuses the file of {files.name}", where=str(files.weights))
    return model


def _context(lib: Any, model: Any, settings: Settings, piece: int) -> Any:
    options = lib.llama_context_default_params()
    # Rows that are read beside each other share what stands before them, and end with the reading.
    options.n_ctx = settings.context + piece
    options.n_batch = options.n_ubatch = options.n_seq_max = piece
    options.kv_unified = True
    # The runtime's own default is 4, however many there are.
    options.n_threads = options.n_threads_batch = settings.threads or os.cpu_count() or 1
    context = lib.llama_init_from_model(model, options)
    if not context:
        raise BackendError("llama.cpp cannot make a context; there may be too little memory")
    return context


def _discard(level: int, text: bytes, data: object) -> None:
    """A log that is thrown away."""


_SILENT = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(_discard)
"""Kept for the life of the process, because llama.cpp keeps the pointer."""


@contextlib.contextmanager
def _runtime_errors(doing: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        todo = "Install llama-cpp-python, or name an interpreter that has it as model_python in the user's configuration."
        raise BackendError(f"llama-cpp-python cannot be imported: {error}", where=sys.executable, todo=todo) from error
    except (RuntimeError, ValueError, TypeError, MemoryError, OSError, AttributeError) as error:
        raise BackendError(f"{doing} failed: {error or type(error).__name__}") from error
