"""Conversations that are kept: opened, found, deleted and brought back, marked, changed, exported."""

from __future__ import annotations

from secrets import token_hex

from rag.chat import exports
from rag.chat.answer_html import Headings, conversation
from rag.chat.history import ConversationStore, Verdict
from rag.chat.page_questions import Update
from rag.chat.sidebar_html import conversation_list, notice
from rag.chat.view import View
from rag.wording import say

_VERDICTS: dict[str, Verdict] = {"good": "good", "wrong": "wrong"}


class KeptConversations:
    """The conversations of one store, each owner's apart."""

    def __init__(self, store: ConversationStore) -> None:
        self._store = store

    def history(self, view: View) -> Update:
        """The list of conversations that match the search."""
        found = self._store.conversations(view.owner, view.conversation_search)
        return {"history": conversation_list(found, view.conversation, view.conversation_search, view.language)}

    def shown(self, view: View, headings: Headings, welcome: str) -> Update:
        """The open conversation, its last exchange where an answer comes into being; `welcome` where there is none."""
        exchanges = self._store.exchanges(view.owner, view.conversation)
        earlier, last = exchanges[:-1], exchanges[-1:]
        return {
            "past": conversation(earlier, view.language, headings),
            "live": conversation(last, view.language, headings, len(exchanges)) or welcome,
            "conversation": view.conversation if exchanges else "",
            "editing": "",
            "edit_note": "",
        }

    def past(self, view: View, headings: Headings) -> Update:
        """The exchanges above one that is under way."""
        kept = self._store.exchanges(view.owner, view.conversation, view.editing)
        return {"past": conversation(kept, view.language, headings)}

    def delete(self, view: View) -> Update:
        """Deletes the conversation that was chosen, and says how to have it back."""
        chosen = view.text("conversation")
        if not self._store.delete(view.owner, chosen):
            return {}
        text = say("chat.deleted", view.language)
        return {"notice": notice(text, {"what": "conversation", "conversation": chosen}, view.language)}

    def restore(self, view: View) -> Update:
        """Undoes `delete`."""
        self._store.restore(view.owner, view.text("conversation"))
        return {"notice": ""}

    def mark(self, view: View) -> Update:
        """Notes the verdict that was sent, with its remark."""
        verdict = _VERDICTS.get(view.text("verdict"), "")
        remark = view.text("remark").strip()
        self._store.mark(view.owner, view.text("exchange"), verdict, remark if verdict else "")
        return {"notice": notice(say("chat.noted", view.language), {}, view.language) if remark else ""}

    def edit(self, view: View) -> Update:
        """Puts a question back into the box, to be changed."""
        note = say("chat.editing", view.language)
        undo = {"what": "edit"}
        return {
            "question": view.text("question"),
            "editing": view.text("exchange"),
            "edit_note": notice(note, undo, view.language),
            "notice": "",
        }

    def copy(self, view: View) -> Update:
        """An answer with its sources, for the clipboard."""
        exchanges = self._store.exchanges(view.owner, view.conversation)
        chosen = next((one for one in exchanges if one.id == view.text("exchange")), None)
        if chosen is None:
            return {}
        copied = notice(say("chat.copied", view.language), {}, view.language)
        return {**_parcel(copy=exports.answer_text(chosen.answer, view.language)), "notice": copied}

    def export(self, view: View) -> Update:
        """The conversation as a file for the browser to save, in the format that was sent."""
        loaded = self._store.load(view.owner, view.conversation) if view.conversation else None
        if loaded is None:
            return {"notice": notice(say("chat.nothing_to_export", view.language), {}, view.language)}
        name = f"conversation-{loaded.updated_at:%Y-%m-%d}"
        wanted = view.text("format")
        if wanted == "markdown":
            return _file(f"{name}.md", "text/markdown", exports.conversation_markdown(loaded, view.language))
        if wanted == "html":
            return _file(f"{name}.html", "text/html", exports.conversation_html(loaded, view.language))
        return _file(f"{name}.json", "application/json", exports.conversation_json(loaded))

    def export_marked(self, view: View) -> Update:
        """The marked answers as cases of an evaluation set."""
        marked = self._store.marked(view.owner)
        if not marked:
            return {"notice": notice(say("chat.nothing_marked", view.language), {}, view.language)}
        return _file("marked.jsonl", "application/jsonl", exports.evaluation_cases(marked))


def _file(name: str, kind: str, text: str) -> Update:
    return _parcel(file=name, type=kind, text=text)


def _parcel(**content: str) -> Update:
    """Something handed to the browser; the same again is another parcel."""
    return {"outbox": {**content, "once": token_hex(4)}}
