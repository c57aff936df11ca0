"""llama.cpp through the plain functions of its binding: a model, what it has read, and tokens guessed ahead.

The binding's own `Llama` class holds one text at a time and one output a step. Answering needs more: several prompts
that share their beginning, the state of a beginning kept on disk, and several tokens checked in one step.
"""

from rag.llama.context import Context, Logits, common_length
from rag.llama.drafting import Drafter
from rag.llama.model import Model, check_gguf
from rag.llama.saved import SavedStates

__all__ = ["Context", "Drafter", "Logits", "Model", "SavedStates", "check_gguf", "common_length"]
