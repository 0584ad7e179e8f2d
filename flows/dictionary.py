"""Writes docs/tables.md: `python -m flows.dictionary`."""

from __future__ import annotations

from pathlib import Path

from quality.dictionary import render
from transform.tables import TABLES

PAGE = Path("docs/tables.md")

if __name__ == "__main__":
    PAGE.write_text(render(TABLES))
