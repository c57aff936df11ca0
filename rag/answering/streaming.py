"""What a generator writes, as events: its words as they come, then each sentence taken or dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rag.answering.sanitising import begins_line, running_text, strip_markers, strip_markup
from rag.events import Checked, Dropped, Written
from rag.protocols import Token
from rag.text import quotes_open, sentence_spans, visible


def phrased(tokens: Iterable[Token], take: Callable[[str], Checked | None]) -> Iterator[Written | Checked | Dropped]:
    """The events of writing `tokens`. `take` is given each sentence, without markers and markup; None drops it.

    It is called once all is written: it may ask the generator, which has one thing to do at a time.
    """
    sentences: list[str] = []
    pending = ""
    for token in tokens:
        text = visible(token.text)
        pending += text
        if text:
            yield Written(text)
        if not token.finished and (begins_line(pending) or quotes_open(pending)):
            continue
        pending = running_text(pending)
        spans = sentence_spans(pending)
        complete = spans if token.finished else spans[:-1]
        sentences += [strip_markup(strip_markers(pending[start:end])) for start, end in complete]
        if complete:
            pending = pending[complete[-1][1] :]
    for sentence in sentences:
        yield take(sentence) or Dropped()
