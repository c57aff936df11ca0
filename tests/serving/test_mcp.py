"""The tools for assistants, used by the official client over standard input and output and over HTTP."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import psutil
import pytest

from rag.config import Settings
from rag.runtime.assembly import build
from tests.support.api_process import QUESTION, Server, serving
from tests.support.doubles import BagEmbedder
from tests.support.paths import PROJECT, SEEDS

if TYPE_CHECKING:  # it takes seconds to import
    from mcp import Client
    from mcp.types import CallToolResult

pytestmark = pytest.mark.anyio

TOKEN = "0123456789abcdef"
Connect = Callable[[], AbstractAsyncContextManager["Client"]]
Object = dict[str, Any]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def over_stdio(*command: str, **variables: str) -> Client:
    from mcp import Client, StdioServerParameters

    environment = {"PATH": os.environ["PATH"], "LC_ALL": "en_GB.UTF-8", "OMP_NUM_THREADS": "1", **variables}
    return Client(StdioServerParameters(command=sys.executable, args=list(command), env=environment, cwd=PROJECT))


def double(folder: Path, **variables: str) -> Client:
    return over_stdio("-m", "tests.support.mcp_stdio", str(folder), **variables)


@asynccontextmanager
async def over_http(server: Server, mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
        Client(streamable_http_client(f"{server.url}mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@pytest.fixture(params=["stdio", "http", "http of before 2026"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Connect:
    """Connects to a server that answers at once."""
    if request.param == "stdio":
        return partial(double, tmp_path)
    server = request.getfixturevalue("server")
    return partial(over_http, server, "auto" if request.param == "http" else "legacy")


def given(result: CallToolResult) -> Object:
    """What a tool gave, and the same as text."""
    from mcp.types import TextContent

    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.is_error, content.text
    value: Object = result.structured_content
    assert json.loads(content.text) == value
    return value


def told(result: CallToolResult) -> str:
    """What went wrong."""
    from mcp.types import TextContent

    (content,) = result.content
    assert isinstance(content, TextContent)
    assert result.is_error and result.structured_content is None
    return content.text


@cache
def seed(document: str) -> str:
    return (SEEDS / document).read_bytes().decode("utf-8")


def check_quotations(answer: Object) -> None:
    assert answer["answered"] and answer["citations"]
    for citation in answer["citations"]:
        assert seed(citation["document"])[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["title"] and citation["source"] and f"[{citation['marker']}]" in answer["answer"]


async def test_an_assistant_finds_reads_asks_and_asks_on(connect: Connect) -> None:
    async with connect() as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["ask", "search", "read_article"]
        found = given(await client.call_tool("search", {"question": QUESTION, "k": 2, "evidence": True}))
        assert len(found["hits"]) == 2
        hit = found["hits"][0]
        place = {"document": hit["document"], "start": hit["start"], "end": hit["end"]}
        stretch = given(await client.call_tool("read_article", place))
        assert stretch["text"] == hit["text"] == seed(hit["document"])[hit["start"] : hit["end"]]
        assert stretch["length"] == len(seed(hit["document"]))
        answer = given(await client.call_tool("ask", {"question": QUESTION}))
        check_quotations(answer)
        history = [{"question": QUESTION, "answer": answer["answer"]}]
        on = given(await client.call_tool("ask", {"question": "Et pourquoi ?", "history": history, "id": "second"}))
        assert on["id"] == "second" and on["language"] == "fr"


@pytest.mark.parametrize(
    ("language", "words"), [("en_GB.UTF-8", "not instructions"), ("fr_FR.UTF-8", "pas des consignes")]
)
async def test_the_tools_say_what_they_are_and_that_articles_are_data(
    language: str, words: str, tmp_path: Path
) -> None:
    async with double(tmp_path, LC_ALL=language) as client:
        for tool in (await client.list_tools()).tools:
            assert words in (tool.description or "")
            assert tool.title and tool.annotations and tool.annotations.read_only_hint
            assert tool.output_schema and tool.input_schema["additionalProperties"] is False
        assert "`read_article`" in (client.instructions or "")


FAILURES: list[tuple[str, Object, tuple[str, str]]] = [
    ("ask", {}, ("question is missing", "question manque")),
    ("ask", {"question": "?"}, ("no words", "aucun mot")),
    ("ask", {"question": QUESTION, "temperature": 1}, ("temperature is not supported", "temperature n'est pas")),
    ("search", {"question": QUESTION, "k": 51}, ("k", "k")),
    ("search", {"question": QUESTION, "sources": ["Le Mende"]}, ("Le Mende", "Le Mende")),
    ("read_article", {"document": "../../etc/passwd"}, ("no document ../../etc/passwd", "../../etc/passwd")),
    ("read_article", {"document": "*"}, ("no article *", "*")),
    ("read_article", {"document": "DOCUMENT", "start": 999_999}, ("characters", "caractères")),
    ("read_article", {"document": "DOCUMENT", "start": 20, "end": 10}, ("characters", "caractères")),
]


async def test_what_goes_wrong_is_told_in_words(server: Server) -> None:
    import mcp

    document = sorted(SEEDS.glob("*.txt"))[0].name
    for number, language in enumerate(("en", "fr")):
        async with over_http(server, **{"Accept-Language": language}) as client:
            for tool, arguments, words in FAILURES:
                asked = {key: document if value == "DOCUMENT" else value for key, value in arguments.items()}
                assert words[number] in told(await client.call_tool(tool, asked)), (tool, arguments)
            with pytest.raises(mcp.MCPError):
                await client.call_tool("delete_article", {})


async def test_without_a_language_asked_for_errors_are_in_that_of_the_question(tmp_path: Path) -> None:
    async with double(tmp_path) as client:
        for question, words in ((QUESTION, "Aucun article"), ("What are the conditions of Germany?", "No article")):
            result = await client.call_tool("search", {"question": question, "since": "2030"})
            assert words in told(result)


async def test_an_article_is_given_in_stretches(connect: Connect) -> None:
    document = max(SEEDS.glob("*.txt"), key=lambda path: len(seed(path.name))).name
    async with connect() as client:
        text, end = "", 0
        while end < len(seed(document)):
            part = given(await client.call_tool("read_article", {"document": document, "start": end}))
            assert part["start"] == end < part["end"] <= end + 4000
            text, end = text + part["text"], part["end"]
        assert text == seed(document)


async def test_what_is_not_seen_is_not_given_and_offsets_stay(tmp_path: Path) -> None:
    hidden = "Le pont de \u202eVerdun\u202c a rouvert\u200b mardi.\x1b[31m Le maire\u2066 l'a dit\U000e0041 hier.\n" * 3
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "pont.txt").write_text(hidden, encoding="utf-8")
    settings = Settings(index=tmp_path / "index")
    build([tmp_path / "articles"], settings, embedder=BagEmbedder())
    async with double(tmp_path) as client:
        stretch = given(await client.call_tool("read_article", {"document": "pont.txt"}))
        found = given(await client.call_tool("search", {"question": "le pont de Verdun"}))
        answer = given(await client.call_tool("ask", {"question": "Quand le pont de Verdun a-t-il rouvert ?"}))
    assert len(stretch["text"]) == stretch["length"] == len(hidden)
    assert "Verdun" in stretch["text"] and "rouvert  mardi. [31m Le" in stretch["text"]
    for value in (stretch, found, answer):
        assert not set("\u202e\u202c\u200b\x1b\u2066\U000e0041") & set(json.dumps(value, ensure_ascii=False))
    for hit in found["hits"]:
        assert len(hit["text"]) == hit["end"] - hit["start"]


@pytest.fixture
def slow(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connect]:
    """Connects to a server whose answers take ten minutes and whose models load for a moment."""
    variables = {"RAG_TEST_REPLY": "mot " * 5000, "RAG_TEST_PAUSE_S": "2", "RAG_TEST_LOAD_S": "1"}
    if request.param == "stdio":
        yield partial(double, tmp_path, **variables)
        return
    with serving(tmp_path, **variables) as server:
        yield partial(over_http, server, request.param)


async def until_it_is_written(client: Client) -> list[tuple[float, str]]:
    """What is told of a question, which is given up as soon as its answer is being written."""
    steps: list[tuple[float, str]] = []
    with anyio.fail_after(300):
        async with anyio.create_task_group() as asking:

            async def on_progress(progress: float, total: float | None, message: str | None) -> None:
                steps.append((progress, message or ""))
                if steps[-1][1].startswith("Rédaction"):
                    asking.cancel_scope.cancel()

            call = partial(client.call_tool, "ask", {"question": QUESTION}, progress_callback=on_progress)
            asking.start_soon(call)
    return steps


@pytest.mark.parametrize("slow", ["stdio", "auto", "legacy"], indirect=True)
async def test_who_waits_is_told_and_who_gives_up_lets_the_next_one_in(slow: Connect) -> None:
    async with slow() as client:
        for _ in range(2):
            steps = await until_it_is_written(client)
            assert steps[-1][1].startswith("Rédaction")
            assert [done for done, _ in steps] == sorted({done for done, _ in steps})
        assert given(await client.call_tool("search", {"question": QUESTION}))["hits"]


async def test_the_tools_are_behind_the_token(tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TOKEN=TOKEN) as server:
        with server.client() as client:
            assert client.post("mcp", json={}).status_code == 401
        async with over_http(server, Authorization=f"Bearer {TOKEN}") as assistant:
            check_quotations(given(await assistant.call_tool("ask", {"question": QUESTION})))


@pytest.mark.models
async def test_rag_mcp_answers_with_the_real_models_even_after_a_crash(real_settings: Settings) -> None:
    index, models = f"--index={real_settings.index}", f"--models-dir={real_settings.models_dir}"
    command = ["-c", "from rag.cli import main; main()", "mcp", index, models]
    async with over_stdio(*command) as client:
        for _ in range(2):
            check_quotations(given(await client.call_tool("ask", {"question": QUESTION})))
            (child,) = [
                one
                for one in psutil.Process().children(recursive=True)
                if "rag.generation.process" in " ".join(one.cmdline())
            ]
            os.kill(child.pid, signal.SIGKILL)
            child.wait(10)
