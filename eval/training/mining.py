"""What the product finds for each question: the passages that the reader will have to tell apart.

The articles are indexed once in the work folder, and each question is asked once; what was found is kept there line by
line, so that a run that was killed goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from eval.cases.squad import write_documents
from eval.training.material import Material, Place
from rag.config import NO_READER, Settings
from rag.domain import Passage
from rag.runtime import build, open_retrieval
from rag.system import write_text

FOUND = 20
SENTENCES = 200
OnStep = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Passages found for a question in one language, best first, and the ranked sentences of the best of them.

    `sentences` are document, start, end and the product's own score of each.
    """

    passages: tuple[int, ...]
    scores: tuple[float, ...]
    sentences: tuple[tuple[str, int, int, float], ...]


@dataclass(frozen=True)
class Mined:
    """All passages by id, and what was found for each question and language."""

    passages: Mapping[int, Passage]
    found: Mapping[tuple[str, str], Finding]

    def holding(self, place: Place) -> list[int]:
        """The passages that hold the whole of `place`, longest first."""
        document, start, end = place
        held = [p for p in self.of_document.get(document, ()) if p.start <= start and end <= p.end]
        return [passage.id for passage in sorted(held, key=lambda passage: passage.start - passage.end)]

    @cached_property
    def of_document(self) -> Mapping[str, list[Passage]]:
        """The passages of each document in their order."""
        held: dict[str, list[Passage]] = {}
        for passage in self.passages.values():
            held.setdefault(passage.document, []).append(passage)
        return held


def mine(material: Material, folder: Path, settings: Settings, on_step: OnStep) -> Mined:
    """Indexes the documents of `material` in `folder` and asks all questions there, unless that was done before."""
    own = settings.model_copy(update={"index": folder / "index", "store": "", "reader": NO_READER})
    if not (folder / "index" / "manifest.json").exists():
        write_documents(material.documents, folder / "articles")
        build([folder / "articles"], own, on_progress=lambda step: on_step("index", step.done, step.total))
    retriever, _ = open_retrieval(own)
    passages = {passage.id: passage for passage in retriever.index.catalog.spans("passage")}
    kept = folder / "found.jsonl"
    found = dict(_read(kept))
    asked = [
        (question.id, language, text) for question in material.questions for language, text in question.text.items()
    ]
    with kept.open("a", encoding="utf-8") as out:
        for done, (id_, language, text) in enumerate(asked):
            if (id_, language) in found:
                continue
            hits = retriever.find(text, FOUND, SENTENCES, language=language)
            row = {
                "id": id_,
                "language": language,
                "passages": [hit.passage.id for hit in hits.passages],
                "scores": [round(hit.score, 4) for hit in hits.passages],
                "sentences": [
                    [hit.passage.document, hit.passage.start, hit.passage.end, round(hit.score, 4)]
                    for hit in hits.sentences
                ],
            }
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
            found[id_, language] = _finding(row)
            on_step("search", done + 1, len(asked))
    return Mined(passages, found)


def _read(path: Path) -> Iterator[tuple[tuple[str, str], Finding]]:
    """The whole lines of the file `path`; the last is cut off where a run was killed, and then written anew."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        write_text(path, whole.decode())
    for line in whole.decode().splitlines():
        row = json.loads(line)
        yield (row["id"], row["language"]), _finding(row)


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(tuple(row["passages"]), tuple(row["scores"]), tuple(map(tuple, row["sentences"])))
