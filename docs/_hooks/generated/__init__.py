"""What pages are filled with, one module for each part: `render(language)` gives Markdown, "en" or "fr"."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
