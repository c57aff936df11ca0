"""One writer at a time, who is named; a writer that is gone keeps nobody out."""

from __future__ import annotations

import errno
import os
import platform
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from rag.errors import IndexBusy, LocksMissing
from rag.system.locking import FILE, alone
from tests.support.paths import PROJECT

_HOLD = """
import sys, time
from pathlib import Path
from rag.system.locking import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_a_writer_is_named_and_a_killed_one_keeps_nobody_out(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        for _ in range(2):  # whoever fails to get the lock leaves it, and what it says, as it is
            with pytest.raises(IndexBusy) as caught, alone(tmp_path):
                pass
        fields = caught.value.fields
        assert (fields["pid"], fields["host"]) == (holder.pid, platform.node())
        assert abs(datetime.now().timestamp() - datetime.fromisoformat(str(fields["started"])).timestamp()) < 600
        assert str(holder.pid) in caught.value.message("fr")
        holder.kill()
    assert str(holder.pid) in (tmp_path / FILE).read_text()
    with alone(tmp_path):
        assert str(os.getpid()) in (tmp_path / FILE).read_text()


def test_a_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some network drives have none: the system says so when a lock is asked for."""
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(LocksMissing) as caught, alone(tmp_path):
        pass
    assert "locks" in caught.value.message() and str(tmp_path) in caught.value.message()
    monkeypatch.undo()
    with alone(tmp_path):
        pass
