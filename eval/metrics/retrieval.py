"""Retrieval, judged by evidence spans: `found` says for each hit, in order, which pieces of evidence it holds.

`total` is how many pieces of evidence the case has; with none, nothing can be said and every metric is None. Pieces
of evidence may be alternatives (the same fact in three articles) or complements (two facts that a comparison needs);
a set does not say which. So `recall_at` asks for any of them, `all_evidence_recall_at` for every one, and the truth
lies between. Hits beyond the last one returned count as missed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Found = Sequence[frozenset[int]]


def recall_at(k: int, found: Found, total: int) -> float | None:
    """1 when one of the first `k` hits holds a piece of evidence, otherwise 0; also called success@k or hit rate.

    Karpukhin et al. 2020, top-k retrieval accuracy, https://arxiv.org/abs/2004.04906.
    """
    return float(any(found[:k])) if total else None


def all_evidence_recall_at(k: int, found: Found, total: int) -> float | None:
    """1 when the first `k` hits together hold every piece of evidence, otherwise 0.

    Yang et al. 2018 (HotpotQA), where a question needs all its supporting facts, https://arxiv.org/abs/1809.09600.
    Strict where pieces are alternatives.
    """
    return float(len(frozenset().union(*found[:k])) == total) if total else None


def mrr_at(k: int, found: Found, total: int) -> float | None:
    """One over the rank of the first of the first `k` hits that holds evidence, 0 when none does.

    Voorhees 1999, the TREC-8 question answering track, https://trec.nist.gov/pubs/trec8/papers/qa_report.pdf.
    """
    if not total:
        return None
    return next((1 / rank for rank, pieces in enumerate(found[:k], 1) if pieces), 0.0)


def ndcg_at(k: int, found: Found, total: int) -> float | None:
    """Discounted gain of the first `k` hits over that of the best order, 0..1.

    Järvelin and Kekäläinen 2002, https://doi.org/10.1145/582415.582418, with the gain 1 for a hit that holds a piece
    which no hit above it holds, so that overlapping passages do not count the same sentence twice (the novelty of
    Clarke et al. 2008, https://doi.org/10.1145/1390334.1390446, at its strictest). The best order has those hits
    first, followed by one hit for each piece that was missed. With one piece of evidence this is 1 / log2(1 + rank).
    """
    if not total:
        return None
    seen: set[int] = set()
    gains = []
    for pieces in found[:k]:
        gains.append(bool(pieces - seen))
        seen |= pieces
    best = min(k, sum(gains) + total - len(seen))
    return _discounted(gains) / _discounted([True] * best)


def _discounted(gains: Sequence[bool]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
