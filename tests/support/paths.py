"""Where the project lies, and the articles of its first corpus."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]
SEEDS = PROJECT / "seeds"
