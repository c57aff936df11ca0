"""The child: runs the generator that it is handed and does one request after the other.

A thread of its own listens, so that a stream is given up between two tokens and the process ends as soon as its parent
is gone, which closes its standard input. Where that thread cannot run, because native code keeps the interpreter's
lock, Linux ends the process.
"""

from __future__ import annotations

import base64
import ctypes
import faulthandler
import os
import pickle
import signal
import sys
import threading
from collections.abc import Generator as Values
from contextlib import closing, suppress
from dataclasses import astuple
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

from rag.generation.process.wire import error_object, from_line, to_line
from rag.protocols import Generator, Message

_PR_SET_PDEATHSIG = 1
# Of -1000 to 1000: where memory runs out, this process is the one to go.
_OOM_SCORE = "500"


def main() -> None:
    """Serves the parent until it is gone."""
    commands, replies = _own_pipes()
    faulthandler.enable()
    # Ctrl-C and the end of a service reach all processes of the terminal or the unit; the parent decides.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _die_with_parent()
    _go_first()
    # Handed down by the parent, which can do anything with this process as it is.
    generator = pickle.loads(base64.b64decode(from_line(commands.readline())["generator"]))
    Work(generator, commands, replies).run()


class Work:
    """Requests to `generator` that come in by `commands`, and what comes of them, to `replies`."""

    def __init__(self, generator: Generator, commands: BinaryIO, replies: BinaryIO) -> None:
        self._generator = generator
        self._commands = commands
        self._replies = replies
        self._requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
        # The ids of those that somebody still waits for.
        self._wanted: set[int] = set()

    def run(self) -> None:
        """Never returns: the process ends while it waits, or works."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            self._serve(self._requests.get())

    def _listen(self) -> None:
        try:
            for line in self._commands:
                command = from_line(line)
                if "cancel" in command:
                    self._wanted.discard(command["cancel"])
                else:
                    self._wanted.add(command["id"])
                    self._requests.put(command)
        finally:
            os._exit(0)

    def _serve(self, request: dict[str, Any]) -> None:
        id_ = request["id"]
        try:
            with closing(self._values(request)) as values:
                for value in values:
                    if id_ not in self._wanted:
                        break
                    self._tell({"id": id_, "value": value})
        except Exception as error:  # whatever it is, the parent hears of it and asks on
            self._tell({"id": id_, "error": error_object(error)})
        finally:
            self._wanted.discard(id_)

    def _values(self, request: dict[str, Any]) -> Values[Any, None, None]:
        """What a request gives: the tokens of a stream, otherwise one value."""
        task = request["task"]
        messages = [Message(*message) for message in request.get("messages", ())]
        if task == "load":
            self._generator.load()
            yield None
        elif task == "count_tokens":
            yield self._generator.count_tokens(messages)
        elif task == "score_choices":
            yield self._generator.score_choices(messages, request["choices"])
        else:
            for token in self._generator.stream(messages, request["max_tokens"]):
                yield astuple(token)

    def _tell(self, reply: dict[str, Any]) -> None:
        self._replies.write(to_line(reply))
        self._replies.flush()


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages alone; what libraries print goes to standard error."""
    commands, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return commands, replies


def _die_with_parent() -> None:
    """Has Linux kill this process when the thread that started it ends; see `Worker`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _go_first() -> None:
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE)
