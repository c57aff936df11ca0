"""One suite over both stores: an index folder and a shared index of the same articles give the same answers."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from rag.chat.suggestions import suggest
from rag.config import Settings
from rag.domain import EVERYTHING, Hit, Scope
from rag.errors import NothingInScope, UnknownDocument, UnknownSource
from rag.indexing.build import build_index
from rag.postgres import SharedIndex, open_shared, push
from rag.postgres.compaction import make_graph
from rag.postgres.connection import server_at
from rag.postgres.vectors import FEW, SharedVectors
from rag.protocols import Vectors
from rag.retrieval.evidence import quotations
from rag.retrieval.retriever import Retriever
from rag.store.filters import headings, span_ids
from rag.store.index import Index, open_index
from rag.store.searchable import Searchable
from rag.text.analysis import grams, terms
from tests.support.doubles import BagEmbedder
from tests.support.indexes import make_articles
from tests.support.paths import SEEDS
from tests.support.postgres_server import Server

QUESTIONS = (
    "quelles conditions pose l'Allemagne ?", "qui a parlé de la série en septembre 2025 ?", "combien de blessés ?",
    "que dit le dernier article de la Moldavie ?", "who signed the agreement?", "la sécherese et les élections",
    "article numéro 17 de la série", "le premier ministre", "zyxw",
)  # fmt: skip
SCOPES = (
    EVERYTHING,
    Scope(since=date(2025, 9, 3), until=date(2025, 9, 9)),
    Scope(documents=("0*.txt",)),
    Scope(languages=("fr",)),
)


class Distinct(BagEmbedder):
    """A `BagEmbedder` without the many equal cosines of its own, of which chance would choose the hundredth best."""

    def _encode(self, texts: Sequence[str]) -> Vectors:
        seeds = [zlib.crc32(text.encode()) for text in texts]
        noise = [np.random.default_rng(seed).normal(0, 0.02, self.dimension) for seed in seeds]
        vectors = super()._encode(texts) + np.array(noise, np.float32).reshape(len(texts), -1)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


EMBEDDER = Distinct(384)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """The seeds, 200 articles, and some of these once more under other names, with a line before the text."""
    place = tmp_path_factory.mktemp("contract")
    source = make_articles(place / "articles", 200)
    for path in SEEDS.iterdir():
        shutil.copy(path, source)
    for path in sorted(source.glob("1?.txt")):
        (source / f"copie_{path.name}").write_text(f"{path.read_text('utf-8')}\n\nRepris.", "utf-8")
    build_index([source], place / "index", EMBEDDER, Settings(chunk_tokens=64))
    return open_index(place / "index")


@pytest.fixture(scope="module")
def shared(folder: Index, server: Server) -> SharedIndex:
    url = server.database()
    assert push(folder, url, "writer").added == folder.manifest.articles
    return open_shared(url)


@pytest.fixture(params=["folder", "shared"])
def index(request: pytest.FixtureRequest) -> Searchable:
    """Each of the two in turn."""
    found: Searchable = request.getfixturevalue(request.param)
    return found


def spans(hits: list[Hit]) -> list[tuple[str, int, int]]:
    return [(hit.passage.document, hit.passage.start, hit.passage.end) for hit in hits]


def same(one: list[Hit], other: list[Hit]) -> None:
    """The same hits with nearly the same scores; those may change places that 16 bits do not tell apart."""
    assert [hit.score for hit in one] == pytest.approx([hit.score for hit in other], abs=0.01)
    for mine, its in zip(one, other, strict=True):
        near = [hit.passage for hit in other if abs(hit.score - mine.score) < 0.01]
        assert mine.passage == its.passage or mine.passage in near


@pytest.mark.parametrize("scope", SCOPES, ids=["all", "dates", "names", "language"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_equal(folder: Index, shared: SharedIndex, question: str, scope: Scope) -> None:
    one, other = Retriever(folder, EMBEDDER), Retriever(shared, EMBEDDER)
    first, second = one.search(question, 20, scope), other.search(question, 20, scope)
    # One more than is compared: which of two that are equal is the last is chance.
    same(first[:10], second[:11][: len(first[:10])])
    ranked, again = (list(index.find(question, 5, 20, scope).sentences) for index in (one, other))
    same(ranked[:10], again[: len(ranked[:10])])
    assert one.meets_no_word(question, scope) == other.meets_no_word(question, scope)
    if ranked:
        assert spans(quotations(folder, ranked, 2)) == spans(quotations(shared, ranked, 2))
    assert all(hit.also == found.also for hit, found in zip(first, second, strict=True) if hit.passage == found.passage)


def test_repeated_passages_are_shown_once_in_both(folder: Index, shared: SharedIndex) -> None:
    text = folder.catalog.article("12.txt").text.split("\n\n")[2][:120]
    for index in (folder, shared):
        best = Retriever(index, EMBEDDER).search(text, 3)[0]
        assert (best.passage.document, [p.document for p in best.also]) == ("12.txt", ["copie_12.txt"])


@pytest.mark.parametrize("scope", SCOPES, ids=["all", "dates", "names", "language"])
def test_recall_against_exact(folder: Index, index: Searchable, scope: Scope) -> None:
    """Among the ten nearest, by the vectors as they were embedded."""
    rng = np.random.default_rng(0)
    queries = EMBEDDER.encode_queries([" ".join(rng.choice(WORDS, 8)) for _ in range(40)])
    for level in ("passage", "sentence"):
        own, store = (getattr(one, f"{level}s") for one in (folder, index))
        allowed = span_ids(index.catalog, level, scope)
        among = own.ids if allowed is None else allowed
        exact = np.sort(queries @ own.reconstruct(among).T, axis=1)[:, ::-1][:, 9]
        scores, ids = store.search(queries, 10, allowed)
        assert (np.diff(scores, axis=1) <= 0).all() and np.isin(ids, among).all()
        true = np.einsum("qd,qkd->qk", queries, own.reconstruct(ids.ravel()).reshape(*ids.shape, -1))
        assert (true >= exact[:, None] - 1e-3).mean() >= 0.98


WORDS = sorted({word for path in SEEDS.iterdir() for word in path.read_text("utf-8").split()})


def test_a_graph_finds_what_comparing_all_does(folder: Index, server: Server) -> None:
    """Also among a tenth; the graph is not made yet for so few, so it is asked for."""
    url = server.database()
    push(folder, url, "writer")
    with server_at(url).writing() as connection:
        for level in ("passage", "sentence"):
            make_graph(connection, f"{level}_vector", few=10)
    server.run("postgres", f"ALTER DATABASE {url.rpartition('/')[2]} SET enable_seqscan = off")
    shared = open_shared(f"{url}?application_name=graph")  # so few would not be searched by it
    rng = np.random.default_rng(1)
    queries = EMBEDDER.encode_queries([" ".join(rng.choice(WORDS, 8)) for _ in range(40)])
    for level in ("passage", "sentence"):
        own = getattr(folder, f"{level}s")
        by_graph = SharedVectors(shared.state, level, FEW + 1, 384)
        plan = "\n".join(line for (line,) in shared.state.rows(f"EXPLAIN {plan_of(level)}", {"k": 10}))
        assert f"{level}_vector_graph" in plan
        for allowed in (None, rng.choice(own.ids, len(own) // 10, replace=False)):
            among = own.ids if allowed is None else allowed
            exact = np.sort(queries @ own.reconstruct(among).T, axis=1)[:, ::-1][:, 9]
            scores, _ = by_graph.search(queries, 10, allowed)
            assert (scores >= exact[:, None] - 2e-3).mean() >= 0.98


def plan_of(level: str) -> str:
    return f"SELECT id FROM {level}_vector ORDER BY vector <#> (SELECT vector FROM {level}_vector LIMIT 1) LIMIT %(k)s"


# Terms


def test_scores_of_terms_are_the_same_to_the_last_bit(folder: Index, shared: SharedIndex) -> None:
    for part in ("passage_terms", "passage_grams", "sentence_terms"):
        one, other = getattr(folder, part), getattr(shared, part)
        assert set(one.vocabulary) == set(other.vocabulary)
        some = np.random.default_rng(2).choice(one.ids, 50, replace=False)
        for question in QUESTIONS:
            asked = grams(question) if part == "passage_grams" else terms(question)
            assert np.array_equal(one.scores(asked, some), other.scores(asked, some))
            assert np.array_equal(one.held(asked, some), other.held(asked, some))
            assert np.array_equal(one.rarity(asked), other.rarity(asked))
            assert [one.knows(term) for term in asked] == [other.knows(term) for term in asked]
            for allowed in (None, some):
                assert one.meets(asked, allowed) == other.meets(asked, allowed)
                (scores, ids), (its, found) = one.best(asked, 10**6, allowed), other.best(asked, 10**6, allowed)
                assert np.array_equal(scores, its) and np.array_equal(ids, found)


# Articles


def test_articles_are_the_same(folder: Index, shared: SharedIndex) -> None:
    assert list(folder.catalog.articles()) == list(shared.catalog.articles())
    for level in ("passage", "sentence"):
        one, other = ({span.id: span for span in index.catalog.spans(level)} for index in (folder, shared))
        assert one == other
        for scope in SCOPES:
            some, others = (span_ids(index.catalog, level, scope) for index in (folder, shared))
            assert (some is None) == (others is None) == (scope == EVERYTHING)
            assert some is None or others is None or set(some) == set(others)
    assert [headings(folder.catalog, scope) for scope in SCOPES] == [headings(shared.catalog, s) for s in SCOPES]
    assert suggest(folder.catalog) == suggest(shared.catalog)
    tokens, its = (index.tokens.many(folder.passages.ids[:9]) for index in (folder, shared))
    assert [one.packed() for one in tokens] == [one.packed() for one in its]


@pytest.mark.parametrize(
    ("scope", "error"),
    [
        (Scope(documents=("nulle part.txt",)), UnknownDocument),
        (Scope(sources=("Le Mnode",)), UnknownSource),
        (Scope(since=date(2031, 1, 1)), NothingInScope),
    ],
)
def test_what_is_not_there_is_told_alike(folder: Index, shared: SharedIndex, scope: Scope, error: type) -> None:
    told = []
    for index in (folder, shared):
        with pytest.raises(error) as caught:
            Retriever(index, EMBEDDER).search("la mer", 3, scope)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_the_rounding_of_vectors_is_small(folder: Index, shared: SharedIndex) -> None:
    ids = folder.passages.ids
    whole, half = folder.passages.reconstruct(ids), shared.passages.reconstruct(ids)
    assert np.abs(whole - half).max() <= 2**-11  # half of the last of 11 bits of a number below one
    assert (np.abs((whole * half).sum(1) - 1) < 5e-4).all()


def test_manifests_agree(folder: Index, shared: SharedIndex) -> None:
    told = shared.manifest
    assert told == replace(
        folder.manifest, data=told.data, roots=(), corpus_digest="", created=told.created, libraries={},
        reading_digest="", vectors={}, files={},
    )  # fmt: skip
