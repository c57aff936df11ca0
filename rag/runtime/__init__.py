"""Settings to a product that runs: models and index opened together, one service for many askers, a server's frame."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
