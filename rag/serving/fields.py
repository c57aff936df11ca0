"""What models of requests are made of: nothing is guessed, and what is not known is refused by name."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from rag.contracts import WHOLE

# A question may be longer before its control characters are left out; `clean_question` has the true limit.
LONGEST_TEXT = 20_000


def _encodable(text: str) -> str:
    """Raises PydanticCustomError for half of a surrogate pair, which no UTF-8 has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("surrogate", "no Unicode text") from None
    return text


Integer = Annotated[int, WHOLE]
ENCODABLE = AfterValidator(_encodable)
Text = Annotated[str, Field(max_length=LONGEST_TEXT), ENCODABLE]
Name = Annotated[str, Field(min_length=1, max_length=500), ENCODABLE]
Names = Annotated[list[Name], Field(max_length=100)]
Date = Annotated[
    str,
    Field(
        pattern=r"^[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$",
        description="a day, month or year",
        examples=["2025-09-04"],
    ),
]


class Only:
    """Admits these values alone, and null: a parameter that is known and cannot be chosen."""

    def __init__(self, *allowed: Any) -> None:
        self._allowed = (*allowed, None)

    def _check(self, value: Any) -> Any:
        # To Python True is 1, to JSON it is not.
        if any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in self._allowed):
            return value
        raise PydanticCustomError("only", "only {allowed}", {"allowed": ", ".join(map(json.dumps, self._allowed))})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"enum": list(self._allowed)}


class Body(BaseModel):
    """What a client sends: nothing is guessed, and what is not known is refused by name."""

    model_config = ConfigDict(extra="forbid", strict=True)
