"""What this process may use of the machine: threads and memory."""

from __future__ import annotations

import contextlib
import os
from functools import cache

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


def one_thread() -> contextlib.AbstractContextManager[object]:
    """Numerical libraries compute on the calling thread alone meanwhile.

    For a single question there is too little to share: where other work goes on, threads wait for each other five
    times as long as one computes.
    """
    limited: contextlib.AbstractContextManager[object] = _thread_pools().limit(limits=1)
    return limited


@cache
def _thread_pools() -> ThreadpoolController:
    return ThreadpoolController()
