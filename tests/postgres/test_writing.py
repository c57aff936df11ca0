"""Several writers of one shared index: what each brings, changes and takes out, one after the other and at once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rag.config import Settings
from rag.errors import EmbedderMismatch, IndexTooNew, NameTaken, RagError, StoreDisagrees
from rag.indexing.build import build_index
from rag.postgres import Brought, SharedIndex, open_shared, push, store_projection, verify_shared
from rag.postgres.compaction import tidy, to_merge
from rag.postgres.connection import server_at
from rag.postgres.schema import MIGRATIONS, prepare, version
from rag.store.index import Index, open_index
from rag.store.manifest import current_manifest
from rag.store.token_vectors import Projection
from tests.support.doubles import BagEmbedder
from tests.support.indexes import make_articles
from tests.support.paths import SEEDS

EMBEDDER = BagEmbedder()
SETTINGS = Settings(chunk_tokens=32)
TIDE = "La marée monte au matin. Le port est vide."
FAIR = "La foire ouvre lundi. Les forains arrivent."
SNOW = "La neige tombe en avril. Les routes sont fermées."


def make(folder: Path, articles: Mapping[str, str], url: str = "", embedder: BagEmbedder = EMBEDDER) -> Index:
    """An index in `folder` of just these articles, its tokens as the shared index at `url` has them."""
    source = folder / "articles"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name, text in articles.items():
        (source / name).write_text(text, "utf-8")
    projection = store_projection(url) if url else None
    build_index([source], folder / "index", embedder, SETTINGS, projection=projection)
    return open_index(folder / "index")


def texts(index: SharedIndex | Index) -> dict[str, str]:
    return {article.document: article.text for article in index.catalog.articles()}


@pytest.fixture
def bring(url: str, tmp_path: Path) -> Callable[..., Brought]:
    """Makes these the articles of a writer, by name and text, and brings them."""

    def unexpected(problem: RagError) -> None:
        raise AssertionError(problem)

    def brought(
        writer: str, on_problem: Callable[[RagError], None] = unexpected, replace: bool = False, **articles: str
    ) -> Brought:
        index = make(tmp_path / writer, {f"{name}.txt": text for name, text in articles.items()}, url)
        told = push(index, url, writer, replace=replace, on_problem=on_problem)
        assert verify_shared(url, EMBEDDER) == []
        return told

    return brought


def test_what_a_writer_changes(url: str, bring: Callable[..., Brought]) -> None:
    assert bring("a", tide=TIDE, fair=FAIR) == Brought(2, 0, 0, 0, 0)
    assert bring("a", tide=TIDE, fair=FAIR) == Brought(0, 0, 0, 2, 0)
    assert bring("a", tide=SNOW, fair=FAIR) == Brought(0, 1, 0, 1, 0)
    assert texts(open_shared(url)) == {"tide.txt": SNOW, "fair.txt": FAIR}
    # Under another name it is another one, and one that is shown by another title too.
    assert bring("a", snow=SNOW, fair=f"Titre : La foire\n\n{FAIR}") == Brought(1, 1, 1, 0, 0)
    assert {article.title for article in open_shared(url).catalog.articles()} >= {"La foire"}


def test_terms_of_what_is_gone_count_no_more(url: str, bring: Callable[..., Brought], tmp_path: Path) -> None:
    bring("a", tide=TIDE, fair=FAIR, snow=SNOW)
    bring("a", fair=FAIR, snow=SNOW)
    shared, alone = open_shared(url), make(tmp_path / "alone", {"fair.txt": FAIR, "snow.txt": SNOW})
    ids = alone.passages.ids
    for asked in ("foir", "neig", "maré", "lund"):
        assert (shared.passage_terms.scores([asked], ids) == alone.passage_terms.scores([asked], ids)).all()
        assert (shared.passage_terms.rarity([asked]) == alone.passage_terms.rarity([asked])).all()


def test_two_writers_with_the_same_article(url: str, bring: Callable[..., Brought]) -> None:
    bring("a", tide=TIDE, fair=FAIR)
    assert bring("b", other=TIDE, snow=SNOW).added == 2
    assert texts(open_shared(url)) == {"tide.txt": TIDE, "fair.txt": FAIR, "snow.txt": SNOW}
    bring("a", fair=FAIR)  # it stays, since the other still has it
    assert set(texts(open_shared(url)).values()) == {TIDE, FAIR, SNOW}
    bring("b", snow=SNOW)
    assert set(texts(open_shared(url)).values()) == {FAIR, SNOW}


def test_a_name_that_another_writer_gave(url: str, bring: Callable[..., Brought]) -> None:
    bring("a", news=TIDE)
    problems: list[RagError] = []
    told = bring("b", problems.append, news=SNOW, fair=FAIR)
    assert (told.added, told.taken, [type(one) for one in problems]) == (1, 1, [NameTaken])
    assert texts(open_shared(url)) == {"news.txt": TIDE, "fair.txt": FAIR}
    bring("a", news=TIDE, fair=FAIR)
    bring("a", fair=FAIR)
    assert bring("b", news=SNOW, fair=FAIR).added == 1  # the name is free now


def test_replacing_takes_over_what_others_brought(url: str, bring: Callable[..., Brought], tmp_path: Path) -> None:
    bring("a", tide=TIDE, fair=FAIR)
    index = make(tmp_path / "b", {"fair.txt": FAIR, "snow.txt": SNOW}, url)
    push(index, url, "b", replace=True)
    assert texts(open_shared(url)) == {"fair.txt": FAIR, "snow.txt": SNOW}
    assert verify_shared(url) == []
    assert bring("b", fair=FAIR).removed == 1


def test_who_replaces_others_leaves_no_article_that_nobody_holds(url: str, bring: Callable[..., Brought]) -> None:
    """The name that a text has with the one who replaces was given to another text by another writer."""
    bring("b", fair=TIDE)
    bring("a", tide=TIDE)
    bring("b", fair=TIDE, tide=SNOW)
    bring("a", tide=TIDE, replace=True)
    assert texts(open_shared(url)) == {"tide.txt": TIDE}


def test_many_writers_at_once(url: str, tmp_path: Path) -> None:
    """Six writers with overlapping articles, who also take some out, leave what they have together, each once."""
    source = make_articles(tmp_path / "articles", 90)
    names = [path.name for path in sorted(source.iterdir())]
    first = {name: (source / name).read_text("utf-8") for name in names}
    start = make(tmp_path / "start", {names[0]: first[names[0]]})
    push(start, url, "w0")
    rounds = []
    for number in range(6):
        mine = names[number * 12 : number * 12 + 30]
        rounds.append([make(tmp_path / f"{number}-{part}", {name: first[name] for name in some}, url)
                       for part, some in enumerate((mine, mine[::2], mine[5:]))])  # fmt: skip
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for index in rounds[number]:
                push(index, url, f"w{number}")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not errors
    expected = {name: text for index in rounds for name, text in texts(index[-1]).items()}
    assert texts(open_shared(url)) == expected
    assert verify_shared(url, EMBEDDER) == []


def test_a_reader_sees_one_state(url: str, bring: Callable[..., Brought]) -> None:
    bring("a", tide=TIDE)
    before = open_shared(url)
    bring("a", tide=TIDE, snow=SNOW)
    after = open_shared(url)
    assert before.manifest != after.manifest
    for index, count in ((before, 1), (after, 2)):
        assert (len(texts(index)), index.manifest.articles, len(index.passages)) == (count,) * 3
        assert index.passage_terms.knows("neig") == (count == 2)
        assert len(index.passages.search(EMBEDDER.encode_queries(["neige"]), 5)[1][0]) == count


# What may be brought together


def test_an_index_of_another_embedder_is_refused(url: str, bring: Callable[..., Brought], tmp_path: Path) -> None:
    bring("a", tide=TIDE)
    with pytest.raises(EmbedderMismatch) as caught:
        push(make(tmp_path / "other", {"snow.txt": SNOW}, embedder=BagEmbedder(64, "other")), url, "b")
    assert "s3cret" not in str(caught.value)


def test_an_index_cut_otherwise_is_refused(url: str, bring: Callable[..., Brought], tmp_path: Path) -> None:
    bring("a", tide=TIDE)
    make(tmp_path / "other", {"snow.txt": SNOW})
    build_index([], tmp_path / "other" / "index", EMBEDDER, Settings(chunk_tokens=48))
    with pytest.raises(StoreDisagrees, match="chunk_tokens"):
        push(open_index(tmp_path / "other" / "index"), url, "b")


def test_tokens_of_another_projection_are_refused_and_made_anew(
    url: str, bring: Callable[..., Brought], tmp_path: Path
) -> None:
    bring("a", **{path.stem: path.read_text("utf-8") for path in SEEDS.iterdir()})
    make(tmp_path / "other", {"snow.txt": SNOW, "fair.txt": FAIR})
    with pytest.raises(StoreDisagrees, match="tokens"):
        push(open_index(tmp_path / "other" / "index"), url, "b")
    index = make(tmp_path / "other", {"snow.txt": SNOW, "fair.txt": FAIR}, url)
    projection = store_projection(url)
    assert isinstance(projection, Projection) and index.tokens.projection.is_same(projection)
    assert push(index, url, "b").added == 2
    before = current_manifest(tmp_path / "other" / "index")
    build_index([], tmp_path / "other" / "index", EMBEDDER, SETTINGS, projection=projection)
    assert current_manifest(tmp_path / "other" / "index").corpus_digest == before.corpus_digest


# Versions of the tables


def test_tables_of_an_earlier_version_are_brought_up_to_date(url: str) -> None:
    further = (*MIGRATIONS, "ALTER TABLE article ADD further text", "CREATE TABLE more (id integer)")
    with server_at(url).writing() as connection:
        assert version(connection) == 0
        for number in (1, 1, 2, 3):
            prepare(connection, "", 8, further[:number])
            assert version(connection) == number
        connection.execute("SELECT further FROM article")
        connection.execute("SELECT id FROM more")
        with pytest.raises(IndexTooNew):
            prepare(connection, "", 8, further[:2])
    with pytest.raises(IndexTooNew):
        open_shared(url)


def test_a_step_that_fails_leaves_the_tables_as_they_were(url: str) -> None:
    with server_at(url).writing() as connection:
        prepare(connection, "", 8)
        with pytest.raises(Exception, match="nothing"):
            prepare(connection, "", 8, (*MIGRATIONS, "CREATE TABLE more (id integer)", "SELECT * FROM nothing"))
        assert version(connection) == len(MIGRATIONS)
        assert connection.execute("SELECT to_regclass('more')").fetchone() == (None,)


# Segments


@pytest.mark.parametrize(
    ("live", "dead", "merged"),
    [
        (dict.fromkeys(range(7), (1, 9)), {}, []),
        ({n: (1 + n % 7, 9) for n in range(8)}, {}, [[*range(8)]]),
        ({**dict.fromkeys(range(7), (64, 900)), 9: (1, 9)}, {}, []),
        ({1: (10, 90), 2: (10, 90)}, {1: 91, 2: 90}, [[1]]),
        ({1: (10, 90)}, {2: 5}, [[2]]),
    ],
)
def test_which_segments_are_merged(
    live: dict[int, tuple[int, int]], dead: dict[int, int], merged: list[list[int]]
) -> None:
    assert list(to_merge(live, dead)) == merged


def test_merging_changes_nothing_but_the_rows(
    url: str, bring: Callable[..., Brought], run_sql: Callable[[str], None]
) -> None:
    words = ["alpha", "bravo", "charlie", "delta", "echo", "golf", "hotel", "india", "juliette", "kilo", "lima", "mike"]
    articles = {word: f"Le {word} est arrivé au port. La mer est {word}." for word in words}
    for number in range(1, len(words) + 1):
        bring("a", **dict(list(articles.items())[max(0, number - 4) : number]))
    index = open_shared(url)
    segments = index.state.rows("SELECT count(DISTINCT segment) FROM posting")[0][0]
    assert segments < len(words)
    ids = [id_ for id_, _ in index.catalog.homes("passage")]
    before = index.passage_terms.scores(["mer", "lim"], ids)
    with server_at(url).writing() as connection:
        tidy(connection)
    after = open_shared(url)
    assert (after.passage_terms.scores(["mer", "lim"], ids) == before).all()
    assert after.manifest == index.manifest
    run_sql("SELECT 1 / count(*) FROM rag.posting")
