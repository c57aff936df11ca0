"""The reader as it learns: the default embedder's encoder with low-rank changes of its matrices, and three heads.

The encoder's own weights stay as they are (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models"): what
is learnt is small enough to ship. Sequences of a step are laid one behind the other without padding, and only attention
looks at them one by one. float32 throughout.

Heads: where the answer begins and ends, the first token standing for "not here" (Devlin et al. 2019, on SQuAD 2);
whether the passage answers; which of its sentences does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rag.domain import Reading
from rag.embedding import Encode, Pair, Tensors, pair, passage_tokens, question_tokens, reading_of
from rag.protocols import ReadText

HEAD_WIDTH = 128


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the network says of a step: `relevance` [pairs]; `spans` one [tokens, 2] a pair, over all its ids.

    `sentences` are one [sentences] a pair; a sentence that did not fit has the score of no words, and is never right.
    """

    relevance: Tensor
    spans: tuple[Tensor, ...]
    sentences: tuple[Tensor, ...]


class LowRank(nn.Module):
    """A linear layer, frozen, and the product of two thin matrices that is added to it."""

    def __init__(self, weight: Tensor, bias: Tensor, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("bias", bias, persistent=False)
        self.a = nn.Parameter(torch.randn(rank, weight.shape[1]) / weight.shape[1] ** 0.5)
        self.b = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight, self.bias) + functional.linear(functional.linear(x, self.a), self.b)  # type: ignore[arg-type]


class Layer(nn.Module):
    """One layer of BERT over sequences laid one behind the other."""

    def __init__(self, weights: Mapping[str, Tensor], prefix: str, heads: int, rank: int, epsilon: float) -> None:
        super().__init__()
        parts = [f"{prefix}.attention.self.{name}" for name in ("query", "key", "value")]
        joined = [torch.cat([weights[f"{part}.{kind}"] for part in parts]) for kind in ("weight", "bias")]
        self.qkv = LowRank(joined[0], joined[1], rank)
        self.out = _low_rank(weights, f"{prefix}.attention.output.dense", rank)
        self.norm1 = _norm(weights, f"{prefix}.attention.output.LayerNorm", epsilon)
        self.up = _low_rank(weights, f"{prefix}.intermediate.dense", rank)
        self.down = _low_rank(weights, f"{prefix}.output.dense", rank)
        self.norm2 = _norm(weights, f"{prefix}.output.LayerNorm", epsilon)
        self.heads = heads

    def forward(self, x: Tensor, lengths: Sequence[int]) -> Tensor:
        width = x.shape[1]
        seen = []
        for one in self.qkv(x).split(lengths):
            q, k, v = one.view(len(one), 3, self.heads, width // self.heads).permute(1, 2, 0, 3).unsqueeze(1)
            looked = functional.scaled_dot_product_attention(q, k, v)
            seen.append(looked[0].transpose(0, 1).reshape(len(one), width))
        x = self.norm1(x + self.out(torch.cat(seen)))
        made: Tensor = self.norm2(x + self.down(functional.gelu(self.up(x))))
        return made


class Head(nn.Module):
    """A score of two vectors: a hidden layer, then one number."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * width, HEAD_WIDTH)
        self.score = nn.Linear(HEAD_WIDTH, 1)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        score: Tensor = self.score(functional.gelu(self.hidden(torch.cat([one, other], -1))))
        return score.squeeze(-1)


class Reader(nn.Module):
    """The network over the weights of the model whose `config` is given. `forward` reads pairs."""

    def __init__(self, config: Mapping[str, int | float], tensors: Tensors, rank: int) -> None:
        super().__init__()
        weights = {name: torch.from_numpy(array.copy()) for name, array in tensors.items() if "word_emb" not in name}
        self._words = tensors["embeddings.word_embeddings.weight"]
        positions = weights["embeddings.position_embeddings.weight"]
        segment = weights["embeddings.token_type_embeddings.weight"][0]
        self.register_buffer("places", positions + segment, persistent=False)
        epsilon = float(config["layer_norm_eps"])
        width = int(config["hidden_size"])
        self.norm = _norm(weights, "embeddings.LayerNorm", epsilon)
        self.layers = nn.ModuleList(
            Layer(weights, f"encoder.layer.{number}", int(config["num_attention_heads"]), rank, epsilon)
            for number in range(int(config["num_hidden_layers"]))
        )
        self.span = nn.Linear(width, 2)
        self.relevance = Head(width)
        self.sentence = Head(width)

    def forward(self, pairs: Sequence[Pair]) -> Outputs:
        lengths = [len(pair.ids) for pair in pairs]
        ids = [id_ for pair in pairs for id_ in pair.ids]
        places = torch.cat([torch.arange(length) for length in lengths])
        x = self.norm(torch.from_numpy(self._words[ids]) + self.places[places])  # type: ignore[index]
        for layer in self.layers:
            x = layer(x, lengths)
        each = x.split(lengths)
        first = torch.stack([one[0] for one in each])
        whole = torch.stack([one.mean(0) for one in each])
        return Outputs(self.relevance(first, whole), self.span(x).split(lengths), self._sentences(pairs, each, first))

    def _sentences(self, pairs: Sequence[Pair], each: Sequence[Tensor], first: Tensor) -> tuple[Tensor, ...]:
        bounds = [pair.sentences() for pair in pairs]
        counts = [len(some) for some in bounds]
        means = [
            one[start:end].mean(0) if start < end else one.new_zeros(one.shape[1])
            for one, some in zip(each, bounds, strict=True)
            for start, end in some
        ]
        if not means:
            return tuple(first.new_zeros(0) for _ in pairs)
        homes = torch.repeat_interleave(first, torch.tensor(counts), 0)
        scores: Tensor = self.sentence(torch.stack(means), homes)
        return torch.split(scores, counts)


def _low_rank(weights: Mapping[str, Tensor], name: str, rank: int) -> LowRank:
    return LowRank(weights[f"{name}.weight"], weights[f"{name}.bias"], rank)


def _norm(weights: Mapping[str, Tensor], name: str, epsilon: float) -> nn.LayerNorm:
    norm = nn.LayerNorm(len(weights[f"{name}.weight"]), epsilon)
    norm.weight.data, norm.bias.data = weights[f"{name}.weight"].clone(), weights[f"{name}.bias"].clone()
    return norm


class ReaderInTraining:
    """The network as a `Reader`: slower than what ships, and there before it is written."""

    name = "in training"

    def __init__(self, network: Reader, encode: Encode) -> None:
        self._network = network
        self._encode = encode

    def read(self, question: str, texts: Sequence[ReadText]) -> list[Reading]:
        if not texts:
            return []
        asked = question_tokens(question, self._encode)
        pairs = [pair(asked, passage_tokens(t.text, t.title, t.sentences, self._encode)) for t in texts]
        with torch.inference_mode():
            made = self._network(pairs)
        return [
            reading_of(one, float(relevance), span.numpy(), sentences.numpy())
            for one, relevance, span, sentences in zip(pairs, made.relevance, made.spans, made.sentences, strict=True)
        ]
