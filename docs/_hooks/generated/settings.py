"""The table of settings, from `rag.config.Settings`."""

from __future__ import annotations

from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from generated.markdown import code, shown, table
from generated.translation import translated
from rag.config import PREFIX, Settings

_HEADS = {
    "en": ("Setting", "Environment", "Default", "Allowed", "Meaning"),
    "fr": ("Réglage", "Environnement", "Défaut", "Admis", "Sens"),
}
_KINDS = {
    "en": {"str": "text", "Path": "path", "int": "whole number", "float": "number", "date": "day", "Mapping": "names"},
    "fr": {"str": "texte", "Path": "chemin", "int": "entier", "float": "nombre", "date": "jour", "Mapping": "noms"},
}
_BETWEEN = {"en": "{low} to {high}", "fr": "{low} à {high}"}
_EMPTY = {"en": "empty", "fr": "vide"}


def render(language: str) -> str:
    """One row a setting, in the order of the code."""
    rows = [
        [
            code(name),
            code(PREFIX + name.upper()),
            _default(field, language),
            _allowed(field, language),
            shown(translated(field.description or "", language)),
        ]
        for name, field in Settings.model_fields.items()
    ]
    return table(_HEADS[language], rows)


def _default(field: FieldInfo, language: str) -> str:
    value: Any = field.default
    if value is PydanticUndefined or value in (None, ""):  # made anew each time: the user's own folder, no names
        return _EMPTY[language] if "Path" not in str(field.annotation) else "–"
    return code(value)


def _allowed(field: FieldInfo, language: str) -> str:
    low, high = (next((getattr(m, name) for m in field.metadata if hasattr(m, name)), None) for name in ("ge", "le"))
    if low is not None and high is not None:
        return _BETWEEN[language].format(low=low, high=high)
    annotation = next(iter(get_args(field.annotation)), None) if get_args(field.annotation) else field.annotation
    name = getattr(field.annotation, "__name__", "")
    known = _KINDS[language]
    return known.get(name) or known.get(getattr(annotation, "__name__", ""), "") or str(field.annotation)
