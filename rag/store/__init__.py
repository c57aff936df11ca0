"""One index on disk: its manifest, catalog, vectors, terms and tokens, opened for questions or written anew."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
