"""A question to passages and sentences: views, fusion, evidence, and what is told twice."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
