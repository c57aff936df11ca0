"""An index in PostgreSQL with pgvector, which several machines write and any number of them ask.

`open_shared` gives one state of it, which questions use as they use an index folder. `push` brings what an index folder
holds, `pull` makes an index folder of it. Only imported where the setting `store` is given: it needs `rag[postgres]`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
