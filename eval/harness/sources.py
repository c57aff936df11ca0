"""Where cases come from: a set over the articles of an index, or a SQuAD file, which brings its articles along."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from eval.cases.records import Case
from eval.cases.sets import load_set, read_bytes
from eval.cases.squad import load_squad, write_documents
from eval.errors import MalformedSet, RunUnreadable
from eval.harness.compare import Side, side_of
from eval.harness.gates import baseline_from, side_of_baseline
from eval.harness.run_store import RUNS, find_run, run_from
from eval.harness.system import PROJECT, texts_of
from rag.config import Settings
from rag.corpus import read_corpus
from rag.runtime import build
from rag.store import open_index

SEEDS_SET = PROJECT / "eval" / "sets" / "seeds.jsonl"
SEEDS = PROJECT / "seeds"


@dataclass(frozen=True, slots=True)
class Source:
    """A set by name, the SHA-256 of its file, its cases, and settings that name an index of its articles."""

    name: str
    digest: str
    cases: tuple[Case, ...]
    settings: Settings


def load_source(
    path: Path,
    settings: Settings,
    runs: Path = RUNS,
    *,
    indexed: bool = False,
    on_build: Callable[[], None] = lambda: None,
) -> Source:
    """The cases of `path`, checked against the index of `settings`. Nothing is written for a set that is not well.

    For SQuAD (`.json`), unless `indexed` says that this index holds its articles, one of its own is kept below `runs`;
    `on_build` is called before it is built. Raises MalformedSet, PathMissing, FileUnreadable, and what opening or
    building an index raises.
    """
    digest = set_digest(path)
    if path.suffix != ".json":
        return Source(path.stem, digest, load_set(path, texts_of(open_index(settings.index))), settings)
    squad = load_squad(path)
    if indexed:
        _check_held(squad.documents, texts_of(open_index(settings.index)), path)
        return Source(path.stem, digest, squad.cases, settings)
    folder = runs / ".squad" / digest[:16]
    own = settings.model_copy(update={"index": folder / "index"})
    on_build()
    write_documents(squad.documents, folder / "articles")
    build([folder / "articles"], own)
    return Source(path.stem, digest, squad.cases, own)


def _check_held(documents: Mapping[str, str], corpus: Mapping[str, str], path: Path) -> None:
    other = next((name for name, text in documents.items() if corpus.get(name) != text), None)
    if other is not None:
        raise MalformedSet(path=path, line=1, reason=f'the index does not hold its document "{other}" to the letter')


def seed_texts() -> dict[str, str]:
    """The text of each seed article by document, as the product reads and names it."""
    return {article.document: article.text for article in read_corpus([SEEDS])}


def set_digest(path: Path) -> str:
    """SHA-256 (hex) of the file `path`. Raises PathMissing and FileUnreadable."""
    return sha256(read_bytes(path)).hexdigest()


def load_side(reference: str, runs: Path = RUNS) -> Side:
    """A run, by name or path, or the baseline in the file `reference`. Raises RunMissing and RunUnreadable."""
    path = find_run(reference, runs)
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return side_of_baseline(baseline_from(fields)) if "baseline" in fields else side_of(run_from(fields))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunUnreadable(path=path, reason=f"{type(error).__name__}: {error}") from error
