from .adapter import BASE as BASE, pack as pack
from .download import (
    EMBEDDER as EMBEDDER,
    GENERATOR as GENERATOR,
    READER as READER,
    ModelSpec as ModelSpec,
    check as check,
    fetch as fetch,
)
from .reader_merging import GRAPH as GRAPH, merge as merge
