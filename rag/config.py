"""Settings: a flag wins over the environment (`RAG_…`), that over `rag.toml`, that over the default.

Unknown keys fail with the nearest known one. There is no global: the loaded `Settings` are passed down.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from platformdirs import user_data_dir
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rag.errors import InvalidSetting, SettingsUnreadable, UnknownSetting

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SETTINGS_FILE = "rag.toml"
PREFIX = "RAG_"
# The key of the generator's endpoint is no setting: it must not be shown or written anywhere.
KEY_VARIABLE = "RAG_GENERATOR_KEY"
# Neither are the logins of the chat page, USER:PASSWORD, one a line.
AUTH_VARIABLE = "RAG_AUTH"
# Nor is the token that the server asks of its clients.
TOKEN_VARIABLE = "RAG_TOKEN"
NO_GENERATOR = "none"
NO_READER: Final = "none"
ARTICLE_FIELDS = ("text", "title", "date", "source", "author", "url", "id")
"""What the setting `fields` may name in an export."""
# What holds a password is not shown.
_SECRET = ("store",)
# What a message gives for a setting that has neither a lowest nor a highest value.
_EXAMPLES = {
    "language": "fr, en, …",
    "today": "2025-09-04",
    "store": "postgresql://USER@HOST/DATABASE",
    "fields": ", ".join(f"{name}=…" for name in ARTICLE_FIELDS),
}


class Settings(BaseModel):
    """What a user may choose; `rag.toml` has these keys, the environment the same in capitals after `RAG_`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: Path = Field(Path("index"), description="folder of the index")
    store: str = Field(
        "",
        pattern=r"^(postgres(ql)?://.+)?$",
        repr=False,
        description="`postgresql://…` of an index that several machines share; empty: none",
    )
    models_dir: Path = Field(Path("models"), description="folder of the default models")
    data_dir: Path = Field(
        default_factory=lambda: Path(user_data_dir("rag")),
        description="folder of articles added through an interface (`articles` in it; what was removed goes to "
        "`removed`)",
    )
    generator: str = Field(
        "",
        description="GGUF file, or URLs of OpenAI-compatible endpoints with one model, separated by commas; empty: the "
        "default one; `none`: quote alone",
    )
    generator_model: str = Field("", description="model of the endpoints; empty: their only one")
    embedder: str = Field(
        "", description="sentence-transformers folder, or its name in the models folder; empty: the default one"
    )
    reranker: str = Field(
        "",
        description="folder of a sentence-transformers cross-encoder, or its name in the models folder; empty: none",
    )
    reader: Literal["none", "default"] = Field(
        NO_READER,
        description="`default`: the reader that belongs to the default models orders passages and decides whether the "
        "articles answer; `none`: do without",
    )
    language: str = Field(
        "",
        pattern=r"^([a-z]{2})?$",
        description="language of messages, `fr` or `en` (others give English); empty: that of the locale",
    )
    chunk_tokens: int = Field(
        160,
        ge=32,
        le=480,
        description="size of a passage, in tokens of the embedder; a paragraph of up to 400 stays whole",
    )
    overlap_sentences: int = Field(1, ge=0, le=3, description="sentences a passage repeats from the one before")
    passages: int = Field(8, ge=1, le=50, description="passages found for a question")
    context_tokens: int = Field(
        4096, ge=1024, le=131072, description="prompt and answer together, in tokens of the generator"
    )
    prompt_tokens: int = Field(1200, ge=300, le=32768, description="longest prompt, in tokens of the generator")
    answer_tokens: int = Field(300, ge=16, le=4096, description="longest answer, in tokens of the generator")
    answer_threshold: float = Field(0.5, ge=0, le=1, description="probability below which a question is not answered")
    threads: int = Field(0, ge=0, le=512, description="threads of the models; 0: one for each usable core")
    fields: Mapping[str, str] = Field(
        default_factory=dict,
        description='what fields of exports are called: `text=corps,date=jour`; in `rag.toml` `{text = "corps"}`',
    )
    queue_size: int = Field(32, ge=1, le=1000, description="questions that wait for the generator or have it, at most")
    deadline_s: float = Field(
        120,
        ge=1,
        le=3600,
        description="seconds for a request: to `rag serve`, and to endpoints, however many of them are tried",
    )
    token_deadline_s: float = Field(
        60,
        ge=1,
        le=3600,
        description="seconds for each token, the reading of the prompt included: of a local generator in a process of "
        "its own (`rag serve`, `rag mcp`), which is then ended and started anew, and of an endpoint, which is then set "
        "aside",
    )
    today: date | None = Field(
        None,
        description='day, such as `2025-09-04`, that « hier » or "last week" in a question counts from; empty: today',
    )

    @field_validator("fields", mode="before")
    @classmethod
    def _fields(cls, value: object) -> object:
        """Elsewhere than in `rag.toml` it is one text."""
        if isinstance(value, str):
            value = dict(pair.split("=", 1) for pair in value.split(",") if pair)
        if isinstance(value, Mapping) and not value.keys() <= set(ARTICLE_FIELDS):
            raise ValueError("not a field of an article")
        return value

    @field_validator("today", mode="before")
    @classmethod
    def _day(cls, value: object) -> date | None:
        # By itself pydantic would also take a time, and a number for seconds since 1970.
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
        if value is None or value == "":
            return None
        if type(value) is date:
            return value
        raise ValueError("not a day")


def load_settings(flags: Mapping[str, Any], environment: Mapping[str, str], folder: Path = Path()) -> Settings:
    """Settings from `flags` (None: not given), `environment` and the `rag.toml` of `folder`.

    Raises UnknownSetting, InvalidSetting and SettingsUnreadable.
    """
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    given = {key: value for key, value in flags.items() if value is not None}
    variables = {
        key[len(PREFIX) :].lower(): value
        for key, value in environment.items()
        if key.startswith(PREFIX) and key not in (KEY_VARIABLE, AUTH_VARIABLE, TOKEN_VARIABLE)
    }
    for place, values in (
        (SETTINGS_FILE, _file_values(folder / SETTINGS_FILE)),
        (f"{PREFIX}*", variables),
        ("--", given),
    ):
        for key, value in values.items():
            if key not in Settings.model_fields:
                close = difflib.get_close_matches(key, Settings.model_fields, 1) or sorted(Settings.model_fields)
                raise UnknownSetting(key=key, place=place, close=", ".join(close))
            merged[key], origin[key] = value, place
    try:
        return Settings(**merged)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        raise InvalidSetting(
            key=key, place=origin.get(key, ""), reason=f"{'…' if key in _SECRET else first['input']} ({_allowed(key)})"
        ) from error


def _allowed(key: str) -> str:
    """The values a setting may have, in a form that needs no translation: « 1 … 50 »."""
    constraints = Settings.model_fields[key].metadata
    low, high = (next((getattr(c, name) for c in constraints if hasattr(c, name)), None) for name in ("ge", "le"))
    return f"{low} … {high}" if low is not None else _EXAMPLES.get(key, "…")


def _file_values(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsUnreadable(path=path, reason=error) from error
