"""Answers against gold: key facts, shared words, language, length. `answer` is always without its markers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from eval.cases.normalise import comparable, content_words, mentions, words
from eval.cases.records import Case
from rag.text import detect_language

CONTAINED = 0.8
"""The share of the gold's words from which an answer contains it."""
_TELLING = 5  # words of letters; a shorter answer (a name, a date) is too often taken for another language


def key_facts(answer: str, must_include: Sequence[Sequence[str]], must_not_include: Sequence[str]) -> float | None:
    """1 when every group of `must_include` has an alternative in `answer` and nothing of `must_not_include` is in it.

    The idea of nuggets: Voorhees 2003, the TREC question answering track, https://trec.nist.gov/pubs/trec12/papers/
    QA.OVERVIEW.pdf. Matching is `mentions`. None without groups.
    """
    if not must_include:
        return None
    included = all(any(mentions(answer, alternative) for alternative in group) for group in must_include)
    return float(included and not says_any(answer, must_not_include))


def says_any(answer: str, alternatives: Sequence[str]) -> bool:
    """Whether `answer` mentions one of `alternatives`."""
    return any(mentions(answer, alternative) for alternative in alternatives)


def contains_gold(answer: str, golds: Sequence[str]) -> float | None:
    """1 when `answer` has at least 80 % of the content words of one of `golds`, each as often as the gold has it.

    For long answers, which token F1 punishes for every further word: word recall as in Adlakha et al. 2024, "Recall"
    for generated answers, https://arxiv.org/abs/2307.16877, cut at 80 %. None without a gold that has words.
    """
    recall = _best(_recall, answer, golds)
    return None if recall is None else float(recall >= CONTAINED)


def token_f1(answer: str, golds: Sequence[str]) -> float | None:
    """The harmonic mean of word precision and word recall with the closest of `golds`.

    Rajpurkar et al. 2016, SQuAD, https://arxiv.org/abs/1606.05250. None without a gold that has words.
    """
    return _best(_f1, answer, golds)


def exact_match(answer: str, golds: Sequence[str]) -> float | None:
    """1 when `answer` is one of `golds`, word for word after normalisation.

    Rajpurkar et al. 2016, SQuAD, https://arxiv.org/abs/1606.05250. None without a gold that has words.
    """
    return _best(lambda given, wanted: float(given == wanted), answer, golds)


def right(case: Case, answer: str, answered: bool) -> float | None:
    """1 when the system did what `case` expects of it, otherwise 0; None when the case has no gold to tell by.

    "answer": it answered with the key facts, or with the gold's words where the case has no key facts. "refuse" and
    "chat": it did not answer. "refuse_or_correct": it did not answer, or it answered with the key facts of the
    correction; where those are not given, only a refusal is right. Whatever is expected, saying anything of
    `must_not_include` is wrong.
    """
    if case.expected == "answer":
        if case.must_include:
            score = key_facts(answer, case.must_include, case.must_not_include)
        else:
            score = contains_gold(answer, case.answers)
            if score and says_any(answer, case.must_not_include):
                score = 0.0
        return score if answered or score is None else 0.0
    if says_any(answer, case.must_not_include):
        return 0.0
    if answered and case.expected == "refuse_or_correct":
        return key_facts(answer, case.must_include, case.must_not_include) or 0.0
    return float(not answered)


def language_match(answer: str, language: str) -> float | None:
    """1 when `answer` is in `language`, the question's, as `rag.text.language.detect` tells.

    None below five words of letters.
    """
    telling = [word for word in words(answer) if word.isalpha()]
    return float(detect_language(answer) == language) if len(telling) >= _TELLING else None


def answer_words(answer: str) -> float:
    """How many content words `answer` has."""
    return float(len(content_words(answer)))


def _best(measure: Callable[[list[str], list[str]], float], answer: str, golds: Sequence[str]) -> float | None:
    pairs = [comparable(answer, gold) for gold in golds]
    return max((measure(given, wanted) for given, wanted in pairs if wanted), default=None)


def _shared(given: list[str], wanted: list[str]) -> int:
    return (Counter(given) & Counter(wanted)).total()


def _recall(given: list[str], wanted: list[str]) -> float:
    return _shared(given, wanted) / len(wanted)


def _f1(given: list[str], wanted: list[str]) -> float:
    # 2PR / (P + R) with P = shared / given and R = shared / wanted
    return 2 * _shared(given, wanted) / (len(given) + len(wanted))
