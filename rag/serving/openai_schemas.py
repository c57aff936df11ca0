"""What goes over the wire at `/v1`: the part of OpenAI's interface that this server has.

A parameter that OpenAI has and this server cannot honour is listed with the values under which nothing is lost; any
other value is refused by name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from rag.contracts import WHOLE, Count, Day, Rounded
from rag.serving.fields import ENCODABLE, LONGEST_TEXT, Body, Integer, Name, Only, Text

_MOST_MESSAGES = 400
MOST_INPUTS = 256

Input = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT), ENCODABLE]


class TextPart(Body):
    """A part of a message."""

    type: Literal["text"]
    text: Text


class ChatMessage(Body):
    """A message of the conversation. The system prompt is the server's own: no other is taken."""

    role: Literal["user", "assistant"]
    content: Text | Annotated[list[TextPart], Field(min_length=1, max_length=100)]
    name: Name | None = None
    # An answer of this server may be sent back as it came.
    annotations: list[dict[str, Any]] | None = Field(None, description="of an earlier answer; not read")
    refusal: Annotated[Any, Only()] = None
    audio: Annotated[Any, Only()] = None
    tool_calls: Annotated[Any, Only([])] = None
    function_call: Annotated[Any, Only()] = None

    @property
    def text(self) -> str:
        """Its text, parts joined."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class StreamOptions(Body):
    """What a stream tells besides the text."""

    include_usage: bool | None = None
    include_obfuscation: Annotated[Any, Only(False)] = None


class ChatBody(Body):
    """A conversation: questions and answers in turn, at last the question to answer."""

    model: Annotated[Name, WithJsonSchema({"type": "string", "enum": ["rag"]})]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=_MOST_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    # Of no effect: an answer is the same each time, and nothing is kept.
    user: Text | None = None
    seed: Integer | None = None
    metadata: dict[str, Text] | None = None
    safety_identifier: Text | None = None
    parallel_tool_calls: bool | None = None
    # How an answer is sampled, how long it is and what form it has cannot be chosen.
    temperature: Annotated[Any, Only(0)] = None
    top_p: Annotated[Any, Only(1)] = None
    n: Annotated[Any, Only(1)] = None
    max_tokens: Annotated[Any, Only()] = None
    max_completion_tokens: Annotated[Any, Only()] = None
    presence_penalty: Annotated[Any, Only(0)] = None
    frequency_penalty: Annotated[Any, Only(0)] = None
    logit_bias: Annotated[Any, Only({})] = None
    logprobs: Annotated[Any, Only(False)] = None
    top_logprobs: Annotated[Any, Only(0)] = None
    stop: Annotated[Any, Only([])] = None
    response_format: Annotated[Any, Only({"type": "text"})] = None
    modalities: Annotated[Any, Only(["text"])] = None
    audio: Annotated[Any, Only()] = None
    prediction: Annotated[Any, Only()] = None
    tools: Annotated[Any, Only([])] = None
    tool_choice: Annotated[Any, Only("none", "auto")] = None
    functions: Annotated[Any, Only([])] = None
    function_call: Annotated[Any, Only("none", "auto")] = None
    reasoning_effort: Annotated[Any, Only("none")] = None
    verbosity: Annotated[Any, Only()] = None
    service_tier: Annotated[Any, Only("auto", "default")] = None
    store: Annotated[Any, Only(False)] = None
    web_search_options: Annotated[Any, Only()] = None


class UrlCitation(BaseModel):
    """A marker of the text, from `start_index` to `end_index`, and what it cites.

    `quote` is the text of the article `document` from `start` to `end`; `url` is where this server has the article.
    """

    start_index: Count
    end_index: Count
    url: str
    title: str
    marker: int
    document: str
    start: Count
    end: Count
    page: int | None
    quote: str
    date: Day
    source: str | None
    score: float


class Annotation(BaseModel):
    """A citation."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class About(BaseModel):
    """What an answer is, beyond its text; see `/api/ask`."""

    answered: bool
    confidence: Rounded
    conflict: bool
    language: str
    standalone_question: str


class AnswerMessage(BaseModel):
    """The answer, with markers [n]."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0]
    message: AnswerMessage
    logprobs: None
    finish_reason: Literal["stop"]


class CachedTokens(BaseModel):
    """Tokens of the prompt that had been read before."""

    cached_tokens: Count


class Usage(BaseModel):
    """Tokens of the generator; 0 where it was not needed."""

    prompt_tokens: Count
    completion_tokens: Count
    total_tokens: Count
    prompt_tokens_details: CachedTokens


class Completion(BaseModel):
    """An answer."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    rag: About


class EmbeddingBody(Body):
    """Texts to embed."""

    model: Name = Field(description="the name of the embedder, see `/v1/models`")
    input: Input | Annotated[list[Input], Field(min_length=1, max_length=MOST_INPUTS)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1), WHOLE] | None = Field(None, description="none but the model's own")
    input_type: Literal["query", "passage"] | None = Field(
        None, description="whether the texts ask or tell (without it: tell); the model embeds them differently"
    )
    user: Text | None = None


class Embedding(BaseModel):
    """A unit vector; in base64 its components are 32-bit floats, least significant byte first."""

    object: Literal["embedding"]
    index: Count
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """Tokens of the embedder."""

    prompt_tokens: Count
    total_tokens: Count


class Embeddings(BaseModel):
    """Vectors in the order of the texts."""

    object: Literal["list"]
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage


class Model(BaseModel):
    """A model that can be named."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    """The models: `rag` for chat completions, and the embedder."""

    object: Literal["list"]
    data: list[Model]
