"""What every `Reranker` promises, asked of the double and of the real adapter over a tiny model made here."""

from __future__ import annotations

from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pytest

from rag.config import Settings
from rag.embedding.cross_encoder import BATCH, CrossEncoderReranker
from rag.errors import ModelDamaged, ModelMissing
from rag.protocols import Reranker
from rag.runtime.assembly import make_reranker
from tests.support.doubles import OverlapReranker
from tests.support.tiny_reranker import make_model

pytestmark = pytest.mark.slow  # PyTorch takes seconds to import

QUESTION = "quelles conditions pose Berlin ?"
TEXTS = ["Berlin pose trois conditions.", "Un sommet se tient en Chine.", "", "pose " * 2_000, "Berlin pose."]


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> CrossEncoderReranker:
    return CrossEncoderReranker(make_model(tmp_path_factory.mktemp("reranker") / "tiny"), threads=1)


@pytest.fixture(params=["double", "real"])
def reranker(request: pytest.FixtureRequest) -> Reranker:
    if request.param == "double":
        return OverlapReranker()
    real: CrossEncoderReranker = request.getfixturevalue("cross_encoder")
    return real


def test_a_finite_score_for_each_text(reranker: Reranker) -> None:
    scores = reranker.scores(QUESTION, TEXTS)
    assert scores.dtype == np.float32
    assert scores.shape == (len(TEXTS),)
    assert np.isfinite(scores).all()
    assert len(set(scores)) > 1
    assert reranker.name


def test_no_texts_no_scores(reranker: Reranker) -> None:
    assert reranker.scores(QUESTION, []).shape == (0,)


def test_a_score_depends_on_question_and_text_alone(reranker: Reranker) -> None:
    many = [f"{text} {letter}" for letter in ascii_lowercase for text in TEXTS]
    assert len(many) > 2 * BATCH
    scores = reranker.scores(QUESTION, many)
    assert np.allclose(reranker.scores(QUESTION, many[::-1])[::-1], scores, atol=1e-4)
    assert np.allclose([reranker.scores(QUESTION, [text])[0] for text in many[:7]], scores[:7], atol=1e-4)
    assert not np.allclose(reranker.scores("un sommet en Chine", many), scores, atol=1e-2)


def test_what_does_not_fit_the_model_is_not_read(cross_encoder: CrossEncoderReranker) -> None:
    short, long = cross_encoder.scores(QUESTION, ["pose " * 50, "pose " * 50 + "Berlin " * 5_000])
    assert short == pytest.approx(long, abs=1e-4)


def test_scores_are_logits_of_full_precision(cross_encoder: CrossEncoderReranker) -> None:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(cross_encoder.path), device="cpu", local_files_only=True)
    probabilities = model.predict([(QUESTION, text) for text in TEXTS], show_progress_bar=False)
    logits = cross_encoder.scores(QUESTION, TEXTS)
    assert np.allclose(1 / (1 + np.exp(-logits)), probabilities, atol=1e-5)


def test_constructing_reads_nothing(tmp_path: Path) -> None:
    assert CrossEncoderReranker(tmp_path / "nowhere").name == "nowhere"


def test_it_is_chosen_by_path_or_by_name(tmp_path: Path) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    for choice in ("mine", str(tmp_path / "models" / "mine")):
        made = make_reranker(Settings(models_dir=tmp_path / "models", reranker=choice, threads=1))
        assert made is not None and made.path == tmp_path / "models" / "mine"
    assert make_reranker(Settings(models_dir=tmp_path)) is None
    with pytest.raises(ModelMissing) as caught:
        make_reranker(Settings(models_dir=tmp_path, reranker="mine"))
    assert "mine" in caught.value.message() and "--reranker" in caught.value.next_step("fr")


def test_a_missing_folder_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        CrossEncoderReranker(tmp_path / "nowhere").scores(QUESTION, TEXTS)
    assert caught.value.fields["path"] == tmp_path / "nowhere"


@pytest.mark.parametrize("broken", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_with_a_broken_file_is_told(tmp_path: Path, broken: str) -> None:
    folder = make_model(tmp_path / "tiny")
    (folder / broken).write_text("{")
    with pytest.raises(ModelDamaged) as caught:
        CrossEncoderReranker(folder).scores(QUESTION, TEXTS)
    assert caught.value.fields["path"] == folder and caught.value.fields["reason"]


def test_a_folder_without_vocabulary_is_told(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "tiny")
    for name in ("vocab.txt", "tokenizer.json"):
        (folder / name).unlink()
    with pytest.raises(ModelDamaged, match="vocabulary"):
        CrossEncoderReranker(folder).scores(QUESTION, TEXTS)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelDamaged):
        CrossEncoderReranker(tmp_path).scores(QUESTION, TEXTS)


@pytest.mark.parametrize(
    ("architecture", "labels", "reason"),
    [("BertForSequenceClassification", 3, "3 labels"), ("BertModel", 1, "BertModel is not a cross-encoder")],
)
def test_a_model_without_one_score_is_refused(tmp_path: Path, architecture: str, labels: int, reason: str) -> None:
    folder = make_model(tmp_path / "tiny", architecture=architecture, labels=labels)
    with pytest.raises(ModelDamaged) as caught:
        CrossEncoderReranker(folder).scores(QUESTION, TEXTS)
    assert reason in str(caught.value)
