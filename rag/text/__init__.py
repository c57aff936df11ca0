"""What rules tell of any text, without models: its terms, sentences, language, names, quantities, days and orders."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
