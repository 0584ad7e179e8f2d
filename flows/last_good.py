"""What each repository held at the last night that published it: links beside raw, so that a bad night can fall back.

Raw files are replaced and never written to, so a link keeps a night's file as it was and costs no space while nothing
changes.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from flows.data_directory import DataDirectory


def keep(directory: DataDirectory, place: str) -> None:
    """Makes what raw holds of a repository its last good night. A stop in between leaves the earlier one."""
    kept, part, old = _folders(directory, place)
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(directory.raw / place, part, copy_function=os.link)
    shutil.rmtree(old, ignore_errors=True)
    if kept.exists():
        kept.rename(old)
    part.rename(kept)
    shutil.rmtree(old, ignore_errors=True)


def of(directory: DataDirectory, place: str) -> Path | None:
    """The last good night of a repository; None if no night has published it yet."""
    kept, _, old = _folders(directory, place)
    return next((folder for folder in (kept, old) if folder.exists()), None)


def _folders(directory: DataDirectory, place: str) -> tuple[Path, Path, Path]:
    kept = directory.last_good / place
    return kept, kept.with_name(f"{kept.name}.part"), kept.with_name(f"{kept.name}.old")
