"""Tokens guessed ahead from a text that is likely to be copied.

Prompt lookup decoding (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding): where the last tokens occur
earlier, what follows there is proposed. The model checks all of it in one step and keeps what it would have written
itself (speculative decoding with greedy verification, Leviathan et al. 2023): the text is the same as without.

A step for a few tokens costs more than a step for one (on two cores with AVX-512: one 30 ms, four 80 ms, sixteen
170 ms), so a wrong guess is dear. A few tokens are guessed where several match, many while guesses come true. Measured
on 49 answers: 1.13 to 1.15 times as fast; guessing after any match, or always many, was slower than not guessing.
"""

from __future__ import annotations

from collections.abc import Sequence

# Tokens that must match before any is guessed, and the longest match looked for.
SHORTEST_MATCH, LONGEST_MATCH = 3, 8
FEW, MANY = 3, 15
# Guesses that came true one after the other before many are made.
PROVEN = 2


class Drafter:
    """Guesses for one reply. `accepted` tells it how far its last guess came true."""

    def __init__(self) -> None:
        self._guessed = 0
        self._proven = 0

    def propose(self, text: Sequence[int]) -> list[int]:
        """What may follow `text`: prompt and what is written so far; often nothing."""
        source = _after_match(text)
        guess = list(text[source : source + (MANY if self._proven >= PROVEN else FEW)]) if source else []
        self._guessed = len(guess)
        if not guess:
            self._proven = 0
        return guess

    def accepted(self, count: int) -> None:
        """`count` of the tokens last proposed were right."""
        if self._guessed:
            self._proven = self._proven + 1 if count == self._guessed else 0


def _after_match(text: Sequence[int]) -> int:
    """Where the latest earlier occurrence of the longest ending of `text` ends; 0 where none is long enough."""
    longest, place = SHORTEST_MATCH - 1, 0
    for end in range(len(text) - 1, longest, -1):
        length = 0
        while length < min(LONGEST_MATCH, end) and text[end - 1 - length] == text[-1 - length]:
            length += 1
        if length > longest:
            longest, place = length, end
    return place
