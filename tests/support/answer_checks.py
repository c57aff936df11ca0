"""What holds for every answer over the seeds."""

from __future__ import annotations

import re
import unicodedata

from rag.answering.pipeline import SUPPORTED
from rag.domain import Answer, Citation
from tests.support.paths import SEEDS


def check_invariants(answer: Answer) -> None:
    """What holds for every answer whatever the generator does."""
    markers = [citation.marker for citation in answer.citations]
    assert markers == list(range(1, len(markers) + 1))
    assert {marker for statement in answer.statements for marker in statement.citations} == set(markers)
    assert {int(marker) for marker in re.findall(r"\[(\d{1,2})\]", answer.text)} == set(markers)
    assert all(is_exact(citation) for citation in answer.citations)
    texts = [statement.text for statement in answer.statements]
    assert len(set(texts)) == len(texts)
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Co") for c in "".join(texts) if c not in "\n\t\xad")
    if answer.answered:
        assert answer.statements
        assert all(statement.citations and statement.support >= SUPPORTED for statement in answer.statements)
    else:
        assert not answer.citations
        assert not answer.statements
        assert answer.text


def is_exact(citation: Citation) -> bool:
    text = (SEEDS / citation.document).read_bytes().decode("utf-8")
    return text[citation.start : citation.end] == citation.quote
