"""A message to the question it puts to the articles: small talk, orders, follow-ups and what is asked for."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
