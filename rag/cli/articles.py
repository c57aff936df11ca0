"""`rag articles`: what is in the index, listed, shown, taken out and put back."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag import indexing, runtime, store
from rag.cli.index_command import update
from rag.cli.options import FILTERS, CommandGroup, explain, help_option, options, running
from rag.cli.questions import check_filters
from rag.errors import NotOwnArticle, UnknownDocument
from rag.wording import say

if TYPE_CHECKING:
    from rag.cli.renderer import Renderer
    from rag.config import Settings
    from rag.domain import Article, Scope

_INDENT = " " * 4
# Before each line of page furniture.
_FURNITURE = "│ "
_UPDATING = ("index", "models_dir", "embedder", "json", "quiet", "debug")


class _Articles(CommandGroup):
    bare = "list"


@click.group(cls=_Articles, help=explain("articles"))
@help_option
def articles() -> None:
    """The group of what is done with articles."""


@articles.command("list", help=explain("articles_list"))
@options("json", *FILTERS, "index", "quiet", "debug")
@running
def list_(*, settings: Settings, renderer: Renderer, scope: Scope) -> None:
    """`rag articles list`."""
    from rag.contracts import headings_list

    check_filters(scope, settings, renderer)
    with closing(runtime.present_catalog(settings)) as catalog:
        found = store.headings(catalog, scope)
    if renderer.as_json:
        renderer.json(headings_list(found))
    else:
        renderer.headings(found)


@articles.command(help=explain("articles_show"))
@click.argument("name")
@options("json", "index", "quiet", "debug")
@running
def show(*, settings: Settings, renderer: Renderer, name: str) -> None:
    """`rag articles show`."""
    from rag.contracts import article_object
    from rag.domain import Scope

    with closing(runtime.present_catalog(settings)) as catalog:
        for heading in store.headings(catalog, Scope(documents=(name,))):
            article = catalog.article(heading.document)
            file, passages = store.holding(catalog, heading.document)
            if renderer.as_json:
                renderer.json(article_object(article, file, passages))
            else:
                _show(article, file, passages, renderer)


def _show(article: Article, file: str, passages: int, renderer: Renderer) -> None:
    """Where each fact is from, and the text with its furniture marked."""
    language = renderer.language
    renderer.paragraph(article.title, style="bold")
    for name, fact in _facts(article, file, passages, language).items():
        renderer.paragraph(f"{say(f'cli.field_{name}', language)} {fact}", _INDENT, style="dim")
    renderer.line("")
    for segment in article.segments:
        furniture = segment.kind == "furniture"
        for line in article.text[segment.start : segment.end].splitlines():
            before = _FURNITURE if furniture and line.strip() else ""
            renderer.paragraph(line, before, "dim" if furniture else "")
    if any(segment.kind == "furniture" for segment in article.segments):
        renderer.note(say("cli.furniture", language, mark=_FURNITURE.strip()))


def _facts(article: Article, file: str, passages: int, language: str) -> dict[str, str]:
    day = article.date and article.date.isoformat()
    facts = {"date": day, "title": article.title, "source": article.source, "author": article.author}
    told = {}
    for name, value in facts.items():
        origin = article.provenance.get(name)
        told[name] = f"{value or '–'} ({say(f'cli.from_{origin}', language)})" if origin else value or "–"
    pages = {"pages": str(len(article.pages))} if article.pages else {}
    return told | {"language": article.language, "file": file, "passages": str(passages)} | pages


@articles.command(help=explain("articles_remove"))
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@options(*_UPDATING)
@running
def remove(*, settings: Settings, renderer: Renderer, names: tuple[str, ...]) -> None:
    """`rag articles remove`: an own article is moved to the removed ones, any other stays where it is, excluded."""
    from rag.domain import Scope

    # Raises, before anything is moved, what would keep the index from being brought in step.
    runtime.make_embedder(settings)
    with closing(store.open_catalog(settings.index)) as catalog:
        documents = [heading.document for heading in store.headings(catalog, Scope(documents=names))]
    roots = [Path(root) for root in store.read_manifest(settings.index).roots]
    excluded = []
    for document in documents:
        try:
            moved = indexing.remove(indexing.own_folder(settings), document, roots)
        except (NotOwnArticle, UnknownDocument):  # it is of another folder, or one of several in a file
            excluded.append(Path(document))
        else:
            renderer.note(say("cli.moved_away", renderer.language, name=moved.document, path=moved.path))
    update(settings, renderer, without=tuple(excluded))


@articles.command(help=explain("articles_restore"))
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@options(*_UPDATING)
@running
def restore(*, settings: Settings, renderer: Renderer, names: tuple[str, ...]) -> None:
    """`rag articles restore`: undoes `remove`."""
    runtime.make_embedder(settings)
    manifest = store.read_manifest(settings.index)
    own = {removed.document: removed for removed in indexing.removed_articles(indexing.own_folder(settings))}
    excluded = {_name_below(out, manifest.roots): Path(out) for out in manifest.excluded}
    for name in names:
        if name not in own and name not in excluded:
            raise UnknownDocument(name=name, close=store.closest(name, [*own, *excluded]))
    for name in names:
        if name in own and name not in excluded:
            indexing.restore(indexing.own_folder(settings), own[name])
    update(settings, renderer, paths=tuple(excluded[name] for name in names if name in excluded))


def _name_below(excluded: str, roots: tuple[str, ...]) -> str:
    """What an excluded path is called in the index: its path below its root; a document is called as it is."""
    path = Path(excluded)
    return next((path.relative_to(root).as_posix() for root in roots if path.is_relative_to(root)), excluded)
