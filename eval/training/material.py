"""The questions that the reader learns from, their articles, and which of them it never sees.

SQuAD files in French (PIAF) and XQuAD, whose questions and paragraphs are the same in several languages, so that one
language asks about the other. A seventh of the articles, by title, is held out with all its questions.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import MalformedSet

FILES: Mapping[str, str] = {
    "piaf_dev.json": "fr",
    "piaf_more.json": "fr",
    "xquad.en.json.gz": "en",
    "xquad.de.json.gz": "de",
    "xquad.es.json.gz": "es",
}
"""What is read of the folder of data, and in which language."""
HELD_OUT = 7
_BREAK = "\n\n"
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Question:
    """`text` by language, and for each language the places that answer it: document, start and end of its text."""

    id: str
    text: Mapping[str, str]
    answers: Mapping[str, tuple[Place, ...]]
    article: str

    @property
    def held_out(self) -> bool:
        return int(hashlib.sha256(self.article.encode()).hexdigest(), 16) % HELD_OUT == 0


@dataclass(frozen=True, slots=True)
class Material:
    """The text, the title and the article of each document, and all questions; `digest` names the files read."""

    documents: Mapping[str, str]
    titles: Mapping[str, str]
    questions: tuple[Question, ...]
    digest: str


def load_material(folder: Path) -> Material:
    """What the files of `folder` hold. Raises MalformedSet for one that is missing or is no SQuAD file."""
    documents: dict[str, str] = {}
    titles: dict[str, str] = {}
    texts: dict[str, dict[str, str]] = {}
    answers: dict[str, dict[str, tuple[Place, ...]]] = {}
    article_of: dict[str, str] = {}
    digest = hashlib.sha256()
    for file, language in FILES.items():
        content = _content(folder / file)
        digest.update(content)
        try:
            for name, title, text, asked in _articles(json.loads(content), file.partition(".")[0], language):
                documents[name], titles[name] = text, title
                for id_, question, places in asked:
                    texts.setdefault(id_, {})[language] = question
                    answers.setdefault(id_, {})[language] = tuple((name, *place) for place in places)
                    article_of[id_] = title
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedSet(path=folder / file, line=1, reason=f"{type(error).__name__}: {error}") from error
    questions = tuple(Question(id_, texts[id_], answers[id_], article_of[id_]) for id_ in sorted(texts))
    return Material(documents, titles, questions, digest.hexdigest())


def _content(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except OSError as error:
        raise MalformedSet(path=path, line=1, reason=error.strerror or str(error)) from error


def _articles(
    content: Mapping[str, Any], kind: str, language: str
) -> Iterator[tuple[str, str, str, list[tuple[str, str, list[tuple[int, int]]]]]]:
    """The name of each article's document, its title, its text, and its questions with where they are answered."""
    used: Counter[str] = Counter()
    for article in content["data"]:
        title = str(article["title"]).replace("_", " ").strip()
        used[_slug(title)] += 1
        text, asked = "", []
        for paragraph in article["paragraphs"]:
            text += _BREAK if text else ""
            base = len(text)
            text += paragraph["context"]
            for question in paragraph["qas"]:
                places = [
                    (base + int(answer["answer_start"]), base + int(answer["answer_start"]) + len(answer["text"]))
                    for answer in question["answers"]
                ]
                if places:
                    asked.append((str(question["id"]), str(question["question"]), sorted(set(places))))
        yield f"{kind}_{language}_{_slug(title)}_{used[_slug(title)]}.txt", title, text, asked


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"\W+", "_", plain).strip("_") or "x"
