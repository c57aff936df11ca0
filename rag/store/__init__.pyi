from .arrays import Rows as Rows
from .bm25 import LexicalIndex as LexicalIndex, rarity as rarity, weighed as weighed
from .bm25_writer import LexicalBuilder as LexicalBuilder
from .catalog import (
    CATALOG_FILE as CATALOG_FILE,
    Catalog as Catalog,
    CatalogFile as CatalogFile,
    Origin as Origin,
    open_catalog as open_catalog,
)
from .catalog_writer import CatalogWriter as CatalogWriter, writing_catalog as writing_catalog
from .data_folder import (
    DATA_PREFIX as DATA_PREFIX,
    cut_files as cut_files,
    damaged_files as damaged_files,
    new_data as new_data,
    put_in_place as put_in_place,
    remove_others as remove_others,
    sealed as sealed,
)
from .faiss_store import FaissStore as FaissStore
from .filters import (
    check_scope as check_scope,
    closest as closest,
    count_undated as count_undated,
    heading as heading,
    headings as headings,
    holding as holding,
    span_ids as span_ids,
)
from .index import (
    PASSAGE_GRAMS as PASSAGE_GRAMS,
    PASSAGE_TERMS as PASSAGE_TERMS,
    PASSAGES as PASSAGES,
    SENTENCE_TERMS as SENTENCE_TERMS,
    SENTENCES as SENTENCES,
    TOKENS as TOKENS,
    Embedded as Embedded,
    Index as Index,
    check_embedder as check_embedder,
    open_data as open_data,
    open_embedded as open_embedded,
    open_index as open_index,
)
from .manifest import (
    MANIFEST_FILE as MANIFEST_FILE,
    SCHEMA as SCHEMA,
    Manifest as Manifest,
    current_manifest as current_manifest,
    manifest_text as manifest_text,
    parse_manifest as parse_manifest,
    read_manifest as read_manifest,
    readable as readable,
    told_manifest as told_manifest,
    write_manifest as write_manifest,
)
from .postings import Postings as Postings
from .quantisation import nearest as nearest, recall as recall, write_store as write_store
from .searchable import Searchable as Searchable, SpanVectors as SpanVectors
from .token_vectors import (
    DIRECTIONS as DIRECTIONS,
    SAMPLE as SAMPLE,
    Projection as Projection,
    StoredTokens as StoredTokens,
    write_tokens as write_tokens,
)
