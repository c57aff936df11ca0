"""The cross-encoder adapter: question and passage read together by one model, wholly offline.

It sees how the words of both relate, which vectors made apart cannot show, and reads every passage anew for each
question: worth its time on the few best candidates. The scores are the model's logits; the sigmoid that many
models end with would make the best passages equal. Computed in float32, for the same reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.embedding.loading import load_model
from rag.errors import ModelDamaged
from rag.protocols import Vectors
from rag.system import usable_threads

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH = 32

# Models of another kind would be loaded all the same, with a head of random numbers.
_SCORING = ("ForSequenceClassification", "ForCausalLM")


class CrossEncoderReranker:
    """A `Reranker` over the sentence-transformers or transformers folder of a cross-encoder with one score.

    Raises at first use ModelMissing, LibraryMissing, and ModelDamaged for a folder that holds no such model.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        self.path = path
        self.threads = threads or usable_threads()

    @property
    def name(self) -> str:
        return self.path.name

    def scores(self, question: str, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty(0, np.float32)
        model = self._model
        import torch

        torch.set_num_threads(self.threads)
        logits = model.predict(
            [(question, text) for text in texts],
            batch_size=BATCH,
            show_progress_bar=False,
            activation_fn=torch.nn.Identity(),
        )
        return np.asarray(logits, np.float32)

    @cached_property
    def _model(self) -> CrossEncoder:
        model: CrossEncoder = load_model("CrossEncoder", self.path, "float32")
        if flaw := _flaw(model):
            raise ModelDamaged(path=self.path, reason=flaw)
        return model


def _flaw(model: CrossEncoder) -> str:
    """What keeps `model` from giving a pair one score; empty when nothing does."""
    architecture = (model.config.architectures or ["?"])[0]
    has_modules_of_its_own = len(list(model.children())) > 1
    if not architecture.endswith(_SCORING) and not has_modules_of_its_own:
        return f"{architecture} is not a cross-encoder"
    if model.num_labels != 1:
        return f"a cross-encoder with {model.num_labels} labels, one is needed"
    # Without its files the library makes a tokenizer that knows no word.
    known = set(model.tokenizer("a", add_special_tokens=False)["input_ids"]) - {model.tokenizer.unk_token_id}
    return "" if known else "no vocabulary in the folder"
