"""The llama.cpp adapter: a chat model in a GGUF file, read greedily, one token after the other.

The prompt is made by the chat template inside the file. Template text and message text are tokenised
apart, so that `<|im_end|>` and its kin in an article or a question stay plain text and never act as
control tokens. What the next prompt has in common with the last one is not read again.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import GenerationFailed, LibraryMissing, ModelDamaged, ModelMissing
from rag.hardware import usable_threads
from rag.protocols import Message, Token
from rag.reasoning import answer_only, opens_reasoning

if TYPE_CHECKING:
    from llama_cpp import Llama

GGUF_MAGIC = b"GGUF"
# A message is stood in for by this while the template is rendered; private-use characters survive any template.
_SLOT = "\ue000{}\ue001"
_SLOT_PATTERN = re.compile("\ue000(\\d+)\ue001")


class LlamaCppGenerator:
    """A `Generator` over a GGUF file. `context_tokens` bounds prompt and answer together."""

    def __init__(self, path: Path, *, context_tokens: int = 4096, threads: int | None = None) -> None:
        self.path = path
        self.context_tokens = context_tokens
        self.threads = threads or usable_threads()

    @property
    def name(self) -> str:
        return self.path.stem

    def load(self) -> None:
        _ = self._llama, self._formatter

    @cached_property
    def _llama(self) -> Llama:
        check_gguf(self.path)
        try:
            from llama_cpp import Llama
        except (ImportError, OSError, RuntimeError) as error:
            raise LibraryMissing(name="llama-cpp-python", reason=error) from error
        with _safe_on_amx():
            try:
                return Llama(
                    str(self.path),
                    n_ctx=self.context_tokens,
                    n_batch=512,
                    n_threads=self.threads,
                    n_threads_batch=self.threads,
                    verbose=False,
                )
            except (ValueError, RuntimeError, AssertionError) as error:
                raise ModelDamaged(path=self.path, reason=error) from error

    @cached_property
    def _formatter(self) -> Any:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        llama = self._llama
        template = llama.metadata.get("tokenizer.chat_template")
        if not template:
            raise ModelDamaged(path=self.path, reason="no chat template in the file")
        bos, eos = (
            llama.detokenize([t], special=True).decode() if t >= 0 else ""
            for t in (llama.token_bos(), llama.token_eos())
        )
        return Jinja2ChatFormatter(template=template, eos_token=eos, bos_token=bos)

    def _rendered(self, messages: Sequence[Message]) -> str:
        """The prompt with a slot for each message. A model that can think aloud is asked not to: it takes minutes."""
        slots = [{"role": message.role, "content": _SLOT.format(i)} for i, message in enumerate(messages)]
        prompt: str = self._formatter(messages=slots, enable_thinking=False).prompt
        return prompt

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        pieces = _SLOT_PATTERN.split(self._rendered(messages))
        tokens: list[int] = []
        for i, piece in enumerate(pieces):
            of_message = i % 2 == 1
            text = messages[int(piece)].content if of_message else piece
            tokens += self._llama.tokenize(text.encode(), add_bos=False, special=not of_message)
        return tokens

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return len(self._prompt(messages))

    def _read(self, tokens: list[int]) -> int:
        """Brings the model's state to the end of `tokens` and returns how many it had read before."""
        import llama_cpp

        llama = self._llama
        if len(tokens) >= self.context_tokens:
            raise GenerationFailed(reason=f"{len(tokens)} prompt tokens, context of {self.context_tokens}")
        known = llama.input_ids[: llama.n_tokens]
        length = min(len(known), len(tokens) - 1)
        differs = np.flatnonzero(known[:length] != np.array(tokens[:length], dtype=known.dtype))
        reused = int(differs[0]) if len(differs) else length
        if llama_cpp.llama_model_is_recurrent(llama.model) or llama_cpp.llama_model_is_hybrid(llama.model):
            reused = 0  # such a state cannot be cut back
        if reused == 0:
            llama.reset()
        llama.n_tokens = reused
        try:
            llama.eval(tokens[reused:])
        except RuntimeError as error:
            llama.reset()
            raise GenerationFailed(reason=error) from error
        return reused

    def _logits(self) -> NDArray[np.float32]:
        import llama_cpp

        pointer = llama_cpp.llama_get_logits_ith(self._llama.ctx, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._llama.n_vocab(),))

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        return answer_only(self._tokens(messages, max_tokens), opened=opens_reasoning(self._rendered(messages)))

    def _tokens(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        import llama_cpp

        llama = self._llama
        vocabulary = llama_cpp.llama_model_get_vocab(llama.model)
        prompt = self._prompt(messages)
        reused = self._read(prompt)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        written: list[int] = []
        while len(written) < min(max_tokens, self.context_tokens - len(prompt)):
            token = int(np.argmax(self._logits()))
            if llama_cpp.llama_vocab_is_eog(vocabulary, token):
                break
            written.append(token)
            # Special tokens are written out: the markers of reasoning are among them.
            if text := decoder.decode(llama.detokenize([token], prev_tokens=prompt[-1:], special=True)):
                yield Token(text)
            try:
                llama.eval([token])
            except RuntimeError as error:
                raise GenerationFailed(reason=error) from error
        yield Token(
            decoder.decode(b"", final=True),
            finished=True,
            prompt_tokens=len(prompt),
            reused_tokens=reused,
            answer_tokens=len(written),
        )

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        self._read(self._prompt(messages))
        logits = self._logits().astype(np.float64)
        log_probabilities = logits - np.logaddexp.reduce(logits)
        first = [self._llama.tokenize(choice.encode(), add_bos=False)[0] for choice in choices]
        return [float(log_probabilities[token]) for token in first]


def check_gguf(path: Path) -> None:
    """Raises ModelMissing or ModelDamaged unless `path` is a file that begins as a GGUF does."""
    if not path.is_file():
        raise ModelMissing(path=path)
    with path.open("rb") as file:
        if file.read(4) != GGUF_MAGIC:
            raise ModelDamaged(path=path, reason="not a GGUF file")


def _safe_on_amx() -> contextlib.AbstractContextManager[None]:
    """Loads without extra buffer types where the library was compiled with AMX.

    Such a build crashes at the first longer prompt (ggml-org/llama.cpp issue 20824). `make setup` builds
    without AMX, where this does nothing.
    """
    from llama_cpp import llama_cpp as binding

    has_amx = b"AMX_INT8 = 1" in binding.llama_print_system_info()
    return without_extra_buffers() if has_amx else contextlib.nullcontext()


@contextlib.contextmanager
def without_extra_buffers() -> Iterator[None]:
    """Models loaded inside use no extra buffer types. `Llama` has no argument for this model parameter."""
    from llama_cpp import llama_cpp as binding

    defaults = binding.llama_model_default_params

    def plain_buffers() -> Any:
        parameters = defaults()
        parameters.use_extra_bufts = False
        return parameters

    binding.llama_model_default_params = plain_buffers
    try:
        yield
    finally:
        binding.llama_model_default_params = defaults
