from __future__ import annotations

from hypothesis import given, strategies as st

from rag.corpus.article_files import parse, read_corpus
from rag.domain import Article
from rag.indexing.chunking import LONGEST_PARAGRAPH, split_article, split_sentences
from tests.support.paths import SEEDS


def count(text: str) -> int:
    return len(text.split())


def uncovered(article: Article, spans: list[tuple[int, int]]) -> str:
    """The story's characters that are in no span."""
    inside = {i for start, end in spans for i in range(start, end)}
    quotable = {i for s in article.segments if s.kind != "furniture" for i in range(s.start, s.end)}
    return "".join(article.text[i] for i in sorted(quotable - inside)).strip()


def test_passages_of_the_seeds_are_exact_and_cover_the_story() -> None:
    for article in read_corpus([SEEDS]):
        passages = split_article(article, count, chunk_tokens=80, overlap_sentences=1)
        assert all(article.text[p.start : p.end] == p.text for p in passages)
        assert uncovered(article, [(p.start, p.end) for p in passages]) == ""
        sentences = [s for p in passages for s in split_sentences(article, p)]
        assert all(article.text[s.start : s.end] == s.text for s in sentences)
        assert uncovered(article, [(s.start, s.end) for s in sentences]) == ""
        furniture = {i for s in article.segments if s.kind == "furniture" for i in range(s.start, s.end)}
        assert not any(i in furniture for p in passages for i in range(p.start, p.end))


def test_a_passage_ends_with_a_sentence_and_repeats_the_one_before() -> None:
    text = " ".join(f"La phrase numéro {i} parle du sujet {i}." for i in range(80))
    passages = split_article(parse(text, "a.txt"), count, chunk_tokens=35, overlap_sentences=1)
    assert count(text) > LONGEST_PARAGRAPH and len(passages) > 3
    assert all(p.text.endswith(".") and p.text.startswith("La phrase") for p in passages)
    for one, two in zip(passages, passages[1:], strict=False):
        shared = text[two.start : one.end]
        assert shared.startswith("La phrase numéro") and shared.count("numéro") == 1


def test_without_overlap_passages_lie_end_to_end() -> None:
    text = " ".join(f"La phrase numéro {i} parle du sujet {i}." for i in range(80))
    passages = split_article(parse(text, "a.txt"), count, chunk_tokens=35, overlap_sentences=0)
    assert " ".join(p.text for p in passages) == text
    assert all(count(p.text) <= 35 for p in passages)


def test_a_paragraph_stays_whole_and_short_ones_come_together() -> None:
    long = " ".join(f"La phrase numéro {i} parle du sujet {i}." for i in range(40))
    short = [f"Le point {i} est court." for i in range(4)]
    text = "\n".join([short[0], short[1], long, *short[2:]])
    passages = split_article(parse(text, "a.txt"), count, chunk_tokens=35, overlap_sentences=0)
    assert [p.text for p in passages] == ["\n".join(short[:2]), long, "\n".join(short[2:])]


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    text = "mot " * 500
    passages = split_article(parse(text, "a.txt"), count, chunk_tokens=50, overlap_sentences=0)
    assert len(passages) == 10
    assert "".join(p.text for p in passages).count("mot") == 500


def test_teasers_are_passages_of_their_own_with_their_own_title() -> None:
    (article,) = read_corpus([SEEDS / "004_7b78e513397c4d1b.txt"])
    teasers = [p for p in split_article(article, count, chunk_tokens=300, overlap_sentences=1) if p.kind == "teaser"]
    assert {t.title for t in teasers} >= {
        "Conseil des ministres franco-allemand : Merz-Macron, « un tandem claudiquant »"
    }
    assert all(t.title != article.title for t in teasers)


def test_ids_are_stable_and_distinct() -> None:
    def ids() -> list[int]:
        return [
            p.id for a in read_corpus([SEEDS]) for p in split_article(a, count, chunk_tokens=60, overlap_sentences=1)
        ]

    assert ids() == ids()
    assert len(set(ids())) == len(ids())


@given(
    st.text(alphabet=st.sampled_from('ab É.!?«»"\n\u00a0\u202f,;🙂e\u0301'), min_size=1, max_size=300),
    st.integers(1, 40),
)
def test_offsets_hold_for_any_text(text: str, size: int) -> None:
    if not text.strip():
        return
    # Ten times over, a paragraph is mostly too long to stay whole.
    article = parse(10 * text, "a.txt")
    passages = split_article(article, len, chunk_tokens=size, overlap_sentences=1)
    assert all(article.text[p.start : p.end] == p.text for p in passages)
    assert uncovered(article, [(p.start, p.end) for p in passages]) == ""
