"""A 4-bit e5 file becomes a sentence-transformers folder with exactly its weights and its tokenizer."""

from __future__ import annotations

import json
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from rag.domain import Progress
from rag.errors import ModelDamaged
from rag.fetching.download import EMBEDDER, check
from rag.fetching.e5_conversion import convert

HIDDEN, LAYERS, HEADS, FORWARD, VOCABULARY, POSITIONS = 64, 2, 4, 96, 14, 16
PIECES = [
    ("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("a", -3.0), ("l", -3.5),
    ("é", -3.5), ("▁a", -2.5), ("▁al", -1.5), ("'", -3.0), ("▁lé", -1.0),
]  # fmt: skip


def quantised(elements: int, seed: int) -> tuple[bytes, list[float]]:
    """Random Q4_0 blocks and, worked out weight by weight, what they mean."""
    random = np.random.default_rng(seed)
    content, weights = b"", []
    for _ in range(elements // 32):
        scale = float(np.float16(random.uniform(-0.1, 0.1)))
        low, high = random.integers(0, 16, 16).tolist(), random.integers(0, 16, 16).tolist()
        content += struct.pack("<e16B", scale, *(a | b << 4 for a, b in zip(low, high, strict=True)))
        weights += [(nibble - 8) * scale for nibble in low + high]
    return content, weights


def tensors() -> dict[str, tuple[int, bytes, list[float]]]:
    """Type, bytes and values of every tensor of a small model, by its short name."""
    h, f = HIDDEN, FORWARD
    matrices = {"emb.word": VOCABULARY * h}
    vectors = {"emb.pos": POSITIONS * h, "emb.type": h, "emb.ln.w": h, "emb.ln.b": h}
    for layer in range(LAYERS):
        for name, rows, columns in [("q", h, h), ("k", h, h), ("v", h, h), ("ao", h, h), ("fi", f, h), ("fo", h, f)]:
            matrices[f"l{layer}.{name}.w"] = rows * columns
            vectors[f"l{layer}.{name}.b"] = rows
        for name in ("aln", "oln"):
            vectors |= {f"l{layer}.{name}.w": h, f"l{layer}.{name}.b": h}
    result = {name: (1, *quantised(size, seed)) for seed, (name, size) in enumerate(matrices.items())}
    for seed, (name, size) in enumerate(vectors.items()):
        values = np.random.default_rng(1000 + seed).normal(0, 0.1, size).astype("<f4")
        result[name] = (0, values.tobytes(), values.tolist())
    return result


def e5_file(path: Path, content: dict[str, tuple[int, bytes, list[float]]] | None = None) -> Path:
    """A file in the layout that the module's docstring gives, around `content`."""
    content = tensors() if content is None else content
    head = struct.pack("<4sI", b"E5S1", 1)
    head += struct.pack("<7ifi", HIDDEN, LAYERS, HEADS, FORWARD, VOCABULARY, POSITIONS, 2, 1e-12, 32)
    words = [piece.encode() for piece, _ in PIECES]
    ends = np.cumsum([0] + [len(word) for word in words]).tolist()
    head += struct.pack("<5iQ", len(words), 0, 2, 1, 3, ends[-1]) + struct.pack(f"<{len(ends)}I", *ends)
    head += struct.pack(f"<{len(words)}f", *(score for _, score in PIECES)) + b"".join(words)
    head += struct.pack("<iI", 2, 5) + b"chars" + struct.pack("<i", len(content))
    at = len(head) + sum(2 + len(name) + 21 for name in content)
    for name, (kind, data, values) in content.items():
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, len(values), at, len(data))
        at += len(data)
    path.write_bytes(head + b"".join(data for _, data, _ in content.values()))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model, converted."""
    place = tmp_path_factory.mktemp("e5")
    convert(e5_file(place / "small.bin"), place / "small")
    return place / "small"


def matrix(name: str, rows: int) -> NDArray[np.float32]:
    return np.array(tensors()[name][2], np.float32).reshape(rows, -1)


def test_weights_are_dequantised_exactly(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    assert len(weights) == len(tensors())
    assert {tensor.dtype for tensor in weights.values()} == {np.dtype(np.float32)}
    for name, short, rows in [
        ("embeddings.word_embeddings.weight", "emb.word", VOCABULARY),
        ("embeddings.position_embeddings.weight", "emb.pos", POSITIONS),
        ("embeddings.token_type_embeddings.weight", "emb.type", 1),
        ("encoder.layer.0.attention.self.query.weight", "l0.q.w", HIDDEN),
        ("encoder.layer.1.attention.output.dense.weight", "l1.ao.w", HIDDEN),
        ("encoder.layer.1.intermediate.dense.weight", "l1.fi.w", FORWARD),
        ("encoder.layer.0.output.dense.weight", "l0.fo.w", HIDDEN),
    ]:
        np.testing.assert_array_equal(weights[name], matrix(short, rows), err_msg=name)
    for name, short in [
        ("embeddings.LayerNorm.bias", "emb.ln.b"),
        ("encoder.layer.0.attention.self.key.bias", "l0.k.b"),
        ("encoder.layer.1.attention.output.LayerNorm.weight", "l1.aln.w"),
        ("encoder.layer.1.output.LayerNorm.bias", "l1.oln.b"),
    ]:
        np.testing.assert_array_equal(weights[name], np.array(tensors()[short][2], np.float32), err_msg=name)


def test_settings_say_what_the_file_says(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    assert (config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]) == (64, 2, 4)
    assert (config["intermediate_size"], config["vocab_size"], config["max_position_embeddings"]) == (96, 14, 16)
    assert (config["layer_norm_eps"], config["type_vocab_size"], config["pad_token_id"]) == (1e-12, 1, 1)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("al", ["<s>", "▁al", "</s>"]),
        ("a'lé", ["<s>", "▁a", "'", "l", "é", "</s>"]),
        ("a   le\u0301", ["<s>", "▁a", "▁lé", "</s>"]),
        ("a\nlé", ["<s>", "▁a", "▁lé", "</s>"]),
        ("z", ["<s>", "▁", "<unk>", "</s>"]),
        ("", ["<s>", "</s>"]),
    ],
)
def test_tokenizer_takes_the_best_pieces(folder: Path, text: str, pieces: list[str]) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = tokenizer.encode(text).ids
    assert [tokenizer.id_to_token(id) for id in ids] == pieces


def test_same_file_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    convert(e5_file(tmp_path / "small.bin"), tmp_path / "again")
    names = sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    assert len(names) == 9
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


@pytest.mark.slow
def test_loads_with_sentence_transformers_without_warnings(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    from sentence_transformers import SentenceTransformer

    with caplog.at_level(logging.WARNING):
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    assert not caplog.records
    # No pooling layer that would have been made up.
    assert sum(1 for _ in model.parameters()) == len(tensors())
    assert (model.get_embedding_dimension(), model.max_seq_length) == (HIDDEN, POSITIONS)
    text = ["al'a"]
    queries, documents = model.encode_query(text), model.encode_document(text)
    np.testing.assert_allclose(np.linalg.norm(np.vstack([queries, documents]), axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(queries, model.encode(["query: al'a"]))
    np.testing.assert_array_equal(documents, model.encode(["passage: al'a"]))
    assert not np.allclose(queries, documents)


def test_progress_counts_tensors(tmp_path: Path) -> None:
    seen: list[Progress] = []
    convert(e5_file(tmp_path / "small.bin"), tmp_path / "small", seen.append)
    assert [progress.done for progress in seen] == list(range(1, len(tensors()) + 1))
    assert {(progress.step, progress.total) for progress in seen} == {("convert", len(tensors()))}


def damaged(path: Path, folder: Path) -> None:
    """Converting `path` raises ModelDamaged that names it, and leaves no folder."""
    with pytest.raises(ModelDamaged) as raised:
        convert(path, folder)
    assert raised.value.fields["path"] == path
    assert raised.value.fields["reason"]
    assert not folder.exists()


def test_truncated_file_is_damaged_wherever_it_ends(tmp_path: Path) -> None:
    whole = e5_file(tmp_path / "small.bin").read_bytes()
    for length in [0, 3, 8, 30, 50, 100, 170, 250, 700, 2000, len(whole) // 2, len(whole) - 1]:
        (tmp_path / "cut.bin").write_bytes(whole[:length])
        damaged(tmp_path / "cut.bin", tmp_path / "folder")


@pytest.mark.parametrize("content", [b"GGUF" + bytes(5000), b"E5S1" + bytes(5000), b"E5S1\x01\0\0\0" + b"\xff" * 5000])
def test_foreign_file_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "foreign.bin").write_bytes(content)
    damaged(tmp_path / "foreign.bin", tmp_path / "folder")


def test_missing_tensor_is_damaged(tmp_path: Path) -> None:
    content = tensors()
    content["other"] = content.pop("l1.fo.w")
    damaged(e5_file(tmp_path / "small.bin", content), tmp_path / "folder")


@pytest.mark.parametrize(("name", "kind", "elements"), [("l0.q.w", 1, 32), ("emb.ln.w", 0, 63), ("emb.pos", 7, 1024)])
def test_tensor_of_the_wrong_size_or_type_is_damaged(tmp_path: Path, name: str, kind: int, elements: int) -> None:
    content = tensors()
    size = elements * 4 if kind == 0 else elements // 32 * 18
    content[name] = (kind, bytes(size), [0.0] * elements)
    damaged(e5_file(tmp_path / "small.bin", content), tmp_path / "folder")


@pytest.mark.models
def test_real_embedder_gives_unit_vectors(models_dir: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(check(EMBEDDER, models_dir)), device="cpu", local_files_only=True)
    question = "Quelles conditions pose l'Allemagne ?"
    near, far = "Berlin n'acceptera l'accord qu'à trois conditions.", "La tarte aux pommes se mange tiède."
    query, documents = model.encode_query([question]), model.encode_document([near, far])
    assert query.shape == (1, 384)
    np.testing.assert_allclose(np.linalg.norm(np.vstack([query, documents]), axis=1), 1, atol=1e-5)
    assert model.tokenizer.tokenize(question) == ["▁Quelle", "s", "▁conditions", "▁pose", "▁l", "'", "Allemagne", "▁?"]
    scores = (query @ documents.T)[0]
    assert scores[0] > scores[1] + 0.02
