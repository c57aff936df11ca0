"""The encoders: texts to vectors and token vectors, here or on a Ray cluster; question and passage read together."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
