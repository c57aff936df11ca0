"""The encoder in numpy, against the libraries it stands in for: states, tokens, and the folders it leaves to them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.config import Settings
from rag.embedding.bert import Bert, map_tensors
from rag.embedding.embedder import FEW, SentenceTransformerEmbedder
from rag.embedding.numpy_encoder import NumpyEncoder
from rag.embedding.torch_encoder import TorchEncoder
from rag.errors import ModelDamaged
from rag.runtime.assembly import make_embedder
from tests.support.tiny_model import write_tiny_model

QUESTIONS = [
    "quelles conditions pose l'Allemagne ?",
    "Où se réunissent les alliés de l’Ukraine ?",
    "Combien de pays participent à la « force de réassurance » ?",
    "Qu'a dit Emmanuel Macron jeudi à l'Élysée ?",
    "Pékin a-t-il organisé un défilé militaire ?",
    "Donald Trump a-t-il téléphoné à Volodymyr Zelensky ?",
    "À quelle date la coalition s'est-elle réunie, et où ?",
    "QUE FAIT LA CHINE ?",
    "kel pays envoi des troupe",
    "Que pense Xi Jinping (习近平) de Moscou ?",
    "Київ отримає гарантії безпеки?",
    "🇫🇷 la France enverra-t-elle des soldats 🪖 ?",
    "l’œuvre « Noël » de Gaël coûte 26 €, n'est-ce pas…",
    "ﬁnancement : 1 000 000 d’euros",
    "  espaces   au début,\tau milieu\u00a0et à la fin  ",
    "un\nretour à la ligne\r\net un autre",
    "e\u0301te\u0301 (accents décomposés)",
    "que veut dire <s> ou </s> ?",
    "mot " * 700,
    "",
]


@pytest.mark.parametrize("numbers", ["F32", "F16", "BF16"])
@pytest.mark.parametrize(("kind", "prefix"), [("bert", ""), ("bert", "bert."), ("xlm-roberta", "roberta.")])
@pytest.mark.slow
def test_states_are_those_of_transformers(kind: str, prefix: str, numbers: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(0)
    config = AutoConfig.for_model(
        kind, vocab_size=90, hidden_size=24, num_hidden_layers=3, num_attention_heads=4, intermediate_size=40,
        max_position_embeddings=20, layer_norm_eps=1e-6, pad_token_id=1, initializer_range=0.5,
    )  # fmt: skip
    dtype = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[numbers]
    model = AutoModel.from_config(config, add_pooling_layer=False).to(dtype)
    save_file({prefix + name: tensor for name, tensor in model.state_dict().items()}, tmp_path / "model.safetensors")
    ids = [0, 5, 80, 7, 7, 33, 61, 2]
    with torch.inference_mode():
        expected = model.float().eval()(torch.tensor([ids])).last_hidden_state[0].numpy()
    bert = Bert(config.to_dict(), map_tensors(tmp_path / "model.safetensors"))
    assert np.abs(bert.states(ids) - expected).max() < 2e-5
    assert bert.positions == (20 if kind == "bert" else 18)


@pytest.mark.models
def test_questions_are_read_as_sentence_transformers_reads_them(real_settings: Settings) -> None:
    from sentence_transformers import SentenceTransformer

    embedder = make_embedder(real_settings)
    library = SentenceTransformer(str(embedder.path), device="cpu", local_files_only=True)
    assert (embedder.dimension, embedder.max_tokens) == (384, library.max_seq_length)
    prompt = library.prompts["query"]
    for question in QUESTIONS:
        vector, tokens = embedder.encode_question(question)
        expected = library.encode_query(question, normalize_embeddings=True)
        states = library.encode_query(question, output_value="token_embeddings").numpy()
        encoded = library.tokenizer(
            prompt + question, truncation=True, return_offsets_mapping=True, return_special_tokens_mask=True
        )
        content = [
            row
            for row, ((_, end), special) in enumerate(
                zip(encoded["offset_mapping"], encoded["special_tokens_mask"], strict=True)
            )
            if not special and end > len(prompt)
        ]
        begins = [max(0, encoded["offset_mapping"][row][0] - len(prompt)) for row in content]
        assert vector @ expected > 0.9999
        assert tokens.places.tolist() == [
            begin + len(question[begin:]) - len(question[begin:].lstrip()) for begin in begins
        ]
        length = np.linalg.norm(states[content], axis=1)
        assert ((tokens.vectors * states[content]).sum(1) / length > 0.9999).all()


@pytest.mark.models
def test_numpy_and_pytorch_give_comparable_vectors(real_settings: Settings) -> None:
    """One index holds vectors of both, those of PyTorch in bfloat16 on some processors."""
    embedder = make_embedder(real_settings)
    numpy, torch = NumpyEncoder.open(embedder.path), TorchEncoder(embedder.path, 1)
    assert numpy is not None
    assert (numpy.dimension, numpy.max_tokens) == (torch.dimension, torch.max_tokens)
    assert {name: text for name, text in torch.prompts.items() if text} == numpy.prompts
    ids = [numpy.tokenizer.encode(question).ids[: numpy.max_tokens] for question in QUESTIONS]
    for (light, light_states), (heavy, heavy_states) in zip(numpy.read(ids), torch.read(ids), strict=True):
        assert _cosines(light[None], heavy[None]).min() >= 0.995
        assert _cosines(light_states, heavy_states).min() >= 0.98


def _cosines(one: Any, other: Any) -> Any:
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a tiny model."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(made, tmp_path / "tiny"))


def _change(name: str, **values: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


def test_a_tiny_folder_is_served(folder: Path) -> None:
    embedder = SentenceTransformerEmbedder(folder, "0" * 64)
    assert (embedder.dimension, embedder.max_tokens) == (8, 6)
    assert embedder.count_tokens(["un deux trois un deux", ""]) == [5, 0]
    # <s>, the prompt, three words and </s>; what the tokenizer's own file says of cutting and padding does not count.
    _, tokens = embedder.encode_question("deux trois un deux trois")
    assert tokens.places.tolist() == [0, 5, 11]
    assert embedder.encode_documents(["deux"] * FEW).shape == (FEW, 8)


def _unlink(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _modules(*kinds: str) -> Callable[[Path], None]:
    content = [{"path": "1_Pooling" if i else "", "type": kind} for i, kind in enumerate(kinds)]
    return lambda folder: _write(folder, "modules.json", json.dumps(content))


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)


LIBRARY = "sentence_transformers.models"


@pytest.mark.parametrize(
    "change",
    [
        _unlink("modules.json"),
        _unlink("tokenizer.json"),
        _unlink("model.safetensors"),
        _unlink("sentence_bert_config.json"),
        _modules(f"{LIBRARY}.Transformer", f"{LIBRARY}.Pooling", f"{LIBRARY}.Dense"),
        _modules(f"{LIBRARY}.Transformer"),
        _modules("own_code.Transformer", f"{LIBRARY}.Pooling"),
        _change("1_Pooling/config.json", pooling_mode_mean_tokens=False, pooling_mode_cls_token=True),
        _change("1_Pooling/config.json", pooling_mode_max_tokens=True),
        _change("1_Pooling/config.json", pooling_mode="lasttoken"),
        _change("1_Pooling/config.json", include_prompt=False),
        _change("sentence_bert_config.json", do_lower_case=True),
        _change("sentence_bert_config.json", transformer_task="fill-mask"),
        _change("sentence_bert_config.json", processing_kwargs={"text": {"max_length": 3}}),
        _change("config.json", model_type="distilbert"),
        _change("config.json", hidden_act="gelu_new"),
        _change("config.json", position_embedding_type="relative_key"),
        _change("config.json", quantization_config={"bits": 8}),
        _change("config.json", num_hidden_layers=2),
        _change("config.json", vocab_size=8),
    ],
)
def test_what_is_not_served_is_left_to_the_library(folder: Path, change: Callable[[Path], None]) -> None:
    assert NumpyEncoder.open(folder) is not None
    change(folder)
    assert NumpyEncoder.open(folder) is None


def _cut(name: str, size: int) -> Callable[[Path], None]:
    def cut(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:size])

    return cut


@pytest.mark.parametrize(
    "damage",
    [
        _cut("model.safetensors", -4),
        _cut("model.safetensors", 40),
        _cut("model.safetensors", 0),
        *(
            _cut(name, 9)
            for name in ("config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json",
                         "config_sentence_transformers.json", "tokenizer.json")
        ),
        lambda folder: _write(folder, "config.json", "[]"),
        lambda folder: _write(folder, "model.safetensors", "\xff" * 300),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_told(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    with pytest.raises(ModelDamaged) as caught:
        SentenceTransformerEmbedder(folder, "0" * 64).encode_queries(["un"])
    assert str(caught.value.fields["path"]).startswith(str(folder))
