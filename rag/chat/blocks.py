"""Gradio's `Blocks` for a page that stays open all day: no event leaves anything behind in the session."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import gradio as gr

if TYPE_CHECKING:
    from gradio.block_function import BlockFunction
    from gradio.blocks import Block
    from gradio.state_holder import SessionState


class SteadyBlocks(gr.Blocks):
    """Blocks whose events return the new values by part, and leave the parts that are not named as they are.

    Of each part that an event leaves as it is Gradio makes a new component, under a new number. The session keeps the
    part's next values under that number, next to those under all the earlier ones, for as long as it lasts. Here such
    a part stays the component that it is.
    """

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """What the browser is told of each output of `block_fn`."""
        if not isinstance(predictions, dict):  # the end of a stream
            return await super().postprocess_data(block_fn, predictions, state)
        named = copy(block_fn)
        named.outputs = [part for part in block_fn.outputs if part in predictions]
        told = iter(await super().postprocess_data(named, predictions, state) if named.outputs else ())
        return [next(told) if part in predictions else _nothing_new(part) for part in block_fn.outputs]


def _nothing_new(part: Block) -> dict[str, Any] | None:
    """What the browser is told of a part that stays as it is; it hears nothing of what the server alone keeps."""
    return None if part.stateful else gr.skip()
