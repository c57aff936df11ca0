"""`rag ask` and `rag search`: one question, or a batch of them with the models loaded once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rag import runtime, text
from rag.cli.options import FILTERS, SubCommand, explain, options, running
from rag.cli.questions import answer_batch, check_filters, one_question, read_batch, read_history
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings
    from rag.contracts import BatchLine
    from rag.domain import Scope


@click.command(cls=SubCommand, help=explain("ask"))
@click.argument("question", required=False)
@click.option("--history", metavar="JSON", help=explain("history"))
@click.option("--no-stream", is_flag=True, help=explain("no_stream"))
@options(
    *("json", "batch", "k", *FILTERS, "today"),
    *("index", "models_dir", "generator", "no_llm", "embedder", "reranker", "reader", "quiet", "debug"),
)
@running
def ask(
    *,
    settings: Settings,
    renderer: Renderer,
    scope: Scope,
    question: str | None,
    history: str | None,
    no_stream: bool,
    batch: str | None,
) -> int:
    """`rag ask`."""
    asked = one_question(question, batch)
    turns = read_history(history, renderer.language)
    lines = read_batch(batch) if batch is not None else []
    text.begin_loading_detector()  # beside the imports, which take as long
    from rag.contracts import answer_object
    from rag.question import clean_question

    if batch is None:
        clean_question(asked)  # a bad question is told before anything is loaded
    check_filters(scope, settings, renderer)
    with renderer.waiting("load"):
        pipeline, retriever = runtime.open_answering(settings)
    if pipeline.quotes_only and not settings.generator:
        renderer.note(say("notice.no_generator", renderer.language))
    if batch is not None:
        return answer_batch(
            lines,
            batch,
            scope,
            renderer,
            lambda one: answer_object(pipeline.ask(one.question, one.history, one.scope), one.id),
        )
    if renderer.as_json or no_stream:
        answer = pipeline.ask(asked, turns, scope)
        if renderer.as_json:
            renderer.json(answer_object(answer, 1))
        else:
            renderer.answer(answer)
    else:
        answer = renderer.stream(pipeline.stream(asked, turns, scope))
    # Without passages nothing was searched: it was no question to the articles.
    if answer.passages and retriever.meets_no_word(answer.standalone_question, scope):
        renderer.note(say("notice.no_word_found", renderer.language))
    return 0


@click.command(cls=SubCommand, help=explain("search"))
@click.argument("question", required=False)
@click.option("--evidence", is_flag=True, help=explain("evidence"))
@click.option("--explain", is_flag=True, help=explain("explain"))
@options(
    *("json", "batch", "k", *FILTERS, "today"),
    *("index", "models_dir", "embedder", "reranker", "reader", "quiet", "debug"),
)
@running
def search(
    *,
    settings: Settings,
    renderer: Renderer,
    scope: Scope,
    question: str | None,
    evidence: bool,
    explain: bool,
    batch: str | None,
) -> int:
    """`rag search`."""
    asked = one_question(question, batch)
    lines = read_batch(batch) if batch is not None else []
    text.begin_loading_detector()  # beside the imports, which take as long
    from rag.contracts import hits_object
    from rag.question import clean_question

    if batch is None:
        asked = clean_question(asked)
    check_filters(scope, settings, renderer)
    with renderer.waiting("load"):
        retriever, _ = runtime.open_retrieval(settings)
    look = partial(retriever.look, k=settings.passages, evidence=evidence)
    if batch is not None:

        def reply(one: BatchLine) -> dict[str, Any]:
            found = look(clean_question(one.question), scope=one.scope)
            return hits_object(one.question, found, one.id, explain=explain)

        return answer_batch(lines, batch, scope, renderer, reply)
    found = look(asked, scope=scope)
    for notice in found.notices:
        renderer.note(say(f"notice.{notice}", renderer.language))
    if renderer.as_json:
        renderer.json(hits_object(asked, found, 1, explain=explain))
    else:
        renderer.hits(list(found.hits), explain=explain)
    return 0
