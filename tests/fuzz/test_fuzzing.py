"""The parsers of our own keep their promises for any input.

`HYPOTHESIS_PROFILE=long` tries two hundred times as many; `python -m tests.fuzz` looks for code not reached yet.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.properties import BYTES, NAMES, TEXTS
from tests.fuzz.strategies import contents, damaged, names, texts

_patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@pytest.mark.parametrize("promise", TEXTS)
@_patient
@given(text=texts)
def test_any_text(promise: str, text: str) -> None:
    TEXTS[promise](text)


@pytest.mark.parametrize("promise", NAMES)
@_patient
@given(name=names)
def test_any_name(promise: str, name: str) -> None:
    NAMES[promise](name)


@pytest.mark.parametrize("promise", BYTES)
@_patient
@given(content=contents | damaged())
def test_any_bytes(promise: str, content: bytes) -> None:
    BYTES[promise](content)
