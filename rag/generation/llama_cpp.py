"""The llama.cpp adapter: a chat model in a GGUF file, read greedily.

The prompt is made by the chat template inside the file. Template text and message text are tokenised
apart, so that `<|im_end|>` and its kin in an article or a question stay plain text and never act as
control tokens. The state after a system message is kept, in memory and on disk for the next process.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from itertools import chain
from pathlib import Path

import numpy as np

from rag.errors import GenerationFailed
from rag.generation.llama import BATCH, Context, Drafter, GgufModel, Logits, SavedStates
from rag.generation.reasoning import answer_only, opens_reasoning
from rag.protocols import Message, Token
from rag.system import file_digest, usable_threads

# A message is stood in for by this while the template is rendered; private-use characters survive any template.
_SLOT = "\ue000{}\ue001"
_SLOT_PATTERN = re.compile("\ue000(\\d+)\ue001")


class LlamaCppGenerator:
    """A `Generator` over a GGUF file. `context_tokens` bounds prompt and answer together.

    States after system messages are kept in the folder `states`, only in memory without one.
    """

    def __init__(
        self, path: Path, *, context_tokens: int = 4096, threads: int | None = None, states: Path | None = None
    ) -> None:
        self.path = path
        self.context_tokens = context_tokens
        self.threads = threads or usable_threads()
        self._states = states

    @property
    def name(self) -> str:
        return self.path.stem

    def load(self) -> None:
        # The name of the states needs the file's SHA-256, which takes a second where it is not remembered.
        _ = self._context, self._model.template, self._saved

    @cached_property
    def _model(self) -> GgufModel:
        return GgufModel(self.path)

    @cached_property
    def _context(self) -> Context:
        return Context(self._model, self.context_tokens, self.threads)

    @cached_property
    def _saved(self) -> SavedStates:
        # The size of a batch too: read in other pieces the same text rounds otherwise, and answers differ by a word.
        circumstances = f"llama-cpp-python {version('llama-cpp-python')}, batches of {BATCH}"
        return SavedStates(self._states, f"{file_digest(self.path)} {circumstances}")

    def _rendered(self, messages: Sequence[Message]) -> str:
        """The prompt with a slot for each message. A model that can think aloud is asked not to: it takes minutes."""
        slots = [{"role": message.role, "content": _SLOT.format(i)} for i, message in enumerate(messages)]
        prompt: str = self._model.template(messages=slots, enable_thinking=False).prompt
        return prompt

    def _pieces(self, messages: Sequence[Message]) -> list[list[int]]:
        """The tokens of the prompt: the template's and those of a message by turns, the template's first and last."""
        return [
            self._model.tokens(messages[int(piece)].content if i % 2 else piece, special=not i % 2)
            for i, piece in enumerate(_SLOT_PATTERN.split(self._rendered(messages)))
        ]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(map(len, self._pieces(messages)))

    def _read(self, messages: Sequence[Message]) -> tuple[list[int], int, Logits]:
        """Reads the prompt: its tokens, how many were known, and the logits of what follows.

        Known is all up to the user's message, or nothing. What follows is always read in one piece: other pieces round
        otherwise, and what was asked before would decide between words that are almost as likely.
        """
        pieces = self._pieces(messages)
        shared = 3 if len(messages) > 1 and messages[0].role == "system" else 0
        beginning, rest = (list(chain(*some)) for some in (pieces[:shared], pieces[shared:]))
        prompt = beginning + rest
        if len(prompt) >= self.context_tokens:
            raise GenerationFailed(reason=f"{len(prompt)} prompt tokens, context of {self.context_tokens}")
        known = self._begin_with(beginning)
        return prompt, known, self._context.extend(rest)[-1]

    def _begin_with(self, text: list[int]) -> int:
        """Makes `text`, with which many prompts begin, what was read; how much of it was known."""
        context, kept = self._context, bool(text) and self._model.can_be_cut
        if kept and context.begins_with(text):
            context.cut(len(text))
            return len(text)
        state = self._saved.get(text) if kept else None
        if state and context.restore(text, state):
            return len(text)
        context.clear()
        if text:
            context.extend(text)
        if kept:
            self._saved.put(text, context.state())
        return 0

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        return answer_only(self._tokens(messages, max_tokens), opened=opens_reasoning(self._rendered(messages)))

    def _tokens(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Token]:
        prompt, known, logits = self._read(messages)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        written = 0
        for token in self._written(prompt, logits, min(max_tokens, self.context_tokens - len(prompt))):
            written += 1
            # Special tokens are written out: the markers of reasoning are among them.
            if text := decoder.decode(self._model.piece(token)):
                yield Token(text)
        yield Token(
            decoder.decode(b"", final=True),
            finished=True,
            prompt_tokens=len(prompt),
            reused_tokens=known,
            answer_tokens=written,
        )

    def _written(self, prompt: Sequence[int], logits: Logits, most: int) -> Iterator[int]:
        """The reply, token by token: always the likeliest, several found in one step where they were guessed."""
        text, drafter = list(prompt), Drafter()
        chosen = [int(logits.argmax())]
        while True:
            for token in chosen:
                if self._model.ends(token):
                    return
                text.append(token)
                yield token
            room = most - (len(text) - len(prompt))
            if not room:
                return
            guess = drafter.propose(text)[: room - 1] if self._model.can_be_cut else []
            likeliest = self._context.extend([text[-1], *guess], outputs=1 + len(guess)).argmax(1).tolist()
            right = next((i for i, token in enumerate(guess) if token != likeliest[i]), len(guess))
            if guess:
                self._context.cut(len(text) + right)
            drafter.accepted(right)
            chosen = likeliest[: right + 1]

    def score_choices(self, messages: Sequence[Message], choices: Sequence[str]) -> list[float]:
        *_, logits = self._read(messages)
        values = logits.astype(np.float64)
        log_probabilities = values - np.logaddexp.reduce(values)
        return [float(log_probabilities[self._model.tokens(choice, special=False)[0]]) for choice in choices]
