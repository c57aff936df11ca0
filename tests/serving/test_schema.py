"""The server does what its own description says, whatever is sent: calls made up by schemathesis.

`RAG_TEST_CALLS` says about how many calls there are; from 2,000 on, the edges of every field are among them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.support.api_process import serving

CALLS = int(os.environ.get("RAG_TEST_CALLS", "200"))
MANY = 2_000
OPERATIONS = 11


def test_the_server_does_what_its_description_says(tmp_path: Path) -> None:
    with serving(tmp_path, RAG_TEST_PAUSE_S="0", RAG_TEST_REPLY="Berlin pose trois conditions.") as server:
        phases = "examples,coverage,fuzzing" if CALLS >= MANY else "examples,fuzzing"
        command = [
            sys.executable, "-m", "schemathesis.cli",
            "--config-file", str(Path(__file__).with_name("schemathesis.toml")),
            "run", f"{server.url}openapi.json", "--no-color", "--phases", phases, "--continue-on-failure",
            "--max-examples", str(CALLS // OPERATIONS + 1), "--seed", "1", "--wait-for-schema", "60",
            "--suppress-health-check", "all",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        told = "\n".join(line[:300] for line in done.stdout.splitlines())
        assert done.returncode == 0, told
        statuses = Counter(line["status"] for line in server.lines() if line["event"] == "request")
    assert statuses.total() >= CALLS * 0.7 and statuses[200] > 0, statuses
    assert not [status for status in statuses if status >= 500], statuses
