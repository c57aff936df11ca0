"""The user's own articles: taken in, removed and put back, without touching anything else."""

from __future__ import annotations

import gzip
import unicodedata
from pathlib import Path

import pytest

from rag.config import Settings, load_settings
from rag.corpus.formats import MOST_BYTES
from rag.errors import (
    EmptyArticle,
    FileDamaged,
    FileTooLarge,
    FileUnreadable,
    NoArticles,
    NotOwnArticle,
    NotText,
    RagError,
    RootsDropped,
    TextFieldMissing,
    TooManyFiles,
    UnknownDocument,
    UploadTooLarge,
    WriteFailed,
)
from rag.indexing import uploads
from rag.indexing.build import build_index
from rag.indexing.uploads import Outcome, Upload, add, check_upload, file_name, index_roots, own_folder, remove, restore
from rag.store.index import open_index
from tests.support.doubles import BagEmbedder
from tests.support.file_makers import column, make_pdf, make_zip

TEXT = "Le pont du village a été rouvert au public mardi matin."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(index=tmp_path / "index", data_dir=tmp_path / "data")


@pytest.fixture
def own(settings: Settings) -> Path:
    return own_folder(settings)


def upload(tmp_path: Path, name: str, content: bytes | str = TEXT) -> Upload:
    """A file where an interface puts what it receives: its name there says nothing."""
    folder = tmp_path / "received"
    folder.mkdir(exist_ok=True)
    path = folder / str(len(list(folder.iterdir())))
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Upload(path, name)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".articles.lock")


def test_good_and_bad_files_of_one_drop(tmp_path: Path, own: Path) -> None:
    pdf = make_pdf([column(TEXT)])
    given = [
        upload(tmp_path, "2025-09-03 Le pont.txt"),
        upload(tmp_path, "page.pdf", pdf),
        upload(tmp_path, "cut.pdf", pdf[:-200]),
        upload(tmp_path, "again.txt"),
        upload(tmp_path, "empty.md", " "),
        upload(tmp_path, "letter.odt"),
        Upload(tmp_path / "gone", "gone.txt"),
        upload(tmp_path, "../../2025-09-03 Le pont.txt", f"{TEXT} Une fête suivra."),
    ]
    outcomes = add(own, given)
    assert [(outcome.name, outcome.state, outcome.document) for outcome in outcomes] == [
        ("2025-09-03 Le pont.txt", "added", "2025-09-03-Le-pont.txt"),
        ("page.pdf", "added", "page.pdf"),
        ("cut.pdf", "refused", ""),
        ("again.txt", "known", "2025-09-03-Le-pont.txt"),
        ("empty.md", "refused", ""),
        ("letter.odt", "refused", ""),
        ("gone.txt", "refused", ""),
        ("2025-09-03 Le pont.txt", "added", "2025-09-03-Le-pont-2.txt"),
    ]
    errors = [outcome.error for outcome in outcomes if outcome.error]
    assert [type(error) for error in errors] == [FileDamaged, EmptyArticle, NotText, FileUnreadable]
    # Told by the name that the user knows, not by where the file lay.
    assert [error.fields["path"] for error in errors] == ["cut.pdf", "empty.md", "letter.odt", "gone.txt"]
    assert names(own.parent) == ["2025-09-03-Le-pont-2.txt", "2025-09-03-Le-pont.txt", "page.pdf"]
    assert (own / "2025-09-03-Le-pont.txt").read_text("utf-8") == TEXT


def test_a_file_of_several_articles(tmp_path: Path, own: Path) -> None:
    """Taken in when one of them can be read, under a name that says how; removed as a whole."""
    good, bad = b'{"texte": "Le pont du village rouvre."}\n', b"{}\n[]\n"
    given = [
        upload(tmp_path, "a.jsonl", bad + good),
        upload(tmp_path, "b.csv.GZ", gzip.compress(b"corps_article\nLe vote a eu lieu.\n")),
        upload(tmp_path, "c.jsonl", bad),
        upload(tmp_path, "d.zip", make_zip({"x.txt": b"", "y.pdf": b"%PDF-"})),
    ]
    outcomes = add(own, [*given, upload(tmp_path, "a.jsonl", good)], {"text": "corps_article"})
    assert [outcome.document for outcome in outcomes] == ["a.jsonl", "b.csv.gz", "", "", "a-2.jsonl"]
    errors = [outcome.error for outcome in outcomes if outcome.error]
    assert [(type(error), error.fields["path"]) for error in errors] == [
        (TextFieldMissing, "c.jsonl"),
        (EmptyArticle, "d.zip/x.txt"),
    ]
    assert remove(own, "a.jsonl#3", [own]).document == "a.jsonl"
    assert remove(own, "b.csv.gz#1", [own]).document == "b.csv.gz"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Réunion à l’Élysée (2).PDF", "Réunion-à-l-Élysée-2.pdf"),
        (unicodedata.normalize("NFD", "été.txt"), "été.txt"),
        ("/etc/passwd.txt", "passwd.txt"),
        (r"C:\Users\jean\note.md", "note.md"),
        ("../../.ssh/.config.txt", "config.txt"),
        ("..txt", "article.txt"),
        ("a\u202etxt.\u202cexe.txt", "atxt.exe.txt"),
        ("a\x00b\nc\x1b[31m.txt", "abc-31m.txt"),
        ('\udcff?*|<>:".html', "article.html"),
        ("-rf.txt", "rf.txt"),
        ("é" * 300 + ".docx", "é" * 60 + ".docx"),
        ("北京.txt", "北京.txt"),
    ],
)
def test_a_name_is_made_safe(given: str, kept: str) -> None:
    assert file_name(given) == kept
    assert len(file_name(given).encode()) < 200


@pytest.mark.parametrize(
    ("name", "size", "error"),
    [
        ("a.txt", MOST_BYTES, None),
        ("a.PDF", 1, None),
        ("a.txt", MOST_BYTES + 1, FileTooLarge),
        ("a.exe", 1, NotText),
        ("txt", 1, NotText),
        (".pdf", 1, NotText),
    ],
)
def test_what_is_known_before_a_file_is_read(name: str, size: int, error: type[RagError] | None) -> None:
    if error is None:
        check_upload(name, size)
    else:
        with pytest.raises(error):
            check_upload(name, size)


def test_too_many_at_a_time(tmp_path: Path, own: Path) -> None:
    given = [upload(tmp_path, f"{n}.txt", f"{TEXT} {n}.") for n in range(uploads.MOST_FILES + 2)]
    outcomes = add(own, given)
    assert [outcome.state for outcome in outcomes] == ["added"] * uploads.MOST_FILES + ["refused"] * 2
    assert type(outcomes[-1].error) is TooManyFiles


def test_too_much_at_a_time(tmp_path: Path, own: Path) -> None:
    """Files that were refused for what they hold count too: they were read."""
    given = [upload(tmp_path, f"{n}.txt", b"\0") for n in range(11)]
    for one in given:
        with one.path.open("r+b") as file:
            file.truncate(MOST_BYTES)
    given.append(upload(tmp_path, "small.txt"))
    outcomes = add(own, given)
    assert [type(outcome.error) for outcome in outcomes] == [*([NotText] * 10), UploadTooLarge, UploadTooLarge]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailed):
        add(tmp_path / "file" / "articles", [upload(tmp_path, "a.txt")])


def test_removed_and_put_back(tmp_path: Path, own: Path) -> None:
    add(own, [upload(tmp_path, "a.txt"), upload(tmp_path, "b.txt", f"{TEXT} Encore.")])
    removed = remove(own, "a.txt", [own])
    assert names(own) == ["b.txt"] and removed.path.read_text("utf-8") == TEXT
    add(own, [upload(tmp_path, "a.txt", f"{TEXT} Autrement.")])
    again = remove(own, "a.txt", [own])
    assert restore(own, removed) == "a.txt"
    assert restore(own, again) == "a-2.txt"
    assert (own / "a.txt").read_text("utf-8") == TEXT
    assert names(own.parent) == ["a-2.txt", "a.txt", "b.txt"]
    with pytest.raises(UnknownDocument):
        restore(own, again)


def test_only_own_articles_are_removed(tmp_path: Path, own: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "sub").mkdir(parents=True)
    for path in (theirs / "a.txt", theirs / "sub" / "b.txt", tmp_path / "single.txt"):
        path.write_text("Leur article.", "utf-8")
    add(own, [upload(tmp_path, "a.txt"), upload(tmp_path, "own.txt", f"{TEXT} Encore.")])
    roots = [theirs, tmp_path / "single.txt", theirs / "sub", own]
    for document, folder in (
        *(("a.txt", theirs), ("sub/b.txt", theirs / "sub"), ("theirs/sub/b.txt", theirs / "sub")),
        ("single.txt", tmp_path),
    ):
        with pytest.raises(NotOwnArticle) as caught:
            remove(own, document, roots)
        assert caught.value.fields == {"document": document, "folder": folder}
    for document in ("../../single.txt", str(tmp_path / "single.txt"), "owm.txt", ""):
        with pytest.raises(UnknownDocument):
            remove(own, document, roots)
    # What the index calls the second of two files of one name.
    assert remove(own, "articles/a.txt", roots).document == "a.txt"
    assert remove(own, "own.txt", roots).document == "own.txt"
    assert (theirs / "a.txt").exists() and (theirs / "sub" / "b.txt").exists()


def build(paths: list[Path], settings: Settings, *, replace: bool = False) -> list[str]:
    build_index(paths, settings.index, BagEmbedder(), settings, replace=replace)
    return [article.document for article in open_index(settings.index).catalog.articles()]


def test_the_index_keeps_the_folder(tmp_path: Path, settings: Settings, own: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "a.txt").write_text("Leur article.", "utf-8")
    assert index_roots(settings.index, own) == [own]
    assert build([theirs], settings) == ["a.txt"]
    roots = index_roots(settings.index, own)
    assert roots == [theirs, own]
    assert build(roots, settings) == ["a.txt"]  # nothing was added yet, and the folder was not even there
    (outcome,) = add(own, [upload(tmp_path, "a.txt")])
    assert outcome == Outcome("a.txt", "added", "a.txt")
    assert build(index_roots(settings.index, own), settings) == ["a.txt", "articles/a.txt"]
    # Who builds from folders of their own names those alone.
    assert build([theirs], settings) == ["a.txt", "articles/a.txt"]
    with pytest.raises(RootsDropped) as caught:
        build([own], settings)
    assert caught.value.fields["dropped"] == str(theirs)
    remove(own, "articles/a.txt", roots)
    own.rmdir()
    assert build([], settings) == ["a.txt"]
    assert index_roots(settings.index, own) == [theirs, own]
    assert build([theirs], settings, replace=True) == ["a.txt"]
    assert index_roots(settings.index, own) == [theirs, own]
    assert open_index(settings.index).manifest.roots == (str(theirs),)


def test_the_last_article_removed_leaves_the_old_index(tmp_path: Path, settings: Settings, own: Path) -> None:
    add(own, [upload(tmp_path, "a.txt")])
    assert build([own], settings) == ["a.txt"]
    remove(own, "a.txt", [own])
    with pytest.raises(NoArticles):
        build([], settings)
    assert open_index(settings.index).manifest.articles == 1


def test_where_the_folder_is(tmp_path: Path) -> None:
    settings = load_settings({}, {"RAG_DATA_DIR": "somewhere"}, tmp_path)
    assert own_folder(settings) == Path.cwd() / "somewhere" / "articles"
