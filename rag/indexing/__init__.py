"""Articles to an index: read, cut, embedded, written beside and put in place; watched, verified, repaired, archived."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
