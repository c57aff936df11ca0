"""What else decides how long things take."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from rag.system import usable_threads


def machine() -> dict[str, Any]:
    """Processor, cores, the threads that libraries may start, and the load just now.

    Where other work has the cores, the threads of one question wait for each other many times as long as they compute.
    """
    return {
        "processor": processor(),
        "cores": usable_threads(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
        "load_average": load_average(),
    }


def load_average() -> float | None:
    """Over the last minute; None where the system does not tell."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def processor(told: Path = Path("/proc/cpuinfo")) -> str:
    """The name of the processor's model, or of its architecture where no more is known."""
    if told.exists():
        for line in told.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
