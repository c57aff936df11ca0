"""What Gradio keeps of a page while its events come and go, and what the browser is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # it takes seconds to import
    import gradio as gr
    from gradio.state_holder import SessionState

UNCHANGED = {"__type__": "update"}


def answering() -> tuple[gr.Blocks, gr.State]:
    """A question, its answer as HTML, an unused part, and a state that has the last question."""
    import gradio as gr

    from rag.chat.blocks import SteadyBlocks

    with SteadyBlocks(analytics_enabled=False) as blocks:
        question, answer, unused, last = gr.Textbox(), gr.HTML(), gr.File(), gr.State("")

        def run(asked: str, *_: Any) -> Iterator[dict[Any, Any]]:
            yield gr.skip()
            yield {answer: asked[:1]}
            yield {answer: asked, last: asked}

        parts = [question, answer, unused, last]
        question.submit(run, parts, parts)
    return blocks, last


async def told(blocks: gr.Blocks, session: SessionState, question: str) -> list[list[Any]]:
    """What the browser is told of question, answer, unused part and state, chunk by chunk."""
    chunks, iterator, more = [], None, True
    while more:
        output = await blocks.process_api(0, [question, "", None, None], state=session, iterator=iterator)
        chunks.append(output["data"])
        iterator, more = output["iterator"], output["is_generating"]
    return chunks


@pytest.mark.slow
def test_events_leave_nothing_behind_in_a_session() -> None:
    from gradio.state_holder import SessionState

    async def ask() -> None:
        blocks, last = answering()
        session = SessionState(blocks)
        sizes = []
        for question in ("Qui ?", "Quand ?", "Où ?"):
            assert await told(blocks, session, question) == [
                [UNCHANGED, UNCHANGED, UNCHANGED, None],
                [UNCHANGED, question[:1], UNCHANGED, None],
                [UNCHANGED, question, UNCHANGED, None],
                [None] * 4,
            ]
            assert session[last._id] == question
            sizes.append((len(session.blocks_config.blocks), len(session.config_values)))
        assert len(set(sizes)) == 1

    asyncio.run(ask())
