"""What a file says of its own article, as far as it can be believed.

A title counts unless it is what a program writes by itself (« Microsoft Word - x.doc », « Sans titre », a file name).
An author counts where it is a name of people; the name of a medium is the source instead. The dates inside PDF and
Word files are not looked at: they tell when a file was made, which for one that was saved or printed from an archive
is years after the article appeared, and no date is better than a false one.

Limit: who typed or saved a Word document may stand there as its author.
"""

from __future__ import annotations

import re

from rag.corpus.newsroom import count_words, outlet, people

_LONGEST_TITLE = 300
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|office|powerpoint)|untitled|sans titre|document\b|impression\b|print\b|slide\b|diapositive)"
    r"|.*\.(?:docx?|odt|rtf|pdf|indd|qxp|qxd|pages|txt|html?|xml|tmp)$",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"\b(?:microsoft|windows|adobe|office|user|utilisateur|admin(?:istrat(?:or|eur))?|python|word|acrobat)\b",
    re.IGNORECASE,
)


def believable(
    title: str | None = None, author: str | None = None, source: str | None = None, date: str | None = None
) -> dict[str, str]:
    """The labels (title, author, source, date) that these are, without those that say nothing."""
    title, author, source = (" ".join((value or "").split()) for value in (title, author, source))
    labels = {"source": source or outlet(author) or "", "date": date or ""}
    if count_words(title) >= 2 and len(title) <= _LONGEST_TITLE and not _NO_TITLE.match(title):
        labels["title"] = title
    if not outlet(author) and not _NO_PERSON.search(author):
        labels["author"] = people(re.sub(r"\s*;\s*", ", ", author)) or ""
    return {key: value for key, value in labels.items() if value}
