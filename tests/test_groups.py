"""How the tests are shared between processes."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="one process runs all tests")
def test_what_a_module_makes_once_is_made_in_one_process(request: pytest.FixtureRequest) -> None:
    """xdist says the group in the name of a test; where it cannot, it ignores groups without a word."""
    assert request.node.nodeid.endswith("@test_groups.py")
