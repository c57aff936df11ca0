"""A GGUF file: its weights, memory-mapped, its vocabulary and its chat template."""

from __future__ import annotations

import ctypes
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from rag.errors import LibraryMissing, ModelDamaged
from rag.generation.llama.gguf import check_header

# More bytes than any single token has.
_PIECE_BYTES = 512


class GgufModel:
    """The model in the file `path`, loaded. Raises ModelMissing, ModelDamaged and LibraryMissing."""

    def __init__(self, path: Path) -> None:
        check_header(path)
        self.path = path
        self.library = library = _plain_functions()
        parameters = library.llama_model_default_params()
        # A build with AMX crashes at the first longer prompt unless its weights stay in plain buffers
        # (ggml-org/llama.cpp issue 20824). `make setup` builds without AMX.
        parameters.use_extra_bufts = b"AMX_INT8 = 1" not in library.llama_print_system_info()
        handle = library.llama_model_load_from_file(str(path).encode(), parameters)
        if not handle:
            raise ModelDamaged(path=path, reason="llama.cpp cannot load it")
        self.handle = handle
        self.vocabulary = library.llama_model_get_vocab(handle)

    def close(self) -> None:
        """Gives the memory back. No context of the model may be used after that."""
        if self.handle:
            self.library.llama_model_free(self.handle)
            self.handle = None

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self.close()

    @cached_property
    def size(self) -> int:
        """Number of tokens in the vocabulary."""
        return int(self.library.llama_vocab_n_tokens(self.vocabulary))

    @cached_property
    def can_be_cut(self) -> bool:
        """Whether the end of what was read can be forgotten; the state of a recurrent model is one whole."""
        library = self.library
        return not (library.llama_model_is_recurrent(self.handle) or library.llama_model_is_hybrid(self.handle))

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """`text` in tokens; control tokens written out in it become such only when `special`."""
        content = text.encode()
        room = len(content) + 2
        array = (ctypes.c_int32 * room)()
        count = self.library.llama_tokenize(self.vocabulary, content, len(content), array, room, False, special)
        return array[:count]

    def piece(self, token: int) -> bytes:
        """What `token` stands for, a part of UTF-8 text; control tokens are written out."""
        buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        count = self.library.llama_token_to_piece(self.vocabulary, token, buffer, _PIECE_BYTES, 0, True)
        return buffer.raw[: max(0, count)]

    def ends(self, token: int) -> bool:
        """Whether `token` ends a reply."""
        return bool(self.library.llama_vocab_is_eog(self.vocabulary, token))

    @cached_property
    def template(self) -> Any:
        """Renders the chat template in the file, as the binding does: `template(messages=…).prompt`."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        source = self._metadata("tokenizer.chat_template")
        if not source:
            raise ModelDamaged(path=self.path, reason="no chat template in the file")
        bos, eos = (
            self.piece(token).decode() if token >= 0 else ""
            for token in (
                self.library.llama_vocab_bos(self.vocabulary),
                self.library.llama_vocab_eos(self.vocabulary),
            )
        )
        return Jinja2ChatFormatter(template=source, eos_token=eos, bos_token=bos)

    def _metadata(self, key: str) -> str:
        empty = ctypes.create_string_buffer(1)
        length = self.library.llama_model_meta_val_str(self.handle, key.encode(), empty, 1)
        if length < 0:
            return ""
        buffer = ctypes.create_string_buffer(length + 1)
        self.library.llama_model_meta_val_str(self.handle, key.encode(), buffer, length + 1)
        return buffer.value.decode()


@cache
def _plain_functions() -> Any:
    """Those of the binding, initialised and silent."""
    try:
        from llama_cpp import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise LibraryMissing(name="llama-cpp-python", reason=error) from error
    llama_cpp.llama_log_set(_silent(), None)
    llama_cpp.llama_backend_init()
    return llama_cpp


@cache
def _silent() -> Any:
    """What llama.cpp tells its messages to. Kept for good, since the library itself holds no reference to it."""
    from llama_cpp import llama_cpp

    return llama_cpp.llama_log_callback(lambda level, text, data: None)
