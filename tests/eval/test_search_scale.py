"""A synthetic index is one that the product opens and searches, and what is measured on it is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from eval.cli import evaluation
from eval.scale.synthetic import SENTENCES, Corpus, passage_ids, sentence_ids
from rag.store.index import open_index
from rag.text.analysis import grams, terms

PASSAGES = 230


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scale") / "ix"
    result = CliRunner().invoke(evaluation, ["scale", "build", "--passages", str(PASSAGES), str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.mark.slow
def test_it_is_an_index_of_so_many_passages(built: Path) -> None:
    index = open_index(built)
    assert (len(index.passages), len(index.sentences)) == (PASSAGES, SENTENCES * PASSAGES)
    spans = index.catalog.spans("passage")
    assert sorted(span.id for span in spans) == sorted(index.passages.ids)
    for span in (*spans, *index.catalog.spans("sentence")):
        assert index.catalog.article(span.document).text[span.start : span.end] == span.text
    span = index.catalog.passages([int(index.passages.ids[7])])[0]
    assert all(index.passage_grams.knows(gram) for gram in grams(span.text)[1:-1])
    words = [word for word in span.text.replace(".", "").split() if word in terms(span.text, "")]
    assert any(index.passage_terms.knows(word) for word in words)
    assert len(index.tokens.at(7).places) == len(span.text.split())


@pytest.mark.slow
def test_what_was_made_is_measured(built: Path) -> None:
    result = CliRunner().invoke(
        evaluation, ["scale", "run", str(built), "--questions", "6", "--repetitions", "1"]
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["index"] == {"passages": PASSAGES, "sentences": SENTENCES * PASSAGES}
    assert report["recall@10"] == {"passages": 1.0, "sentences": 1.0}
    assert report["found"] >= 0.8
    assert set(report["stages"]) >= {"passages", "sentences", "terms", "grams", "search", "flat"}
    assert all(row["processor_median_ms"] > 0 for row in report["stages"].values())
    assert "of flat" in result.stderr


@pytest.mark.slow
def test_a_corpus_follows_from_its_seed_batch_by_batch() -> None:
    one, same, other = Corpus(30_000), Corpus(30_000), Corpus(30_000, seed=1)
    assert (one.batch(10_000).words == same.batch(10_000).words).all()
    assert not (one.batch(10_000).words == other.batch(10_000).words).all()
    batch = one.batch(20_000)
    assert np.allclose(one.sentence_vectors(batch), same.sentence_vectors(batch))
    ids = np.concatenate([passage_ids(0, 30_000), sentence_ids(0, 30_000)])
    assert len(np.unique(ids)) == len(ids) and (ids >= 0).all()
