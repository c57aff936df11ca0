"""The lock file is in step with pyproject.toml: what is asked for is in it, at an admitted version, with hashes."""

from __future__ import annotations

import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import PROJECT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SHA256 = re.compile(r"--hash=sha256:[0-9a-f]{64}")
# Set-up pins it by itself: its builds for the processor alone come from elsewhere.
_BY_SET_UP = {"torch"}


def locked() -> list[tuple[Requirement, int]]:
    """What the lock file says, and the number of hashes of each."""
    text = (PROJECT / ".setup" / "lock.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    return [(Requirement(entry.partition("\\")[0].strip()), len(_SHA256.findall(entry))) for entry in entries]


def asked_for() -> list[Requirement]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(text) for text in (*project["dependencies"], *project["optional-dependencies"]["dev"])]


def test_everything_locked_has_one_version_and_hashes() -> None:
    for requirement, hashes in locked():
        assert hashes, requirement
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], requirement


@pytest.mark.parametrize("asked", asked_for(), ids=str)
def test_what_is_asked_for_is_locked_at_a_version_that_is_admitted(asked: Requirement) -> None:
    name = canonicalize_name(asked.name)
    versions = [
        specifier.version
        for requirement, _ in locked()
        if canonicalize_name(requirement.name) == name
        for specifier in requirement.specifier
    ]
    assert bool(versions) is (name not in _BY_SET_UP), "run: python .setup/lock.py"
    assert all(version in asked.specifier for version in versions), "run: python .setup/lock.py"
