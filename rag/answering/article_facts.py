"""Questions about an article rather than about what it tells: its date, its author, the outlet it comes from.

They are answered from the article's own facts, where its text shows the fact, which is then what is cited. The article
meant is the one whose source or author the question names, else the one whose passages were found first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from rag.domain import Article, Hit, Passage
from rag.store import Catalog
from rag.text import fold, terms, written_day

Fact = Literal["date", "author", "source"]

# A longer line is not cited whole.
_LONGEST_LINE = 200

# After `fold`, apostrophes included; `ARTICLE` stands for the words below.
_ARTICLE = {
    "fr": r"(?:l'|l |la |cet |cette |un )?(?:articl(?:e|es)?|depeche|papier|reportage|tribune|interview)",
    "en": r"(?:the |this )?(?:article|dispatch|story|report)",
    "de": r"(?:de[rnms]|diese[rnms]?) (?:artikel|bericht|meldung|artikels|berichts)",
    "es": r"(?:el |del |este )?(?:articulo|despacho|reportaje)",
    "it": r"(?:l'|dell'|questo )?(?:articolo|dispaccio|servizio)",
}
_ASKS: dict[str, dict[Fact, str]] = {
    "fr": {
        "date": r"date (?:de (?:publication|parution) )?(?:de |d')ARTICLE|de quand date ARTICLE|"
        r"(?:quand|quel jour|a quelle date)\b.{0,20}ARTICLE.{0,80}\b(?:publie|paru|mis en ligne|sorti)",
        "author": r"(?:qui|ki) (?:a |est-ce qui a |est l'auteur|signe|ecri|redige).{0,25}ARTICLE|"
        r"auteur (?:de |d')ARTICLE|"
        r"(?:quels?|quelles?) (?:journalistes?|auteurs?)\b.{0,20}\b(?:signe|ecrit|redige).{0,20}ARTICLE|"
        r"par qui\b.{0,20}ARTICLE.{0,60}\b(?:signe|ecrit|redige)",
        "source": r"(?:quel|quelle) (?:journal|media|agence|site|source|titre|chaine)\b.{0,25}\bpubli.{0,15}ARTICLE|"
        r"(?:d'ou|de (?:quel|quelle) \w+) (?:vient|provient) ARTICLE|source (?:de |d')ARTICLE",
    },
    "en": {
        "date": r"date of ARTICLE|when (?:was|did) ARTICLE.{0,80}\b(?:published|appear|come out|dated)",
        "author": r"who (?:wrote|signed|is the author of|authored) ARTICLE|author of ARTICLE",
        "source": r"(?:which|what) (?:newspaper|outlet|agency|site|source|paper)\b.{0,15}\bpublished ARTICLE|"
        r"source of ARTICLE",
    },
    "de": {
        "date": r"datum ARTICLE|(?:von )?wann (?:ist|wurde|stammt|erschien) ARTICLE",
        "author": r"wer (?:hat|schrieb|ist der autor|verfasste) ARTICLE|autor ARTICLE",
        "source": r"welche[rs]? (?:zeitung|medium|agentur|quelle)\b.{0,15}\bARTICLE|quelle ARTICLE",
    },
    "es": {
        "date": r"fecha (?:de publicacion )?(?:de |del )?ARTICLE|cuando (?:se publico|salio|aparecio) ARTICLE",
        "author": r"quien (?:escribio|firma|firmo|es el autor de|redacto) ?ARTICLE|autor ARTICLE",
        "source": r"que (?:periodico|diario|medio|agencia) publico ARTICLE|fuente ARTICLE",
    },
    "it": {
        "date": r"data (?:di pubblicazione )?ARTICLE|quando (?:e stato pubblicato|e uscito) ARTICLE",
        "author": r"chi (?:ha scritto|firma|ha firmato|e l'autore) (?:de)?ARTICLE|autore ARTICLE",
        "source": r"quale (?:giornale|agenzia|testata|fonte) ha pubblicato ARTICLE|fonte ARTICLE",
    },
}


def asked_fact(question: str, language: str) -> Fact | None:
    """The fact about an article that `question` asks for; None for all other questions."""
    plain = fold(question)
    patterns = _ASKS.get(language, {})
    article = _ARTICLE.get(language, "")
    return next(
        (fact for fact, pattern in patterns.items() if re.search(pattern.replace("ARTICLE", article), plain)), None
    )


def article_meant(question: str, language: str, catalog: Catalog, hits: Sequence[Hit]) -> Article | None:
    """The article that `question` is about. Articles of one source are told apart by what was found."""
    asked = set(terms(question, language))
    found = list(dict.fromkeys(hit.passage.document for hit in hits))
    named = [
        str(document)
        for document, source, author in catalog.query("SELECT document, source, author FROM article")
        if any(name and set(terms(str(name), language)) <= asked for name in (source, author))
    ]
    meant = min(named or found, key=lambda name: found.index(name) if name in found else len(found), default=None)
    return catalog.article(meant) if meant else None


def shown_fact(article: Article, fact: Fact) -> Passage | None:
    """The place in the article's text that shows the fact; None where it is unknown or not shown."""
    for form in _forms(article, fact):
        place = re.search(rf"(?<!\w){re.escape(form)}(?!\w)", article.text, re.IGNORECASE)
        if place:
            return _line(article, place.start(), place.end())
    return None


def _forms(article: Article, fact: Fact) -> list[str]:
    """How a text may write the fact; empty where it is unknown."""
    if fact == "date" and article.date:
        day, written = article.date, written_day(article.date, article.language)
        return [day.isoformat(), written, written.rsplit(" ", 1)[0], f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}"]
    value = {"date": None, "author": article.author, "source": article.source}[fact]
    return [value] if value else []


def _line(article: Article, start: int, end: int) -> Passage:
    """The line of the text that holds the span, or the span alone where that line is long."""
    first = article.text.rfind("\n", 0, start) + 1
    last = article.text.find("\n", end)
    last = len(article.text) if last < 0 else last
    line = article.text[first:last]
    if len(line) <= _LONGEST_LINE:
        start, end = first + len(line) - len(line.lstrip()), first + len(line.rstrip())
    return Passage(
        id=0,
        document=article.document,
        start=start,
        end=end,
        text=article.text[start:end],
        title=article.title,
        date=article.date,
        source=article.source,
        language=article.language,
    )
