"""A sentence-transformers folder read without sentence-transformers, as far as `rag.embedding.bert` computes its model.

That is a BERT-like network, then the mean of its states: multilingual-e5 and many others. A folder that asks for
anything else is not served here; nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.embedding.bert import Bert, NotServed, map_tensors
from rag.embedding.unigram import Pieces
from rag.errors import LibraryMissing, ModelDamaged
from rag.protocols import Ids, Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_MODULES, _TRANSFORMER, _TOKENIZER, _PROMPTS = (
    "modules.json", "sentence_bert_config.json", "tokenizer.json", "config_sentence_transformers.json",
)  # fmt: skip
_PIPELINES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
# Keys of `sentence_bert_config.json` that change nothing here, and those that must say the usual; others must be empty.
_HARMLESS = {"max_seq_length", "modality_config", "model_args", "unpad_inputs"}
_USUAL = {"transformer_task": "feature-extraction", "module_output_name": "token_embeddings"}


class NumpyEncoder:
    """The model of a folder, its weights memory-mapped. Threads may share it."""

    def __init__(self, folder: Path, bert: Bert, max_tokens: int, prompts: Mapping[str, str]) -> None:
        self._folder = folder
        self._bert = bert
        self.max_tokens = max_tokens
        self.prompts = prompts
        self.dimension = bert.width

    @classmethod
    def open(cls, path: Path) -> NumpyEncoder | None:
        """The model in the folder `path`; None where there is none that is served. Raises ModelDamaged."""
        try:
            folder, pooling = _parts(path)
            _check_pooling(_read(pooling / "config.json"))
            asked = _read(folder / _TRANSFORMER)
            _check_transformer(asked)
            bert = Bert(_read(folder / "config.json"), map_tensors(folder / "model.safetensors"))
            told = _read(folder / "tokenizer_config.json")
            longest = int(asked.get("max_seq_length") or told.get("model_max_length") or bert.positions)
            prompts = _read(path / _PROMPTS)["prompts"] if (path / _PROMPTS).exists() else {}
            return cls(folder, bert, min(longest, bert.positions), dict(prompts))
        except (NotServed, FileNotFoundError, KeyError):
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ModelDamaged(path=path, reason=error) from error

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """With the whole vocabulary, which may take half a second to load. Raises LibraryMissing and ModelDamaged."""
        with _tokenizer_errors(self._folder / _TOKENIZER) as path:
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _pieces(self) -> Pieces | None:
        with _tokenizer_errors(self._folder / _TOKENIZER) as path:
            return Pieces.open(path)

    def tokenizer_of(self, text: str) -> tuple[Tokenizer, Ids | None]:
        """One that splits `text` as `tokenizer` does but is made at once, and the true ids of its tokens.

        Raises LibraryMissing and ModelDamaged.
        """
        made = self._pieces.tokenizer(text) if self._pieces else None
        return made or (self.tokenizer, None)

    def read(self, texts: Sequence[Sequence[int]]) -> Iterator[tuple[Vectors, Vectors]]:
        """For the token ids of each text the mean of its states, float32 [dimension], and these, [t, dimension]."""
        for ids in texts:
            states = self._bert.states(ids)
            yield states.mean(0), states


@contextmanager
def _tokenizer_errors(path: Path) -> Iterator[Path]:
    """Turns what is raised while the file `path` is read into LibraryMissing and ModelDamaged."""
    try:
        yield path
    except ImportError as error:
        raise LibraryMissing(name="tokenizers", reason=error) from error
    except Exception as error:  # the library raises nothing more special
        raise ModelDamaged(path=path, reason=error) from error


def _parts(path: Path) -> tuple[Path, Path]:
    """The folders of the network and of the pooling."""
    modules = json.loads((path / _MODULES).read_text(encoding="utf-8"))
    kinds = [str(module["type"]).split(".") for module in modules]
    if [kind[-1] for kind in kinds] not in _PIPELINES or any(kind[0] != "sentence_transformers" for kind in kinds):
        raise NotServed(f"modules {kinds}")
    folder, pooling = (path / module["path"] for module in modules[:2])
    if not (folder / _TOKENIZER).exists():
        raise NotServed(f"no {_TOKENIZER}")
    return folder, pooling


def _check_pooling(asked: Mapping[str, Any]) -> None:
    """Raises NotServed unless the vector is the mean over all tokens, prompt included."""
    named = [key.removeprefix("pooling_mode_") for key, on in asked.items() if key.startswith("pooling_mode_") and on]
    modes = asked.get("pooling_mode", named)
    if modes not in ("mean", ["mean"], ["mean_tokens"]) or not asked.get("include_prompt", True):
        raise NotServed(f"pooling {asked}")


def _check_transformer(asked: Mapping[str, Any]) -> None:
    """Raises NotServed where the network is to be run or fed in a way of its own."""
    other = {key for key, value in asked.items() if key not in _HARMLESS and value and value != _USUAL.get(key)}
    if other:
        raise NotServed(f"{_TRANSFORMER} asks for {other}")


def _read(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no object")
    return content
