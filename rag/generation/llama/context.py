"""What a model has read: one text, to which more is added or whose end is forgotten."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import GenerationFailed
from rag.generation.llama.model import GgufModel

Logits = NDArray[np.float32]

# Tokens read in one step; what is asked for ahead is checked within one.
BATCH = 512


class Context:
    """The state of a model that has room for `size` tokens, read with `threads`."""

    def __init__(self, model: GgufModel, size: int, threads: int) -> None:
        self._library: Any = model.library
        self._model = model
        parameters = self._library.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = size, BATCH, BATCH
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.no_perf = True
        self._handle = self._library.llama_init_from_model(model.handle, parameters)
        if not self._handle:
            raise GenerationFailed(reason=f"no memory for {size} tokens")
        self._memory = self._library.llama_get_memory(self._handle)
        self._batch = self._library.llama_batch_init(BATCH, 0, 1)
        self._text: list[int] = []

    def close(self) -> None:
        """Gives the memory back."""
        if self._handle:
            self._library.llama_batch_free(self._batch)
            self._library.llama_free(self._handle)
            self._handle = None

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()

    def begins_with(self, text: Sequence[int]) -> bool:
        """Whether what was read begins like that."""
        return self._text[: len(text)] == list(text)

    def extend(self, tokens: Sequence[int], outputs: int = 1) -> Logits:
        """Reads `tokens` after what was read.

        Returns the logits, float32 [outputs, vocabulary], after each of the last `outputs` of them (at most a batch),
        good until the next call. Raises GenerationFailed; nothing counts as read then.
        """
        for start in range(0, len(tokens), BATCH):
            self._decode(tokens[start : start + BATCH], outputs if start + BATCH >= len(tokens) else 0)
        pointer = self._library.llama_get_logits(self._handle)
        return np.ctypeslib.as_array(pointer, shape=(outputs, self._model.size))

    def _decode(self, tokens: Sequence[int], outputs: int) -> None:
        batch = self._batch
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, len(self._text) + i
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
            batch.logits[i] = i >= len(tokens) - outputs
        if failed := self._library.llama_decode(self._handle, batch):
            self.clear()
            raise GenerationFailed(reason=f"llama.cpp could not read on (code {failed})")
        self._text.extend(tokens)

    def clear(self) -> None:
        """Forgets everything."""
        self._library.llama_memory_clear(self._memory, False)
        self._text.clear()

    def cut(self, length: int) -> None:
        """Forgets what follows the first `length` tokens; only where the model `can_be_cut`."""
        if length < len(self._text):
            self._library.llama_memory_seq_rm(self._memory, 0, length, -1)
            del self._text[length:]

    def state(self) -> bytes:
        """Keys and values of what was read, for `restore` in a context of the same model and library."""
        size = self._library.llama_state_seq_get_size(self._handle, 0)
        buffer = (ctypes.c_uint8 * size)()
        self._library.llama_state_seq_get_data(self._handle, buffer, size, 0)
        return bytes(buffer)

    def restore(self, text: Sequence[int], state: bytes) -> bool:
        """Makes `text` what was read, by its `state`; whether the library took it. If not, nothing is read."""
        self.clear()
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if not self._library.llama_state_seq_set_data(self._handle, buffer, len(state), 0):
            self.clear()
            return False
        self._text = list(text)
        return True
