"""What every `Embedder` promises, asked of the double and of the real adapter."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.config import Settings
from rag.domain import Progress
from rag.embedding.embedder import FEW, SentenceTransformerEmbedder
from rag.errors import ModelDamaged, ModelMissing
from rag.protocols import Embedder
from rag.runtime.assembly import make_embedder
from tests.support.doubles import BagEmbedder

TEXTS = ["L'Allemagne pose trois conditions.", "La Chine organise un sommet.", "", "x" * 5_000]


@pytest.fixture(params=["double", pytest.param("real", marks=pytest.mark.models)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "double":
        return BagEmbedder()
    settings: Settings = request.getfixturevalue("real_settings")
    return make_embedder(settings)


def test_vectors_are_unit_rows_of_float32(embedder: Embedder) -> None:
    for vectors in (embedder.encode_queries(TEXTS), embedder.encode_documents(TEXTS)):
        assert vectors.dtype == np.float32
        assert vectors.shape == (len(TEXTS), embedder.dimension)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_no_rows(embedder: Embedder) -> None:
    assert embedder.encode_documents([]).shape == (0, embedder.dimension)
    assert embedder.count_tokens([]) == []


def test_the_same_text_has_the_same_vector_wherever_it_stands(embedder: Embedder) -> None:
    alone = embedder.encode_documents(TEXTS[:1])[0]
    among = embedder.encode_documents(TEXTS)[0]
    assert alone @ among > 0.995


def test_a_question_is_closest_to_the_passage_that_answers(embedder: Embedder) -> None:
    question = embedder.encode_queries(["Quelles conditions pose l'Allemagne ?"])[0]
    scores = embedder.encode_documents(TEXTS[:2]) @ question
    assert scores[0] > scores[1]


def test_tokens_grow_with_the_text(embedder: Embedder) -> None:
    one, two = embedder.count_tokens(["un mot", "un mot un mot un mot"])
    assert 0 < one < two


def test_threads_may_share_it(embedder: Embedder) -> None:
    # Longer than what is read, which a tokenizer cuts or not by a state of its own.
    texts = [*TEXTS[:2], "mot " * 600]
    alone = [embedder.encode_documents([text])[0] for text in texts]
    counts = embedder.count_tokens(texts)

    def read(number: int) -> bool:
        if number % 2:
            return embedder.count_tokens(texts) == counts
        (vector,) = embedder.encode_documents([texts[number // 2 % 3]])
        return bool(vector @ alone[number // 2 % 3] > 0.999)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(120)))


def test_progress_ends_complete(embedder: Embedder) -> None:
    seen: list[Progress] = []
    embedder.encode_documents(TEXTS, seen.append)
    assert (seen[-1].step, seen[-1].done, seen[-1].total) == ("embed", len(TEXTS), len(TEXTS))


def test_a_question_is_read_alike_with_its_tokens(embedder: Embedder) -> None:
    text = "Quelles conditions pose l'Allemagne ?"
    vector, tokens = embedder.encode_question(text)
    assert vector.dtype == tokens.vectors.dtype == np.float32
    assert np.allclose(vector, embedder.encode_queries([text])[0], atol=1e-2)
    assert tokens.vectors.shape == (len(tokens.places), embedder.dimension)
    assert np.allclose(np.linalg.norm(tokens.vectors, axis=1), 1, atol=1e-5)


def test_passages_are_read_alike_with_their_tokens(embedder: Embedder) -> None:
    seen: list[Progress] = []
    read = {place: (vector, tokens) for place, vector, tokens in embedder.encode_passages(TEXTS, seen.append)}
    assert sorted(read) == list(range(len(TEXTS)))
    assert np.allclose([read[i][0] for i in range(len(TEXTS))], embedder.encode_documents(TEXTS), atol=1e-2)
    assert (seen[-1].step, seen[-1].done, seen[-1].total) == ("embed", len(TEXTS), len(TEXTS))
    assert not list(embedder.encode_passages([]))


def test_places_are_where_the_tokens_begin(embedder: Embedder) -> None:
    text = "  Été à Kyïv :\u00a0« l’œuvre »,  dit-il.\nÀ Paris, 26 pays 柏林 🙂 ﬁn "
    ((_, _, tokens),) = embedder.encode_passages([text])
    assert tokens.places.dtype == np.int64
    assert (np.diff(tokens.places) >= 0).all()
    # Every word begins a token, and no token begins with the white space before it.
    assert set(tokens.places) >= {word.start() for word in re.finditer(r"\S+", text)}
    assert not any(text[place : place + 1].isspace() for place in tokens.places)


def test_a_token_knows_its_sentence(embedder: Embedder) -> None:
    """The same word, alone and in a text: its token is nearest to the one at its place."""
    _, asked = embedder.encode_question("Allemagne")
    ((_, _, tokens),) = embedder.encode_passages(["La Chine organise un sommet. Allemagne et France hésitent."])
    nearest = tokens.places[(tokens.vectors @ asked.vectors[-1]).argmax()]
    assert 29 <= nearest < 38


def test_name_and_digest_are_told_without_loading(embedder: Embedder) -> None:
    assert embedder.name
    assert len(embedder.digest) == 64


@pytest.mark.models
def test_low_precision_stays_close_to_float32(models_dir: object, real_settings: Settings) -> None:
    from sentence_transformers import SentenceTransformer

    real = make_embedder(real_settings)
    exact = SentenceTransformer(str(real.path), device="cpu", local_files_only=True)
    many = [f"{text} {number}" for number in range(FEW // len(TEXTS) + 1) for text in TEXTS]
    for texts in (TEXTS, many):  # in numpy, by PyTorch
        reference = exact.encode_document(texts, normalize_embeddings=True)
        assert (real.encode_documents(texts) * reference).sum(axis=1).min() >= 0.995


@pytest.mark.slow
def test_a_missing_folder_is_told_by_name(tmp_path: object) -> None:
    from pathlib import Path

    missing = Path(str(tmp_path)) / "nowhere"
    with pytest.raises(ModelMissing) as caught:
        SentenceTransformerEmbedder(missing, "0" * 64).encode_queries(["a"])
    assert caught.value.fields["path"] == missing


@pytest.mark.slow
def test_a_folder_that_is_no_model_is_told(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "config.json").write_text("{}")
    with pytest.raises(ModelDamaged):
        SentenceTransformerEmbedder(folder, "0" * 64).encode_queries(["a"])
