"""Every module can be imported by itself and says what it is. What may import what, the import contracts say."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import rag

PACKAGE = Path(rag.__file__).parent


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_imports_and_says_what_it_is(path: Path) -> None:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    module = importlib.import_module(".".join(part for part in parts if part != "__init__"))
    assert module.__doc__ and len(module.__doc__) > 40
