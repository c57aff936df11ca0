"""Machines of a network of their own, for the time of a measurement: network namespaces on this one. Needs root.

What a host has is told from what this machine has by the address alone; processor, memory and files are shared.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_NETWORK = "10.77.0"
_LINK = "eth0"


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace `name` with the one address `address`."""

    name: str
    address: str

    def command(self, command: Sequence[str]) -> list[str]:
        """`command`, run there."""
        return ["ip", "netns", "exec", self.name, *command]

    def pids(self) -> list[int]:
        """Its processes."""
        told = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True)
        return [int(line) for line in told.stdout.split()]

    def lose(self) -> None:
        """Ends it as a power cut does: nobody is told, no connection is closed."""
        _ip("-n", self.name, "link", "set", _LINK, "down")
        self.kill()

    def kill(self) -> None:
        """Ends its processes."""
        for _ in range(50):
            if not (pids := self.pids()):
                return
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.1)


@contextmanager
def hosts(number: int) -> Iterator[list[Host]]:
    """So many hosts that reach each other and nothing else; they and what runs there end with the block."""
    bridge = f"rag{os.getpid()}"
    made = [Host(f"{bridge}-{place}", f"{_NETWORK}.{place}") for place in range(1, number + 1)]
    try:
        _ip("netns", "add", bridge)
        _ip("-n", bridge, "link", "add", "br0", "type", "bridge")
        _ip("-n", bridge, "link", "set", "br0", "up")
        for place, host in enumerate(made):
            _ip("netns", "add", host.name)
            _ip("-n", bridge, "link", "add", f"port{place}", "type", "veth", "peer", _LINK, "netns", host.name)
            _ip("-n", bridge, "link", "set", f"port{place}", "master", "br0", "up")
            _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", _LINK)
            for link in (_LINK, "lo"):
                _ip("-n", host.name, "link", "set", link, "up")
        yield made
    finally:
        there = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
        for host in (*made, Host(bridge, "")):
            if host.name in there:
                host.kill()
                _ip("netns", "delete", host.name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
