"""The generators: llama.cpp in this process or in one of its own, an OpenAI-compatible endpoint, a pool of them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
