"""Mails to articles: one in a file (.eml), or many in a mailbox (.mbox).

The text is that of the plain part, of the HTML part where that says more; attachments are not read. Subject, sender and
date are the title, author or medium, and date. Limit: the date of a mail that forwards an article is that of the mail.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr

from rag.corpus.formats import markup, plain, web_page as web
from rag.corpus.formats.content import Content, Entry, InputFile, Names, Reading, damage_told, make_entry, too_large
from rag.corpus.formats.properties import believable, day_of
from rag.corpus.newsroom import count_words, outlet
from rag.errors import EmptyArticle, FormatMismatch, RagError

_ENOUGH = 50  # words of a plain part that is more than a link to the page
_HEADERS = ("Message-ID", "Subject", "From", "Date")
_BETWEEN = re.compile(rb"From \S.*\d{2}:\d{2}")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_ANSWERED = re.compile(r"^(?:(?:re|tr|fwd?|wg|aw)\s?:\s*)+", re.IGNORECASE)


def extract(path: str, content: bytes) -> Content:
    """The text of a mail, and its labels. Raises FormatMismatch, FileDamaged and EmptyArticle."""
    return _content(path, _parsed(path, content, ".eml"))


def entries(source: InputFile, reading: Reading) -> Iterator[Entry]:
    """The mails of a mailbox. Those that cannot be read are reported. Raises FormatMismatch."""
    names = Names()
    for number, content in enumerate(_messages(source, reading.most_bytes), 1):
        place = f"#{number}"
        try:
            if isinstance(content, RagError):
                raise content
            mail = _parsed(source.path + place, content, ".mbox")
            place = f"#{names.take(_header(mail, 'Message-ID'), _header(mail, 'Subject'), str(number))}"
            yield make_entry(source.path, place, _content(source.path + place, mail), reading.most_bytes)
        except RagError as error:
            reading.on_problem(error)


def _messages(source: InputFile, most_bytes: int) -> Iterator[bytes | RagError]:
    """The mails of a mailbox, each a line `From …` and what follows up to the next one after a blank line."""
    held = bytearray()
    size = 0
    blank = True
    for line in iter(lambda: source.stream.readline(most_bytes), b""):
        if blank and _BETWEEN.match(line):
            if size:
                yield _message(source.path, held, size, most_bytes)
            held.clear()
            size = 0
        elif not size and not held and line.strip():
            raise FormatMismatch(path=source.path, named=".mbox", found="TXT")
        size += len(line)
        if size <= most_bytes:
            held += line
        blank = not line.strip()
    if size:
        yield _message(source.path, held, size, most_bytes)


def _message(path: str, held: bytearray, size: int, most_bytes: int) -> bytes | RagError:
    if size > most_bytes:
        return too_large(path, size, most_bytes)
    return _QUOTED.sub(rb"\1", bytes(held).partition(b"\n")[2])


def _parsed(path: str, content: bytes, named: str) -> EmailMessage:
    with damage_told(path):  # such as parts in parts in parts, a thousand deep
        mail = email.message_from_bytes(content, _class=EmailMessage, policy=email.policy.default)
    if not any(_header(mail, name) for name in _HEADERS):
        raise FormatMismatch(path=path, named=named, found="TXT")
    return mail


def _content(path: str, mail: EmailMessage) -> Content:
    with damage_told(path):
        text, encoding, is_html = _text(path, mail)
    name, address = parseaddr(_header(mail, "From"))
    labels = believable(
        title=_ANSWERED.sub("", _header(mail, "Subject")),
        author=name,
        source=outlet(name) or outlet(".".join(address.rpartition("@")[2].split(".")[-2:])),
        date=day_of(_header(mail, "Date")),
    )
    return Content(text, labels, encoding, markdown=is_html)


def _text(path: str, mail: EmailMessage) -> tuple[str, str, bool]:
    """The text that says most, its encoding where that was guessed, and whether it was HTML."""
    text, encoding = _part(path, mail, "plain")
    if count_words(text) >= _ENOUGH:
        return text, encoding, False
    page, guessed = _part(path, mail, "html")
    if page:
        try:
            shown, _ = web.extract(path, page)
        except EmptyArticle:
            shown = markup.text_of(page)
        if count_words(shown) > count_words(text):
            return shown, guessed, True
    return text, encoding, False


def _part(path: str, mail: EmailMessage, kind: str) -> tuple[str, str]:
    part = mail.get_body((kind,))
    if part is None:
        return "", ""
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    text, encoding = plain.decode(path, content, declared=str(part.get_content_charset("")))
    text = text.replace("\r\n", "\n")
    return _unflowed(text) if part.get_param("format") == "flowed" else text, encoding


def _unflowed(text: str) -> str:
    """`text` with the lines put together that a mail program broke, which end in a space."""
    return re.sub(r"(?<!\n--) \n(?=[^\n>])", " ", re.sub(r"^ ", "", text, flags=re.MULTILINE))


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(mail.get(name, "")).split())
    except Exception:  # the library fails on some malformed headers; the mail is read without them
        return ""
