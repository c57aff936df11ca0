"""What lies within a scope: in a catalog, and through search and answers over one index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rag.answering.pipeline import Pipeline
from rag.config import Settings
from rag.domain import EVERYTHING, Scope
from rag.errors import BadInput, NothingInScope, UnknownDocument, UnknownLanguage, UnknownSource
from rag.events import Found
from rag.indexing.build import build_index
from rag.retrieval.retriever import Retriever
from rag.store.catalog import Catalog, open_catalog
from rag.store.filters import check_scope, count_undated, headings, span_ids
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder, ScriptedGenerator

FRENCH = "Le maire a annoncé que le pont serait rouvert. Les travaux ont coûté trois millions. Le conseil a voté."
ENGLISH = "The mayor said that the bridge would open again. The works have cost three million. The council voted."
SPRING, SUMMER = "2025/avril.txt", "2025/juin.txt"
ARTICLES = {
    SPRING: f"Date : 30 avril 2025\nSource : L'Écho du Nord\nTitre : Avril\n\n{FRENCH}",
    SUMMER: f"Date : 1er juin 2025\nSource : L’echo du nord\nTitre : Juin\n\n{FRENCH} Un pont.",
    "2025/été/english.txt": f"Date: 2025-06-30\nSource: Reuters\nTitle: Summer\n\n{ENGLISH}",
    "2026[1].txt": f"Date : 2 janvier 2026\nSource : AFP\nTitre : Janvier\n\n{FRENCH} Le pont a tenu.",
    "sans_date.txt": f"Source : AFP\nTitre : Le pont du village\n\n{FRENCH} Le pont, le pont, le pont.",
}
QUESTION = "Le pont sera-t-il rouvert ?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of these articles, made without models."""
    source = tmp_path_factory.mktemp("articles")
    for name, text in ARTICLES.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    target = source.parent / "selection-index"
    build_index([source], target, BagEmbedder(512), Settings(chunk_tokens=32))
    return target


@pytest.fixture(scope="module")
def catalog(folder: Path) -> Catalog:
    return open_catalog(folder)


@pytest.fixture(scope="module")
def retriever(folder: Path) -> Retriever:
    return Retriever(open_index(folder), BagEmbedder(512))


SCOPES: list[tuple[Scope, set[str]]] = [
    (Scope(documents=(SPRING,)), {SPRING}),
    (Scope(documents=(SPRING, "sans_date.txt")), {SPRING, "sans_date.txt"}),
    (Scope(documents=("2025/*",)), {SPRING, SUMMER, "2025/été/english.txt"}),
    (Scope(documents=("2026[1].txt",)), {"2026[1].txt"}),  # its name, though as a pattern it would be another
    (Scope(documents=("202[56]*",)), {SPRING, SUMMER, "2025/été/english.txt", "2026[1].txt"}),
    (Scope(sources=("L'ECHO DU NORD",)), {SPRING, SUMMER}),
    (Scope(sources=("l’Écho du Nord", "afp")), {SPRING, SUMMER, "2026[1].txt", "sans_date.txt"}),
    (Scope(languages=("EN",)), {"2025/été/english.txt"}),
    (Scope(since=date(2025, 6, 1)), {SUMMER, "2025/été/english.txt", "2026[1].txt"}),
    (Scope(until=date(2025, 6, 1)), {SPRING, SUMMER}),
    (Scope(since=date(2025, 6, 1), until=date(2025, 6, 30)), {SUMMER, "2025/été/english.txt"}),
    (Scope(("2025/*",), ("l'écho du nord",), ("fr",), date(2025, 5, 1), date(2025, 12, 31)), {SUMMER}),
]


@pytest.mark.parametrize(("scope", "documents"), SCOPES)
def test_a_scope_selects_articles_and_their_spans(scope: Scope, documents: set[str], catalog: Catalog) -> None:
    check_scope(catalog, scope)
    assert {heading.document for heading in headings(catalog, scope)} == documents
    for level in ("passage", "sentence"):
        ids = span_ids(catalog, level, scope)
        assert ids is not None and ids.dtype == np.int64
        assert sorted(ids) == sorted(span.id for span in catalog.spans(level) if span.document in documents)


def test_everything_takes_no_work(catalog: Catalog) -> None:
    assert span_ids(catalog, "passage", EVERYTHING) is None
    found = headings(catalog)
    assert [heading.document for heading in found] == [
        SPRING, SUMMER, "2025/été/english.txt", "2026[1].txt", "sans_date.txt",
    ]  # fmt: skip
    first, last = found[0], found[-1]
    assert (first.date, first.title, first.source, first.language) == (
        date(2025, 4, 30),
        "Avril",
        "L'Écho du Nord",
        "fr",
    )
    assert last.date is None


@pytest.mark.parametrize(
    ("scope", "kind", "close"),
    [
        (Scope(documents=("avril.txt",)), UnknownDocument, SPRING),
        (Scope(documents=("2024/*",)), UnknownDocument, SPRING),  # nothing is near it: some of all
        (Scope(documents=(SPRING, "")), UnknownDocument, SPRING),
        (Scope(sources=("Reuter",)), UnknownSource, "Reuters"),
        (Scope(sources=("AFP", "echo du nord")), UnknownSource, "L'Écho du Nord"),
        (Scope(languages=("de",)), UnknownLanguage, "fr, en"),
        (Scope(since=date(2025, 1, 1), sources=("'; --",)), UnknownSource, "AFP"),
    ],
)
@pytest.mark.parametrize("look", [check_scope, headings, lambda catalog, scope: span_ids(catalog, "passage", scope)])
def test_unknown_names_are_told_with_near_ones(
    look: Callable[[Catalog, Scope], object], scope: Scope, kind: type[BadInput], close: str, catalog: Catalog
) -> None:
    with pytest.raises(kind) as caught:
        look(catalog, scope)
    assert close in str(caught.value.fields["close"])


@pytest.mark.parametrize(
    "scope",
    [Scope(since=date(2027, 1, 1)), Scope(documents=("sans_date.txt",), since=date(1, 1, 1)),
     Scope(sources=("Reuters",), languages=("fr",)), Scope(since=date(2026, 1, 1), until=date(2025, 1, 1))],
)  # fmt: skip
@pytest.mark.parametrize("look", [check_scope, headings, lambda catalog, scope: span_ids(catalog, "passage", scope)])
def test_a_scope_without_articles_tells_what_there_is(
    look: Callable[[Catalog, Scope], object], scope: Scope, catalog: Catalog
) -> None:
    with pytest.raises(NothingInScope) as caught:
        look(catalog, scope)
    fields = caught.value.fields
    assert (fields["articles"], fields["undated"], fields["languages"]) == (5, 1, "fr, en")
    assert fields["dates"] == "2025-04-30 … 2026-01-02"
    assert fields["sources"] == "AFP, L'Écho du Nord, L’echo du nord, Reuters"


@pytest.mark.parametrize(
    ("scope", "count"),
    [(EVERYTHING, 0), (Scope(sources=("AFP",)), 0), (Scope(until=date(2025, 5, 1)), 1),
     (Scope(sources=("afp",), since=date(2026, 1, 1)), 1), (Scope(sources=("Reuters",), since=date(2025, 1, 1)), 0)],
)  # fmt: skip
def test_articles_left_out_for_want_of_a_date(scope: Scope, count: int, catalog: Catalog) -> None:
    assert count_undated(catalog, scope) == count


@pytest.mark.parametrize(("scope", "documents"), SCOPES)
def test_a_search_finds_all_of_a_scope_and_nothing_else(
    scope: Scope, documents: set[str], retriever: Retriever
) -> None:
    everything = retriever.search(QUESTION, 50)
    found = retriever.search(QUESTION, 50, scope)
    # Repetitions stand beside the first of their kind.
    passages = [passage for hit in found for passage in (hit.passage, *hit.also)]
    all_passages = [passage for hit in everything for passage in (hit.passage, *hit.also)]
    assert {p.id for p in passages} == {p.id for p in all_passages if p.document in documents}
    assert all(np.isfinite(list(hit.parts.values())).all() for hit in found)
    both = retriever.find(QUESTION, 3, 4, scope)
    assert list(both.passages) == found[:3]
    assert both.sentences and {hit.passage.document for hit in both.sentences} <= documents
    assert {hit.passage.document for hit in retriever.evidence(QUESTION, 4, scope)} <= documents


def test_an_answer_rests_on_its_scope_alone(retriever: Retriever) -> None:
    settings = Settings(answer_threshold=0.0)
    pipeline = Pipeline(retriever, BagEmbedder(512), ScriptedGenerator(*[FRENCH] * 2), settings)
    scope = Scope(documents=(SUMMER,))
    answer = pipeline.ask(QUESTION, scope=scope)
    assert answer.citations and {citation.document for citation in answer.citations} == {SUMMER}
    assert {hit.passage.document for hit in answer.passages} == {SUMMER}
    assert {hit.passage.document for hit in pipeline.search(QUESTION, scope=scope)} == {SUMMER}
    (found, *_) = pipeline.stream(QUESTION, scope=scope)
    assert isinstance(found, Found) and {hit.passage.document for hit in found.evidence} == {SUMMER}
    with pytest.raises(NothingInScope):
        pipeline.ask(QUESTION, scope=Scope(since=date(2027, 1, 1)))
