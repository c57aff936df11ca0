"""Articles made of sentences of others follow from a seed, and a build of them is measured in a process of its own."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.cases.recombined import Recombined, write_articles
from eval.cli import evaluation
from eval.scale.growth import HashingEmbedder
from rag.corpus.article_files import read_corpus
from rag.text.segmentation import sentences

PARAGRAPHS = [
    "Le pont du village a été rouvert au public mardi matin, après deux ans de travaux. "
    "Les ingénieurs avaient découvert des fissures, ce qui a repoussé la fin du chantier.",
    "La coalition des volontaires s'est réunie à Paris, où elle a parlé de la sécurité du pays. "
    "Vingt-six pays, pour la plupart européens, se sont engagés à participer à cette force.",
]


def test_articles_follow_from_seed_and_number(tmp_path: Path) -> None:
    one, same, other = Recombined(PARAGRAPHS), Recombined(PARAGRAPHS), Recombined(PARAGRAPHS, seed=1)
    assert [one.article(n) for n in (7, 8)] == [same.article(n) for n in (7, 8)]
    assert len({one.article(7), one.article(8), other.article(7)}) == 3
    write_articles(tmp_path / "corpus", one, 5)
    read = list(read_corpus([tmp_path / "corpus"]))
    assert [article.text for article in read] == [one.article(n) for n in range(5)]
    assert all(article.date and article.date >= date(2015, 1, 1) and article.title for article in read)
    words = {word for paragraph in PARAGRAPHS for word in paragraph.split()}
    body = read[0].text.partition("\n\n")[2]
    assert set(body.split()) <= words and len(sentences(body)) >= 12


def test_too_little_to_combine() -> None:
    with pytest.raises(ValueError, match="two sentences"):
        Recombined(["Court. Trop court."])


def test_the_double_is_deterministic_and_of_unit_length() -> None:
    embedder = HashingEmbedder()
    texts = ["Le pont rouvre.", "", "Le pont"]
    vectors = embedder.encode_documents(texts)
    assert vectors.shape == (3, embedder.dimension)
    assert (vectors == embedder.encode_queries(texts)).all()
    assert ((vectors**2).sum(1) - 1 < 1e-5).all()
    for place, vector, tokens in embedder.encode_passages(texts):
        assert (vector == vectors[place]).all()
        assert len(tokens.vectors) == len(tokens.places) == len(texts[place].split())


@pytest.mark.slow
def test_builds_are_measured(tmp_path: Path) -> None:
    answer = {"text": "mardi matin", "answer_start": 47}
    paragraphs = [
        {"context": context, "qas": [{"id": str(n), "question": "Quand ?", "answers": [answer] if not n else []}]}
        for n, context in enumerate(PARAGRAPHS)
    ]
    path = tmp_path / "set.json"
    path.write_text(json.dumps({"data": [{"title": "Pont", "paragraphs": paragraphs}]}), encoding="utf-8")
    result = CliRunner().invoke(evaluation, ["scale", "grow", str(path), "--articles", "4", "--articles", "2"])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["articles"] for row in rows] == [2, 4]
    assert all(row["articles_per_s"] > 0 and row["own_peak_mb"] > 0 and row["passages"] >= 8 for row in rows)
    assert "1,000 articles more" in result.stderr
