"""The reader run by ONNX Runtime, without PyTorch.

It reads a question and a passage together (Nogueira and Cho 2019, "Passage Re-ranking with BERT",
https://arxiv.org/abs/1901.04085). Its words are those of the default embedder, whose folder lies beside it; only the
rows of that table that occur are ever read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rag.domain import Reading
from rag.embedding.bert import map_tensors
from rag.embedding.numpy_encoder import NumpyEncoder
from rag.embedding.pairing import Encode, Pair, pair, passage_tokens, question_tokens
from rag.embedding.reading import reading_of
from rag.errors import LibraryMissing, ModelDamaged, ModelMissing
from rag.protocols import ReadText, Vectors
from rag.system import usable_threads


class OnnxReader:
    """A `Reader` over the graph in the file `path` and the folder `base` of the model that its words are from.

    Threads may share it. Raises at first use ModelMissing, LibraryMissing and ModelDamaged.
    """

    def __init__(self, path: Path, base: Path, *, threads: int | None = None) -> None:
        self.path = path
        self._base = base
        self._threads = threads or usable_threads()

    @property
    def name(self) -> str:
        return self.path.stem

    def read(self, question: str, texts: Sequence[ReadText]) -> list[Reading]:
        if not texts:
            return []
        encode = self._encode_of("\n".join([question, *(part for text in texts for part in (text.title, text.text))]))
        asked = question_tokens(question, encode)
        return [
            self._read(pair(asked, passage_tokens(text.text, text.title, text.sentences, encode))) for text in texts
        ]

    def _read(self, made: Pair) -> Reading:
        bounds = made.sentences()
        places = np.arange(len(made.ids))
        inside = (places >= bounds[:, :1]) & (places < bounds[:, 1:])
        means = inside / np.maximum(inside.sum(1, keepdims=True), 1)
        told = {"words": self._words[list(made.ids)], "positions": places, "means": means.astype(np.float32)}
        relevance, spans, worth = self._session.run(["relevance", "spans", "worth"], told)
        return reading_of(made, float(relevance[0]), spans, worth)

    def _encode_of(self, text: str) -> Encode:
        """The tokenizer that knows the words of `text`."""
        tokenizer, true = self._tokens.tokenizer_of(text)

        def encode(part: str) -> tuple[Sequence[int], Sequence[tuple[int, int]]]:
            made = tokenizer.encode(part, add_special_tokens=False)
            return (made.ids if true is None else true[made.ids].tolist()), made.offsets

        return encode

    @cached_property
    def _tokens(self) -> NumpyEncoder:
        if not self._base.is_dir():
            raise ModelMissing(path=self._base)
        encoder = NumpyEncoder.open(self._base)
        if encoder is None:
            raise ModelDamaged(path=self._base, reason="not the model that the reader was made from")
        return encoder

    @cached_property
    def _words(self) -> Vectors:
        words: Vectors = map_tensors(self._base / "model.safetensors")["embeddings.word_embeddings.weight"]
        return words

    @cached_property
    def _session(self) -> Any:
        if not self.path.is_file():
            raise ModelMissing(path=self.path)
        try:
            import onnxruntime
        except ImportError as error:
            raise LibraryMissing(name="onnxruntime", reason=error) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library raises classes of its own for each kind of flaw
            raise ModelDamaged(path=self.path, reason=str(error).strip().partition("\n")[0]) from error
