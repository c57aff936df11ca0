"""The tools for assistants, as an assistant is told of them: from the MCP server itself."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from generated.http import anchor
from generated.markdown import code, shown, table
from generated.translation import translated
from rag.config import Settings
from rag.serving.desk import Desk
from rag.serving.mcp_server import ToolServer
from rag.wording import say

_LABELS = {
    "en": ("Argument", "Required", "Meaning", "yes", "Result: the structured content has the schema of {0}."),
    "fr": ("Argument", "Obligatoire", "Sens", "oui", "Résultat : le contenu structuré suit le schéma de {0}."),
}


def render(language: str) -> str:
    """What all are told, then each tool with its arguments."""
    parts = [f"> {say('tools.instructions', language)}"]
    for tool in _listed(language):
        parts += _tool(tool, language)
    return "\n\n".join(filter(None, parts))


def _listed(language: str) -> list[Any]:
    """The tools as the server lists them; none is called, so there is nothing behind them."""
    nobody = cast(Any, None)
    tools = ToolServer(Desk(nobody, Settings(language=language)))
    return list(asyncio.run(tools._list(nobody, None)).tools)


def _tool(tool: Any, language: str) -> list[str]:
    name, required, meaning, yes, result = _LABELS[language]
    schema = tool.input_schema
    rows = [
        [
            code(argument),
            yes if argument in schema.get("required", []) else "",
            shown(translated(about.get("description", ""), language)),
        ]
        for argument, about in schema["properties"].items()
    ]
    given = tool.output_schema["title"]
    where = {"AnswerObject", "HitsObject"}
    link = f"[{given}](http.{'md' if language == 'en' else 'fr.md'}#{anchor(given)})" if given in where else code(given)
    return [f"## {code(tool.name)}", tool.description, table([name, required, meaning], rows), result.format(link)]
