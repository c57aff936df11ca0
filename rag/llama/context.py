"""What a model has read: a few texts side by side, each token of a beginning that they share held once.

llama.cpp keeps keys and values of tokens in cells that belong to one or more sequences. A new text begins as a copy of
the sequence that has most of its beginning, which costs nothing, and only the rest is read. When cells or sequences
run out, the text that was used longest ago is forgotten.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import GenerationFailed
from rag.llama.model import Model

Logits = NDArray[np.float32]

# One for the text at hand, the others for those to come back to.
SEQUENCES = 8
# Tokens read in one step; what is asked for ahead is checked within one.
BATCH = 512
_NO_CELLS = 1


class Context:
    """The state of a model that has room for `size` tokens, read with `threads`. One text is current at a time."""

    def __init__(self, model: Model, size: int, threads: int) -> None:
        from llama_cpp import llama_cpp

        self._library: Any = llama_cpp
        self._model = model
        self.size = size
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = size, BATCH, BATCH
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.n_seq_max, parameters.kv_unified = (SEQUENCES if model.can_be_cut else 1), True
        parameters.no_perf = True
        self._handle = llama_cpp.llama_init_from_model(model.handle, parameters)
        if not self._handle:
            raise GenerationFailed(reason=f"no memory for {size} tokens")
        self._memory = llama_cpp.llama_get_memory(self._handle)
        self._batch = llama_cpp.llama_batch_init(BATCH, 0, 1)
        self._texts: list[list[int]] = [[] for _ in range(parameters.n_seq_max)]
        # From the one used longest ago to the current one.
        self._order = list(range(parameters.n_seq_max))

    def close(self) -> None:
        """Gives the memory back."""
        if self._handle:
            self._library.llama_batch_free(self._batch)
            self._library.llama_free(self._handle)
            self._handle = None

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()

    @property
    def _current(self) -> int:
        return self._order[-1]

    def begin(self, text: Sequence[int]) -> tuple[int, Logits]:
        """Makes `text` the current one, reading what no earlier text has in common with it.

        Returns the number of tokens that were known and the logits, float32 [vocabulary], of what follows; they are
        good until the next call. Raises GenerationFailed.
        """
        if len(text) >= self.size:
            raise GenerationFailed(reason=f"{len(text)} prompt tokens, context of {self.size}")
        nearest = max(self._order, key=lambda sequence: common_length(self._texts[sequence], text))
        # The last token is read anew in any case, for the logits after it.
        known = min(common_length(self._texts[nearest], text), len(text) - 1)
        if self._model.can_be_cut:
            self._branch(nearest, known)
        elif known < len(self._texts[nearest]):
            known = 0
            self.cut(0)
        return known, self.extend(text[known:])[-1]

    def knows(self, beginning: Sequence[int]) -> bool:
        """Whether a text begins like that."""
        return any(common_length(text, beginning) == len(beginning) for text in self._texts)

    def _branch(self, nearest: int, known: int) -> None:
        """Makes current a sequence that holds the first `known` tokens of the sequence `nearest`."""
        if known == len(self._texts[nearest]):
            self._use(nearest)
            return
        target = next((s for s in self._order if not self._texts[s]), None)
        target = next(s for s in self._order if s != nearest) if target is None else target
        self._use(target)
        self.cut(0)
        if known:
            self._library.llama_memory_seq_cp(self._memory, nearest, target, 0, known)
            self._texts[target] = self._texts[nearest][:known]
            self._order.insert(-1, self._order.pop(self._order.index(nearest)))

    def _use(self, sequence: int) -> None:
        self._order.remove(sequence)
        self._order.append(sequence)

    def extend(self, tokens: Sequence[int], outputs: int = 1) -> Logits:
        """Reads `tokens` after the current text.

        Returns the logits, float32 [outputs, vocabulary], after each of the last `outputs` of them (at most a batch),
        good until the next call. Raises GenerationFailed; the current text is forgotten then.
        """
        for start in range(0, len(tokens), BATCH):
            self._decode(tokens[start : start + BATCH], outputs if start + BATCH >= len(tokens) else 0)
        pointer = self._library.llama_get_logits(self._handle)
        return np.ctypeslib.as_array(pointer, shape=(outputs, self._model.size))

    def _decode(self, tokens: Sequence[int], outputs: int) -> None:
        batch, text = self._batch, self._texts[self._current]
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, len(text) + i
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, self._current
            batch.logits[i] = i >= len(tokens) - outputs
        while (failed := self._library.llama_decode(self._handle, batch)) == _NO_CELLS and self._forget_oldest():
            pass
        if failed:
            self.cut(0)
            raise GenerationFailed(reason=f"llama.cpp could not read on (code {failed})")
        text.extend(tokens)

    def _forget_oldest(self) -> bool:
        """Whether a text other than the current one could be given up."""
        for sequence in self._order[:-1]:
            if self._texts[sequence]:
                self._library.llama_memory_seq_rm(self._memory, sequence, -1, -1)
                self._texts[sequence] = []
                return True
        return False

    def cut(self, length: int) -> None:
        """Forgets what follows the first `length` tokens of the current text."""
        self._library.llama_memory_seq_rm(self._memory, self._current, length, -1)
        del self._texts[self._current][length:]

    def state(self) -> bytes:
        """Keys and values of the current text, for `restore` in a context of the same model and library."""
        library = self._library
        size = library.llama_state_seq_get_size(self._handle, self._current)
        buffer = (ctypes.c_uint8 * size)()
        library.llama_state_seq_get_data(self._handle, buffer, size, self._current)
        return bytes(buffer)

    def restore(self, text: Sequence[int], state: bytes) -> bool:
        """Makes `text` the current one with its `state`; whether the library took it."""
        self._use(next((s for s in self._order if not self._texts[s]), self._order[0]))
        self.cut(0)
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        taken = self._library.llama_state_seq_set_data(self._handle, buffer, len(state), self._current)
        if not taken:
            self.cut(0)
            return False
        self._texts[self._current] = list(text)
        return True


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
