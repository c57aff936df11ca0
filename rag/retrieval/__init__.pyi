from .answerability import Signals as Signals, answerable as answerable, signals as signals
from .evidence import (
    EVIDENCE_PASSAGES as EVIDENCE_PASSAGES,
    quotations as quotations,
    rank_sentences as rank_sentences,
    sentences_of as sentences_of,
    vectors_of as vectors_of,
    widened as widened,
)
from .fusion import (
    FIRST_WEIGHTS as FIRST_WEIGHTS,
    SECOND_WEIGHTS as SECOND_WEIGHTS,
    Scores as Scores,
    combine as combine,
    order as order,
    standardised as standardised,
)
from .query import Query as Query
from .retriever import CANDIDATES as CANDIDATES, RERANKED as RERANKED, Findings as Findings, Retriever as Retriever
