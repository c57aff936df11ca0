"""llama.cpp through the plain functions of its binding: a model, what it has read, and tokens guessed ahead.

The binding's own `Llama` class gives one output a step and reads what differs from the last text. Answering needs more:
the state of a beginning kept in memory and on disk, and several tokens checked in one step.
"""

from rag.generation.llama.context import BATCH, Context, Logits
from rag.generation.llama.gguf import check_gguf
from rag.generation.llama.lookahead import Drafter
from rag.generation.llama.model import GgufModel
from rag.generation.llama.prefix_cache import SavedStates

__all__ = ["BATCH", "Context", "Drafter", "GgufModel", "Logits", "SavedStates", "check_gguf"]
