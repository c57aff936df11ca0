"""What parent and child say to each other: one JSON object a line, errors by name and fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rag import errors
from rag.errors import GenerationFailed, RagError

# Longer than anything that is said; a line beyond it is none of ours.
LONGEST_LINE = 1 << 20


def to_line(message: Mapping[str, Any]) -> bytes:
    """`message` as a line. Any text comes through, half of a surrogate pair too."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def from_line(line: bytes) -> dict[str, Any]:
    """The message of a line. Raises ValueError."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def error_object(error: Exception) -> dict[str, Any]:
    """`error` for `to_error`: its fields as texts and numbers; what is no RagError as GenerationFailed."""
    if not isinstance(error, RagError):
        error = GenerationFailed(reason=f"{type(error).__name__}: {error}")
    plain = {key: value if isinstance(value, int | float) else str(value) for key, value in error.fields.items()}
    return {"name": type(error).__name__, "fields": plain}


def to_error(told: Mapping[str, Any]) -> RagError:
    """The error that was told. Raises ValueError."""
    kind, fields = getattr(errors, str(told.get("name")), None), told.get("fields")
    if not (isinstance(kind, type) and issubclass(kind, RagError) and isinstance(fields, dict)):
        raise ValueError("not an error")
    return kind(**fields)
