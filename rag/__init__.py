"""Trustworthy, cited answers from one's own articles, on one's own machine.

from rag import open_pipeline
answer = open_pipeline("index").ask("quelles conditions pose l'Allemagne ?")
print(answer.text)
for citation in answer.citations:
    print(citation.marker, citation.title, citation.date, citation.quote)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.runtime.assembly import open_pipeline

__all__ = ["open_pipeline"]


def __getattr__(name: str) -> Any:
    # Loaded when asked for: importing `rag` must stay cheap for the command line's `--help`.
    if name == "open_pipeline":
        from rag.runtime.assembly import open_pipeline

        return open_pipeline
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
