"""Proof that an index is whole: files, counts, passages, vectors, terms and tokens belong together.

Opening an index looks at sizes and counts. Here everything is read: each file's checksum, and each span's text against
its article's. What is found wrong is data, worded by `rag.locales` under the name of its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal

import numpy as np

from rag.errors import RagError
from rag.protocols import Embedder, Ids
from rag.store import (
    PASSAGE_GRAMS,
    PASSAGE_TERMS,
    PASSAGES,
    SENTENCE_TERMS,
    SENTENCES,
    TOKENS,
    Catalog,
    Index,
    Manifest,
    SpanVectors,
    check_embedder,
    current_manifest,
    cut_files,
    damaged_files,
    open_data,
)
from rag.wording import FALLBACK, say

FindingKind = Literal["unreadable", "unsealed", "cut", "altered", "digest", "text", "orphan", "ids", "vector"]
SAMPLED = 32
"""Passages, and sentences, that are embedded again."""
LEAST_COSINE = 0.99
"""Of a vector with the one that is made anew; a batch of another size rounds otherwise."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something of an index that is not as it must be. Facts, not prose.

    "unreadable": the error `reason` keeps the index from being read. "unsealed": nothing says what its files were, as
    in an index of the schema before. "cut", "altered": the `file` of its data has another size (`reason`), or content,
    than was written. "digest": the text of `document` is not the one that was indexed. "text": its span `id` is not its
    text from `start` to `end`. "orphan": the span `id` belongs to no article. "ids": the store `part` holds other spans
    than the catalog, or in another order than the others. "vector": what is stored for the `level` `id` of `document`
    is not its vector (`cosine`).
    """

    kind: FindingKind
    fields: Mapping[str, object] = field(default_factory=dict)

    def message(self, language: str = FALLBACK) -> str:
        """What is wrong, in words."""
        reason = self.fields.get("reason")
        told = {"reason": reason.message(language)} if isinstance(reason, RagError) else {}
        return say(f"finding.{self.kind}", language, **{**self.fields, **told})


def verify_index(path: Path, embedder: Embedder | None = None) -> list[Finding]:
    """Everything that is wrong with the index in the folder `path`; nothing when it is whole. Changes nothing.

    With an `embedder`, a sample of the texts is embedded again and compared with the vectors that are stored.
    """
    try:
        manifest = current_manifest(path)
    except RagError as error:
        return [Finding("unreadable", {"reason": error})]
    return verify_data(path / manifest.data, manifest, embedder)


def verify_data(data: Path, manifest: Manifest, embedder: Embedder | None = None) -> list[Finding]:
    """The same of the data in the folder `data`, which are to be what `manifest` says."""
    findings = [*_file_findings(data, manifest)]
    if any(finding.kind == "cut" for finding in findings):
        return findings
    try:
        stores = open_data(data, manifest)
        with closing(stores.catalog):
            stores.catalog.check()
            findings += check_texts(stores.catalog)
            findings += _id_findings(stores)
            if embedder:
                check_embedder(manifest, embedder, data)
                findings += check_vectors(stores.catalog, stores.passages, stores.sentences, embedder)
    except RagError as error:
        findings.append(Finding("unreadable", {"reason": error}))
    return findings


def _file_findings(data: Path, manifest: Manifest) -> Iterator[Finding]:
    if not manifest.files:
        yield Finding("unsealed")
        return
    cut = dict(cut_files(data, manifest.files))
    for file, reason in cut.items():
        yield Finding("cut", {"file": file, "reason": reason})
    for file in damaged_files(data, manifest.files):
        if file not in cut:
            yield Finding("altered", {"file": file})


def check_texts(catalog: Catalog) -> Iterator[Finding]:
    """What is wrong with the articles of a catalog and their spans. Raises IndexDamaged when it cannot be read."""
    for article in catalog.articles():
        if sha256(article.text.encode()).hexdigest() != article.digest:
            yield Finding("digest", {"document": article.document})
        rows = catalog.query('SELECT id, start, "end", text FROM passage WHERE document = ?', [article.document])
        for id_, start, end, text in rows:
            if article.text[start:end] != text:
                yield Finding("text", {"document": article.document, "id": id_, "start": start, "end": end})
    for (id_,) in catalog.query("SELECT id FROM passage WHERE document NOT IN (SELECT document FROM article)"):
        yield Finding("orphan", {"id": id_})


def _id_findings(index: Index) -> Iterator[Finding]:
    """Whether all stores of a level hold the spans of the catalog, in the same order."""
    stores: dict[str, dict[str, Ids]] = {
        "passage": {
            PASSAGES: index.passages.ids,
            PASSAGE_TERMS: index.passage_terms.ids,
            PASSAGE_GRAMS: index.passage_grams.ids,
            TOKENS: index.tokens.ids,
        },
        "sentence": {SENTENCES: index.sentences.ids, SENTENCE_TERMS: index.sentence_terms.ids},
    }
    for level, parts in stores.items():
        known = np.sort(np.array([id_ for id_, _ in index.catalog.homes(level)], np.int64))
        first = next(iter(parts.values()))
        for part, ids in parts.items():
            if not np.array_equal(np.sort(ids), known) or not np.array_equal(ids, first):
                yield Finding("ids", {"part": part})


def check_vectors(
    catalog: Catalog, passages: SpanVectors, sentences: SpanVectors, embedder: Embedder
) -> Iterator[Finding]:
    """The spans of a sample whose vectors are not those that `embedder` makes of their texts."""
    for level, store in (("passage", passages), ("sentence", sentences)):
        ids = np.sort(np.array([id_ for id_, _ in catalog.homes(level)], np.int64))
        chosen = np.random.default_rng(0).permutation(ids)[:SAMPLED]
        spans = catalog.passages(chosen)
        if not spans:
            continue
        made = embedder.encode_documents([span.text for span in spans])
        for span, cosine in zip(spans, (made * store.reconstruct(chosen)).sum(1), strict=True):
            if not cosine >= LEAST_COSINE:
                fields = {"document": span.document, "level": level, "id": span.id, "cosine": round(float(cosine), 3)}
                yield Finding("vector", fields)
