"""`python -m tests.fuzz PROMISE [SECONDS]`: tries a promise of `properties` with atheris, which looks for new code.

For longer sessions by hand than the tests have; atheris is not among the libraries that the project installs
(`pip install atheris`). Inputs that reach new code are kept in `.hypothesis/atheris/PROMISE`, one that breaks the
promise above it.
"""

from __future__ import annotations

import sys
from pathlib import Path

_KEPT = Path(".hypothesis", "atheris")
_MODULES = [
    "rag.corpus",
    "rag.indexing.chunking",
    "rag.text.segmentation",
    "rag.text.dates",
    "rag.indexing.uploads",
    "rag.text.language",
]


def main(promise: str, seconds: int) -> None:
    """Runs until `seconds` are over or the promise is broken, which ends the process."""
    import atheris

    with atheris.instrument_imports(include=_MODULES):
        from tests.fuzz import properties
        from tests.support.sample_files import FILES, LINES

    def one(content: bytes) -> None:
        if promise in properties.BYTES:
            properties.BYTES[promise](content)
        elif promise in properties.NAMES:
            properties.NAMES[promise](atheris.FuzzedDataProvider(content).ConsumeUnicode(len(content)))
        else:
            # Words of the samples stay whole in UTF-8, which they would not in other readings of the bytes.
            properties.TEXTS[promise](content.decode("utf-8", "replace"))

    known = [*properties.TEXTS, *properties.NAMES, *properties.BYTES]
    if promise not in known:
        sys.exit(f"{promise}? Known are {', '.join(known)}.")
    samples = _KEPT / promise
    samples.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(FILES if promise in properties.BYTES else [line.encode() for line in LINES]):
        (samples / f"sample-{number}").write_bytes(content)
    flags = [f"-max_total_time={seconds}", "-timeout=300", "-rss_limit_mb=4096", "-max_len=4096"]
    atheris.Setup([sys.argv[0], str(samples), f"-artifact_prefix={_KEPT}/", *flags], one)
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 600)
