"""The server as users have it: the command line, the real models, the official client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.config import Settings
from tests.support.api_process import QUESTION


@pytest.mark.models
def test_a_conversation_with_the_real_models(real_settings: Settings, tmp_path: Path) -> None:
    places = {"RAG_INDEX": real_settings.index, "RAG_MODELS_DIR": real_settings.models_dir, "RAG_DATA_DIR": tmp_path}
    environment = {**os.environ, **{name: str(path) for name, path in places.items()}}
    command = [sys.executable, "-c", "from rag.cli import main; main()", "serve", "--port", "0", "--deadline", "300"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            url = json.loads(process.stderr.readline())["url"]
            end = time.monotonic() + 120
            while httpx.get(f"{url}readyz", timeout=60).status_code != 200:
                assert time.monotonic() < end
                time.sleep(0.5)
            _talk(url)
        finally:
            process.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in process.stderr]
        assert process.wait(60) == 0
    assert lines[-1]["event"] == "ended" and not any("trace" in line for line in lines)


def _talk(url: str) -> None:
    import openai

    with openai.OpenAI(base_url=f"{url}v1", api_key="none", max_retries=0, timeout=300) as client:
        first = client.chat.completions.create(model="rag", messages=[{"role": "user", "content": QUESTION}])
        message = first.choices[0].message
        assert "trois conditions" in (message.content or "") and message.annotations
        assert first.usage and first.usage.prompt_tokens > 100
        history: list[Any] = [
            {"role": "user", "content": QUESTION}, message, {"role": "user", "content": "et quand l'a-t-elle dit ?"},
        ]  # fmt: skip
        chunks = list(client.chat.completions.create(model="rag", messages=history, stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        embedder = client.models.list().data[1].id
        made = client.embeddings.create(model=embedder, input=[QUESTION], extra_body={"input_type": "query"})
        assert len(made.data[0].embedding) == 384
    found = httpx.post(f"{url}api/search", json={"question": QUESTION, "k": 1}, timeout=60).json()
    assert found["hits"][0]["document"].startswith("003")
