from .archive import export_index as export_index, import_index as import_index
from .build import (
    BuildReport as BuildReport,
    build_index as build_index,
    corpus_digest as corpus_digest,
    preview_index as preview_index,
)
from .changes import Changes as Changes
from .checkpoint import forget as forget
from .data_writer import ANALYSED as ANALYSED, write_stores as write_stores
from .repair import repair_index as repair_index
from .spans import Arrangement as Arrangement
from .unchanged import Holds as Holds
from .uploads import (
    MOST_FILES as MOST_FILES,
    MOST_TOTAL as MOST_TOTAL,
    Outcome as Outcome,
    Removed as Removed,
    Upload as Upload,
    add as add,
    holders as holders,
    index_roots as index_roots,
    own_folder as own_folder,
    remove as remove,
    removed_articles as removed_articles,
    restore as restore,
)
from .verify import (
    Finding as Finding,
    check_texts as check_texts,
    check_vectors as check_vectors,
    verify_index as verify_index,
)
from .watching import News as News, follow as follow
