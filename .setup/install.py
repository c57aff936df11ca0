"""Sets up the virtual environment: a CPU build of PyTorch, llama-cpp-python built for this machine, the project.

Runs on the standard library of Python 3.10 and later. Each step prints what it does; pip's output is shown
when a step fails. A step that was done before costs seconds.

PyTorch: plain `torch` brings several GB of CUDA packages on Linux, so its `+cpu` build is asked for first
where pip finds one, then from PyTorch's own index. llama-cpp-python: pip keeps a built wheel whatever the
flags of its build were, so the wheel is kept in a cache of our own whose name holds the flags.

With LOCKED=1 in the environment the other libraries are those of `lock.txt`, file by file; see `lock.py`.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
TORCH = "2.13.0"
LOCKED = bool(os.environ.get("LOCKED"))
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"


def main() -> None:
    if sys.version_info < (3, 10):
        sys.exit(f"Python 3.10 or later is needed; this is {platform.python_version()}.")
    folder = Path(sys.argv[1])
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    constraints = str(HERE / "constraints.txt")
    step(1, "virtual environment in " + str(folder))
    if not python.exists():
        venv.create(folder, with_pip=True)
    step(2, f"PyTorch {TORCH}, CPU build")
    install_torch(python)
    step(3, "llama-cpp-python for this processor (4 to 7 minutes the first time, then from the cache)")
    pip(python, *(["--no-deps"] if LOCKED else []), "-r", str(HERE / "llama.txt"), cache=llama_cache())
    step(4, "rag and the other libraries")
    if LOCKED:
        # Exactly the files whose hashes are known; PyTorch and llama-cpp-python are there already.
        pip(python, "--no-deps", "--require-hashes", "-r", str(unbuilt(folder)))
        pip(python, "--no-deps", "--no-build-isolation", "-e", str(PROJECT))
    else:
        pip(python, "-c", constraints, "-e", f"{PROJECT}[dev]")
    print("ready", flush=True)


def step(number: int, what: str) -> None:
    print(f"[{number}/4] {what}", flush=True)


def install_torch(python: Path) -> None:
    if run(python, "-c", "import torch").returncode == 0:
        return
    alone = ["--no-deps"] if LOCKED else []
    local = f"torch=={TORCH}" + ("+cpu" if platform.system() == "Linux" else "")
    if run(python, "-m", "pip", "install", *alone, local).returncode:
        pip(python, *alone, f"torch=={TORCH}", "--index-url", TORCH_INDEX)


def unbuilt(folder: Path) -> Path:
    """The lock file without llama-cpp-python, which step 3 has built from source, written into `folder`."""
    entries = re.split(r"\n(?=\S)", (HERE / "lock.txt").read_text(encoding="utf-8").strip())
    path = folder / "lock.txt"
    path.write_text("\n".join(entry for entry in entries if not entry.startswith("llama-cpp-python==")) + "\n")
    return path


def llama_cache() -> Path:
    """A pip cache for builds with exactly these flags on exactly this processor."""
    flags = (HERE / "llama.txt").read_bytes()
    name = hashlib.sha256(flags + processor().encode() + sys.version.encode()).hexdigest()[:16]
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "rag" / f"llama-{name}"


def processor() -> str:
    """What a build for the native processor depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine() + platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())


def pip(python: Path, *arguments: str, cache: Path | None = None) -> None:
    environment = dict(os.environ)
    if cache:
        environment["PIP_CACHE_DIR"] = str(cache)
    start = time.monotonic()
    done = run(python, "-m", "pip", "install", *arguments, env=environment)
    if done.returncode:
        sys.exit(f"{done.stdout}\npip failed after {time.monotonic() - start:.0f} s; its output is above.")


def run(python: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), *arguments], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )


if __name__ == "__main__":
    main()
