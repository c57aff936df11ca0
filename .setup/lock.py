"""Makes `lock.txt`: every library that set-up installs, at one version, with the SHA-256 of each of its files.

`python .setup/lock.py` resolves anew, for all platforms and Python versions at once; it needs uv (`pip install uv`) and
a package registry. PyTorch is not in it, only what it needs: its builds for the processor alone are not in that
registry, and set-up pins it by itself. `LOCKED=1 make setup` installs what the file says and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "lock.txt"
OLDEST_PYTHON = "3.10"
# Nowhere true, so that PyTorch and the gigabytes of CUDA libraries that it names are left out.
WITHOUT = "torch ; python_version < '0'\n"
# What PyTorch needs beside what is asked for anyway, and what the project is built with.
BESIDE = "networkx>=2.5.1\nsetuptools>=77\nsympy>=1.13.3\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        override, beside = Path(folder) / "override.txt", Path(folder) / "beside.in"
        override.write_text(WITHOUT)
        beside.write_text(BESIDE)
        command = [
            "uv", "pip", "compile", "--universal", "--generate-hashes", "--python-version", OLDEST_PYTHON,
            "--extra", "dev", "--override", str(override), "--no-header", "--no-annotate", "--quiet",
            "--upgrade", "--output-file", str(LOCK), str(HERE.parent / "pyproject.toml"), str(beside),
        ]  # fmt: skip
        sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
