"""The reply of a model that thinks aloud, without its thoughts.

Thinking models write their reasoning before the answer, between markers of their own (`BLOCKS`). It is neither
shown nor cited, so it is taken out of the stream of tokens, wherever the borders of the tokens fall.

Only what a reply begins with can be reasoning: once the answer has begun, everything is passed on as it is. A
reply that stops before its reasoning ends has no answer. Where the chat template itself opens the block, the reply
holds the closing marker alone; nothing in the text announces that, so it has to be told (`opened`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace

from rag.protocols import Token

# The markers of each model family, opening and closing.
_THOUGHTS = {
    "<think>": "</think>",  # DeepSeek, Qwen and most others
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",  # EXAONE
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",  # Magistral
    "<|START_THINKING|>": "<|END_THINKING|>",  # Command
    "◁think▷": "◁/think▷",  # Kimi
}
# gpt-oss names a channel before each message: the others are reasoning, the answer follows the header of the last.
_CHANNELS = {
    "<|channel|>analysis": "<|end|>",
    "<|channel|>commentary": "<|end|>",
    "<|start|>assistant": "",
    "<|channel|>final": "<|message|>",
}
BLOCKS = _THOUGHTS | _CHANNELS


def answer_only(tokens: Iterable[Token], *, opened: bool = False) -> Generator[Token, None, None]:
    """`tokens` without the reasoning before the answer; `opened`: the prompt ended inside a block of reasoning.

    The finishing token keeps its counts, which include the reasoning. Closing the iterator closes `tokens`.
    """
    visible = _Visible(opened)
    try:
        for token in tokens:
            text = visible.next(token.text, last=token.finished)
            if text or token.finished:
                yield replace(token, text=text)
    finally:
        if isinstance(tokens, Generator):
            tokens.close()


def opens_reasoning(prompt: str) -> bool:
    """Whether a rendered prompt leaves a block of reasoning open for the reply to go on with."""
    return prompt.rstrip().endswith(tuple(_THOUGHTS))


class _Visible:
    """The part of a growing text that is answer. Holds back only what may still turn out to be a marker."""

    def __init__(self, opened: bool) -> None:
        self._closing = tuple(_THOUGHTS.values()) if opened else ()
        self._held = ""
        self._thought = opened
        self._answering = False

    def next(self, text: str, *, last: bool) -> str:
        """What `text` adds to the answer; after the `last` one nothing is held back any more."""
        if self._answering:
            return text
        self._held += text
        while self._closing or self._open():
            if not self._close():
                return ""
        start = self._held.lstrip()
        if not last and any(opening.startswith(start) for opening in BLOCKS):
            return ""
        self._answering = True
        # The white space between reasoning and answer belongs to neither.
        return start if self._thought else self._held

    def _open(self) -> bool:
        start = self._held.lstrip()
        for opening, closing in BLOCKS.items():
            if start.startswith(opening):
                self._held = start[len(opening) :]
                self._closing = (closing,)
                self._thought = True
                return True
        return False

    def _close(self) -> bool:
        ends = [(at, closing) for closing in self._closing if (at := self._held.find(closing)) >= 0]
        if ends:
            at, closing = min(ends)
            self._held = self._held[at + len(closing) :]
            self._closing = ()
            return True
        longest = max(map(len, self._closing))
        self._held = self._held[-longest:]
        return False
