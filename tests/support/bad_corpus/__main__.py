"""`python -m tests.support.bad_corpus DIR`: makes the bad files in the new folder DIR."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.bad_corpus import CASES, write_corpus

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write_corpus(Path(sys.argv[1]), CASES)
    sys.stdout.write(f"{len(CASES)} files in {sys.argv[1]}\n")
