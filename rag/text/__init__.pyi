from .analysis import french_number as french_number, grams as grams, stop_words as stop_words, terms as terms
from .dates import (
    Period as Period,
    annotate as annotate,
    asked_period as asked_period,
    asks_latest as asks_latest,
    mentions as mentions,
    written_day as written_day,
)
from .folding import fold as fold, fold_letters as fold_letters
from .lang import Grammar as Grammar, lexicon as lexicon
from .language import (
    begin_loading_detector as begin_loading_detector,
    detect_language as detect_language,
    load_detector as load_detector,
)
from .orders import is_order as is_order, plain_words as plain_words, sort_orders as sort_orders
from .quantities import Figure as Figure, figures as figures
from .segmentation import (
    Span as Span,
    quotes_open as quotes_open,
    sentence_spans as sentence_spans,
    sentences as sentences,
    visible as visible,
)
