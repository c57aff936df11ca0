"""Builds that are started, killed and watched by `test_crash`, in processes of their own.

`python -m tests.support.build_process builds` forks a process for each line `["SOURCE", "TARGET"]` it reads, which
builds that index; it says its number and, after another line, how it ended.
`python -m tests.support.build_process asks INDEX SECONDS` asks questions of an index as it changes, and says how many
it asked and of how many versions.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from rag.config import Settings
from rag.domain import Answer
from rag.errors import RagError
from rag.events import Finished
from rag.indexing.build import build_index
from rag.runtime.assembly import Models
from rag.runtime.service import Service
from tests.support.doubles import BagEmbedder

QUESTIONS = ("que demande l'Allemagne ?", "qui a parlé de la série ?", "combien de blessés en septembre ?")


def builds() -> None:
    """Builds what standard input names, one index at a time."""
    while line := sys.stdin.readline():
        source, target = map(Path, json.loads(line))
        child = os.fork()
        if not child:
            os._exit(_build(source, target))
        _tell(child)
        sys.stdin.readline()  # until then its number is its own, whether it lives or not
        _tell(os.waitpid(child, 0)[1])


def _build(source: Path, target: Path) -> int:
    try:
        build_index([source], target, BagEmbedder(), Settings(index=target), replace=True)
    except RagError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _tell(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def asks(index: Path, seconds: float) -> None:
    """Asks for so long; every passage and citation must be what its article says there."""
    settings = Settings(index=index, answer_threshold=0.0, data_dir=index.parent / "own")
    service = Service(settings, lambda settings: Models(BagEmbedder(), None, None))
    asked = checked = 0
    versions = set()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = service.catalog()
        *_, last = service.stream(QUESTIONS[asked % len(QUESTIONS)])
        assert isinstance(last, Finished) and last.answer.passages
        asked += 1
        versions.add(before.path)
        # An index that came meanwhile may have another text of the article.
        if service.catalog() is before:
            for document, start, stop, text in spans(last.answer):
                assert before.article(document).text[start:stop] == text
                checked += 1
    _tell({"asked": asked, "checked": checked, "versions": len(versions)})


def spans(answer: Answer) -> list[tuple[str, int, int, str]]:
    """Every stretch of an article that an answer shows."""
    passages = [hit.passage for hit in answer.passages]
    found = [(passage.document, passage.start, passage.end, passage.text) for passage in passages]
    return found + [(cited.document, cited.start, cited.end, cited.quote) for cited in answer.citations]


if __name__ == "__main__":
    if sys.argv[1] == "builds":
        builds()
    else:
        asks(Path(sys.argv[2]), float(sys.argv[3]))
