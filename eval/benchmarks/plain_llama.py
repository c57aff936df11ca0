"""llama.cpp as its Python binding's manual has it: the class `Llama`, a text read at once, a token a step.

As a program (`python -m eval.benchmarks.plain_llama MODEL CONTEXT THREADS TOKENS < TEXT`) it loads the model and reads
so many tokens of the text: what no start of the product can do without.
"""

from __future__ import annotations

import codecs
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rag.protocols import Message

BATCH = 512


@dataclass(frozen=True, slots=True)
class Written:
    """A reply piece by piece, its tokens, and the seconds from when its prompt was read to its end."""

    pieces: tuple[str, ...]
    tokens: int
    seconds: float


class PlainLlama:
    """The model in the file `path`."""

    def __init__(self, path: Path, context_tokens: int, threads: int) -> None:
        from llama_cpp import Llama, llama_cpp  # noqa: PLC0415 (other commands need none of it)

        self._library = llama_cpp
        self._llama = Llama(
            str(path), n_ctx=context_tokens, n_batch=BATCH, n_threads=threads, n_threads_batch=threads, verbose=False
        )

    def close(self) -> None:
        """Gives the memory back."""
        self._llama.close()

    def tokens(self, text: str) -> list[int]:
        """`text` in tokens, control tokens written out in it among them."""
        return list(self._llama.tokenize(text.encode(), add_bos=False, special=True))

    def read(self, tokens: Sequence[int]) -> float:
        """Seconds that reading `tokens` takes, nothing known before."""
        self._llama.reset()
        start = time.perf_counter()
        self._llama.eval(tokens)
        self._likeliest()
        return time.perf_counter() - start

    def answer(self, messages: Sequence[Message], max_tokens: int) -> Written:
        """The reply to `messages`, always the likeliest token."""
        self.read(self.tokens(self._rendered(messages)))
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        pieces: list[str] = []
        start, count = time.perf_counter(), 0
        while count < max_tokens and (token := self._likeliest()) != self._llama.token_eos():
            count += 1
            pieces.append(decoder.decode(self._llama.detokenize([token], special=True)))
            self._llama.eval([token])
        return Written(tuple(filter(None, pieces)), count, time.perf_counter() - start)

    def _likeliest(self) -> int:
        logits = self._library.llama_get_logits(self._llama.ctx)
        return int(np.ctypeslib.as_array(logits, shape=(self._llama.n_vocab(),)).argmax())

    def _rendered(self, messages: Sequence[Message]) -> str:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter  # noqa: PLC0415

        llama = self._llama
        eos, bos = (
            llama.detokenize([token], special=True).decode() for token in (llama.token_eos(), llama.token_bos())
        )
        template = Jinja2ChatFormatter(llama.metadata["tokenizer.chat_template"], eos_token=eos, bos_token=bos)
        # A model that can think aloud is asked not to, as the product asks it.
        return str(template(messages=[asdict(message) for message in messages], enable_thinking=False).prompt)


def main() -> None:
    """Loads and reads as the arguments say."""
    path, context_tokens, threads, count = sys.argv[1:]
    plain = PlainLlama(Path(path), int(context_tokens), int(threads))
    plain.read(plain.tokens(sys.stdin.read())[: int(count)])


if __name__ == "__main__":
    main()
