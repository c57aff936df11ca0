from .download import (
    EMBEDDER as EMBEDDER,
    GENERATOR as GENERATOR,
    ModelSpec as ModelSpec,
    check as check,
    fetch as fetch,
)
