"""The reader made of the embedder and an adapter: the same sums as in training, and what is no adapter refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from eval.training.network import Reader
from rag.embedding.bert import map_tensors
from rag.embedding.onnx_reader import OnnxReader
from rag.embedding.pairing import Encode, pair, passage_tokens, question_tokens
from rag.errors import ModelDamaged, ModelMissing
from rag.fetching.adapter import BASE, merged, pack
from rag.fetching.reader_merging import GRAPH, merge
from rag.protocols import ReadText
from rag.text.segmentation import sentence_spans
from tests.support.tiny_base import LAYERS, WIDTH, encode, write_tiny_base

RANK = 4
TEXTS = [
    "Berlin pose trois conditions. D'abord un mandat clair. Ensuite l'accord du Bundestag.",
    "Rien.",
    "mot " * 700,
]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_base(tmp_path_factory.mktemp("base") / "model")


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    path = tmp_path_factory.mktemp("adapter") / "reader.safetensors"
    save_file(pack(_learnt(base)), path, {BASE: "abc"})
    return path


def _learnt(base: Path) -> dict[str, NDArray[Any]]:
    """What a training might have left, by name."""
    network = _network(base)
    torch.manual_seed(0)
    for name, parameter in network.named_parameters():
        if name.endswith(".b"):
            parameter.data = torch.randn_like(parameter) * 0.1
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def _network(base: Path) -> Reader:
    torch.manual_seed(0)
    return Reader(json.loads((base / "config.json").read_text()), map_tensors(base / "model.safetensors"), RANK)


def test_the_product_of_the_thin_matrices_is_added(base: Path, adapter: Path) -> None:
    weights = load_file(base / "model.safetensors")
    packed = load_file(adapter)
    made = merged(weights, packed, LAYERS)
    stem = "encoder.layer.1.attention.self"
    before = np.concatenate([weights[f"{stem}.{name}.weight"] for name in ("query", "key", "value")])
    a, b, scale = (packed[f"layers.1.qkv.{part}"].astype(np.float32) for part in ("a", "b", "scale"))
    assert np.allclose(made["layers.1.qkv.weight"], before + np.einsum("or,r,ri->oi", b, scale, a), atol=1e-5)
    assert made["layers.1.qkv.bias"].shape == (3 * WIDTH,)


def test_eight_bits_keep_the_product_close() -> None:
    chance = np.random.default_rng(0)
    a, b = chance.normal(size=(8, 64)).astype(np.float32), chance.normal(size=(48, 8)).astype(np.float32)
    packed = pack({"x.a": a, "x.b": b})
    assert packed["x.a"].dtype == packed["x.b"].dtype == np.int8
    product = (packed["x.b"].astype(np.float32) * packed["x.scale"]) @ packed["x.a"].astype(np.float32)
    assert np.abs(product - b @ a).max() < 0.03 * np.abs(b @ a).max()


def test_the_graph_reads_as_the_network_that_was_trained(base: Path, adapter: Path, tmp_path: Path) -> None:
    merge(adapter, tmp_path / "reader", base, "abc")
    network = _network(base)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in _learnt(base).items()})
    reader = _Reader(tmp_path / "reader" / GRAPH, base)
    texts = [ReadText(text, "Titre", sentence_spans(text)) for text in TEXTS]
    found = reader.read("Que veut Berlin ?", texts)
    asked = question_tokens("Que veut Berlin ?", encode)
    pairs = [pair(asked, passage_tokens(text.text, text.title, text.sentences, encode)) for text in texts]
    with torch.inference_mode():
        expected = network(pairs)
    for place, reading in enumerate(found):
        assert reading.relevance == pytest.approx(float(expected.relevance[place]), abs=0.05)
        assert reading.sentences == pytest.approx(expected.sentences[place].tolist(), abs=0.05)
    # A pair's scores do not depend on what is read with it.
    assert reader.read("Que veut Berlin ?", texts[:1])[0] == found[0]
    assert reader.read("Que veut Berlin ?", []) == []


class _Reader(OnnxReader):
    """With the tokenizer of the tests: the tiny model has none."""

    def _encode_of(self, text: str) -> Encode:
        return encode


def test_what_does_not_belong_to_the_base_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged, match="belongs to a model made from abc"):
        merge(adapter, tmp_path / "reader", base, "def")
    with pytest.raises(ModelMissing):
        merge(adapter, tmp_path / "reader", tmp_path / "none", "abc")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(adapter.read_bytes()[:-100])
    with pytest.raises(ModelDamaged):
        merge(cut, tmp_path / "reader", base, "abc")
    other = tmp_path / "other.safetensors"
    save_file({"x": np.zeros(3, np.float32)}, other, {BASE: "abc"})
    with pytest.raises(ModelDamaged):
        merge(other, tmp_path / "reader", base, "abc")
    assert not (tmp_path / "reader").exists()


def test_a_file_that_is_no_graph_is_named(base: Path, tmp_path: Path) -> None:
    (tmp_path / GRAPH).write_bytes(b"no graph")
    with pytest.raises(ModelDamaged, match=GRAPH):
        _Reader(tmp_path / GRAPH, base).read("?", [ReadText("Rien.", "", [(0, 5)])])
    with pytest.raises(ModelMissing):
        _Reader(tmp_path / "none.onnx", base).read("?", [ReadText("Rien.", "", [(0, 5)])])
