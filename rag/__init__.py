"""Trustworthy, cited answers from one's own articles, on one's own machine.

from rag import open_pipeline
answer = open_pipeline("index").ask("quelles conditions pose l'Allemagne ?")
print(answer.text)
for citation in answer.citations:
    print(citation.marker, citation.title, citation.date, citation.quote)
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
