"""How many tokens the generator reads for a question, counted from outside: where llama.cpp is told to read them.

A prompt's length says little: what was read before is known, and judgements are read beside the answer's prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from rag.answering import Pipeline
from rag.config import Settings
from rag.errors import ModelMissing
from rag.protocols import Generator, Message, Token
from rag.runtime import make_models, pipeline_over, retriever_over
from rag.store import open_index


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a generator was asked to reply to, in at most so many tokens."""

    messages: tuple[Message, ...]
    max_tokens: int


class CountingGenerator:
    """The `Generator` `inner`, and for the question since `begin` what it was asked and read.

    `decoded` tells the tokens that were read so far in this process.
    """

    def __init__(self, inner: Generator, decoded: Callable[[], int]) -> None:
        self._inner = inner
        self._decoded = decoded
        self.begin()

    def begin(self) -> None:
        """Counts from here."""
        self._before = self._decoded()
        self._at_first: int | None = None
        self.prompt: Prompt | None = None

    @property
    def read(self) -> int:
        """Tokens read before the first one of a reply; all of them where there was no reply."""
        return (self._decoded() if self._at_first is None else self._at_first) - self._before

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def context_tokens(self) -> int:
        return self._inner.context_tokens

    def load(self) -> None:
        self._inner.load()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self._inner.count_tokens(messages)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        self.prompt = Prompt(tuple(messages), max_tokens)
        for token in self._inner.stream(messages, max_tokens):
            if self._at_first is None:
                self._at_first = self._decoded()
            yield token

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        return self._inner.score_choices(messages, choices)


@contextmanager
def decoding(library: Any) -> Iterator[Callable[[], int]]:
    """Meanwhile tells how many tokens `library`, llama.cpp's plain functions, was given to read."""
    decode, count = library.llama_decode, 0

    def counted(context: Any, batch: Any) -> int:
        nonlocal count
        count += batch.n_tokens
        return int(decode(context, batch))

    library.llama_decode = counted
    try:
        yield lambda: count
    finally:
        library.llama_decode = decode


@contextmanager
def counted_pipeline(settings: Settings) -> Iterator[tuple[Pipeline, CountingGenerator]]:
    """The product with its generator counted, models loaded. Raises what `open_pipeline` raises."""
    from llama_cpp import llama_cpp  # noqa: PLC0415 (the product loads it late)

    with decoding(llama_cpp) as decoded:
        models = make_models(settings)
        if models.generator is None:
            raise ModelMissing(path=settings.models_dir)
        generator = CountingGenerator(models.generator, decoded)
        models = replace(models, generator=generator)
        retriever = retriever_over(open_index(settings.index), models, settings)
        models.load()
        yield pipeline_over(retriever, models, settings), generator


def tokens_read(settings: Settings, question: str) -> int:
    """Tokens that a product just opened reads for `question` before the first one of its reply."""
    with counted_pipeline(settings) as (pipeline, generator):
        generator.begin()
        pipeline.ask(question)
        return generator.read
