"""What stands around the conversation: header, how things stand with models and index, what is said first."""

from __future__ import annotations

from html import escape

from rag.chat.answer_html import welcome
from rag.chat.page_questions import Update
from rag.chat.page_text import LANGUAGES, button, t
from rag.chat.suggestions import suggest
from rag.chat.view import View
from rag.config import Settings
from rag.errors import RagError
from rag.runtime import Service, present_manifest

_FORMATS = ("markdown", "json", "html")


class Frame:
    """The frame of the pages over one service."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._settings = settings

    def header(self, language: str) -> str:
        """Name, languages, exports, and the button that shows the side on a narrow screen."""
        exports = "".join(
            f"<li>{button('export', t(f'as_{name}', language), data={'format': name})}</li>" for name in _FORMATS
        )
        languages = "".join(
            f'<li><button type="button" class="quiet" lang="{code}" data-language="{code}"'
            f"{' aria-current=true' if code == language else ''}>{name}</button></li>"
            for code, name in LANGUAGES.items()
        )
        chosen = f'<span class="wide">{LANGUAGES[language]}</span><span class="narrow">{language.upper()}</span>'
        return (
            f'<header class="top"><button type="button" class="icon" data-side aria-expanded="false"'
            f' aria-label="{t("side", language)}">☰</button><h1>{t("title", language)}</h1>'
            f"{_menu(t('export', language), exports)}{_menu(chosen, languages)}</header>"
            f'<p class="away" role="alert">{t("away", language)}</p>'
            f'<p class="cut" role="status">{t("cut", language)}</p>'
        )

    def status(self, language: str) -> str:
        """That models are being loaded, or what is wrong and what to do; empty when all is well."""
        status = self._service.status()
        if status.error:
            text = (
                f"<strong>{escape(status.error.message(language))}</strong> {escape(status.error.next_step(language))}"
            )
            return (
                f'<div class="banner failure" role="alert"><p>{text}</p>{button("retry", t("retry", language))}</div>'
            )
        if status.state == "loading":
            return f'<div class="banner" role="status"><p>{t("models_loading", language)}</p></div>'
        if status.generator is None:
            return f'<div class="banner" role="note"><p>{t("quotes_only", language)}</p></div>'
        return ""

    def top(self, view: View) -> Update:
        """Header and status, and by what a change of either is noticed."""
        return {"header": self.header(view.language), "status": self.status(view.language), "seen": self.seen()}

    def seen(self) -> str:
        """Changes when the state of the models or the index does."""
        try:
            manifest = repr(present_manifest(self._settings))
        except RagError as error:
            manifest = repr(error)
        return f"{self._service.status()} {manifest}"

    def retry(self, view: View) -> Update:
        """Loads the models again."""
        self._service.start()
        return self.top(view)

    def welcome(self, view: View) -> str:
        """What is shown where there is no conversation yet."""
        try:
            catalog = self._service.catalog()
            return welcome(suggest(catalog, language=view.language), self._service.status().articles, view.language)
        except RagError:
            return welcome((), 0, view.language)


def _menu(label: str, items: str) -> str:
    return f'<details class="menu"><summary>{label}</summary><ul>{items}</ul></details>'
