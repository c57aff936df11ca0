"""The words of each language that the program knows by rules: one module a language, named by its code.

A new language is a new module here; what it leaves out, it does without.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
