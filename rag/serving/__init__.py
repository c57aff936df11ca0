"""One process with the models once, for an API, for tools and for the chat page."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
