"""Finding and decoding files, and what is reported when one cannot be read."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from rag.corpus.article_files import Notice, Problem, parse, read_corpus
from rag.domain import Article
from rag.errors import (
    EmptyArticle,
    FileTooLarge,
    FileUnreadable,
    NoArticles,
    NotText,
    PathMissing,
    RagError,
)

TEXT = " date 2025-09-04 Réunion à l'Élysée\n\nLes Européens se réunissent à Paris, où l’on prépare l'après-guerre.\n"


def write(path: Path, content: str | bytes = TEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(*paths: Path | str, most_bytes: int = 20_000_000) -> tuple[list[Article], list[Problem]]:
    problems: list[Problem] = []
    return list(read_corpus(paths, problems.append, most_bytes=most_bytes)), problems


def other(number: int) -> str:
    return f" date 2025-09-04 L'article numéro {number} de la série.\n"


def failures(path: Path, most_bytes: int = 20_000_000) -> list[Problem]:
    problems: list[Problem] = []
    with pytest.raises(NoArticles) as caught:
        list(read_corpus([path], problems.append, most_bytes=most_bytes))
    assert caught.value.fields == {"path": str(path)}
    return problems


def test_one_file(tmp_path: Path) -> None:
    articles, problems = read(write(tmp_path / "deep" / "a.txt"))
    assert problems == []
    assert articles == [parse(TEXT, "a.txt")]
    assert articles[0].id == hashlib.sha256(b"a.txt").hexdigest()[:16]
    assert articles[0].digest == hashlib.sha256(TEXT.encode()).hexdigest()


def test_a_folder_is_walked_in_order(tmp_path: Path) -> None:
    names = ["b.txt", "a.md", "sub/c.TXT", "sub/deeper/d.txt"]
    for number, name in enumerate([*names, "x.odt", "noext", ".hidden.txt", ".git/e.txt", "sub/.cache/f.txt"]):
        write(tmp_path / name, other(number))
    articles, problems = read(tmp_path)
    assert problems == []
    assert [article.document for article in articles] == ["a.md", "b.txt", "sub/c.TXT", "sub/deeper/d.txt"]


def test_paths_may_be_strings_and_are_read_once(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    articles, problems = read(str(tmp_path), tmp_path / "a.txt")
    assert [article.document for article in articles] == ["a.txt"]
    assert problems == []


def test_same_name_in_two_folders(tmp_path: Path) -> None:
    write(tmp_path / "one" / "a.txt", other(1))
    write(tmp_path / "two" / "a.txt", other(2))
    articles, _ = read(tmp_path / "one", tmp_path / "two")
    assert [article.document for article in articles] == ["a.txt", "two/a.txt"]
    assert len({article.id for article in articles}) == 2


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "corpus" / "a.txt")
    write(tmp_path / "elsewhere" / "b.txt", other(1))
    (tmp_path / "corpus" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "corpus" / "loop").symlink_to(tmp_path / "corpus", target_is_directory=True)
    articles, problems = read(tmp_path / "corpus")
    assert [article.document for article in articles] == ["a.txt"]
    assert problems == []


def test_a_missing_path_is_known_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(PathMissing) as caught:
        read_corpus([write(tmp_path / "a.txt"), tmp_path / "none"])
    assert caught.value.fields == {"path": str(tmp_path / "none")}


def test_an_empty_folder(tmp_path: Path) -> None:
    assert failures(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "content", "error", "reason"),
    [
        ("a.odt", TEXT, NotText, ".odt"),
        ("README", TEXT, NotText, "README"),
        ("nul.txt", "Une phrase\0et une autre.", NotText, "NUL"),
        ("nul1252.txt", b"\xe9t\xe9\0\xff", NotText, "NUL"),
        ("utf16.txt", b"\xff\xfe\x00", NotText, "utf-16"),
        ("noise.txt", bytes(range(1, 32)) * 9, NotText, "control characters"),
        ("empty.txt", "", EmptyArticle, None),
        ("blank.txt", " \n\t\r\n\u00a0", EmptyArticle, None),
        ("bom.txt", "\ufeff\n", EmptyArticle, None),
        ("header.txt", " date 2025-09-04 \n", EmptyArticle, None),
    ],
)
def test_a_bad_file_is_reported(
    tmp_path: Path, name: str, content: str | bytes, error: type[RagError], reason: str | None
) -> None:
    path = write(tmp_path / name, content)
    (problem,) = failures(path)
    assert type(problem) is error
    assert problem.fields == ({"path": str(path), "reason": reason} if reason else {"path": str(path)})


def test_a_file_too_large(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"a" * 2_500_000)
    (problem,) = failures(path, most_bytes=1_000_000)
    assert type(problem) is FileTooLarge
    assert problem.fields == {"path": str(path), "size": 2.5, "limit": 1.0}


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    (problem,) = failures(tmp_path)
    assert type(problem) is FileUnreadable


def test_a_broken_link(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "none.txt")
    (problem,) = failures(tmp_path)
    assert type(problem) is FileUnreadable


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_no_permission(tmp_path: Path) -> None:
    write(tmp_path / "a.txt").chmod(0)
    (problem,) = failures(tmp_path)
    assert type(problem) is FileUnreadable


def test_bad_files_do_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", b"")
    write(tmp_path / "b.txt")
    write(tmp_path / "c.txt", b"\0")
    write(tmp_path / "d.txt", other(1))
    articles, problems = read(tmp_path)
    assert [article.document for article in articles] == ["b.txt", "d.txt"]
    assert [type(problem) for problem in problems] == [EmptyArticle, NotText]


def test_duplicates_are_left_out(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.txt"), write(tmp_path / "b.txt")
    articles, problems = read(tmp_path)
    assert [article.document for article in articles] == ["a.txt"]
    assert problems == [Notice("duplicate", {"path": str(second), "original": str(first)})]


def test_undated(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "Les Européens se réunissent à Paris.")
    articles, problems = read(path)
    assert articles[0].date is None
    assert problems == [Notice("undated", {"path": str(path)})]


@pytest.mark.parametrize(
    ("encoding", "reported"),
    [("cp1252", "cp1252"), ("mac_roman", "mac_roman"), ("utf-16", "utf-16"), ("utf-32", "utf-32")],
)
def test_other_encodings(tmp_path: Path, encoding: str, reported: str) -> None:
    text = TEXT + "« Nous sommes prêts », a déclaré le président, évoquant l'œuvre commune à 26 pays.\n"
    path = write(tmp_path / "a.txt", text.encode(encoding))
    articles, problems = read(path)
    assert articles[0].text == text
    assert problems == [Notice("encoding", {"path": str(path), "encoding": reported})]


def test_newlines_are_kept(tmp_path: Path) -> None:
    text = TEXT.replace("\n", "\r\n")
    articles, _ = read(write(tmp_path / "a.txt", text))
    assert articles[0].text == text
    assert articles[0].title == "Réunion à l'Élysée"


def test_a_byte_order_mark_is_furniture(tmp_path: Path) -> None:
    for text in ("\ufeff" + TEXT, "\ufeffLes Européens se réunissent jeudi à Paris."):
        articles, _ = read(write(tmp_path / "a.txt", text))
        assert articles[0].text == text
        assert articles[0].segments[0].kind == "furniture"
        assert not articles[0].title.startswith("\ufeff")


@pytest.mark.slow
def test_a_large_file_is_read_fast(tmp_path: Path) -> None:
    paragraph = "Les Européens se réunissent jeudi à Paris pour parler de la paix, a-t-on appris.\n\n"
    path = write(tmp_path / "a.txt", " date 2025-09-04 " + paragraph * 120_000)
    started = time.process_time()
    articles, problems = read(path)
    assert time.process_time() - started < 30
    assert problems == []
    assert len(articles[0].text) > 9_000_000
    assert [part.kind for part in articles[0].segments] == ["furniture", "story"]


@pytest.mark.parametrize("line", ["a\n", "SOUS-TITRE\n", "Pour aller plus loin\n", "\n", "(" * 190 + "\n", "- x -\n"])
def test_no_text_takes_quadratic_time(line: str) -> None:
    started = time.process_time()
    article = parse("Une phrase assez longue.\n" + line * 60_000, "a.txt")
    assert time.process_time() - started < 30
    assert article.segments[-1].end == len(article.text)
