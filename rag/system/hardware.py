"""What this process may use of the machine: threads and memory."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import psutil
from threadpoolctl import ThreadpoolController


def usable_threads() -> int:
    """Threads worth starting: physical cores, but never more than the scheduler lets this process use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or allowed
    return max(1, min(allowed, physical if physical > 1 else allowed))


def available_memory() -> int:
    """Bytes that can be taken without swapping."""
    return int(psutil.virtual_memory().available)


def has_native_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself (AVX-512 BF16, AMX, Arm BF16); elsewhere float32 is faster."""
    import torch

    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return any(bool(capabilities.get(flag)) for flag in ("avx512_bf16", "amx_bf16", "bf16"))


@cache
def one_thread() -> AbstractContextManager[None]:
    """Numerical libraries compute on the calling thread alone meanwhile.

    For a single question there is too little to share: where other work goes on, threads wait for each other five
    times as long as one computes. Where several are inside, whoever leaves last restores what the first one found.
    """
    return _OneThread()


class _OneThread(AbstractContextManager[None]):
    """Limits the thread pools of the libraries loaded: some for the process, some (OpenMP) for a thread."""

    def __init__(self) -> None:
        self._controller = ThreadpoolController()
        self._lock = threading.Lock()
        self._inside = 0
        self._first: Any = None

    def __enter__(self) -> None:
        with self._lock:
            limited = self._controller.limit(limits=1)
            self._first = self._first if self._inside else limited
            self._inside += 1

    def __exit__(self, *failure: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._first.restore_original_limits()
