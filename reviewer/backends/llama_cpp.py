"""Inference with llama.cpp, through the plain C functions of llama-cpp-python: reads the GGUF file as it is.

Weights are never repacked for the CPU at hand (`use_extra_bufts`): its AMX kernels were seen to die of SIGSEGV.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from reviewer.backends._scoring import Tokens, answers, first_branches, score
from reviewer.backends._special import PlainText
from reviewer.backends.interface import ModelFiles, Settings
from reviewer.errors import BackendError

_BATCH = 512
"""Tokens read at once; llama.cpp's own default is 2048, which takes more memory and no less time on a CPU."""


_SPECIAL = 0b11000
"""LLAMA_TOKEN_ATTR_CONTROL and LLAMA_TOKEN_ATTR_USER_DEFINED of llama.h."""


def prepare(files: ModelFiles, settings: Settings) -> None:
    """Nothing has to be converted."""


def open_backend(files: ModelFiles, settings: Settings) -> LlamaCpp:
    """Load the weights.

    Raises:
        BackendError: the runtime is missing, or refuses the file.
    """
    with _runtime_errors("loading the model"):
        return LlamaCpp(importlib.import_module("llama_cpp"), files, settings)


class LlamaCpp:
    """A loaded model with its key-value cache, which always holds the system text, the last material and its question."""

    def __init__(self, lib: Any, files: ModelFiles, settings: Settings) -> None:
        self._lib = lib
        self._chat = files.chat
        self._context_size = settings.context
        self._model = _model(lib, files)
        self._vocabulary = lib.llama_model_get_vocab(self._model)
        self._context = _context(lib, self._model, settings)
        self._plain = PlainText(_special(lib, self._vocabulary), self._tokens)
        ends = self._tokens(files.chat.end, special=True)
        self._end = ends[0] if len(ends) == 1 else None
        self._system = ("", 0)
        self._material = ("", 0)

    def count(self, texts: Sequence[str]) -> list[int]:
        with _runtime_errors("counting tokens"):
            return [len(self._plain.tokens(text)) for text in texts]

    def choose(self, system: str, material: str, question: str, options: Sequence[str]) -> list[float]:
        with _runtime_errors("reading the question"):
            offered = answers(options, self._plain.tokens, self._end)
            shared, branches = first_branches(offered)
            self._read_system(system)
            position = self._read_question(material, question, shared)
            first = self._logits(branches)

            def logits(prefix: Tokens, wanted: Sequence[int]) -> Sequence[float]:
                if prefix == shared:
                    return first
                self._read(prefix[len(shared) :], position)
                return self._logits(wanted)

            return score(offered, logits)

    def close(self) -> None:
        self._lib.llama_free(self._context)
        self._lib.llama_model_free(self._model)

    def _tokens(self, text: str, *, special: bool = False) -> list[int]:
        """Token ids; `special` says whether control tokens in the text count as such (user-defined ones always do)."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        found = (self._lib.llama_token * room)()
        count = self._lib.llama_tokenize(self._vocabulary, data, len(data), found, room, False, special)
        if count < 0:
            raise BackendError("the tokenizer refused the text")
        return list(found[:count])

    def _read_system(self, system: str) -> None:
        if self._system[1] and self._system[0] == system:
            return
        frame = self._chat
        tokens = [
            *self._tokens(frame.before, special=True), *self._plain.tokens(system), *self._tokens(frame.between, special=True),
        ]  # fmt: skip
        self._read(tokens, 0)
        self._system = (system, len(tokens))
        self._material = ("", 0)

    def _read_question(self, material: str, question: str, shared: Tokens) -> int:
        """Read on to the end of the question and of what all answers begin with; returns the position there."""
        known = self._material[1] > 0 and self._material[0] == material
        start = self._material[1] if known else self._system[1]
        about = [] if known else self._plain.tokens(material)
        asked = [*self._plain.tokens(question), *self._tokens(self._chat.after, special=True), *shared]
        self._read([*about, *asked], start)
        if not known:
            self._material = (material, start + len(about))
        return start + len(about) + len(asked)

    def _read(self, tokens: Sequence[int], start: int) -> None:
        """Forget everything from a position on, and read tokens there."""
        lib, length = self._lib, len(tokens)
        if start + length > self._context_size:
            raise BackendError(f"the question has {start + length} tokens, more than the {self._context_size} of the context")
        lib.llama_memory_seq_rm(lib.llama_get_memory(self._context), 0, start, -1)
        for first in range(0, length, _BATCH):
            piece = tokens[first : first + _BATCH]
            array = (lib.llama_token * len(piece))(*piece)
            code = lib.llama_decode(self._context, lib.llama_batch_get_one(array, len(piece)))
            if code != 0:
                raise BackendError(f"llama_decode answered {code}")

    def _logits(self, wanted: Sequence[int]) -> list[float]:
        values = self._lib.llama_get_logits_ith(self._context, -1)
        return [float(values[token]) for token in wanted]


def _special(lib: Any, vocabulary: Any) -> list[str]:
    """Texts of the tokens that the tokenizer may match in any text."""
    tokens = [
        token for token in range(lib.llama_vocab_n_tokens(vocabulary)) if lib.llama_vocab_get_attr(vocabulary, token) & _SPECIAL
    ]
    return [lib.llama_vocab_get_text(vocabulary, token).decode("utf-8", "replace") for token in tokens]


def _model(lib: Any, files: ModelFiles) -> Any:
    lib.llama_backend_init()
    lib.llama_log_set(_SILENT, ctypes.c_void_p(0))
    options = lib.llama_model_default_params()
    options.use_extra_bufts = False
    model = lib.llama_model_load_from_file(str(files.weights).encode(), options)
    if not model:
        raise BackendError(f"llama.cpp refuses the file of {files.name}", where=str(files.weights))
    return model


def _context(lib: Any, model: Any, settings: Settings) -> Any:
    options = lib.llama_context_default_params()
    options.n_ctx = settings.context
    options.n_batch = _BATCH
    if settings.threads:
        options.n_threads = options.n_threads_batch = settings.threads
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
