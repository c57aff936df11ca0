from .article_files import (
    OnProblem as OnProblem,
    Problem as Problem,
    ReadArticle as ReadArticle,
    find_files as find_files,
    ignore as ignore,
    read_articles as read_articles,
    read_corpus as read_corpus,
)
from .formats import (
    MOST_BYTES as MOST_BYTES,
    check_name as check_name,
    check_size as check_size,
    most_on_disk as most_on_disk,
    split_name as split_name,
)
