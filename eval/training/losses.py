"""What the reader is taught by: the loss of one step, and its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from eval.training.examples import Example
from eval.training.network import Outputs

EMPTY_WEIGHT = 0.5
"""Of the span of a passage without the answer, which is always the same: the first token."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Means over what each part is about."""

    span: Tensor
    relevance: Tensor
    ranking: Tensor
    sentence: Tensor

    def total(self) -> Tensor:
        return self.span + 0.5 * (self.relevance + self.ranking + self.sentence)


def losses(groups: Sequence[Sequence[Example]], outputs: Outputs) -> Losses:
    """Of the examples of `groups`, in the order in which the network read them."""
    spans, weights, rankings, sentences = [], [], [], []
    place = 0
    for group in groups:
        inside = range(place, place + len(group))
        place += len(group)
        for number, example in zip(inside, group, strict=True):
            spans.append(_span(example, outputs.spans[number]))
            weights.append(1.0 if example.answer else EMPTY_WEIGHT)
        if group[0].answer and len(group) > 1:
            rankings.append(functional.cross_entropy(outputs.relevance[list(inside)], torch.tensor(0)))
        scores = torch.cat([outputs.sentences[number] for number in inside])
        if group[0].sentences:
            right = scores[list(group[0].sentences)]
            sentences.append(torch.logsumexp(scores, 0) - torch.logsumexp(right, 0))
    share = torch.tensor(weights)
    told = torch.tensor([float(example.answer is not None) for group in groups for example in group])
    return Losses(
        (torch.stack(spans) * share).sum() / share.sum(),
        functional.binary_cross_entropy_with_logits(outputs.relevance, told),
        torch.stack(rankings).mean() if rankings else outputs.relevance.sum() * 0,
        torch.stack(sentences).mean() if sentences else outputs.relevance.sum() * 0,
    )


def _span(example: Example, logits: Tensor) -> Tensor:
    """Of the begin and the end, over the first token and those of the passage."""
    start, end = example.pair.words
    allowed = torch.cat([logits[:1], logits[start:end]]).T
    target = (0, 0) if example.answer is None else tuple(1 + place - start for place in example.answer)
    return functional.cross_entropy(allowed, torch.tensor(target))
