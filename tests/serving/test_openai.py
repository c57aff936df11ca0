"""The official client of OpenAI, unchanged, against the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from rag.serving.openai_schemas import Completion
from tests.support.api_process import QUESTION, Server, serving
from tests.support.paths import SEEDS

if TYPE_CHECKING:  # it takes seconds to import
    import openai
    from openai.types.chat import ChatCompletionMessageParam

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
OFF_TOPIC = "Quelle est la recette de la tarte aux pommes ?"


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[openai.OpenAI]:
    with client_of(server) as client:
        yield client


@pytest.fixture(scope="module")
def doubter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    """The client of a server whose generator finds that nothing answers."""
    with serving(tmp_path_factory.mktemp("doubter"), RAG_TEST_YES="0.05") as server, client_of(server) as client:
        yield client


def client_of(server: Server) -> openai.OpenAI:
    import openai

    return openai.OpenAI(base_url=f"{server.url}v1", api_key="none", max_retries=0, timeout=60)


def check_annotations(content: str, annotations: list[dict[str, Any]]) -> None:
    """Each marker of the text has its citation, and each citation is in the article."""
    for annotation in annotations:
        cited = annotation["url_citation"]
        assert content[cited["start_index"] : cited["end_index"]] == f"[{cited['marker']}]"
        text = (SEEDS / cited["document"]).read_bytes().decode()
        assert text[cited["start"] : cited["end"]] == cited["quote"]
    assert len(annotations) == content.count("[") > 0


def test_a_conversation(client: openai.OpenAI) -> None:
    first = client.chat.completions.create(model="rag", messages=ASKED, temperature=0, user="anne")
    message = first.choices[0].message
    assert Completion.model_validate(first.model_dump(exclude_unset=True)).rag.answered
    assert message.content and message.annotations
    check_annotations(message.content, [one.model_dump() for one in message.annotations])
    assert first.usage and first.usage.completion_tokens > 0
    assert first._request_id and first._request_id in first.id
    # The message goes back as it came.
    history: list[Any] = [*ASKED, message, {"role": "user", "content": "et à quelles conditions la France ?"}]
    second = client.chat.completions.create(model="rag", messages=history)
    assert second.choices[0].finish_reason == "stop" and second.choices[0].message.content


def test_a_stream_says_what_the_whole_says(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="rag", messages=ASKED)
    options = {"include_usage": True}
    chunks = list(
        client.chat.completions.create(model="rag", messages=ASKED, stream=True, stream_options=options)  # type: ignore[call-overload]
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    last = chunks[-2].choices[0]
    assert last.finish_reason == "stop"
    check_annotations(text, last.delta.annotations)
    assert chunks[-1].usage == whole.usage and not chunks[-1].choices


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_is_an_answer_without_citations(doubter: openai.OpenAI, stream: bool) -> None:
    from openai.types.chat import ChatCompletion

    messages: list[Any] = [{"role": "user", "content": OFF_TOPIC}]
    made = doubter.chat.completions.create(model="rag", messages=messages, stream=stream)
    if isinstance(made, ChatCompletion):
        assert "tarte aux pommes" in (made.choices[0].message.content or "")
        assert made.choices[0].message.annotations == [] and made.rag["answered"] is False  # type: ignore[attr-defined]
    else:
        assert "tarte aux pommes" in "".join(chunk.choices[0].delta.content or "" for chunk in made)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"temperature": 0.7}, "unsupported_value", "temperature"),
        ({"n": 2}, "unsupported_value", "n"),
        ({"n": True}, "unsupported_value", "n"),
        ({"logprobs": True}, "unsupported_value", "logprobs"),
        ({"max_tokens": 10}, "unsupported_value", "max_tokens"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "unsupported_value", "tools"),
        ({"response_format": {"type": "json_object"}}, "unsupported_value", "response_format"),
        ({"extra_body": {"min_p": 0.1}}, "unsupported_parameter", "min_p"),
        ({"messages": [{"role": "system", "content": "x"}, *ASKED]}, "unsupported_value", "messages[0].role"),
        ({"messages": [*ASKED, *ASKED]}, "bad_turns", "messages[1].role"),
        ({"messages": [*ASKED, {"role": "assistant", "content": "x"}]}, "bad_turns", "messages[1].role"),
        ({"messages": [{"role": "user", "content": "?"}]}, "empty_question", None),
        ({"messages": [{"role": "user"}]}, "missing_parameter", "messages[0].content"),
        ({"messages": []}, "invalid_value", "messages"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_done_is_refused_by_name(
    client: openai.OpenAI, changes: dict[str, Any], code: str, param: str | None, stream: bool
) -> None:
    import openai

    arguments: dict[str, Any] = {"model": "rag", "messages": ASKED, "stream": stream} | changes
    with pytest.raises((openai.BadRequestError, openai.UnprocessableEntityError)) as refused:
        client.chat.completions.create(**arguments)
    error = refused.value
    assert (error.code, error.param, error.type) == (code, param, "invalid_request_error")
    assert not code.startswith("unsupported") or (param and param in error.message)


def test_the_models_are_those_that_can_be_named(client: openai.OpenAI) -> None:
    import openai

    names = [model.id for model in client.models.list()]
    assert names == ["rag", "bag"]
    assert [client.models.retrieve(name).id for name in names] == names
    with pytest.raises(openai.NotFoundError, match="gpt-4"):
        client.models.retrieve("gpt-4")
    with pytest.raises(openai.NotFoundError, match="gpt-4"):
        client.chat.completions.create(model="gpt-4", messages=ASKED)


def test_embeddings_in_both_encodings(client: openai.OpenAI) -> None:
    texts = ["Berlin pose trois conditions", "le sommet de Paris"]
    packed = client.embeddings.create(model="bag", input=texts)  # base64, as the client likes it
    plain = client.embeddings.create(model="bag", input=texts[0], encoding_format="float", dimensions=64)
    vectors = np.array([one.embedding for one in packed.data], np.float32)
    assert vectors.shape == (2, 64) and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(vectors[0], np.array(plain.data[0].embedding, np.float32))
    assert packed.usage.prompt_tokens == 8


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"input": ["a", "mot " * 500]}, "too_many_tokens", "input[1]"),
        ({"input": [1, 2]}, "invalid_value", "input"),
        ({"input": ""}, "invalid_value", "input"),
        ({"dimensions": 8}, "unsupported_value", "dimensions"),
    ],
)
def test_texts_that_cannot_be_embedded(client: openai.OpenAI, changes: dict[str, Any], code: str, param: str) -> None:
    import openai

    with pytest.raises((openai.BadRequestError, openai.UnprocessableEntityError)) as refused:
        client.embeddings.create(**({"model": "bag", "input": "a"} | changes))
    assert refused.value.code == code and (refused.value.param or "").startswith(param)
