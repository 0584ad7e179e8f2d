"""The archive: what the forge said, page by page, appended, written before anything is acknowledged.

    <folder>/manifest.json            how many pages count, where to continue, what was complete and when
    <folder>/pages/0000000.json.gz    one answer: url or query, variables, status, headers, fetched_at, body as received

A page is durable (written, synced, renamed) before the manifest that counts it replaces the old one. A page without a
manifest that counts it never happened: after a crash it is fetched and written again under the same number. So there
is no byte at which a kill loses a page or counts one twice.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from extract.errors import ArchiveDamaged, ArchiveForeign, CannotWrite

FORMAT = 1


@dataclass(frozen=True)
class Page:
    """One answer as it came. `body` is the text as received; `asked` says which query or url with which variables."""

    asked: dict[str, Any]
    status: int
    headers: dict[str, str]
    fetched_at: str
    body: str

    def data(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Manifest:
    """State of one stream.

    `pages` counts the durable pages, `dropped` are the numbers of those that were compacted away. `watermark` is the end of the last complete window. `window` is the one under
    way (None between windows): its bounds, the cursor to continue at and its first page. `facts` holds what else the
    next run must know, such as the newest item seen.
    """

    pages: int = 0
    dropped: list[int] = field(default_factory=list)
    watermark: str | None = None
    window: dict[str, Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


class Archive:
    """One stream of one repository on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = self._read_manifest()

    def append(self, pages: list[Page], **changes: Any) -> int:
        """Makes the pages durable, then moves the manifest on. Gives the bytes that the pages take."""
        n_bytes = 0
        for offset, page in enumerate(pages):
            content = gzip.compress(_bytes(asdict(page)), 6)
            write_durably(self._path(self.manifest.pages + offset), content)
            n_bytes += len(content)
        self.acknowledge(pages=self.manifest.pages + len(pages), **changes)
        return n_bytes

    def acknowledge(self, **changes: Any) -> None:
        """Replaces the manifest, unless nothing changes."""
        manifest = replace(self.manifest, **changes)
        if manifest != self.manifest:
            write_durably(self.folder / "manifest.json", _bytes(asdict(manifest)))
            self.manifest = manifest

    @property
    def n_kept(self) -> int:
        return self.manifest.pages - len(self.manifest.dropped)

    def drop(self, numbers: Iterable[int]) -> None:
        """Forgets pages: first in the manifest, then on disk."""
        dropped = sorted({*self.manifest.dropped, *numbers})
        self.acknowledge(dropped=dropped)
        for number in dropped:
            self._path(number).unlink(missing_ok=True)

    def newest_first(self) -> Iterator[tuple[int, Page]]:
        """Number and content of each page that counts, last one first, one in memory at a time."""
        dropped = set(self.manifest.dropped)
        for number in reversed(range(self.manifest.pages)):
            if number in dropped:
                continue
            yield number, self._read_page(number)

    def _read_page(self, number: int) -> Page:
        path = self._path(number)
        try:
            return Page(**json.loads(gzip.decompress(path.read_bytes())))
        except (OSError, EOFError, zlib.error, ValueError, TypeError) as error:
            raise ArchiveDamaged(self.folder, f"{path} is counted but cannot be read ({error}).") from error

    def _read_manifest(self) -> Manifest:
        path = self.folder / "manifest.json"
        if not path.exists():
            return Manifest()
        try:
            said = dict(json.loads(path.read_bytes()))
            manifest = None if said["format"] != FORMAT else Manifest(**said)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ArchiveDamaged(self.folder, f"{path} cannot be read ({error}).") from error
        if manifest is None:
            raise ArchiveForeign(
                f"{path} has format {said.get('format')}, this version reads {FORMAT}. Run the version that wrote it, "
                f"or delete {self.folder} to fetch this stream anew."
            )
        return manifest

    def _path(self, number: int) -> Path:
        return self.folder / page_file(number)


def page_file(number: int) -> str:
    """Where a page lies below its stream."""
    return f"pages/{number:07d}.json.gz"


def set_aside(folder: Path) -> None:
    """Makes a damaged stream begin anew: its folder stays under another name, as evidence and for who can mend it."""
    number = next(n for n in range(1, 10_000) if not folder.with_name(f"{folder.name}.damaged-{n}").exists())
    folder.rename(folder.with_name(f"{folder.name}.damaged-{number}"))


def write_durably(path: Path, content: bytes) -> None:
    """Either the old file or the whole new one is there, whenever the machine stops. Raises CannotWrite."""
    part = path.with_name(path.name + ".part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync_folder(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises CannotWrite where the disk is full or the folder may not be written to."""
    try:
        yield
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from error
    except pl.exceptions.ComputeError as error:  # polars' word for what the disk says
        if "IO error" not in str(error):
            raise
        raise CannotWrite(path, str(error).rpartition("IO error: ")[2]) from error


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
