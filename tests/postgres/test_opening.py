"""A shared index as it is used: connections that are lost, what is shown of a URL, the service and the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.config import Settings, load_settings
from rag.domain import Scope
from rag.errors import IndexMissing, IndexPresent, InvalidSetting, StoreCannot, StoreUnreachable
from rag.events import Finished
from rag.indexing.archive import export_index
from rag.indexing.build import build_index
from rag.indexing.verify import verify_index
from rag.postgres import move, open_shared, pull, push, share, shared_manifest, shown_url, verify_shared
from rag.postgres.connection import Server as Connections
from rag.retrieval.retriever import Retriever
from rag.runtime.assembly import Models
from rag.runtime.doctor import examine
from rag.runtime.location import needs_folder, open_present, present_catalog, present_manifest, present_place
from rag.runtime.service import Service
from rag.store.index import open_index
from tests.support.commands import command_environment, run_rag
from tests.support.doubles import BagEmbedder
from tests.support.indexes import make_articles
from tests.support.paths import SEEDS
from tests.support.postgres_server import Server

EMBEDDER = BagEmbedder(384)
QUESTION = "quelles conditions pose l'Allemagne ?"
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = '{}'"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the seeds."""
    target = tmp_path_factory.mktemp("seeds") / "index"
    build_index([SEEDS], target, EMBEDDER, Settings())
    return target


@pytest.fixture
def end_all(url: str, run_sql: Callable[[str], None]) -> Callable[[], None]:
    """Ends every connection to the database, as a server does that goes away."""
    return lambda: run_sql(END_ALL.format(url.rpartition("/")[2]))


# Connections


def test_an_idle_connection_that_was_lost_is_replaced(url: str, folder: Path, end_all: Callable[[], None]) -> None:
    share(folder, url)
    open_shared(url).close()
    end_all()
    assert open_shared(url).manifest.articles == 5
    end_all()
    assert share(folder, url).unchanged == 5


def test_a_question_goes_on_over_a_new_connection(url: str, folder: Path, end_all: Callable[[], None]) -> None:
    share(folder, url)
    index = open_shared(url)
    before = Retriever(index, EMBEDDER).search(QUESTION, 5)
    end_all()
    assert Retriever(index, EMBEDDER).search(QUESTION, 5) == before


def test_unless_the_index_is_another_by_then(
    url: str, folder: Path, tmp_path: Path, end_all: Callable[[], None]
) -> None:
    share(folder, url)
    index = open_shared(url)
    build_index([make_articles(tmp_path / "more", 2)], tmp_path / "index", EMBEDDER, Settings())
    pushed = open_shared(url).tokens.projection
    build_index([], tmp_path / "index", EMBEDDER, Settings(), projection=pushed)
    push(open_index(tmp_path / "index"), url, "other")
    end_all()
    with pytest.raises(StoreUnreachable):
        Retriever(index, EMBEDDER).search(QUESTION, 5)


def test_connections_are_used_again(url: str, folder: Path) -> None:
    share(folder, url)
    seen: set[object] = set()
    for _ in range(5):
        index = open_shared(url)
        seen |= set(index.state.rows("SELECT pg_backend_pid()"))
        del index  # what is let go of gives its connection back
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://anna:s3cret@db.example/news", "postgresql://anna@db.example/news"),
        ("postgres://db.example:6000/news?password=s3cret&sslmode=require", "postgresql://db.example:6000/news"),
        ("postgresql://anna:s3c%2Fr%40et@a,b:5433/news", "postgresql://anna@a,b:5433/news"),
        ("postgresql://anna:s3cret@[::1", None),
    ],
)
def test_a_password_is_never_shown(url: str, shown: str | None) -> None:
    if shown:
        assert shown_url(url) == shown
    with pytest.raises(StoreUnreachable) as caught:
        open_shared(f"{url}{'&' if '?' in url else '?'}connect_timeout=2&host=127.0.0.1&port=1")
    assert "s3c" not in f"{caught.value} {caught.value.fields}"
    assert "s3c" not in f"{Connections(url)!r} {Settings(store=url)!r}"


def test_without_its_libraries_it_is_told_how_to_install_them(tmp_path: Path) -> None:
    code = "import sys; sys.modules['psycopg'] = None; from rag.cli import main; sys.argv[1:] = ['articles']; main()"
    environment = command_environment(tmp_path, RAG_STORE="postgresql://anna:s3cret@host/news")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3 and "pip install 'rag[postgres]'" in done.stderr and "s3cret" not in done.stderr


def test_a_setting_that_is_no_url_is_not_shown_either() -> None:
    with pytest.raises(InvalidSetting) as caught:
        load_settings({}, {"RAG_STORE": "mysql://anna:s3cret@host/news"})
    assert "s3cret" not in str(caught.value) and "postgresql://" in str(caught.value)


def test_where_nothing_is_or_nobody_answers(url: str) -> None:
    with pytest.raises(IndexMissing):
        open_shared(url)
    with pytest.raises(StoreUnreachable, match=r"127\.0\.0\.1:1"):
        open_shared("postgresql://anna:s3cret@127.0.0.1:1/news")
    findings = verify_shared(url)
    assert [finding.kind for finding in findings] == ["unreadable"]


# Moving


def test_there_and_back_again(url: str, folder: Path, tmp_path: Path) -> None:
    """Vectors are rounded on the way there and not again; everything else is as it was."""
    before = open_index(folder)
    assert move(folder, url).articles == 5
    back = pull(url, tmp_path / "back")
    after = open_index(tmp_path / "back")
    assert verify_index(tmp_path / "back", EMBEDDER) == []
    assert (back.corpus_digest, back.sentences) == (before.manifest.corpus_digest, before.manifest.sentences)
    assert list(after.catalog.articles()) == list(before.catalog.articles())
    ids = before.passages.ids
    assert set(after.passages.ids) == set(ids)
    assert [one.packed() for one in after.tokens.many(ids)] == [one.packed() for one in before.tokens.many(ids)]
    assert (after.passage_terms.scores(["alemagn", "allemagn"], ids)
            == before.passage_terms.scores(["alemagn", "allemagn"], ids)).all()  # fmt: skip
    rounded = after.passages.reconstruct(ids)
    assert abs(rounded - before.passages.reconstruct(ids)).max() < 2**-11
    assert share(tmp_path / "back", url).unchanged == 0  # another writer: it has them too from now on
    pull(url, tmp_path / "again")
    assert (open_index(tmp_path / "again").passages.reconstruct(ids) == rounded).all()
    with pytest.raises(IndexPresent):
        pull(url, tmp_path / "back")


def test_from_one_shared_index_to_another(url: str, folder: Path, server: Server) -> None:
    other = server.database()
    move(folder, url)
    assert move(url, other).passages == open_index(folder).manifest.passages
    assert verify_shared(other, EMBEDDER) == []
    one, two = (Retriever(open_shared(place), EMBEDDER).search(QUESTION, 5) for place in (url, other))
    assert one == two


# The product


def test_the_service_sees_what_is_written_meanwhile(url: str, folder: Path, tmp_path: Path) -> None:
    share(folder, url)
    settings = Settings(store=url, index=tmp_path / "mine", answer_threshold=0.0, data_dir=tmp_path / "own")
    service = Service(settings, lambda _: Models(EMBEDDER, None, None))
    *_, last = service.stream(QUESTION)
    assert isinstance(last, Finished) and last.answer.passages
    for citation in last.answer.citations:
        text = service.catalog().article(citation.document).text
        assert text[citation.start : citation.end] == citation.quote
    assert service.status().articles == len(service.articles()) == 5
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "phare.txt").write_text("Le phare de Cordouan est rallumé. La mer est calme.", "utf-8")
    report = service.update([tmp_path / "new"])
    assert report.manifest.articles == 1  # what this machine brings
    assert service.status().articles == 6
    hits = service.search("phare de Cordouan", 1).hits
    assert hits[0].passage.document == "phare.txt"
    hits = service.search("phare de Cordouan", 5, Scope(documents=("00*",))).hits
    assert all(hit.passage.document != "phare.txt" for hit in hits)


def test_what_the_settings_name(url: str, folder: Path, tmp_path: Path) -> None:
    share(folder, url)
    settings = Settings(store=url, index=tmp_path / "none")
    assert open_present(settings).manifest == present_manifest(settings) == shared_manifest(url)
    assert present_catalog(settings).count_articles() == 5
    assert present_place(settings) == shown_url(url)
    with pytest.raises(StoreCannot, match="--export"):
        needs_folder(settings, "--export")
    needs_folder(Settings(index=folder), "--export")


@pytest.mark.models
def test_the_doctor_asks_the_shared_index(url: str, folder: Path, models_dir: Path) -> None:
    share(folder, url)
    checks = {check.name: check for check in examine(Settings(store=url, models_dir=models_dir), "en")}
    # Built with the double, which is not the embedder of the settings.
    assert checks["index"].status == "failed" and shown_url(url) in checks["index"].finding


def test_the_commands(url: str, folder: Path, tmp_path: Path) -> None:
    done = run_rag("index", "--to", url, "--index", folder, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["to"] == shown_url(url)
    listed = run_rag("articles", "list", "--json", cwd=tmp_path, RAG_STORE=url)
    assert [len(json.loads(listed.stdout)), listed.returncode] == [5, 0]
    name = json.loads(listed.stdout)[0]["document"]
    shown = run_rag("articles", "show", name, cwd=tmp_path, RAG_STORE=url)
    assert shown.returncode == 0 and open_index(folder).catalog.article(name).title[:30] in shown.stdout
    whole = run_rag("index", "--verify", "--json", cwd=tmp_path, RAG_STORE=url, RAG_MODELS_DIR=str(tmp_path))
    assert (whole.returncode, json.loads(whole.stdout)["whole"]) == (0, True)
    back = run_rag("index", "--to", tmp_path / "copy", cwd=tmp_path, RAG_STORE=url)
    assert back.returncode == 0 and open_index(tmp_path / "copy").manifest.articles == 5
    export_index(tmp_path / "copy", tmp_path / "packed")
    for arguments in (["--export", "out"], ["--import", "packed"]):
        refused = run_rag("index", *arguments, cwd=tmp_path, RAG_STORE=url)
        assert refused.returncode == 2 and "postgresql://" in refused.stderr
    both = run_rag("index", "--to", tmp_path / "other", "--index", folder, cwd=tmp_path)
    assert both.returncode == 2 and "--export" in both.stderr
    for told in (done, listed, shown, whole, back, refused):
        assert "s3cret" not in told.stdout + told.stderr
