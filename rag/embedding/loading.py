"""Loading of sentence-transformers models from a folder, wholly offline and without a word of their own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from rag.errors import LibraryMissing, ModelDamaged, ModelMissing

# Nothing but `rag fetch` opens a connection: the hub libraries read these when they are imported.
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}


def load_model(
    kind: Literal["SentenceTransformer", "CrossEncoder"], path: Path, dtype: Literal["float32", "bfloat16"]
) -> Any:
    """The model of sentence-transformers' class `kind` in the folder `path`, on the processor.

    Raises ModelMissing, LibraryMissing and ModelDamaged.
    """
    if not path.is_dir():
        raise ModelMissing(path=path)
    os.environ.update(_OFFLINE)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import sentence_transformers
        import torch
        from transformers.utils.logging import disable_progress_bar
    except (ImportError, OSError) as error:
        raise LibraryMissing(name="sentence-transformers", reason=error) from error
    disable_progress_bar()
    make = getattr(sentence_transformers, kind)
    try:
        return make(str(path), device="cpu", local_files_only=True, model_kwargs={"dtype": getattr(torch, dtype)})
    except Exception as error:  # the library lets through whatever its parsers raise
        raise ModelDamaged(path=path, reason=str(error).strip().partition("\n")[0]) from error
