"""An index in PostgreSQL with pgvector, which several machines write and any number of them ask.

`open_shared` gives one state of it, which questions use as they use an index folder. `push` brings what an index folder
holds, `pull` makes an index folder of it. Only imported where the setting `store` is given: it needs `rag[postgres]`.
"""

from __future__ import annotations

from rag.postgres.connection import shown_url
from rag.postgres.download import pull
from rag.postgres.integrity import verify_shared
from rag.postgres.reader import SharedIndex, open_shared, shared_manifest
from rag.postgres.transfer import move, share
from rag.postgres.writer import Brought, push, store_projection

__all__ = [
    "Brought", "SharedIndex", "move", "open_shared", "pull", "push", "share", "shared_manifest", "shown_url",
    "store_projection", "verify_shared",
]  # fmt: skip
