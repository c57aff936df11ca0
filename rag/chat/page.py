"""The chat page: its layout, and which part of it calls which function. What happens then is written elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from importlib.resources import files
from typing import Any

import gradio as gr

from rag.chat.blocks import SteadyBlocks
from rag.chat.conversations import KeptConversations
from rag.chat.header import Frame
from rag.chat.library import Library
from rag.chat.page_questions import PageQuestions, Update
from rag.chat.page_text import DEFAULT_LANGUAGE, told
from rag.chat.sidebar_html import notice
from rag.chat.view import Slot, View, page_language, read_scope
from rag.errors import RagError
from rag.wording import say

# The parts that are HTML of ours, and the events that each of them sends.
_PARTS: dict[str, tuple[str, ...]] = {
    "header": ("export",),
    "status": ("refresh", "retry"),
    "past": (),
    "live": ("example", "repeat", "edit", "copy", "mark", "remark"),
    "notice": ("undo",),
    "edit_note": (),
    "chips": ("clear",),
    "history": ("open", "delete"),
    "articles": ("pick", "remove"),
    "scope_form": ("scope",),
    "file_list": (),
    "panel": ("source",),
    "outbox": (),
}
# What the page tells with each event, in the order in which `_view` takes it.
_TOLD = (
    "question", "conversation", "editing", "scope", "slot", "conversation_search", "article_search", "files", "seen"
)  # fmt: skip
# What Gradio's own parts say, by the name of the text.
_WORDS: dict[str, dict[str, str]] = {
    "new": {"value": "new"},
    "conversations_tab": {"label": "conversations"},
    "conversation_search": {"label": "search_conversations", "placeholder": "search_conversations"},
    "export_marked": {"value": "export_marked"},
    "articles_tab": {"label": "articles_tab"},
    "article_search": {"label": "search_articles", "placeholder": "search_articles"},
    "restrict": {"label": "restrict"},
    "add": {"label": "add"},
    "files": {"label": "drop"},
    "question": {"label": "question", "placeholder": "placeholder"},
    "ask": {"value": "ask"},
    "stop": {"value": "stop"},
}
# Pages whose state Gradio keeps, 0.3 MB each. An older one forgets which question was being changed on it.
_MOST_PAGES = 300
# Gradio encrypts what a browser keeps with this key. None of it is secret; another key would lose it all.
_BROWSER_KEY = "rag-page"


def words(name: str, language: str) -> dict[str, Any]:
    """What the part called `name` says in `language`, by property."""
    return {attribute: say(f"chat.{key}", language) for attribute, key in _WORDS[name].items()}


def theme() -> gr.themes.Base:
    """Gradio's plainest theme with the fonts of the system: nothing is fetched."""
    fonts = ["system-ui", "sans-serif"]
    return gr.themes.Base(primary_hue="blue", neutral_hue="slate", font=fonts, font_mono=["ui-monospace", "monospace"])


def head() -> str:
    """The page's own style sheet and script. Gradio would confine a style sheet given to it to a part of the page."""
    static = files("rag.chat") / "static"
    style, script = ((static / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    return f"<style>{style}</style><script>{script}</script>"


class ChatPage:
    """The page over what it calls."""

    def __init__(self, frame: Frame, asking: PageQuestions, keeping: KeptConversations, library: Library) -> None:
        self._frame, self._asking, self._keeping, self._library = frame, asking, keeping, library
        self._parts: dict[str, Any] = {}

    def build(self) -> gr.Blocks:
        """The page, to be mounted with `theme` and `head`."""
        blocks = SteadyBlocks(title=say("chat.title", DEFAULT_LANGUAGE), fill_width=True, analytics_enabled=False)
        blocks.state_session_capacity = _MOST_PAGES
        with blocks:
            self._lay_out()
            self._wire(blocks)
        return blocks

    def _lay_out(self) -> None:
        parts = self._parts
        parts["conversation"] = gr.BrowserState("", storage_key="rag.conversation", secret=_BROWSER_KEY)
        parts["scope"] = gr.BrowserState({}, storage_key="rag.scope", secret=_BROWSER_KEY)
        parts["editing"], parts["slot"] = gr.State(""), gr.State(Slot())
        parts["seen"] = gr.State("")
        self._html("header", self._frame.header(DEFAULT_LANGUAGE))
        with gr.Row(elem_id="rag-desk"):
            with gr.Column(elem_id="rag-side"):
                self._lay_out_side()
            with gr.Column(elem_id="rag-talk"):
                self._html("status")
                self._html("past")
                self._html("live")
                with gr.Column(elem_id="rag-composer"):
                    self._html("notice")
                    self._html("edit_note")
                    self._html("chips")
                    with gr.Row(elem_id="rag-box"):
                        parts["question"] = gr.Textbox(
                            **_french("question"), lines=1, max_lines=6, elem_id="rag-question", autofocus=True,
                            container=False, scale=1,
                        )  # fmt: skip
                        parts["ask"] = gr.Button(**_french("ask"), variant="primary", elem_id="rag-ask")
                        parts["stop"] = gr.Button(**_french("stop"), elem_id="rag-stop")
            self._html("panel")
        self._html("outbox")

    def _lay_out_side(self) -> None:
        parts = self._parts
        searching: dict[str, Any] = {"show_label": False, "container": False, "max_lines": 1, "elem_classes": "search"}
        parts["new"] = gr.Button(**_french("new"), elem_id="rag-new")
        with gr.Tabs():
            with gr.Tab(**_french("conversations_tab")) as parts["conversations_tab"]:
                parts["conversation_search"] = gr.Textbox(**_french("conversation_search"), **searching)
                self._html("history")
                parts["export_marked"] = gr.Button(**_french("export_marked"), size="sm", elem_id="rag-export-marked")
            with gr.Tab(**_french("articles_tab")) as parts["articles_tab"]:
                parts["article_search"] = gr.Textbox(**_french("article_search"), **searching)
                with gr.Accordion(**_french("restrict"), open=False) as parts["restrict"]:
                    self._html("scope_form")
                with gr.Accordion(**_french("add"), open=False, elem_id="rag-add") as parts["add"]:
                    parts["files"] = gr.File(**_french("files"), file_count="multiple", height=90)
                    self._html("file_list")
                self._html("articles")

    def _html(self, name: str, value: str = "") -> None:
        script = f"ragMount(element, trigger, props, watch, {json.dumps(list(_PARTS[name]))})"
        self._parts[name] = gr.HTML(
            value, html_template="<div></div>", js_on_load=script, apply_default_css=False, elem_id=f"rag-{name}"
        )

    def _wire(self, blocks: gr.Blocks) -> None:
        parts, asking, keeping, library = self._parts, self._asking, self._keeping, self._library
        self._on(blocks.load, self._open_page)
        asks = [
            self._on(event, act, streams=True)
            for event, act in (
                (parts["question"].submit, asking.ask_typed),
                (parts["ask"].click, asking.ask_typed),
                (parts["live"].example, asking.repeat),
                (parts["live"].repeat, asking.repeat),
            )
        ]
        for asked in asks:
            self._on(asked.then, keeping.history)
        leave: dict[str, Any] = {"cancels": asks}
        self._on(parts["stop"].click, asking.stop, **leave)
        self._on(parts["new"].click, lambda view: self._go_to(view, ""), **leave)
        self._on(parts["history"].open, lambda view: self._go_to(view, view.text("conversation")), **leave)
        self._on(parts["history"].delete, self._delete)
        self._on(parts["conversation_search"].input, keeping.history)
        self._on(parts["live"].edit, keeping.edit)
        self._on(parts["live"].mark, self._mark)
        self._on(parts["live"].remark, keeping.mark)
        self._on(parts["live"].copy, keeping.copy)
        self._on(parts["header"].export, keeping.export)
        self._on(parts["export_marked"].click, keeping.export_marked)
        self._on(parts["panel"].source, library.open)
        self._on(parts["article_search"].input, library.articles)
        self._on(parts["articles"].pick, library.pick)
        self._on(parts["scope_form"].scope, library.restrict)
        self._on(parts["chips"].clear, library.unrestrict)
        self._on(parts["files"].upload, library.add, streams=True)
        self._on(parts["articles"].remove, library.remove, streams=True)
        self._on(parts["notice"].undo, self._undo, streams=True)
        self._on(parts["status"].refresh, self._refresh)
        self._on(parts["status"].retry, self._frame.retry)

    def _open_page(self, view: View) -> Update:
        welcome = self._frame.welcome(view)
        return {
            **{name: gr.update(**words(name, view.language)) for name in _WORDS},
            **self._frame.top(view),
            **self._keeping.shown(view, self._asking.headings(), welcome),
            **self._keeping.history(view),
            **self._library.articles(view),
        }

    def _refresh(self, view: View) -> Update:
        """What has changed at the server since the page was last told; all of it where the server was away."""
        if view.sent.get("anew") and not view.slot.under_way.busy:
            return self._open_page(view)
        if view.seen == self._frame.seen():
            return {}
        return {**self._frame.top(view), **self._keeping.history(view), **self._library.articles(view)}

    def _go_to(self, view: View, conversation: str) -> Update:
        there = view.at(conversation)
        shown = self._keeping.shown(there, self._asking.headings(), self._frame.welcome(view))
        return {**shown, **self._keeping.history(there), "notice": "", "panel": ""}

    def _delete(self, view: View) -> Update:
        deleted = self._keeping.delete(view)
        away = self._go_to(view, "") if view.text("conversation") == view.conversation else self._keeping.history(view)
        return {**away, **deleted}

    def _mark(self, view: View) -> Update:
        marked, headings = self._keeping.mark(view), self._asking.headings()
        if view.slot.under_way.busy:  # the answer that is being written stays as it is
            return {**self._keeping.past(view, headings), **marked}
        return {**self._keeping.shown(view, headings, ""), **marked}

    def _undo(self, view: View) -> Generator[Update, None, None]:
        what = view.text("what")
        if what == "article":
            yield from self._library.restore(view)
        elif what == "conversation":
            restored = self._keeping.restore(view)
            yield {**restored, **self._keeping.history(view)}
        elif what == "edit":
            yield {"editing": "", "edit_note": "", "question": ""}

    def _on(self, event: Any, act: Callable[[View], Any], *, streams: bool = False, **options: Any) -> Any:
        """Lets `event` call `act`; what comes back goes to the parts it names."""
        inputs = [self._parts[name] for name in _TOLD]
        outputs = [part for name, part in self._parts.items() if name != "slot"]
        return event(
            self._streaming(act) if streams else self._plain(act),
            inputs=inputs,
            outputs=outputs,
            show_progress="hidden",
            concurrency_limit=None,
            # Gradio keeps an entry of each event that went through its queue for as long as it runs.
            queue=streams,
            api_visibility="private",
            # Otherwise Gradio delays an event while the same one is under way, and loses what was sent with it.
            trigger_mode="multiple",
            **options,
        )

    def _plain(self, act: Callable[[View], Update]) -> Callable[..., dict[Any, Any]]:
        def run(request: gr.Request, event: gr.EventData, *values: Any) -> dict[Any, Any]:
            view = _view(request, event, values)
            try:
                return self._to_parts(act(view), view.slot)
            except RagError as error:
                return self._to_parts(_failed(error, view.language), view.slot)

        return run

    def _streaming(
        self, act: Callable[[View], Generator[Update, None, None]]
    ) -> Callable[..., Iterator[dict[Any, Any]]]:
        def run(request: gr.Request, event: gr.EventData, *values: Any) -> Iterator[dict[Any, Any]]:
            yield gr.skip()  # Gradio empties every part where nothing at all comes
            view = _view(request, event, values)
            try:
                with closing(act(view)) as updates:
                    for update in updates:
                        yield self._to_parts(update, view.slot)
            except RagError as error:
                yield self._to_parts(_failed(error, view.language), view.slot)

        return run

    def _to_parts(self, update: Update, slot: Slot) -> dict[Any, Any]:
        slot.conversation = update.get("conversation", slot.conversation)
        # Gradio takes an empty dictionary for a value.
        return {self._parts[name]: value for name, value in update.items()} or gr.skip()


def _failed(error: RagError, language: str) -> Update:
    return {"notice": notice(told(error, language), {}, language)}


def _french(name: str) -> dict[str, Any]:
    return words(name, DEFAULT_LANGUAGE)


def _view(request: gr.Request, event: gr.EventData, values: Sequence[Any]) -> View:
    named = dict(zip(_TOLD, values, strict=True))
    sent = event._data if event is not None else None
    slot: Slot = named["slot"]
    return View(
        owner=request.username or "",
        session=str(request.session_hash),
        language=page_language(request.cookies, request.headers.get("accept-language", "")),
        conversation=str(named["conversation"] or "") if slot.conversation is None else slot.conversation,
        editing=named["editing"],
        scope=read_scope(named["scope"]),
        slot=slot,
        question=named["question"] or "",
        conversation_search=named["conversation_search"] or "",
        article_search=named["article_search"] or "",
        files=tuple(named["files"] or ()),
        seen=named["seen"],
        sent=sent if isinstance(sent, dict) else {},
    )
