"""Reasoning is hidden whatever the borders of the tokens; an ordinary reply is passed on unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import example, given, strategies as st

from rag.generation.reasoning import BLOCKS, answer_only, opens_reasoning
from rag.protocols import Token

REPLIES = [
    # Qwen, DeepSeek; with thinking turned off Qwen leaves the block empty.
    ("<think>\nBerlin ? [1] < 3\n</think>\n\nTrois conditions. [1]", "Trois conditions. [1]"),
    ("<think>\n\n</think>\n\nTrois.", "Trois."),
    ("\n<think>a < b</think></think", "</think"),
    # Magistral
    ("[THINK]Voyons [1].[/THINK]Trois. [1]", "Trois. [1]"),
    # gpt-oss
    (
        "<|channel|>analysis<|message|>We need…<|end|><|start|>assistant<|channel|>final<|message|>Trois.",
        "Trois.",
    ),
    (
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary<|message|>b<|end|>"
        "<|start|>assistant<|channel|>final<|message|>< 3",
        "< 3",
    ),
    # Two blocks, one after the other
    ("<think>a</think>\n<think>b</think>\nOui", "Oui"),
    # No end: no answer
    ("<think>Trois conditions", ""),
    ("<think>Trois conditions</thin", ""),
    ("<|channel|>analysis<|message|>Trois<|end|><|start|>assistant<|channel|>final", ""),
    # Ordinary replies
    ("Trois conditions. [1] [2]", "Trois conditions. [1] [2]"),
    ("[1] Trois", "[1] Trois"),
    ("[T", "[T"),
    ("< 5 %, et <b> aussi", "< 5 %, et <b> aussi"),
    ("<", "<"),
    ("<thé>", "<thé>"),
    (" \n", " \n"),
    ("  Trois <think>pas</think> ici", "  Trois <think>pas</think> ici"),
    ("", ""),
]
OPENED = [
    ("Voyons < 3.\n</think>\n\nTrois. [1]", "Trois. [1]"),
    ("<think>Voyons</think>Trois.", "Trois."),
    ("Voyons[/THINK]Trois. </think>", "Trois. </think>"),
    ("Voyons, trois.", ""),
    ("</think>Trois.", "Trois."),
]


def stream(pieces: Sequence[str]) -> Iterator[Token]:
    for piece in pieces:
        yield Token(piece)
    yield Token("", finished=True, prompt_tokens=7, reused_tokens=3, answer_tokens=len(pieces))


def split(text: str, cuts: Sequence[int]) -> list[str]:
    ends = [0, *sorted(cuts), len(text)]
    return [text[a:b] for a, b in zip(ends, ends[1:], strict=False)]


def shown(pieces: Sequence[str], *, opened: bool = False) -> str:
    tokens = list(answer_only(stream(pieces), opened=opened))
    assert [token.finished for token in tokens] == [False] * (len(tokens) - 1) + [True]
    assert (tokens[-1].prompt_tokens, tokens[-1].reused_tokens, tokens[-1].answer_tokens) == (7, 3, len(pieces))
    return "".join(token.text for token in tokens)


@pytest.mark.parametrize(
    ("reply", "answer", "opened"), [(*pair, False) for pair in REPLIES] + [(*pair, True) for pair in OPENED]
)
def test_the_answer_alone_is_shown_wherever_the_tokens_end(reply: str, answer: str, opened: bool) -> None:
    assert shown(list(reply), opened=opened) == answer
    for first in range(len(reply) + 1):
        for second in range(first, len(reply) + 1):
            assert shown(split(reply, [first, second]), opened=opened) == answer


MARKERS = [marker for pair in BLOCKS.items() for marker in pair if marker]


@given(st.data(), st.lists(st.sampled_from([*MARKERS, "<", "[", "/", " ", "\n", "oui", "é"]), max_size=12))
def test_the_borders_of_the_tokens_make_no_difference(data: st.DataObject, parts: list[str]) -> None:
    reply = "".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(reply)), max_size=6))
    opened = data.draw(st.booleans())
    assert shown(split(reply, cuts), opened=opened) == shown([reply], opened=opened)


@given(st.sampled_from([pair for pair in BLOCKS.items() if pair[1]]), st.text(), st.text())
@example(("<think>", "</think>"), "", "<think")
def test_between_the_markers_nothing_is_shown(block: tuple[str, str], thought: str, answer: str) -> None:
    opening, closing = block
    if closing in thought + closing[:-1] or any(answer.lstrip().startswith(other) for other in BLOCKS):
        return
    assert shown([f"{opening}{thought}{closing}{answer}"]) == answer.lstrip()


@given(st.text())
def test_a_reply_without_reasoning_is_unchanged(reply: str) -> None:
    if not any(reply.lstrip().startswith(opening) for opening in BLOCKS):
        assert shown(list(reply)) == reply


def test_text_is_not_held_back_once_it_cannot_be_a_marker() -> None:
    tokens = answer_only(stream(["<", " 5", " %"]))
    assert [token.text for token in tokens] == ["< 5", " %", ""]


def test_the_text_of_the_finishing_token_counts() -> None:
    tokens = [Token("<think>a</th"), Token("ink>Trois.", finished=True, answer_tokens=2)]
    assert list(answer_only(tokens)) == [Token("Trois.", finished=True, answer_tokens=2)]


def test_closing_closes_what_is_read() -> None:
    closed = []

    def endless() -> Iterator[Token]:
        try:
            while True:
                yield Token("mot ")
        finally:
            closed.append(True)

    source = endless()
    tokens = answer_only(source)
    next(tokens)
    tokens.close()
    assert closed == [True]


@pytest.mark.parametrize(
    ("prompt", "opens"),
    [
        ("<|im_start|>assistant\n<think>\n", True),
        ("<｜Assistant｜><think>", True),
        ("<|im_start|>assistant\n<think>\n\n</think>\n\n", False),
        ("<|im_start|>assistant\n", False),
    ],
)
def test_a_prompt_may_open_the_reasoning(prompt: str, opens: bool) -> None:
    assert opens_reasoning(prompt) is opens
