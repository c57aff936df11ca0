"""Machines of a network of their own, for the time of a measurement: network namespaces on this one. Needs root.

What a host has is told from what this machine has by the address alone; processor, memory and files are shared, but
for processes that are given no more than `share` of the processor.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_NETWORK = "10.77.0"
_LINK = "eth0"
_CONTROL = Path("/sys/fs/cgroup")
_PERIOD_US = 20_000


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace `name` with the one address `address`."""

    name: str
    address: str

    def command(self, command: Sequence[str]) -> list[str]:
        """`command`, run there: with the files of this machine, /sys included, which `ip netns exec` would hide."""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *command]

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
def share(cores: float) -> Iterator[list[str]]:
    """The beginning of a command line: what follows it has together no more than so many cores (control group)."""
    name = f"rag{os.getpid()}-{time.monotonic_ns()}"
    first = (_CONTROL / "cpu").is_dir()  # version 1 of the interface
    group = _CONTROL / "cpu" / name if first else _CONTROL / name
    group.mkdir()
    quota = round(cores * _PERIOD_US)
    told = (
        {"cpu.cfs_period_us": _PERIOD_US, "cpu.cfs_quota_us": quota} if first else {"cpu.max": f"{quota} {_PERIOD_US}"}
    )
    for file, value in told.items():
        (group / file).write_text(str(value))
    try:
        yield ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
    finally:
        group.rmdir()


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
